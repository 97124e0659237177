import assert from "node:assert/strict";
import { test } from "node:test";
import { explainDisk, Growths, printBytes } from "./diskShort.ts";
import { readFatraceLine } from "./writers.ts";

for (const [line, expected] of [
  ["bash(6508): CWO /srv/out/x", { process: "bash", pid: 6508, path: "/srv/out/x" }],
  ["psql(12): W   /srv/out/a b (c): W /d", { process: "psql", pid: 12, path: "/srv/out/a b (c): W /d" }],
  ["Web (1): x(77): W /srv/y", { process: "Web (1): x", pid: 77, path: "/srv/y" }],
  ["python3(9) [33:33]: W /srv/z", { process: "python3", pid: 9, path: "/srv/z" }],
  ["rm(5): CW /srv/x (deleted)", { process: "rm", pid: 5, path: "/srv/x" }],
  ["unknown(2120): CW  /srv/x", { process: null, pid: 2120, path: "/srv/x" }],
  ["bash(1): W device 8:2 inode 658203", null],
  ["", null],
] as const) {
  test(`readFatraceLine() reads "${line}"`, () => assert.deepEqual(readFatraceLine(line), expected));
}

test("explainDisk() names the largest new files, and how fast they grew", () => {
  const growths = new Growths();
  growths.note("/srv/out.csv", 1_000, 0);
  growths.note("/srv/small", 10, 0);
  growths.note("/srv/out.csv", 6_000_000_000, 60_000);
  const said = explainDisk({ folder: "/srv", freeBytes: 120_000_000, files: growths.largest() });
  assert.equal(
    said.en,
    "the disk of /srv has 120 MB left; largest new files: " +
      "/srv/out.csv 6.0 GB (100 MB/s); /srv/small 10 bytes",
  );
  assert.match(said.ja, /\/srv\/out\.csv 6\.0 GB \(毎秒 100 MB\)/);
  assert.match(explainDisk({ folder: "/srv", freeBytes: 0, files: [] }).en, /no new file .* explains it/);
});

test("Growths remembers the largest of any number of files", () => {
  const growths = new Growths();
  for (let count = 0; count < 20_000; count += 1) growths.note(`/srv/${count}`, count % 7_000, count);
  assert.equal(growths.largest()[0]?.bytes, 6_999);
});

test("printBytes() prints what people read", () => {
  assert.deepEqual([0, 999, 1_500, 123_456_789].map(printBytes), [
    "0 bytes",
    "999 bytes",
    "1.5 kB",
    "123 MB",
  ]);
});
