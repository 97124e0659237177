import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { limits, Spool } from "./spool.ts";

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-spool-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function readAll(spool: Spool): string[] {
  const all: string[] = [];
  let place = spool.taken;
  for (;;) {
    const { lines, next } = spool.read(place, 64 * 1024);
    if (lines.length === 0) return all;
    all.push(...lines);
    place = next;
  }
}

test("Spool.read() gives lines back in order, over segments and a reopening", (context) => {
  const folder = temporaryFolder(context);
  const spool = Spool.open(folder);
  const lines = Array.from({ length: 3_000 }, (_, number) => `${number} ${"x".repeat(3_000)}`);
  for (const line of lines) spool.add(Buffer.from(line));
  assert.ok(readdirSync(folder).filter((name) => name.startsWith("segment")).length >= 2);
  assert.deepEqual(readAll(spool), lines);
  spool.close();
  const again = Spool.open(folder);
  assert.equal(again.waiting, 3_000);
  assert.deepEqual(readAll(again), lines);
  again.close();
});

test("Spool.take() removes whole segments, and a reopening starts after what was taken", (context) => {
  const folder = temporaryFolder(context);
  const spool = Spool.open(folder);
  const line = Buffer.alloc(limits.segmentBytesMax / 4, 0x61);
  for (let count = 0; count < 9; count++) spool.add(line);
  const { lines, next } = spool.read(spool.taken, limits.segmentBytesMax * 2);
  spool.take(next, lines.length);
  const before = readdirSync(folder).filter((name) => name.startsWith("segment")).length;
  const more = spool.read(next, limits.segmentBytesMax * 2);
  spool.take(more.next, more.lines.length);
  assert.ok(readdirSync(folder).filter((name) => name.startsWith("segment")).length < before);
  spool.close();
  const again = Spool.open(folder);
  assert.equal(again.waiting, 9 - lines.length - more.lines.length);
  again.close();
});

test("Spool.open() cuts off a torn last line and goes on after it", (context) => {
  const folder = temporaryFolder(context);
  const spool = Spool.open(folder);
  spool.add(Buffer.from("one"));
  spool.close();
  appendFileSync(join(folder, "segment-000000000000"), "torn");
  const again = Spool.open(folder);
  again.add(Buffer.from("two"));
  assert.deepEqual(readAll(again), ["one", "two"]);
  again.close();
});

test("Spool.sync() resolves for all that wait together", async (context) => {
  const spool = Spool.open(temporaryFolder(context));
  spool.add(Buffer.from("one"));
  await Promise.all([spool.sync(), spool.sync(), spool.sync()]);
  assert.deepEqual(readAll(spool), ["one"]);
  spool.close();
});

for (const noted of ["", "garbage", "0 999999\n", "7 12\n"]) {
  test(`Spool.open() bears a note of what was taken that says ${JSON.stringify(noted)}`, (context) => {
    const folder = temporaryFolder(context);
    const spool = Spool.open(folder);
    spool.add(Buffer.from("one"));
    spool.close();
    writeFileSync(join(folder, "taken"), noted);
    const again = Spool.open(folder);
    again.add(Buffer.from("two"));
    // A note that is ahead was true when it was made: what it speaks of was taken, and lost here with the
    // power.
    assert.deepEqual(
      readAll(again),
      noted.startsWith("0") || noted.startsWith("7") ? ["two"] : ["one", "two"],
    );
    again.close();
  });
}
