import { renameSync, writeFileSync } from "node:fs";
import { FieldReading } from "../fields/classifyField.ts";
import { kind } from "../fields/kinds.ts";
import { Fields } from "../fields/splitRecord.ts";
import { TextColumn } from "../../lib/parquet/textColumn.ts";
import { ParquetPart, type ParquetColumn, type RowGroup } from "../../lib/parquet/writeParquet.ts";
import { readTask } from "../read/readTask.ts";
import type { ReadProblem, ReadTask, RecordPlace, RecordSink } from "../read/record.ts";
import type { HashKey } from "../signatures/keyedHash.ts";
import { PersonSignature } from "../signatures/personSignature.ts";
import { ATTRIBUTES, CUSTOMER_FIELDS, kindOfField, type CustomerField } from "./customerColumns.ts";
import { CustomerTextWriter } from "./customerTexts.ts";
import { SignatureWriter } from "./signatureFile.ts";

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

export const limits = { rowsOfGroup: 100_000, problemsMax: 1_000 } as const;

/** Reads one part of a customer table: signatures to `.signatures`, the rest to `.attributes`. */
export async function readCustomers(
  task: ReadTask,
  columns: ColumnFields,
  options: { folder: string; key: HashKey; onProgress: (bytes: number) => void },
): Promise<CustomerResult> {
  const base = `${options.folder}/${String(task.id).padStart(6, "0")}`;
  const sink = new CustomerSink(columns, options.key, base);
  await readTask(task, sink, { onProgress: options.onProgress });
  const result = { task: task.id, ...sink.close() };
  writeFileSync(`${base}.json.part`, JSON.stringify(result), { mode: 0o600 });
  renameSync(`${base}.json.part`, `${base}.json`);
  return result;
}

const days: readonly CustomerField[] = ["birth_date", "passport_issued_on", "passport_expires_on"];
/** Fields that are read and not only kept. */
const readPlaces = CUSTOMER_FIELDS.flatMap((field, at) =>
  kindOfField[field] !== undefined || days.includes(field) ? [at] : [],
);
const attributePlaces = ATTRIBUTES.map((name) => CUSTOMER_FIELDS.indexOf(name));

class CustomerSink implements RecordSink {
  readonly #fieldOf: ColumnFields;
  /** By column: the place of its field in CUSTOMER_FIELDS. */
  readonly #placeOf: Int32Array;
  readonly #fields = new Fields();
  readonly #reading = new FieldReading();
  readonly #signature: PersonSignature;
  readonly #signatures: SignatureWriter;
  readonly #file: ParquetPart;
  readonly #problems: ReadProblem[] = [];
  #rows = 0;
  readonly #born = new Int32Array(limits.rowsOfGroup);
  readonly #expires = new Int32Array(limits.rowsOfGroup);
  readonly #id = new TextColumn();
  readonly #spans = new Int32Array(CUSTOMER_FIELDS.length * 2);
  readonly #kept = new CustomerTextWriter();
  readonly #base: string;

  constructor(columns: ColumnFields, key: HashKey, base: string) {
    this.#fieldOf = columns;
    this.#placeOf = Int32Array.from(columns, (field) =>
      field == null ? -1 : CUSTOMER_FIELDS.indexOf(field),
    );
    this.#base = base;
    this.#signature = new PersonSignature(key);
    this.#signatures = new SignatureWriter(`${base}.signatures`);
    this.#file = new ParquetPart(`${base}.attributes`, ATTRIBUTE_COLUMNS, 1);
  }

  record(bytes: Uint8Array, start: number, end: number, place: RecordPlace): void {
    // The names of the columns.
    if (place.offset <= 3 && place.path === "" && place.line <= 1) return;
    const fields = this.#fields;
    fields.split(bytes, start, end, place.separator === 0 ? 0x2c : place.separator);
    this.#signature.clear();
    this.#spans.fill(0);
    for (let column = 0; column < fields.count && column < this.#fieldOf.length; column += 1) {
      const field = this.#fieldOf[column];
      const [from, to] = [fields.starts[column] as number, fields.ends[column] as number];
      if (field == null || to <= from) continue;
      const at = this.#placeOf[column] as number;
      this.#spans[at * 2] = from;
      this.#spans[at * 2 + 1] = to;
    }
    this.#store(bytes);
  }

  #store(bytes: Uint8Array): void {
    if (this.#rows === limits.rowsOfGroup) this.#flush();
    const row = this.#rows;
    this.#born[row] = 0;
    this.#expires[row] = 0;
    for (let at = 0; at < readPlaces.length; at += 1) {
      const place = readPlaces[at] as number;
      const [from, to] = [this.#spans[place * 2] as number, this.#spans[place * 2 + 1] as number];
      if (to > from) this.#takeField(CUSTOMER_FIELDS[place] as CustomerField, bytes, { from, to });
    }
    const [from, to] = [this.#spans[0] as number, this.#spans[1] as number];
    this.#id.add(bytes, from, to);
    this.#kept.addId(bytes, from, to);
    if (to > from) {
      this.#reading.readAs(kind["customer-id"], bytes, from, to);
      this.#signature.take(kind["customer-id"], this.#reading, 1);
    }
    for (let at = 0; at < attributePlaces.length; at += 1) {
      const place = (attributePlaces[at] as number) * 2;
      const span = { from: this.#spans[place] as number, to: this.#spans[place + 1] as number };
      this.#kept.addAttribute(at, bytes, span);
    }
    const { table, row: next } = this.#signatures.next();
    this.#signature.store(table, next);
    table.set(next, "born", this.#born[row] as number);
    table.set(next, "expires", this.#expires[row] as number);
    this.#rows += 1;
  }

  #takeField(field: CustomerField, bytes: Uint8Array, { from, to }: { from: number; to: number }): void {
    const reading = this.#reading;
    if (field === "birth_date") {
      if (!reading.readAs(kind["birth-date"], bytes, from, to)) return;
      const { year, month, day, packed } = reading.date;
      this.#signature.takeBirth(year, month, day);
      this.#born[this.#rows] = packed;
      return;
    }
    if (field === "passport_expires_on" || field === "passport_issued_on") {
      if (reading.readAs(kind["passport-issued"], bytes, from, to)) this.#takePassportDay(field);
      return;
    }
    const found = kindOfField[field];
    if (found === undefined) return;
    if (!reading.readAs(found, bytes, from, to)) {
      // Customers from abroad stand with their Latin letters in the column for names.
      if (found !== kind.name || !reading.readAs(kind["roman-name"], bytes, from, to)) return;
      this.#signature.take(kind["roman-name"], reading, 0.9);
      return;
    }
    this.#signature.take(found, reading, field === "phone2" ? 0.9 : 1);
  }

  /** Ten years for who was twenty by then, else five (旅券法 5条, as it stood until 2022). */
  #takePassportDay(field: CustomerField): void {
    const { packed } = this.#reading.date;
    if (field === "passport_expires_on") {
      this.#expires[this.#rows] = packed;
      return;
    }
    if (this.#expires[this.#rows] !== 0) return;
    const born = this.#born[this.#rows] as number;
    this.#expires[this.#rows] = packed + (born > 0 && packed - born < 200_000 ? 50_000 : 100_000);
  }

  #flush(): void {
    const rows = this.#rows;
    this.#file.write(rows, [
      { plain: this.#id.plain },
      { plain: new Uint8Array(this.#born.buffer, 0, rows * 4) },
      { plain: new Uint8Array(this.#expires.buffer, 0, rows * 4) },
      ...ATTRIBUTES.map((_, at) => this.#kept.lastValues(at, rows)),
    ]);
    this.#rows = 0;
    this.#id.clear();
  }

  problem(problem: ReadProblem): void {
    if (this.#problems.length < limits.problemsMax) this.#problems.push(problem);
  }

  close(): { rows: number; rowGroups: RowGroup[]; problems: ReadProblem[] } {
    this.#flush();
    this.#file.close();
    const rows = this.#signatures.close();
    this.#kept.write(`${this.#base}.texts`);
    return { rows, rowGroups: this.#file.rowGroups, problems: this.#problems };
  }
}
