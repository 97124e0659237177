import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Unread } from "../connection.ts";
import { randomOf } from "../../../lib/testDisk.ts";
import type { LineKind } from "./lineKinds.ts";
import { tailFiles } from "./tail.ts";
import { zeekFile } from "./testZeek.ts";

const root = mkdtempSync(join(tmpdir(), "sekisho-tail-"));
after(() => rmSync(root, { recursive: true }));
let number = 0;

/** A tail over a folder or file, that can be stopped and started with what it has saved. */
function tailing(path: string, kind: "zeek" | LineKind) {
  const seen: string[] = [];
  const problems: Unread[] = [];
  let saved: Record<string, unknown> = {};
  let shift = 0;
  return {
    seen,
    problems,
    positions: () => saved,
    later: (ms: number) => (shift += ms),
    start: () =>
      tailFiles({
        ...{ paths: [path], kind, positions: { ...saved }, pollMs: 3_600_000 },
        now: () => Date.now() + shift,
        onProblem: (one) => problems.push(one),
        onSeen: async (rows, { source, position }) => {
          for (const row of rows) seen.push(row.table === "dns" ? row.query : String(row.uid));
          saved = { ...saved, [source]: position };
          if (position === null) delete saved[source];
        },
      }),
  };
}

function newFolder(): string {
  const folder = join(root, String(number++));
  mkdirSync(folder);
  return folder;
}

const fields = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto";
const head = (hour: number): string =>
  zeekFile("conn", fields, [])
    .replace("00-00-00", `0${hour}-00-00`)
    .replace(/#close.*\n/, "");
const row = (uid: string): string => `1458000000.5\t${uid}\t10.0.0.5\t1\t203.0.113.7\t443\ttcp\n`;

test("tailFiles() gives whole lines only, each once, over a restart in the midst of a line", async () => {
  const folder = newFolder();
  const log = join(folder, "conn.log");
  const tail = tailing(folder, "zeek");
  writeFileSync(log, head(0).slice(0, 20));
  let running = await tail.start();
  assert.deepEqual(tail.seen, []);
  writeFileSync(log, head(0) + row("C1") + row("C2").slice(0, 30));
  await running.settled();
  assert.deepEqual(tail.seen, ["C1"]);
  await running.close();
  appendFileSync(log, row("C2").slice(30) + row("C3") + "bad\tline\n");
  running = await tail.start();
  assert.deepEqual(tail.seen, ["C1", "C2", "C3"]);
  assert.deepEqual(tail.problems, [{ file: log, line: 12, problem: "2 columns where #fields names 7" }]);
  await running.close();
});

test("tailFiles() is told of new lines long before the next poll", async () => {
  const folder = newFolder();
  const log = join(folder, "conn.log");
  writeFileSync(log, head(0));
  const tail = tailing(folder, "zeek");
  const running = await tail.start();
  appendFileSync(log, row("C1"));
  for (let count = 0; count < 200 && tail.seen.length === 0; count += 1) await setTimeout(10);
  assert.deepEqual(tail.seen, ["C1"]);
  await running.settled();
  await running.close();
});

test("tailFiles() follows a log through renaming and packing, also while it is stopped", async () => {
  const folder = newFolder();
  const log = join(folder, "conn.log");
  const tail = tailing(folder, "zeek");
  writeFileSync(log, head(0) + row("C1"));
  let running = await tail.start();
  appendFileSync(log, row("C2"));
  renameSync(log, join(folder, "conn.00.log"));
  writeFileSync(log, head(1) + row("C3"));
  await running.settled();
  assert.deepEqual(tail.seen.toSorted(), ["C1", "C2", "C3"]);
  await running.close();
  appendFileSync(log, row("C4"));
  mkdirSync(join(folder, "2016-03-15"));
  writeFileSync(join(folder, "2016-03-15", "conn.01.log.gz"), gzipSync(readFileSync(log)));
  writeFileSync(
    join(folder, "2016-03-15", "conn.00.log.gz"),
    gzipSync(readFileSync(join(folder, "conn.00.log"))),
  );
  rmSync(log);
  rmSync(join(folder, "conn.00.log"));
  writeFileSync(log, head(2) + row("C5"));
  tail.later(10_000);
  running = await tail.start();
  assert.deepEqual(tail.seen.toSorted(), ["C1", "C2", "C3", "C4", "C5"]);
  await running.close();
  running = await tail.start();
  assert.equal(tail.seen.length, 5);
  await running.close();
});

test("tailFiles() reads the last lines of a deleted log, and an emptied one from its beginning", async () => {
  const folder = newFolder();
  const log = join(folder, "queries.log");
  const line = (name: string): string =>
    `[1458000000] unbound[1:0] info: 10.0.0.5 ${name}. A IN NOERROR 0.1 0 5\n`;
  const tail = tailing(log, "unbound");
  writeFileSync(log, line("a.example"));
  const running = await tail.start();
  appendFileSync(log, line("b.example"));
  copyFileSync(log, `${log}.1`);
  truncateSync(log);
  await running.settled();
  appendFileSync(log, line("c.example"));
  await running.settled();
  assert.deepEqual(tail.seen.toSorted(), ["a.example", "b.example", "c.example"]);
  appendFileSync(log, line("d.example"));
  rmSync(log);
  await running.settled();
  assert.deepEqual(tail.seen.toSorted(), ["a.example", "b.example", "c.example", "d.example"]);
  await running.close();
});

test("tailFiles() gives a question that nobody answers when its log is quiet", async () => {
  const log = join(newFolder(), "queries.log");
  const tail = tailing(log, "unbound");
  writeFileSync(log, "[1458000000] unbound[1:0] info: 10.0.0.5 a.example. A IN\n");
  const running = await tail.start();
  assert.deepEqual(tail.seen, []);
  tail.later(6_000);
  await running.settled();
  assert.deepEqual(tail.seen, ["a.example"]);
  await running.close();
});

test("tailFiles() forgets files two days after they went, and tells of ones it cannot read", async () => {
  const folder = newFolder();
  const log = join(folder, "conn.log");
  writeFileSync(log, head(0) + row("C1"));
  writeFileSync(join(folder, "odd.log"), "Lorem ipsum\n");
  utimesSync(join(folder, "odd.log"), 1, 1);
  writeFileSync(join(folder, "x509.log"), zeekFile("x509", "ts", ["1"]));
  const tail = tailing(folder, "zeek");
  const running = await tail.start();
  assert.deepEqual(
    tail.problems.map(({ file }) => file),
    [join(folder, "odd.log")],
  );
  assert.equal(Object.keys(tail.positions()).length, 1);
  rmSync(log);
  await running.settled();
  tail.later(49 * 3_600_000);
  await running.settled();
  assert.deepEqual(tail.positions(), {});
  await running.close();
});

test("tailFiles() loses and doubles nothing over random writes, rotations and restarts", async () => {
  const random = randomOf(3);
  const folder = newFolder();
  const log = join(folder, "conn.log");
  const tail = tailing(folder, "zeek");
  const written: string[] = [];
  let pending = "";
  let running = await tail.start();
  writeFileSync(log, head(0));
  for (let step = 0; step < 300; step += 1) {
    const choice = random();
    if (choice < 0.6) {
      written.push(`C${step}`);
      pending += row(`C${step}`);
      const length = Math.floor(random() * (pending.length + 1));
      appendFileSync(log, pending.slice(0, length));
      pending = pending.slice(length);
    } else if (choice < 0.75) {
      await running.settled();
    } else if (choice < 0.85) {
      await running.close();
      running = await tail.start();
    } else {
      appendFileSync(log, pending);
      pending = "";
      const kept = join(folder, `conn.${step}.log`);
      renameSync(log, kept);
      if (choice < 0.92) {
        writeFileSync(`${kept}.gz`, gzipSync(readFileSync(kept)));
        rmSync(kept);
      }
      writeFileSync(log, head(0).replace("2016", String(3_000 + step)));
    }
  }
  appendFileSync(log, pending);
  tail.later(10_000);
  await running.settled();
  await running.close();
  assert.deepEqual(tail.seen.toSorted(), written.toSorted());
  assert.deepEqual(tail.problems, []);
});
