import { globSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import { beginParquet, endParquet, ParquetPart, type ParquetColumn } from "../../lib/parquet/writeParquet.ts";
import { COUNTED_KEYS, Frequencies } from "../match/frequencies.ts";
import { FREQUENCY_VALUES } from "../match/weights.ts";
import { NARROW_KEYS, WIDE_KEYS, wordOf, wordsOfRow, type SignatureTable } from "../signatures/columns.ts";
import { gatherSignatures } from "./signatureFile.ts";
import type { TaskResult } from "./understandTask.ts";

const keyColumns: readonly ParquetColumn[] = [
  { name: "row", type: "uint32" },
  ...WIDE_KEYS.map((name) => ({ name, type: "uint64" as const })),
  ...NARROW_KEYS.map((name) => ({ name, type: "uint32" as const })),
  ...COUNTED_KEYS.map((name) => ({ name: `${name}Count`, type: "uint32" as const })),
];

const wideWords = Int32Array.from(WIDE_KEYS, (name) => wordOf[name]);
const narrowWords = Int32Array.from(NARROW_KEYS, (name) => wordOf[name]);
const countedPlaces = COUNTED_KEYS.map((value) => FREQUENCY_VALUES.indexOf(value));

const groupRows = 131_072;

/** The columns for joins as Parquet, unpacked: hashes do not pack, and any engine reads it. */
export class KeyFile {
  readonly #file: string;
  readonly #part: string;
  readonly #parquet: ParquetPart;
  readonly #numbers = new Uint32Array(groupRows);
  readonly #wide = WIDE_KEYS.map(() => new Uint32Array(groupRows * 2));
  readonly #narrow = NARROW_KEYS.map(() => new Uint32Array(groupRows));
  readonly #counts = COUNTED_KEYS.map(() => new Uint32Array(groupRows));

  constructor(file: string) {
    this.#file = file;
    this.#part = `${file}.${process.pid}.part`;
    this.#parquet = new ParquetPart(beginParquet(this.#part), keyColumns, null);
  }

  /** Adds rows of a table, all if `only` is not given; `first`: the number of its first one. */
  add(
    table: SignatureTable,
    frequencies: Frequencies,
    { first = 0, only }: { first?: number; only?: Int32Array } = {},
  ): void {
    const count = only?.length ?? table.rows;
    for (let from = 0; from < count; from += groupRows) {
      const rows = Math.min(groupRows, count - from);
      // Row by row: each lies in few lines of the cache, and all columns are taken from these.
      for (let at = 0; at < rows; at += 1) {
        const row = only === undefined ? from + at : (only[from + at] as number);
        this.#numbers[at] = first + row;
        this.#take(table.words, row * wordsOfRow, at);
        for (let key = 0; key < this.#counts.length; key += 1)
          (this.#counts[key] as Uint32Array)[at] = frequencies.countAt(row, countedPlaces[key] as number);
      }
      this.#write(rows);
    }
  }

  #take(words: Uint32Array, start: number, at: number): void {
    for (let key = 0; key < this.#wide.length; key += 1) {
      const column = this.#wide[key] as Uint32Array;
      const word = start + (wideWords[key] as number);
      column[at * 2] = words[word] as number;
      column[at * 2 + 1] = words[word + 1] as number;
    }
    for (let key = 0; key < this.#narrow.length; key += 1)
      (this.#narrow[key] as Uint32Array)[at] = words[start + (narrowWords[key] as number)] as number;
  }

  #write(rows: number): void {
    const columns = [this.#numbers, ...this.#wide, ...this.#narrow, ...this.#counts];
    this.#parquet.write(
      rows,
      columns.map((column) => ({
        plain: new Uint8Array(column.buffer, 0, (column.byteLength / groupRows) * rows),
      })),
    );
  }

  /** The file is there whole or not at all. */
  close(): void {
    this.#parquet.close();
    endParquet(this.#part, keyColumns, { groups: this.#parquet.rowGroups, packed: false });
    renameSync(this.#part, this.#file);
  }
}

/** How many signatures a task has written, as stands beside them. */
function recordsOf(signatures: string): number {
  const result = signatures.replace(/signatures$/, "json");
  return (JSON.parse(readFileSync(result, "utf8")) as TaskResult).records;
}

/** Writes the keys of all records of a job; gives how many there are. */
export function writeRecordKeys(out: string, file: string): number {
  const parts = globSync(join(out, "work", "read", "*.signatures"))
    .toSorted()
    .map((file) => ({ file, rows: recordsOf(file) }));
  if (parts.length === 0) {
    throw new SekishoError("not-found", `Cannot find the records of a job in ${out}`, {
      hint: "name the folder of a job, as given with --out, before it is sealed; or that of an index",
    });
  }
  const table = gatherSignatures(parts);
  const keys = new KeyFile(file);
  keys.add(table, Frequencies.of(table));
  keys.close();
  return table.rows;
}
