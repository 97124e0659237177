import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { siblingModule } from "../../../lib/sibling.ts";
import { randomOf } from "../../../lib/testDisk.ts";
import { openDuck } from "../../../lib/openDuck.ts";
import { viewRecord } from "../record/readRecord.ts";
import { zeekFile } from "./testZeek.ts";

const fields = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto";
const follower = fileURLToPath(siblingModule(import.meta.url, "./testFollower"));

test("what stands in a log stands once in the record, over kill -9 and rotations", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-kill-"));
  const [logs, kept] = [join(folder, "logs"), join(folder, "record")];
  const log = join(logs, "conn.log");
  mkdirSync(logs);
  const random = randomOf(5);
  let written = 0;
  const begin = (round: number): void =>
    writeFileSync(log, zeekFile("conn", fields, []).replace("2016", String(3_000 + round)));
  const write = (rows: number): void => {
    const line = (): string => `1458000000.5\tC${written++}\t10.0.0.5\t1\t203.0.113.7\t443\ttcp\n`;
    appendFileSync(log, Array.from({ length: rows }, line).join(""));
  };
  begin(0);
  for (let round = 1; round <= 8; round += 1) {
    write(50);
    const child = spawn(process.execPath, [follower, logs, kept, ...(round === 8 ? ["once"] : [])], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    if (round === 8) {
      assert.deepEqual(await ended, [0, null]);
      break;
    }
    for (let step = 0; step < 5; step += 1) {
      await setTimeout(random() * 40);
      write(Math.floor(random() * 30));
    }
    child.kill("SIGKILL");
    await ended;
    write(10);
    const rotated = join(logs, `conn.${round}.log`);
    renameSync(log, rotated);
    if (round % 2 === 0) {
      writeFileSync(`${rotated}.gz`, gzipSync(readFileSync(rotated)));
      rmSync(rotated);
    }
    begin(round);
  }
  const duck = await openDuck();
  await viewRecord(duck, kept, { since: 0, until: 4_000_000_000_000_000 });
  const rows = await duck.rows("SELECT count(*) AS count, count(DISTINCT uid) AS different FROM connection");
  assert.deepEqual(rows, [{ count: written, different: written }]);
  await duck.close();
  rmSync(folder, { recursive: true });
});
