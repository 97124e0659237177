import { renameSync, writeFileSync } from "node:fs";
import { ParquetPart, type ParquetColumn, type RowGroup } from "../../lib/parquet/writeParquet.ts";
import { readTask } from "../read/readTask.ts";
import type { ReadProblem, ReadTask, RecordPlace, RecordSink } from "../read/record.ts";
import type { Machine } from "../understand/machine.ts";
import { ATTRIBUTES, CUSTOMER_FIELDS, type CustomerField } from "./customerColumns.ts";
import { CustomerTextWriter } from "./customerTexts.ts";
import { SignatureChunks } from "./signatureChunks.ts";

/** What is kept of customers beside their signatures. */
export const ATTRIBUTE_COLUMNS: readonly ParquetColumn[] = [
  { name: "customer_id", type: "text" },
  { name: "born", type: "int32" },
  { name: "passport_expires", type: "int32" },
  ...ATTRIBUTES.map((name) => ({ name, type: "text" as const })),
];

export type CustomerResult = {
  task: number;
  rows: number;
  rowGroups: RowGroup[];
  problems: ReadProblem[];
};

/** For each column of the table, which field it holds; null: none. */
export type ColumnFields = readonly (CustomerField | null)[];

export const limits = { problemsMax: 1_000 } as const;

/** Reads one part of a customer table: signatures to `.signatures`, the rest to `.attributes`. */
export async function readCustomers(
  task: ReadTask,
  columns: ColumnFields,
  options: { folder: string; machine: Machine; onProgress: (bytes: number) => void },
): Promise<CustomerResult> {
  const base = `${options.folder}/${String(task.id).padStart(6, "0")}`;
  const sink = new CustomerSink(columns, options.machine, { task, base });
  await readTask(task, sink, { onProgress: options.onProgress, kernel: options.machine.kernel });
  const result = { task: task.id, ...sink.close() };
  writeFileSync(`${base}.json.part`, JSON.stringify(result), { mode: 0o600 });
  renameSync(`${base}.json.part`, `${base}.json`);
  return result;
}

const attributePlaces = ATTRIBUTES.map((name) => CUSTOMER_FIELDS.indexOf(name));

class CustomerSink implements RecordSink {
  readonly #machine: Machine;
  readonly #task: ReadTask;
  readonly #signatures: SignatureChunks;
  readonly #file: ParquetPart;
  readonly #problems: ReadProblem[] = [];
  #rows = 0;
  /** Where each of CUSTOMER_FIELDS begins and ends. */
  readonly #spans: Uint32Array;
  readonly #kept = new CustomerTextWriter();
  readonly #base: string;
  readonly #inputMost: number;
  readonly #chunkRows: number;
  readonly #groupRows: number;
  readonly #valuesMost: number;

  constructor(columns: ColumnFields, machine: Machine, { task, base }: { task: ReadTask; base: string }) {
    this.#machine = machine;
    this.#task = task;
    this.#base = base;
    this.#inputMost = machine.place("INPUT_MOST");
    this.#chunkRows = machine.place("CHUNK_ROWS");
    this.#valuesMost = machine.place("LOG_VALUES") + machine.place("LOG_TEXT") - this.#inputMost - 64;
    this.#groupRows = machine.place("CUSTOMER_ROWS");
    this.#spans = machine.words(machine.place("CUSTOMER_SPANS"), CUSTOMER_FIELDS.length * 2);
    const columnsMax = machine.place("FIELDS_MOST");
    const places = machine.bytes
      .subarray(machine.place("CUSTOMER_COLUMNS"))
      .subarray(0, columnsMax)
      .fill(255);
    for (const [column, field] of columns.slice(0, columnsMax).entries())
      if (field !== null) places[column] = CUSTOMER_FIELDS.indexOf(field);
    machine.exports.clearChunk();
    machine.exports.clearLog();
    machine.exports.clearCustomers();
    machine.exports.clearAttributes();
    this.#signatures = new SignatureChunks(`${base}.signatures`, machine);
    this.#file = new ParquetPart(`${base}.attributes`, ATTRIBUTE_COLUMNS, 1);
  }

  record(bytes: Uint8Array, start: number, end: number, place: RecordPlace): void {
    // The names of the columns.
    if (place.offset <= 3 && place.path === "" && place.line <= 1) return;
    const { exports } = this.#machine;
    if (end - start > this.#inputMost) {
      const { source } = this.#task.input;
      const message = `A row of ${source} is too long, and is left out: no customer has that much text`;
      this.problem({ code: "line-too-long", source, path: place.path, offset: place.offset, message });
      return;
    }
    if (exports.chunkRows.value === this.#chunkRows) this.#signatures.flush();
    // Keys of customers are short; one that is not still has room.
    if (exports.customerRows.value === this.#groupRows || exports.valuesEnd.value > this.#valuesMost)
      this.#flush();
    const from = this.#machine.bring(bytes, start, end);
    exports.customer(from, from + end - start, place.separator === 0 ? 0x2c : place.separator);
    if (exports.misses.value !== 0) this.#codeAttributes(exports.misses.value);
    this.#rows += 1;
  }

  /** Texts of attributes that the module has not seen of late get their numbers. */
  #codeAttributes(misses: number): void {
    const { exports, bytes } = this.#machine;
    for (let attribute = 0; attribute < attributePlaces.length; attribute += 1) {
      if (((misses >> attribute) & 1) === 0) continue;
      const place = (attributePlaces[attribute] as number) * 2;
      const span = { from: this.#spans[place] as number, to: this.#spans[place + 1] as number };
      exports.codeAttribute(attribute, this.#kept.code(attribute, bytes, span));
    }
  }

  #flush(): void {
    const { exports, bytes } = this.#machine;
    const rows = exports.customerRows.value;
    const at = (name: string): number => this.#machine.place(name);
    const ids = bytes.subarray(at("LOG_VALUES"), exports.valuesEnd.value);
    const codes = ATTRIBUTES.map((_, attribute) =>
      this.#machine.words(at("CUSTOMER_CODES") + attribute * this.#groupRows * 4, rows),
    );
    this.#kept.add(ids, codes);
    this.#file.write(rows, [
      { plain: ids },
      { plain: bytes.subarray(at("CUSTOMER_BORN"), at("CUSTOMER_BORN") + rows * 4) },
      { plain: bytes.subarray(at("CUSTOMER_EXPIRES"), at("CUSTOMER_EXPIRES") + rows * 4) },
      ...ATTRIBUTES.map((_, attribute) => this.#kept.lastValues(attribute)),
    ]);
    exports.clearCustomers();
    exports.clearLog();
  }

  problem(problem: ReadProblem): void {
    if (this.#problems.length < limits.problemsMax) this.#problems.push(problem);
  }

  close(): { rows: number; rowGroups: RowGroup[]; problems: ReadProblem[] } {
    this.#flush();
    this.#file.close();
    this.#signatures.close();
    this.#kept.write(`${this.#base}.texts`);
    return { rows: this.#rows, rowGroups: this.#file.rowGroups, problems: this.#problems };
  }
}
