import { SCOPE_KINDS } from "../fields/kinds.ts";
import { RunWriter, type Runs } from "../../lib/parquet/runWriter.ts";
import { plainTexts } from "../../lib/parquet/textColumn.ts";
import {
  ParquetPart,
  type ColumnValues,
  type ParquetColumn,
  type RowGroup,
  type SharedParquet,
} from "../../lib/parquet/writeParquet.ts";
import { RECORD_ENCODINGS, RECORD_PARTS } from "../read/record.ts";
import type { Machine } from "../understand/machine.ts";

/** One row for each field of each record: what anyone needs to find it again in the input. */
export const RECORD_COLUMNS: readonly ParquetColumn[] = [
  // Packing the loose ones takes a tenth of the time of reading, and saves a third of the file.
  { name: "record_id", type: "int64", loose: true },
  { name: "source", type: "text" },
  { name: "path", type: "text" },
  { name: "offset", type: "int64", loose: true },
  { name: "line", type: "int64", loose: true },
  { name: "encoding", type: "text" },
  { name: "part", type: "text" },
  { name: "field", type: "int32" },
  { name: "kind", type: "text" },
  { name: "value", type: "text", loose: true },
  { name: "normalised", type: "text", loose: true },
];

export const limits = { pathsOfGroup: 250, fieldsMax: 512 } as const;

/** Of zstd: what says the same again and again, and packs to a fourth of its size. */
const packLevel = 1;

/** Records are numbered by task and place: the same on every run, whoever did the work. */
export const recordsOfTaskMax = 1_000_000_000;

const fieldNumbers = new Uint8Array(Int32Array.from({ length: limits.fieldsMax }, (_, at) => at).buffer);
const encodingTexts = plainTexts(RECORD_ENCODINGS);
const partTexts = plainTexts(RECORD_PARTS);
const kindTexts = plainTexts(SCOPE_KINDS);

/** Writes the records of one task, which the module keeps, to `records.parquet`, which all tasks share. */
export class RecordLog {
  readonly #file: ParquetPart;
  readonly #machine: Machine;
  readonly #source: Uint8Array;
  readonly #paths: string[] = [];

  constructor(file: SharedParquet, machine: Machine, source: string) {
    this.#file = new ParquetPart(file, RECORD_COLUMNS, packLevel);
    this.#machine = machine;
    this.#source = plainTexts([source]);
  }

  /** The number of a path. Dictionaries hold 256 texts: a new path beyond that begins a new group. */
  pathOf(path: string): number {
    const last = this.#paths.length - 1;
    if (last >= 0 && this.#paths[last] === path) return last;
    const known = this.#paths.indexOf(path);
    if (known >= 0) return known;
    if (this.#paths.length >= limits.pathsOfGroup) this.flush();
    return this.#paths.push(path) - 1;
  }

  /** Writes what is kept as a row group. */
  flush(): void {
    const { exports, bytes } = this.#machine;
    const at = (name: string): number => this.#machine.place(name);
    const rows = exports.logRows.value;
    const count = exports.logRecords.value;
    const codes = (name: string, size: number): Uint8Array => bytes.subarray(at(name), at(name) + size);
    const items = this.#machine.units(at("LOG_ITEMS"), count);
    // What is said of a record stands once for all its fields, which come one behind the other.
    const ofRecord = (values: Uint8Array): Runs => {
      const writer = new RunWriter(8);
      for (let record = 0; record < count; record += 1)
        writer.add(values[record] as number, items[record] as number);
      return writer.take();
    };
    const numbered = new RunWriter(16);
    for (let record = 0; record < count; record += 1) numbered.add(record, items[record] as number);
    const indices = numbered.take();
    const first = new RunWriter(8);
    first.add(0, rows);
    const always = first.take();
    const longs = (name: string): ColumnValues => ({ dictionary: codes(name, count * 8), count, indices });
    const among = (dictionary: Uint8Array, size: number, name: string): ColumnValues => {
      return { dictionary, count: size, indices: ofRecord(codes(name, count)) };
    };
    this.#file.write(rows, [
      longs("LOG_ID"),
      { dictionary: this.#source, count: 1, indices: always },
      among(plainTexts(this.#paths), this.#paths.length, "LOG_PATH"),
      longs("LOG_OFFSET"),
      longs("LOG_LINE"),
      among(encodingTexts, RECORD_ENCODINGS.length, "LOG_ENCODING"),
      among(partTexts, RECORD_PARTS.length, "LOG_PART"),
      {
        dictionary: fieldNumbers,
        count: limits.fieldsMax,
        indices: this.#machine.units(at("LOG_FIELD"), rows),
      },
      { dictionary: kindTexts, count: SCOPE_KINDS.length, indices: codes("LOG_KIND", rows) },
      { plain: bytes.subarray(at("LOG_VALUES"), exports.valuesEnd.value) },
      { plain: bytes.subarray(at("LOG_NORMALS"), exports.normalsEnd.value) },
    ]);
    this.#paths.length = 0;
    exports.clearLog();
  }

  close(): RowGroup[] {
    this.flush();
    this.#file.close();
    return this.#file.rowGroups;
  }
}
