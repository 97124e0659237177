import type { Understanding } from "../fields/understandRecord.ts";
import { SCOPE_KINDS } from "../fields/kinds.ts";
import { plainTexts, TextColumn } from "../../lib/parquet/textColumn.ts";
import { ParquetPart, type ParquetColumn, type RowGroup } from "../../lib/parquet/writeParquet.ts";
import { RECORD_ENCODINGS, type RecordEncoding } from "../read/record.ts";

/** One row for each field of each record: what anyone needs to find it again in the input. */
export const RECORD_COLUMNS: readonly ParquetColumn[] = [
  { name: "record_id", type: "int64" },
  { name: "source", type: "text" },
  { name: "path", type: "text" },
  { name: "offset", type: "int64" },
  { name: "line", type: "int64" },
  { name: "encoding", type: "text" },
  { name: "part", type: "text" },
  { name: "field", type: "int32" },
  { name: "kind", type: "text" },
  { name: "value", type: "text" },
  { name: "normalised", type: "text" },
];

export const limits = { rowsOfGroup: 400_000, pathsOfGroup: 250 } as const;

/** Of zstd: twice as fast as 1, a tenth larger. */
const packLevel = -3;

/** Records are numbered by task and place: the same on every run, whoever did the work. */
export const recordsOfTaskMax = 1_000_000_000;

const parts = ["whole", "head", "tail", "middle"] as const;
const encodingTexts = plainTexts(RECORD_ENCODINGS);
const partTexts = plainTexts(parts);
const kindTexts = plainTexts(SCOPE_KINDS);
const encodingAt = new Map<RecordEncoding, number>(RECORD_ENCODINGS.map((one, at) => [one, at]));

/** Where a record stands, as the log takes it. */
export type LoggedPlace = {
  path: string;
  offset: number;
  line: number;
  encoding: RecordEncoding;
  part: (typeof parts)[number];
};

/** Writes the records of one task to a part of `records.parquet`. */
export class RecordLog {
  readonly #file: ParquetPart;
  readonly #source: Uint8Array;
  readonly #first: number;
  #rows = 0;
  // Numbers of 64 bits as two words: BigInt costs ten times as much.
  readonly #records = new Uint32Array(limits.rowsOfGroup * 2);
  readonly #offsets = new Uint32Array(limits.rowsOfGroup * 2);
  readonly #lines = new Uint32Array(limits.rowsOfGroup * 2);
  readonly #fields = new Int32Array(limits.rowsOfGroup);
  readonly #kinds = new Uint8Array(limits.rowsOfGroup);
  readonly #encodings = new Uint8Array(limits.rowsOfGroup);
  readonly #parts = new Uint8Array(limits.rowsOfGroup);
  readonly #paths = new Uint8Array(limits.rowsOfGroup);
  readonly #pathTexts: string[] = [];
  readonly #values = new TextColumn();
  readonly #normals = new TextColumn();

  constructor(file: string, task: { id: number; source: string }) {
    this.#file = new ParquetPart(file, RECORD_COLUMNS, packLevel);
    this.#source = plainTexts([task.source]);
    this.#first = task.id * recordsOfTaskMax;
  }

  /** Items `[from, to)` of what was understood, as record `number` of the task. */
  add(seen: Understanding, span: { from: number; to: number; number: number }, place: LoggedPlace): void {
    if (this.#rows + (span.to - span.from) > limits.rowsOfGroup) this.#flush();
    const id = this.#first + span.number;
    const idHigh = Math.floor(id / 2 ** 32);
    const offsetHigh = Math.floor(place.offset / 2 ** 32);
    const path = this.#pathOf(place.path);
    const encoding = encodingAt.get(place.encoding) as number;
    const part = parts.indexOf(place.part);
    for (let at = span.from; at < span.to; at += 1) {
      const row = this.#rows;
      this.#records[row * 2] = id;
      this.#records[row * 2 + 1] = idHigh;
      this.#offsets[row * 2] = place.offset;
      this.#offsets[row * 2 + 1] = offsetHigh;
      this.#lines[row * 2] = place.line;
      this.#fields[row] = seen.itemField[at] as number;
      this.#kinds[row] = seen.itemKind[at] as number;
      this.#encodings[row] = encoding;
      this.#parts[row] = part;
      this.#paths[row] = path;
      this.#values.add(seen.bytes, seen.itemStart[at] as number, seen.itemEnd[at] as number);
      this.#normals.add(seen.normal.bytes, seen.normalStart[at] as number, seen.normalEnd[at] as number);
      this.#rows += 1;
    }
  }

  /** Dictionaries hold 256 texts: a new path beyond that begins a new group. */
  #pathOf(path: string): number {
    const last = this.#pathTexts.length - 1;
    if (last >= 0 && this.#pathTexts[last] === path) return last;
    const known = this.#pathTexts.indexOf(path);
    if (known >= 0) return known;
    if (this.#pathTexts.length >= limits.pathsOfGroup) this.#flush();
    return this.#pathTexts.push(path) - 1;
  }

  #flush(): void {
    const rows = this.#rows;
    const bytes = (array: Uint32Array | Int32Array): Uint8Array =>
      new Uint8Array(array.buffer, 0, (array.length / limits.rowsOfGroup) * rows * 4);
    const constant = new Uint8Array(rows);
    this.#file.write(rows, [
      { plain: bytes(this.#records) },
      { dictionary: this.#source, count: 1, indices: constant },
      { dictionary: plainTexts(this.#pathTexts), count: this.#pathTexts.length, indices: this.#paths },
      { plain: bytes(this.#offsets) },
      { plain: bytes(this.#lines) },
      { dictionary: encodingTexts, count: RECORD_ENCODINGS.length, indices: this.#encodings },
      { dictionary: partTexts, count: parts.length, indices: this.#parts },
      { plain: bytes(this.#fields) },
      { dictionary: kindTexts, count: SCOPE_KINDS.length, indices: this.#kinds },
      { plain: this.#values.plain },
      { plain: this.#normals.plain },
    ]);
    this.#rows = 0;
    this.#pathTexts.length = 0;
    this.#values.clear();
    this.#normals.clear();
  }

  close(): RowGroup[] {
    this.#flush();
    this.#file.close();
    return this.#file.rowGroups;
  }
}
