import { DistinctCustomers } from "./fuse/distinctCustomers.ts";
import type { Fuse } from "./fuse/fuse.ts";
import { hashKey, type HashSeeds, type KeyHash } from "./fuse/hashKey.ts";
import type { AccessBegin, AccessSpool } from "./access/accessSpool.ts";
import type { JudgedStatement } from "./verdict.ts";
import type { Reading } from "./wire/ports.ts";
import type { DescribedColumn, Refusal } from "./wire/protocol.ts";
import {
  bytesOfFormat,
  findBinaryCells,
  findCsvCells,
  findDataCells,
  findTextCells,
  type CopyBytes,
} from "./wire/rowCells.ts";

/** Why a row may not go. */
export type Stop = {
  why: "statement" | "hour" | "day" | "kilobytes" | "canary" | "unreadable";
  limit: number;
  customers: number;
};

/** What one statement may give out, and who counts it. */
export type ReadingTerms = {
  /** Null: an approval or the broken glass stands above the windows. */
  fuse: Fuse | null;
  statementLimit: number;
  personalBytesLimit: number;
  hourLimit: number;
  dayLimit: number;
  seeds: HashSeeds;
  spool: AccessSpool;
  begin: () => AccessBegin;
  /** Marks of their keys' hashes, and the keys. */
  canaries: ReadonlyMap<number, string>;
  onCanary: "tell" | "cut";
  /** Counted, noted, and never stopped. */
  shadow: boolean;
  tellCanary: (customer: string) => void;
  /** Once, at the first row that may not go (or would not, in shadow). */
  tellStop: (stop: Stop) => void;
  tellEnd: (figures: { rows: number; customers: number; bytes: number }) => void;
  refuse: (stop: Stop) => Refusal;
  now: () => number;
};

const scratch = Buffer.alloc(64);
const hash: KeyHash = { high: 0, low: 0 };

/** PostgreSQL's type numbers (pg_type.dat) of keys whose binary form is brought to text. */
const types = { int8: 20, int2: 21, int4: 23, uuid: 2950 } as const;

/**
 * Counts the customers of one statement's rows. A row goes only when each customer in it has been counted
 * against the person's budget and written down.
 */
export class CustomerReading implements Reading {
  readonly #terms: ReadingTerms;
  readonly #statement: JudgedStatement;
  /** Columns to look at, ascending, and what each is. */
  readonly #wanted: Int32Array;
  readonly #isKey: readonly number[];
  readonly #isPersonal: readonly boolean[];
  readonly #cells: Int32Array;
  readonly #lines: CopyBytes | null;
  readonly #distinct: DistinctCustomers;
  #columns: readonly DescribedColumn[] | null = null;
  #formats: readonly number[] | null = null;
  #number = 0;
  #begun = 0;
  #rows = 0;
  #bytes = 0;
  /** Customers that were taken for new by their keys. */
  #keyed = 0;
  /** Customers let through; some without a key. */
  #customers = 0;
  #messages = 0;
  #stop: Stop | null = null;
  #ended = false;
  readonly #rung = new Set<string>();
  #last = { high: 0, low: 0, known: false };

  constructor(statement: JudgedStatement, terms: ReadingTerms) {
    this.#terms = terms;
    this.#statement = statement;
    this.#distinct = new DistinctCustomers({ exact: Number.isFinite(terms.statementLimit) });
    const { copyOut } = statement;
    this.#lines = copyOut === null || copyOut.format === "binary" ? null : bytesOfFormat(copyOut);
    // Of a line of text only the keys are looked for: the whole of it counts as personal.
    const personal = this.#lines === null ? statement.personalOutput : [];
    const wanted = [...new Set([...statement.keys, ...personal])].sort((one, other) => one - other);
    this.#wanted = Int32Array.from(wanted);
    this.#isKey = wanted.map((column) => statement.keys.indexOf(column));
    this.#isPersonal = wanted.map((column) => statement.personalOutput.includes(column));
    this.#cells = new Int32Array(wanted.length * 2);
  }

  get mayCut(): boolean {
    const { statementLimit, personalBytesLimit, hourLimit, dayLimit, onCanary, shadow } = this.#terms;
    if (shadow) return false;
    return (
      onCanary === "cut" || [statementLimit, personalBytesLimit, hourLimit, dayLimit].some(Number.isFinite)
    );
  }

  describe(columns: readonly DescribedColumn[] | null, formats: readonly number[] | null): void {
    if (columns !== null) this.#columns = columns;
    if (formats !== null) this.#formats = formats;
  }

  refusal(): Refusal {
    return this.#terms.refuse(this.#stop ?? { why: "unreadable", limit: 0, customers: this.#customers });
  }

  row(bytes: Buffer, start: number, end: number): boolean {
    if (!findDataCells({ bytes, start, end }, this.#wanted, this.#cells)) return this.#unreadable();
    return this.#count(bytes);
  }

  copyRow(bytes: Buffer, start: number, end: number): boolean {
    const format = this.#statement.copyOut;
    this.#messages += 1;
    if (format === null) return this.#unreadable();
    if (format.format === "binary") return this.#copyBinary(bytes, start, end);
    if (format.header && this.#messages === 1) return true;
    const row = { bytes, start, end };
    const find = format.format === "csv" ? findCsvCells : findTextCells;
    const lines = this.#lines as CopyBytes;
    if (!find(row, this.#wanted, { cells: this.#cells, format: lines })) return this.#unreadable();
    return this.#count(bytes, this.#statement.personalOutput.length === 0 ? 0 : end - start);
  }

  /** The first message holds the signature, the last the trailer; each may hold tuples too. */
  #copyBinary(bytes: Buffer, start: number, end: number): boolean {
    let at = this.#messages === 1 ? start + 19 : start;
    while (at + 2 <= end) {
      if (bytes.readInt16BE(at) === -1) return true;
      at = findBinaryCells({ bytes, start: at, end }, this.#wanted, this.#cells);
      if (at === -1) return this.#unreadable();
      if (!this.#count(bytes)) return false;
    }
    return at === end || this.#unreadable();
  }

  /** Nobody can say whose row it is. In shadow it goes all the same. */
  #unreadable(): boolean {
    return this.#over({ why: "unreadable", limit: 0 });
  }

  #over(stop: Omit<Stop, "customers">): boolean {
    const { tellStop, shadow } = this.#terms;
    if (this.#stop === null) {
      this.#stop = { ...stop, customers: this.#customers };
      tellStop(this.#stop);
    }
    return shadow;
  }

  #begin(): void {
    if (this.#number !== 0) return;
    const begin = this.#terms.begin();
    this.#begun = begin.at;
    this.#number = this.#terms.spool.begin(begin);
  }

  /** Counts the row whose cells were found. */
  #count(bytes: Buffer, line = 0): boolean {
    const cells = this.#cells;
    let keyless = this.#statement.keyless;
    let personal = line;
    for (let place = 0; place < this.#isKey.length; place++) {
      const from = cells[place * 2] as number;
      const size = (cells[place * 2 + 1] as number) - from;
      if (this.#isPersonal[place] === true) personal += size;
      const key = this.#isKey[place] as number;
      if (key < 0) continue;
      if (from < 0) keyless += this.#statement.nullCounts[key] ?? 1;
      else if (!this.#countKey(bytes, place, key)) return false;
    }
    if (keyless > 0 && !this.#countKeyless(keyless)) return false;
    if (personal > 0 && !this.#countBytes(personal)) return false;
    this.#rows += 1;
    return true;
  }

  #countBytes(personal: number): boolean {
    const { fuse, personalBytesLimit } = this.#terms;
    this.#bytes += personal;
    if (fuse === null || personalBytesLimit === Number.POSITIVE_INFINITY) return true;
    if (fuse.add("personalBytes", personal, personalBytesLimit)) return true;
    return this.#over({ why: "kilobytes", limit: Math.floor(personalBytesLimit / 1_024) });
  }

  #countKeyless(customers: number): boolean {
    const { fuse, statementLimit, spool } = this.#terms;
    if (this.#customers + customers > statementLimit)
      return this.#over({ why: "statement", limit: statementLimit });
    if (fuse !== null && !fuse.takeKeyless(customers)) return this.#overWindow(customers);
    this.#customers += customers;
    this.#begin();
    spool.keyless(this.#number, customers);
    return true;
  }

  #overWindow(customers: number): boolean {
    const { fuse, hourLimit, dayLimit } = this.#terms;
    const hour = (fuse?.read().hour ?? 0) + customers > hourLimit;
    return this.#over(hour ? { why: "hour", limit: hourLimit } : { why: "day", limit: dayLimit });
  }

  #countKey(bytes: Buffer, place: number, key: number): boolean {
    const { seeds, fuse, statementLimit, spool, canaries } = this.#terms;
    const range = this.#textOfKey(bytes, place, key);
    const text = range.text;
    hashKey(text, { start: range.start, end: range.end, seeds }, hash);
    const last = this.#last;
    if (last.known && last.high === hash.high && last.low === hash.low) return true;
    if (canaries.size > 0 && canaries.has(markOf(hash)) && this.#isCanary(text, range))
      return this.#passCanary(text, range);
    if (this.#distinct.add(hash)) {
      if (this.#customers >= statementLimit) return this.#over({ why: "statement", limit: statementLimit });
      if (fuse !== null && !fuse.take(hash.high, hash.low)) return this.#overWindow(1);
      this.#keyed += 1;
      this.#customers += 1;
      this.#begin();
      spool.key(this.#number, text, range);
    }
    last.high = hash.high;
    last.low = hash.low;
    last.known = true;
    return true;
  }

  #isCanary(bytes: Buffer, { start, end }: { start: number; end: number }): boolean {
    return this.#terms.canaries.get(markOf(hash)) === bytes.toString("utf8", start, end);
  }

  /** A canary is no customer: she takes nothing of the budget, and rings once a statement. */
  #passCanary(bytes: Buffer, range: { start: number; end: number }): boolean {
    const { tellCanary, onCanary, spool } = this.#terms;
    const customer = bytes.toString("utf8", range.start, range.end);
    if (!this.#rung.has(customer)) {
      this.#rung.add(customer);
      tellCanary(customer);
    }
    if (onCanary === "cut" && !this.#over({ why: "canary", limit: 0 })) return false;
    this.#begin();
    spool.key(this.#number, bytes, range);
    return true;
  }

  /** The key's text, wherever it lies: binary numbers and UUIDs are written out, quotes taken off. */
  #textOfKey(bytes: Buffer, place: number, key: number): { text: Buffer; start: number; end: number } {
    const start = this.#cells[place * 2] as number;
    const end = this.#cells[place * 2 + 1] as number;
    const column = this.#wanted[place] as number;
    const copy = this.#statement.copyOut;
    const binary = copy === null ? this.#formatOf(column) === 1 : copy.format === "binary";
    if (binary) {
      const type = this.#columns?.[column]?.typeOid || (this.#statement.keyTypes[key] ?? 0);
      return textOfBinary(bytes, { start, end, type });
    }
    if (copy === null) return { text: bytes, start, end };
    return textOfCopied(bytes, { start, end, quote: copy.format === "csv" ? copy.quote : null });
  }

  #formatOf(column: number): number {
    const described = this.#columns?.[column]?.format;
    const formats = this.#formats;
    // In extended queries Bind says the format; a description of the statement alone does not know it.
    if (formats === null) return described ?? 0;
    if (formats.length === 0) return 0;
    return formats.length === 1 ? (formats[0] as number) : (formats[column] ?? 0);
  }

  end(outcome: "complete" | "cut" | "failed" | "open"): void {
    if (this.#ended) return;
    this.#ended = true;
    // Where no limit hangs on it, some keys may have been taken for new twice.
    const customers = this.#customers - this.#keyed + Math.min(this.#keyed, this.#distinct.count);
    const figures = { rows: this.#rows, customers, bytes: this.#bytes };
    this.#terms.tellEnd(figures);
    if (this.#number === 0) return;
    const at = this.#terms.now();
    const { statement } = this.#terms.begin();
    this.#terms.spool.end(this.#number, {
      statement,
      at,
      ...figures,
      milliseconds: at - this.#begun,
      outcome,
    });
  }
}

/** A number for a hash, by which canaries are looked for first. */
export function markOf({ high, low }: KeyHash): number {
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}

function textOfBinary(
  bytes: Buffer,
  cell: { start: number; end: number; type: number },
): { text: Buffer; start: number; end: number } {
  const { start, end, type } = cell;
  const size = end - start;
  let written: string;
  if (type === types.int4 && size === 4) written = String(bytes.readInt32BE(start));
  else if (type === types.int8 && size === 8) written = String(bytes.readBigInt64BE(start));
  else if (type === types.int2 && size === 2) written = String(bytes.readInt16BE(start));
  else if (type === types.uuid && size === 16)
    written = bytes.toString("hex", start, end).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  else return { text: bytes, start, end };
  return { text: scratch, start: 0, end: scratch.write(written, "latin1") };
}

/** Quotes and escapes of COPY off; most keys have none. */
function textOfCopied(
  bytes: Buffer,
  cell: { start: number; end: number; quote: string | null },
): { text: Buffer; start: number; end: number } {
  const { start, end, quote } = cell;
  if (quote !== null && bytes[start] === quote.charCodeAt(0))
    return { text: bytes, start: start + 1, end: end - 1 };
  return { text: bytes, start, end };
}
