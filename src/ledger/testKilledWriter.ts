import { writeSync } from "node:fs";
import { join } from "node:path";
import { realDisk, type Disk } from "../lib/disk.ts";
import { Ledger } from "./append.ts";
import { makeEntry } from "./draft.ts";
import { Keyring } from "./keyring.ts";

/** The writer of crash.test.ts: kills itself with -9 at its nth disk operation, half of a write done. */
const [folder = "", killAt = "0"] = process.argv.slice(2);
let operations = 0;

async function point(half?: () => Promise<void>): Promise<void> {
  operations += 1;
  if (operations !== Number(killAt)) return;
  await half?.();
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
}

const disk: Disk = {
  ...realDisk,
  async append(path) {
    await point();
    const file = await realDisk.append(path);
    return {
      async write(bytes) {
        await point(() => file.write(bytes.subarray(0, bytes.length >> 1)));
        await file.write(bytes);
      },
      async sync() {
        await point();
        await file.sync();
      },
      close: () => file.close(),
    };
  },
  async replace(path, bytes) {
    await point();
    await realDisk.replace(path, bytes);
    await point();
  },
  async remove(path) {
    await point();
    await realDisk.remove(path);
  },
};

await realDisk.makeFolder(folder);
const keyring = await Keyring.open(realDisk, join(folder, "keys"));
const signer = await keyring.openSigner("kill.invalid");
const ledger = await Ledger.open({ disk, folder: join(folder, "ledger"), signer, publishMs: 1e6 });
for (let round = 0; round < 3; round++) {
  const entries = Array.from({ length: 150 }, () => {
    return makeEntry(
      { kind: "observed", code: "mail-received" },
      { by: "test", now: Temporal.Now.instant() },
    );
  });
  await Promise.all(
    entries.map(async (entry) => {
      await ledger.append(entry);
      writeSync(1, `${entry.id}\n`);
    }),
  );
  await ledger.publish();
}
await ledger.close();
