import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { blockBytes, DirectWriter, wholeBlocks } from "./directFile.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-direct-"));
after(() => rmSync(folder, { recursive: true }));

const file = join(folder, "file");
const stagedBytes = 1024 ** 2;

/** Sizes about those at which something changes. */
const size = fc.oneof(
  fc.nat(9_000),
  fc.constantFrom(0, blockBytes - 1, blockBytes, stagedBytes - 1, stagedBytes, stagedBytes + 1, 3_000_000),
);

const bytesOf = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (first + at * 7) & 255);

test("DirectWriter writes bytes one behind the other", () => {
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 6 }), (sizes) => {
      const parts = sizes.map((length, at) => bytesOf(length, at));
      const whole = Buffer.concat(parts);
      const writer = new DirectWriter(file, "w");
      for (const part of parts) writer.write(part);
      writer.close(writer.end());
      assert.ok(readFileSync(file).equals(whole));
    }),
    { seed: 2016, numRuns: 30 },
  );
});

test("two writers write into one file side by side, each from a block of its own", () => {
  writeFileSync(file, "head");
  const [one, other] = [new DirectWriter(file, "r+"), new DirectWriter(file, "r+")];
  const [first, second] = [bytesOf(5_000, 1), bytesOf(2_000_001, 2)];
  one.begin(blockBytes);
  other.begin(blockBytes + wholeBlocks(first.length));
  one.write(first.subarray(0, 100));
  other.write(second);
  one.write(first.subarray(100));
  assert.equal(one.end(), blockBytes + first.length);
  const end = other.end();
  one.close();
  other.close(end);
  const read = readFileSync(file);
  assert.equal(read.toString("latin1", 0, 4), "head");
  assert.ok(read.subarray(blockBytes, blockBytes + first.length).equals(first));
  assert.ok(read.subarray(blockBytes + wholeBlocks(first.length)).equals(second));
  assert.equal(statSync(file).size, end);
});

test("much is written beside the thread, by more writers than there are stages", () => {
  const writers = Array.from({ length: 8 }, (_, at) => new DirectWriter(`${file}-${at}`, "w"));
  const part = bytesOf(5_000_001, 3);
  const parts = 4;
  for (let at = 0; at < parts; at += 1) for (const writer of writers) writer.write(part);
  for (const writer of writers) writer.close(writer.end());
  const whole = Buffer.concat(Array.from({ length: parts }, () => part));
  for (const at of writers.keys()) assert.ok(readFileSync(`${file}-${at}`).equals(whole), String(at));
});

test("a disk that is full is told, whoever writes", (context) => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=700", "sekisho", disk]);
  if (mounted.status !== 0) return context.skip("mounting a disk needs root");
  try {
    const writer = new DirectWriter(join(disk, "file"), "w");
    const part = bytesOf(1_000_000, 4);
    assert.throws(() => {
      for (let at = 0; at < 200; at += 1) writer.write(part);
      writer.close(writer.end());
    }, /ENOSPC|takes only a part/);
    // Nothing of it comes to light in another file, which may have its number.
    const other = new DirectWriter(file, "w");
    other.write(part);
    other.close(other.end());
    assert.ok(readFileSync(file).equals(part));
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
});
