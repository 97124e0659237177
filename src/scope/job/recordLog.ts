import type { Understanding } from "../fields/understandRecord.ts";
import { SCOPE_KINDS } from "../fields/kinds.ts";
import { limits as splitting } from "../fields/splitRecord.ts";
import { plainTexts, TextColumn } from "../../lib/parquet/textColumn.ts";
import {
  ParquetPart,
  type ColumnValues,
  type ParquetColumn,
  type RowGroup,
  type SharedParquet,
} from "../../lib/parquet/writeParquet.ts";
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
  // Packing these takes a tenth of the time of reading, and saves a third of the file.
  { name: "value", type: "text", loose: true },
  { name: "normalised", type: "text", loose: true },
];

export const limits = { rowsOfGroup: 400_000, recordsOfGroup: 65_536, pathsOfGroup: 250 } as const;

/** Of zstd: all but the values, which pack to a fifteenth of their size. */
const packLevel = 1;

/** Records are numbered by task and place: the same on every run, whoever did the work. */
export const recordsOfTaskMax = 1_000_000_000;

const { fieldsMax } = splitting;
const parts = ["whole", "head", "tail", "middle"] as const;
const fieldNumbers = new Uint8Array(Int32Array.from({ length: fieldsMax }, (_, at) => at).buffer);
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

/** Writes the records of one task to `records.parquet`, which all tasks share. */
export class RecordLog {
  readonly #file: ParquetPart;
  readonly #source: Uint8Array;
  readonly #first: number;
  #rows = 0;
  #count = 0;
  // What is said of a record stands once for all its fields, which hold its place. Numbers of 64 bits as two
  // words: BigInt costs ten times as much.
  readonly #records = new Uint32Array(limits.recordsOfGroup * 2);
  readonly #offsets = new Uint32Array(limits.recordsOfGroup * 2);
  readonly #lines = new Uint32Array(limits.recordsOfGroup * 2);
  readonly #places = new Uint16Array(limits.rowsOfGroup);
  readonly #fields = new Uint16Array(limits.rowsOfGroup);
  readonly #kinds = new Uint8Array(limits.rowsOfGroup);
  readonly #encodings = new Uint8Array(limits.rowsOfGroup);
  readonly #parts = new Uint8Array(limits.rowsOfGroup);
  readonly #paths = new Uint8Array(limits.rowsOfGroup);
  readonly #pathTexts: string[] = [];
  readonly #values = new TextColumn();
  readonly #normals = new TextColumn();

  constructor(file: SharedParquet, task: { id: number; source: string }) {
    this.#file = new ParquetPart(file, RECORD_COLUMNS, packLevel);
    this.#source = plainTexts([task.source]);
    this.#first = task.id * recordsOfTaskMax;
  }

  /** Items `[from, to)` of what was understood, as record `number` of the task. */
  add(seen: Understanding, span: { from: number; to: number; number: number }, place: LoggedPlace): void {
    if (span.to === span.from) return;
    const full = this.#rows + (span.to - span.from) > limits.rowsOfGroup;
    if (full || this.#count === limits.recordsOfGroup) this.#flush();
    const path = this.#pathOf(place.path);
    const record = this.#count;
    const id = this.#first + span.number;
    this.#records[record * 2] = id;
    this.#records[record * 2 + 1] = Math.floor(id / 2 ** 32);
    this.#offsets[record * 2] = place.offset;
    this.#offsets[record * 2 + 1] = Math.floor(place.offset / 2 ** 32);
    this.#lines[record * 2] = place.line;
    this.#count += 1;
    const encoding = encodingAt.get(place.encoding) as number;
    const part = parts.indexOf(place.part);
    for (let at = span.from; at < span.to; at += 1) {
      const row = this.#rows;
      this.#places[row] = record;
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
    const count = this.#count;
    const ofRecord = (values: Uint32Array): ColumnValues => {
      return { dictionary: new Uint8Array(values.buffer, 0, count * 8), count, indices: this.#places };
    };
    const constant = new Uint8Array(rows);
    this.#file.write(rows, [
      ofRecord(this.#records),
      { dictionary: this.#source, count: 1, indices: constant },
      { dictionary: plainTexts(this.#pathTexts), count: this.#pathTexts.length, indices: this.#paths },
      ofRecord(this.#offsets),
      ofRecord(this.#lines),
      { dictionary: encodingTexts, count: RECORD_ENCODINGS.length, indices: this.#encodings },
      { dictionary: partTexts, count: parts.length, indices: this.#parts },
      { dictionary: fieldNumbers, count: fieldsMax, indices: this.#fields },
      { dictionary: kindTexts, count: SCOPE_KINDS.length, indices: this.#kinds },
      { plain: this.#values.plain },
      { plain: this.#normals.plain },
    ]);
    this.#rows = 0;
    this.#count = 0;
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
