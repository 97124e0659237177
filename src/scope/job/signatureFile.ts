import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { ParquetPart, joinParquet, type ParquetColumn } from "../../lib/parquet/writeParquet.ts";
import { COUNTED_KEYS, type Frequencies } from "../match/frequencies.ts";
import { bytesOfRow, NARROW_COLUMNS, SignatureTable, WIDE_COLUMNS } from "../signatures/columns.ts";

/** Rows that a worker keeps before it writes them. */
export const chunkRows = 32_768;

/** Signatures of one task, chunk by chunk as they lie in memory. */
export class SignatureWriter {
  readonly #file: number;
  #chunk = new SignatureTable(chunkRows, new ArrayBuffer(chunkRows * bytesOfRow));
  #row = 0;
  rows = 0;

  constructor(file: string) {
    this.#file = openSync(file, "w", 0o600);
  }

  /** The table and the row to write next; valid until the next call. */
  next(): { table: SignatureTable; row: number } {
    if (this.#row === chunkRows) this.#flush();
    this.rows += 1;
    return { table: this.#chunk, row: this.#row++ };
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#chunk.buffer);
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
    this.#row = 0;
  }

  close(): number {
    if (this.#row > 0) this.#flush();
    closeSync(this.#file);
    return this.rows;
  }
}

/** Reads the signatures of all tasks into one table, in the order of the tasks. */
export function gatherSignatures(parts: readonly { file: string; rows: number }[]): SignatureTable {
  const total = parts.reduce((sum, part) => sum + part.rows, 0);
  const all = new SignatureTable(total);
  const chunk = new SignatureTable(chunkRows, new ArrayBuffer(chunkRows * bytesOfRow));
  const bytes = new Uint8Array(chunk.buffer);
  let at = 0;
  for (const part of parts) {
    const file = openSync(part.file, "r");
    try {
      for (let left = part.rows; left > 0; left -= chunkRows) {
        for (let done = 0; done < bytes.length;) {
          const count = readSync(file, bytes, done, bytes.length - done, null);
          if (count === 0) throw new Error(`${part.file} ends too early`);
          done += count;
        }
        const rows = Math.min(left, chunkRows);
        copyRows(chunk, all, { rows, at });
        at += rows;
      }
    } finally {
      closeSync(file);
    }
  }
  return all;
}

function copyRows(
  from: SignatureTable,
  to: SignatureTable,
  { rows, at }: { rows: number; at: number },
): void {
  for (const column of WIDE_COLUMNS) to.wide[column].set(from.wide[column].subarray(0, rows * 2), at * 2);
  for (const column of NARROW_COLUMNS) to.narrow[column].set(from.narrow[column].subarray(0, rows), at);
}

/** Columns by which pairs are found; the rest is only compared. */
export const KEY_COLUMNS = [
  "kanji",
  "sound",
  "roman",
  "email",
  "phone",
  "phone2",
  "address",
  "passport",
  "birth",
  "customer",
] as const satisfies readonly (typeof WIDE_COLUMNS)[number][];
const narrowKeys = ["postalCode", "town", "kanjiGiven", "soundGiven"] as const;

const keyColumns: readonly ParquetColumn[] = [
  { name: "row", type: "uint32" },
  ...KEY_COLUMNS.map((name) => ({ name, type: "uint64" as const })),
  ...narrowKeys.map((name) => ({ name, type: "uint32" as const })),
  ...COUNTED_KEYS.map((name) => ({ name: `${name}Count`, type: "uint32" as const })),
];

/** Writes the columns for joins as Parquet, unpacked: hashes do not pack, and any engine reads it. */
export function writeKeys(table: SignatureTable, frequencies: Frequencies, file: string): void {
  const part = new ParquetPart(`${file}.part`, keyColumns, null);
  const group = 1_000_000;
  for (let from = 0; from < table.rows; from += group) {
    const rows = Math.min(group, table.rows - from);
    const numbers = Uint32Array.from({ length: rows }, (_, at) => from + at);
    part.write(rows, [
      { plain: new Uint8Array(numbers.buffer) },
      ...KEY_COLUMNS.map((column) => {
        const words = table.wide[column];
        return { plain: new Uint8Array(words.buffer, words.byteOffset + from * 8, rows * 8) };
      }),
      ...narrowKeys.map((column) => {
        const words = table.narrow[column];
        return { plain: new Uint8Array(words.buffer, words.byteOffset + from * 4, rows * 4) };
      }),
      ...COUNTED_KEYS.map((value) => {
        const counts = new Uint32Array(rows);
        for (let at = 0; at < rows; at += 1) counts[at] = frequencies.count(from + at, value);
        return { plain: new Uint8Array(counts.buffer) };
      }),
    ]);
  }
  part.close();
  joinParquet(file, keyColumns, [{ file: `${file}.part`, rowGroups: part.rowGroups, packed: false }]);
}
