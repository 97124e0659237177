import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CopyFormat } from "../verdict.ts";
import { bytesOfFormat, findBinaryCells, findCsvCells, findDataCells, findTextCells } from "./rowCells.ts";

const text: CopyFormat = {
  format: "text",
  delimiter: "\t",
  null: "\\N",
  header: false,
  quote: '"',
  escape: '"',
};
const csv: CopyFormat = { ...text, format: "csv", delimiter: ",", null: "" };

type Cells = (string | null)[] | null;

function cellsOf(bytes: Buffer, cells: Int32Array, count: number): Cells {
  return Array.from({ length: count }, (_, at) => {
    const start = cells[at * 2] as number;
    return start < 0 ? null : bytes.toString("utf8", start, cells[at * 2 + 1]);
  });
}

function find(line: string, wanted: number[], format: CopyFormat): Cells {
  const bytes = Buffer.from(line);
  const cells = new Int32Array(wanted.length * 2);
  const row = { bytes, start: 0, end: bytes.length };
  const finder = format.format === "csv" ? findCsvCells : findTextCells;
  return finder(row, Int32Array.from(wanted), { cells, format: bytesOfFormat(format) })
    ? cellsOf(bytes, cells, wanted.length)
    : null;
}

const rows: [string, number[], CopyFormat, Cells][] = [
  ["1\ta@b\tx\n", [0, 1], text, ["1", "a@b"]],
  ["1\t\\N\tx\n", [1, 2], text, [null, "x"]],
  ["a\\\tb\t2\n", [0, 1], text, ["a\\\tb", "2"]],
  ["1\tone\\ntwo\n", [1], text, ["one\\ntwo"]],
  ["1\tone\ntwo\n", [1], text, null],
  ["1\tno newline", [0], text, null],
  ["1\n", [1], text, null],
  ["1|2|3\n", [2], { ...text, delimiter: "|" }, ["3"]],
  ["1,2,3\n", [0, 2], csv, ["1", "3"]],
  ['1,"a,b",3\n', [1, 2], csv, ['"a,b"', "3"]],
  ['1,"a\nb",3\n', [2], csv, ["3"]],
  ['1,"a""b",3\n', [1, 2], csv, ['"a""b"', "3"]],
  ['1,"a\\"b",3\n', [1, 2], { ...csv, escape: "\\" }, ['"a\\"b"', "3"]],
  ["1,,3\n", [1], csv, [null]],
  ['1,"",3\n', [1], csv, ['""']],
  ['1,"never closed\n', [0], csv, null],
  ["1,2\n3,4\n", [0], csv, null],
];

for (const [line, wanted, format, expected] of rows) {
  test(`find cells of ${JSON.stringify(line)} as ${format.format}: ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(find(line, wanted, format), expected);
  });
}

function dataRow(values: (string | null)[]): Buffer {
  const parts = values.map((value) => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(value === null ? -1 : Buffer.byteLength(value));
    return Buffer.concat([size, Buffer.from(value ?? "")]);
  });
  const count = Buffer.alloc(2);
  count.writeInt16BE(values.length);
  return Buffer.concat([count, ...parts]);
}

const values = fc.array(fc.option(fc.string({ unit: "binary", maxLength: 20 })), {
  minLength: 1,
  maxLength: 8,
});

test("findDataCells() finds what is in a row, and nothing in any part of it", () => {
  fc.assert(
    fc.property(values, fc.nat(), (row, seed) => {
      const bytes = dataRow(row);
      const wanted = Int32Array.from(
        row.map((_, at) => at).filter((at) => (seed >> at) % 2 === 0 || at === 0),
      );
      const cells = new Int32Array(wanted.length * 2);
      assert.equal(findDataCells({ bytes, start: 0, end: bytes.length }, wanted, cells), true);
      const expected = [...wanted].map((at) => row[at] ?? null);
      assert.deepEqual(
        cellsOf(bytes, cells, wanted.length),
        expected.map((value) => value && Buffer.from(value).toString()),
      );
      const all = Int32Array.from(row.map((_, at) => at));
      const room = new Int32Array(row.length * 2);
      for (let end = 0; end < bytes.length; end++)
        assert.equal(findDataCells({ bytes, start: 0, end }, all, room), false);
    }),
    { seed: 2016, numRuns: 300 },
  );
});

test("findBinaryCells() walks tuple by tuple", () => {
  const bytes = Buffer.concat([dataRow(["1", null]), dataRow(["2", "b"])]);
  const wanted = Int32Array.from([0, 1]);
  const cells = new Int32Array(4);
  const next = findBinaryCells({ bytes, start: 0, end: bytes.length }, wanted, cells);
  assert.deepEqual(cellsOf(bytes, cells, 2), ["1", null]);
  assert.equal(findBinaryCells({ bytes, start: next, end: bytes.length }, wanted, cells), bytes.length);
  assert.deepEqual(cellsOf(bytes, cells, 2), ["2", "b"]);
  assert.equal(findBinaryCells({ bytes, start: next, end: bytes.length - 1 }, wanted, cells), -1);
});
