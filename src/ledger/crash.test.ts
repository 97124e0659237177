import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { realDisk } from "../lib/disk.ts";
import { PowerLost, randomOf, TestDisk } from "../lib/testDisk.ts";
import { Ledger } from "./append.ts";
import { makeEntry } from "./draft.ts";
import { generateSigningKey, readSigner } from "./note.ts";
import { verifyLedger } from "./verify.ts";

const signer = readSigner("test.invalid/ledger", generateSigningKey());
const now = Temporal.Instant.from("2016-03-15T00:00:00Z");

/** Appends in batches of a random size until the power goes; returns the ids that were acknowledged. */
async function appendUntilPowerLoss(disk: TestDisk, seed: number, acknowledged: string[]): Promise<void> {
  const random = randomOf(seed);
  const ledger = await Ledger.open({ disk, folder: "/ledger", signer, publishMs: 1e6 });
  for (let round = 0; round < 6; round++) {
    const count = 1 + Math.floor(random() * 200);
    const appended = Array.from({ length: count }, () => {
      const entry = makeEntry({ kind: "observed", code: "mail-received" }, { by: "test", now });
      return ledger.append(entry).then(() => acknowledged.push(entry.id));
    });
    await Promise.all(appended);
    if (random() < 0.6) await ledger.publish();
  }
  await ledger.close();
}

async function idsOf(disk: TestDisk): Promise<{ ids: string[]; problems: string[] }> {
  const ledger = await Ledger.open({ disk, folder: "/ledger", signer, publishMs: 1e6 });
  const size = ledger.size;
  await ledger.close();
  const { PublishedTree } = await import("./read.ts");
  const tree = (await PublishedTree.open(disk, "/ledger")) as InstanceType<typeof PublishedTree>;
  const ids: string[] = [];
  for await (const { bytes } of tree.readEntries(0, size))
    ids.push((JSON.parse(bytes.toString()) as { id: string }).id);
  const leaves = await tree.readNode(0, 0).catch(() => null);
  assert.notEqual(leaves, null);
  const { hashRange } = await import("./merkle.ts");
  const root = await hashRange(0, size, tree.readNode);
  return { ids, problems: root.equals(tree.checkpoint.root) ? [] : ["the tiles do not lead to the root"] };
}

for (const seed of [1, 2, 3]) {
  test(`Ledger keeps all that it acknowledged, when power goes at any write (seed ${seed})`, async () => {
    const whole = new TestDisk({ seed });
    await appendUntilPowerLoss(whole, seed, []);
    assert.ok(whole.operations > 30);
    for (let stopAt = 2; stopAt <= whole.operations; stopAt++) {
      const disk = new TestDisk({ seed: seed * 1_000 + stopAt, stopAt });
      const acknowledged: string[] = [];
      await assert.rejects(appendUntilPowerLoss(disk, seed, acknowledged), (error: Error) => {
        return error instanceof PowerLost || /Cannot/.test(error.message);
      });
      if (acknowledged.length === 0) continue;
      // The power may go again while it recovers.
      const once = disk.afterPowerLoss({ seed: stopAt, stopAt: 1 + (stopAt % 9) });
      await idsOf(once).catch(() => {});
      const found = await idsOf(once.afterPowerLoss({ seed: stopAt + 1 }));
      assert.deepEqual(found.problems, [], `stopped at ${stopAt}`);
      const known = new Set(found.ids);
      assert.equal(known.size, found.ids.length, `an entry stands twice, stopped at ${stopAt}`);
      const lost = acknowledged.filter((id) => !known.has(id));
      assert.deepEqual(lost, [], `stopped at ${stopAt} of ${whole.operations}`);
    }
  });
}

const program = fileURLToPath(new URL("./testKilledWriter.ts", import.meta.url));

/** Runs the writer until it kills itself at its nth disk operation; gives back what it acknowledged. */
function runWriter(folder: string, killAt: number): Promise<{ acknowledged: string[]; killed: boolean }> {
  const child = spawn(process.execPath, [program, folder, String(killAt)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on("close", (_code, signal) => {
      resolve({
        acknowledged: output.split("\n").filter((line) => line.length === 36),
        killed: signal === "SIGKILL",
      });
    });
  });
}

test("Ledger keeps all that it acknowledged, when it is killed with -9 at every write point", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-kill-"));
  try {
    let points = 0;
    for (let killAt = 1; killAt < 500; killAt++) {
      const { acknowledged, killed } = await runWriter(join(folder, String(killAt)), killAt);
      const ledgerFolder = join(folder, String(killAt), "ledger");
      const keyring = await (
        await import("./keyring.ts")
      ).Keyring.open(realDisk, join(folder, String(killAt), "keys"));
      const ledger = await Ledger.open({
        disk: realDisk,
        folder: ledgerFolder,
        signer: await keyring.openSigner("kill.invalid"),
      });
      await ledger.close();
      const result = await verifyLedger({ disk: realDisk, folder: ledgerFolder, deep: true });
      assert.deepEqual(result.problems, [], `killed at ${killAt}`);
      const { PublishedTree } = await import("./read.ts");
      const tree = (await PublishedTree.open(realDisk, ledgerFolder)) as InstanceType<typeof PublishedTree>;
      const ids = new Set<string>();
      for await (const { bytes } of tree.readEntries(0, tree.size))
        ids.add((JSON.parse(bytes.toString()) as { id: string }).id);
      assert.deepEqual(
        acknowledged.filter((id) => !ids.has(id)),
        [],
        `killed at ${killAt}`,
      );
      points = killAt;
      if (!killed) break;
    }
    assert.ok(points > 20 && points < 499, `the writer ran through after ${points} points`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
