import { closeSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { ParquetPart, joinParquet, type ParquetColumn } from "../../lib/parquet/writeParquet.ts";
import { COUNTED_KEYS, type Frequencies } from "../match/frequencies.ts";
import { FREQUENCY_VALUES } from "../match/weights.ts";
import {
  bytesOfRow,
  NARROW_KEYS,
  SignatureTable,
  WIDE_KEYS,
  wordOf,
  wordsOfRow,
} from "../signatures/columns.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

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
    writeRows(this.#file, this.#chunk, this.#row);
    this.#row = 0;
  }

  close(): number {
    if (this.#row > 0) this.#flush();
    closeSync(this.#file);
    return this.rows;
  }
}

function writeRows(file: number, table: SignatureTable, rows: number): void {
  const { buffer, byteOffset } = table.words;
  const bytes = new Uint8Array(buffer, byteOffset, rows * bytesOfRow);
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

/** Reads the signatures of all tasks into one table, in the order of the tasks. */
export function gatherSignatures(parts: readonly { file: string; rows: number }[]): SignatureTable {
  const all = new SignatureTable(parts.reduce((sum, part) => sum + part.rows, 0));
  let at = 0;
  for (const { file, rows } of parts) {
    readInto(file, new Uint8Array(all.words.buffer, at, rows * bytesOfRow));
    at += rows * bytesOfRow;
  }
  return all;
}

/** A file as it is, in memory that threads share. */
export function readShared(file: string): Uint8Array {
  const { size } = statSync(file);
  const bytes = new Uint8Array(sharedBytes(size), 0, size);
  readInto(file, bytes);
  return bytes;
}

function readInto(file: string, bytes: Uint8Array): void {
  const open = openSync(file, "r");
  try {
    for (let at = 0; at < bytes.length;) {
      // One read takes less than 2 GiB.
      const count = readSync(open, bytes, at, Math.min(bytes.length - at, 256 * 1024 ** 2), null);
      if (count === 0) throw new Error(`${file} ends too early`);
      at += count;
    }
  } finally {
    closeSync(open);
  }
}

const keyColumns: readonly ParquetColumn[] = [
  { name: "row", type: "uint32" },
  ...WIDE_KEYS.map((name) => ({ name, type: "uint64" as const })),
  ...NARROW_KEYS.map((name) => ({ name, type: "uint32" as const })),
  ...COUNTED_KEYS.map((name) => ({ name: `${name}Count`, type: "uint32" as const })),
];

const wideWords = Int32Array.from(WIDE_KEYS, (name) => wordOf[name]);
const narrowWords = Int32Array.from(NARROW_KEYS, (name) => wordOf[name]);
const countedPlaces = COUNTED_KEYS.map((value) => FREQUENCY_VALUES.indexOf(value));

/** Writes the columns for joins as Parquet, unpacked: hashes do not pack, and any engine reads it. */
export function writeKeys(table: SignatureTable, frequencies: Frequencies, file: string): void {
  const part = new ParquetPart(`${file}.part`, keyColumns, null);
  const group = 131_072;
  const numbers = new Uint32Array(group);
  const wide = WIDE_KEYS.map(() => new Uint32Array(group * 2));
  const narrow = NARROW_KEYS.map(() => new Uint32Array(group));
  const counts = COUNTED_KEYS.map(() => new Uint32Array(group));
  for (let from = 0; from < table.rows; from += group) {
    const rows = Math.min(group, table.rows - from);
    // Row by row: each lies in few lines of the cache, and all columns are taken from these.
    for (let row = 0, start = from * wordsOfRow; row < rows; row += 1, start += wordsOfRow) {
      numbers[row] = from + row;
      for (let at = 0; at < wide.length; at += 1) {
        const column = wide[at] as Uint32Array;
        const word = start + (wideWords[at] as number);
        column[row * 2] = table.words[word] as number;
        column[row * 2 + 1] = table.words[word + 1] as number;
      }
      for (let at = 0; at < narrow.length; at += 1)
        (narrow[at] as Uint32Array)[row] = table.words[start + (narrowWords[at] as number)] as number;
      for (let at = 0; at < counts.length; at += 1)
        (counts[at] as Uint32Array)[row] = frequencies.countAt(from + row, countedPlaces[at] as number);
    }
    part.write(
      rows,
      [numbers, ...wide, ...narrow, ...counts].map((column) => ({
        plain: new Uint8Array(column.buffer, 0, (column.byteLength / group) * rows),
      })),
    );
  }
  part.close();
  joinParquet(file, keyColumns, [{ file: `${file}.part`, rowGroups: part.rowGroups, packed: false }]);
  rmSync(`${file}.part`);
}
