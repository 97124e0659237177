import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { openDuck, quoteSql } from "../openDuck.ts";
import { RunWriter } from "./runWriter.ts";
import { plainTexts, TextColumn } from "./textColumn.ts";
import {
  beginParquet,
  endParquet,
  joinParquet,
  levelsOfLists,
  packBits,
  ParquetPart,
  type ParquetColumn,
  type SharedParquet,
} from "./writeParquet.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-parquet-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const columns: readonly ParquetColumn[] = [
  { name: "id", type: "int64" },
  { name: "hash", type: "uint64" },
  { name: "small", type: "uint32" },
  { name: "weight", type: "double" },
  { name: "kind", type: "text" },
  { name: "value", type: "text", loose: true },
  { name: "again", type: "text" },
];
const kinds = ["name", "kana", "住所"];

function part(
  target: string | SharedParquet,
  { from, rows, level }: { from: number; rows: number; level: number | null },
): ParquetPart {
  const written = new ParquetPart(target, columns, level);
  for (let start = 0; start < rows; start += 700) {
    const count = Math.min(700, rows - start);
    const id = new BigInt64Array(count).map((_, at) => BigInt(from + start + at) * 1_000_000_007n);
    const hash = new BigUint64Array(count).map((_, at) => (1n << 63n) + BigInt(from + start + at));
    const small = new Uint32Array(count).map((_, at) => 4_294_967_295 - (from + start + at));
    const weight = new Float64Array(count).map((_, at) => (from + start + at) / 4 - 9);
    const indices = new Uint8Array(count).map((_, at) => (start === 0 ? 1 : (from + start + at) % 3));
    const value = new TextColumn();
    for (let at = 0; at < count; at += 1) {
      const text = new TextEncoder().encode("高".repeat((from + start + at) % 40));
      value.add(text, 0, text.length);
    }
    written.write(count, [
      ...[id, hash, small, weight].map((one) => ({ plain: new Uint8Array(one.buffer) })),
      { dictionary: plainTexts(kinds), count: kinds.length, indices },
      { plain: value.plain },
      { dictionary: plainTexts(["名", "カナ", "place"]), count: kinds.length, indices },
    ]);
  }
  written.close();
  return written;
}

for (const level of [null, 1]) {
  test(`joinParquet() writes what DuckDB reads, ${level === null ? "plain" : "packed"}`, async () => {
    const parts = [
      part(join(folder, "a"), { from: 0, rows: 2_000, level }),
      part(join(folder, "b"), { from: 2_000, rows: 0, level }),
      part(join(folder, "c"), { from: 2_000, rows: 1_001, level }),
    ];
    const file = join(folder, `all-${level}.parquet`);
    joinParquet(
      file,
      columns,
      parts.map(({ rowGroups }, at) => ({
        file: join(folder, ["a", "b", "c"][at] as string),
        rowGroups,
        packed: level !== null,
      })),
    );
    const duck = await openDuck();
    const from = `read_parquet(${quoteSql(file)})`;
    const shape = await duck.rows<{ column_type: string }>(`DESCRIBE SELECT * FROM ${from}`);
    assert.deepEqual(
      shape.map((one) => one.column_type),
      ["BIGINT", "UBIGINT", "UINTEGER", "DOUBLE", "VARCHAR", "VARCHAR", "VARCHAR"],
    );
    const [seen] = await duck.rows<Record<string, unknown>>(
      `SELECT count(*) AS n, count(*) FILTER (id = (row - 1) * 1000000007
         AND hash = 9223372036854775808 + (row - 1) AND small = 4294967295 - (row - 1)
         AND weight = (row - 1) / 4.0 - 9 AND value = repeat('高', ((row - 1) % 40)::INT)) AS fit,
         count(*) FILTER (kind = '住所' AND again = 'place') AS places
       FROM (SELECT *, row_number() OVER (ORDER BY id) AS row FROM ${from})`,
    );
    const places = Array.from({ length: 3_001 }, (_, at) => at).filter(
      (at) => at % 3 === 2 && !(at < 700 || (at >= 2_000 && at < 2_700)),
    ).length;
    assert.deepEqual(seen, { n: 3_001, fit: 3_001, places });
    await duck.close();
  });
}

test("endParquet() makes a file whole that was left in the middle and begun again", async () => {
  const file = join(folder, "shared.parquet");
  const first = beginParquet(file);
  const [one, left, two] = [0, 5_000, 1_000].map((from) => part(first, { from, rows: 800, level: 1 })) as [
    ParquetPart,
    ParquetPart,
    ParquetPart,
  ];
  assert.equal(new Set([one, left, two].map(({ rowGroups }) => rowGroups[0]?.chunks[0]?.offset)).size, 3);
  const before = [...two.rowGroups, ...one.rowGroups];
  const again = beginParquet(file, before);
  const three = part(again, { from: 3_000, rows: 10, level: 1 });
  part(again, { from: 9_000, rows: 100, level: 1 });
  endParquet(file, columns, { groups: [...three.rowGroups, ...before], packed: true });
  const ids = Array.from({ length: 10 }, (_, at) => 3_000 + at);
  for (const from of [1_000, 0]) for (let at = 0; at < 800; at += 1) ids.push(from + at);
  const duck = await openDuck();
  await duck.run("SET preserve_insertion_order = true");
  const read = await duck.rows<{ id: number; value: string }>(
    `SELECT (id / 1000000007)::INT AS id, value FROM read_parquet(${quoteSql(file)})`,
  );
  await duck.close();
  assert.deepEqual(
    read,
    ids.map((id) => ({ id, value: "高".repeat(id % 40) })),
  );
});

test("joinParquet() writes lists, gaps, bits and long dictionaries as DuckDB reads them", async () => {
  const shapes: readonly ParquetColumn[] = [
    { name: "names", type: "text", shape: "list" },
    { name: "numbers", type: "int64", shape: "list" },
    { name: "note", type: "text", shape: "optional" },
    { name: "many", type: "text" },
    { name: "yes", type: "boolean" },
  ];
  const rows = 1_003;
  const written = new ParquetPart(join(folder, "shapes"), shapes, 1);
  const sizes = Array.from({ length: rows }, (_, row) => [0, 1, 2, 3, 11, 40][row % 6] as number);
  const places = sizes.flatMap((size) =>
    Array.from({ length: Math.max(1, size) }, (_, at) => ({ size, at })),
  );
  const starts = new Uint32Array(rows + 1).fill(17);
  for (const [row, size] of sizes.entries()) starts[row + 1] = (starts[row] as number) + size;
  const levels = levelsOfLists(starts);
  const held = places.filter(({ size }) => size > 0);
  const numbers = BigInt64Array.from(held, (_, at) => BigInt(at) * 5_000_000_000n);
  const many = Array.from({ length: 700 }, (_, at) => `値${at}`);
  const notes = Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 0 : 1));
  written.write(rows, [
    { dictionary: plainTexts(kinds), count: 3, indices: Uint8Array.from(held, ({ at }) => at % 3), levels },
    { plain: new Uint8Array(numbers.buffer), levels },
    {
      dictionary: plainTexts(many),
      count: many.length,
      indices: Uint16Array.from(notes.filter(Boolean), (_, at) => at % 700),
      levels: { count: rows, there: packBits(Uint8Array.from(notes), rows) },
    },
    { dictionary: plainTexts(many), count: 700, indices: Uint16Array.from(notes, (_, row) => row % 700) },
    { plain: packBits(Uint8Array.from(notes), rows) },
  ]);
  written.close();
  const file = join(folder, "shapes.parquet");
  joinParquet(file, shapes, [{ file: join(folder, "shapes"), rowGroups: written.rowGroups, packed: true }]);
  const duck = await openDuck();
  try {
    const read = await duck.rows<Record<string, unknown>>(`SELECT * FROM read_parquet(${quoteSql(file)})`);
    let [number, note] = [0, 0];
    const expected = sizes.map((size, row) => ({
      names: Array.from({ length: size }, (_, at) => kinds[at % 3]),
      numbers: Array.from({ length: size }, () => number++ * 5_000_000_000),
      note: notes[row] === 0 ? null : (many[note++ % 700] as string),
      many: many[row % 700] as string,
      yes: notes[row] === 1,
    }));
    const list = (value: unknown): unknown[] =>
      (Array.isArray(value) ? value : (value as { items: unknown[] }).items).map((one: unknown) =>
        typeof one === "string" && /^\d+$/.test(one) ? Number(one) : one,
      );
    const plain = read.map((row) => ({ ...row, names: list(row["names"]), numbers: list(row["numbers"]) }));
    assert.deepEqual(plain, expected);
  } finally {
    await duck.close();
  }
});

test("RunWriter's runs are read as the indices that they stand for", async () => {
  const texts = Array.from({ length: 40_000 }, (_, at) => `text ${at}`);
  const runs = fc.array(fc.tuple(fc.nat({ max: 39_999 }), fc.integer({ min: 1, max: 300 })), {
    minLength: 1,
    maxLength: 60,
  });
  const of = [
    { name: "wide", type: "text" },
    { name: "narrow", type: "text" },
  ] as const;
  const duck = await openDuck();
  let made = 0;
  await fc.assert(
    fc.asyncProperty(runs, async (all) => {
      const [wide, narrow] = [new RunWriter(16), new RunWriter(8)];
      for (const [value, count] of all) {
        wide.add(value, count);
        narrow.add(value % 200, count);
      }
      const rows = all.reduce((sum, [, count]) => sum + count, 0);
      const written = new ParquetPart(join(folder, "runs.part"), of, 1);
      written.write(rows, [
        { dictionary: plainTexts(texts), count: texts.length, indices: wide.take() },
        { dictionary: plainTexts(texts.slice(0, 200)), count: 200, indices: narrow.take() },
      ]);
      written.close();
      // Another name each time: DuckDB tells files apart by time and size.
      const file = join(folder, `runs-${(made += 1)}.parquet`);
      const { rowGroups } = written;
      joinParquet(file, of, [{ file: join(folder, "runs.part"), rowGroups, packed: true }]);
      const read = await duck.rows<{ wide: string; narrow: string }>(`SELECT * FROM '${file}'`);
      const told = all.flatMap(([value, count]) =>
        Array.from({ length: count }, () => ({ wide: texts[value], narrow: texts[value % 200] })),
      );
      assert.deepEqual(read, told);
    }),
    { seed: 2016, numRuns: 20 },
  );
  await duck.close();
});
