import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { SignatureTable, wordsOfRow } from "./columns.ts";
import { readRows } from "./unpackRows.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-rows-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "rows");

/** A row as it is written. */
function packed(row: Uint32Array): number[] {
  const there = [0, 0];
  const words: number[] = [];
  for (const [at, word] of row.entries()) {
    if (word === 0) continue;
    there[at >> 5] = ((there[at >> 5] as number) | (1 << (at & 31))) >>> 0;
    words.push(word);
  }
  return [...there, ...words];
}

const write = (rows: readonly Uint32Array[]): void =>
  writeFileSync(file, Buffer.from(Uint32Array.from(rows.flatMap(packed)).buffer));

test("readRows() reads rows as they were, to their place in the table", () => {
  const word = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffffffff }));
  const row = fc.uint32Array({ minLength: wordsOfRow, maxLength: wordsOfRow });
  const rows = fc.array(
    fc.oneof(
      row,
      fc.array(word, { minLength: wordsOfRow, maxLength: wordsOfRow }).map((all) => Uint32Array.from(all)),
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(rows, fc.nat(3), (all, before) => {
      write(all);
      const words = new Uint32Array((before + all.length + 1) * wordsOfRow);
      readRows(file, { memory: words.buffer }, { at: before, rows: all.length });
      const expected = new Uint32Array(words.length);
      for (const [at, one] of all.entries()) expected.set(one, (before + at) * wordsOfRow);
      assert.deepEqual(words, expected);
    }),
    { seed: 2016 },
  );
});

test("readRows() reads more than fits its memory at once", () => {
  const all = Array.from({ length: 10_000 }, (_, at) =>
    Uint32Array.from({ length: wordsOfRow }, (__, word) => ((at * 7 + word) % 3 === 0 ? 0 : at * 100 + word)),
  );
  write(all);
  const words = new Uint32Array(all.length * wordsOfRow);
  readRows(file, { memory: words.buffer }, { at: 0, rows: all.length });
  for (const [at, one] of all.entries())
    assert.deepEqual(words.subarray(at * wordsOfRow, (at + 1) * wordsOfRow), one);
});

test("readRows() tells of a file with fewer rows, with more, and of one that was cut", () => {
  const rows = [1, 2, 3].map((at) => new Uint32Array(wordsOfRow).fill(at));
  const read = (count: number) => () => readRows(file, new SignatureTable(8), { at: 0, rows: count });
  write(rows);
  read(3)();
  assert.throws(read(4), /does not hold 4 signatures/);
  assert.throws(read(2), /does not hold 2 signatures/);
  writeFileSync(file, Buffer.from(Uint32Array.from(packed(rows[0] as Uint32Array)).buffer).subarray(0, 100));
  assert.throws(read(1), /does not hold 1 signatures/);
});
