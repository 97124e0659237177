import type { HashKey } from "../signatures/keyedHash.ts";
import { NARROW_COLUMNS, WIDE_COLUMNS, wordOf, wordsOfRow } from "../signatures/columns.ts";
import { Kernel, kernelBytes } from "../read/kernel.ts";
import { cutCell, isRomanAddress, mendCell } from "./outside.ts";
import { mainBytes } from "./mainBytes.ts";
import { layKey, layTables } from "./tables.ts";

type Global = { readonly value: number };

/** What main.as exports: places are indexes into the memory, kinds those of kinds.ts. */
export type Exports = {
  readCell(from: number, to: number): void;
  classify(from: number, to: number): number;
  readAs(kind: number, from: number, to: number): number;
  setKey(k0: number, k1: number): void;
  setToday(day: number): void;
  setRow(words: number): void;
  newMemory(separator: number): void;
  nameColumns(count: number): void;
  nameColumn(column: number, kind: number): void;
  isNew(): number;
  beginTask(first: number): void;
  setPlace(offset: number, line: number, encoding: number, part: number, path: number): void;
  record(from: number, to: number): number;
  readRecord(from: number, to: number): void;
  takeRecord(from: number): number;
  secondPerson(): number;
  takePerson(from: number, to: number): number;
  splitRecord(from: number, to: number, separator: number): void;
  customer(from: number, to: number, separator: number): void;
  clearCustomers(): void;
  clearAttributes(): void;
  codeAttribute(attribute: number, code: number): void;
  clearLog(): void;
  clearChunk(): void;
  clearSignature(): void;
  takeField(kind: number, confidence: number): void;
  takeSex(sex: number, confidence: number): void;
  takeDay(isBirth: number, packed: number): void;
  putPlace(number: number): void;
  clearNormal(): void;
  writeNormal(kind: number): void;
  writeSex(sex: number): void;
  writeDay(packed: number): void;
} & Readonly<Record<Counter, Global>>;

type Counter =
  | "cellLength"
  | "confidence"
  | "sex"
  | "day"
  | "fieldCount"
  | "soundLength"
  | "split"
  | "itemCount"
  | "normalAt"
  | "logRows"
  | "logRecords"
  | "valuesEnd"
  | "normalsEnd"
  | "chunkRows"
  | "chunkEnd"
  | "taken"
  | "others"
  | "customerRows"
  | "misses";

/** Places and sizes in the memory, by the names in layout.as. */
export type Layout = Readonly<Record<string, number>>;

const pageBytes = 65_536;
/** END of layout.as. */
const memoryBytes = 0x39c0000;
/** Columns of a signature, as signature.as numbers them. */
const columnNames = [...WIDE_COLUMNS, ...NARROW_COLUMNS];

let compiled: WebAssembly.Module | null = null;

/**
 * The module that understands records, with its memory and tables. One for a thread: whoever holds it has
 * before him what it read last.
 */
export class Machine {
  readonly exports: Exports;
  readonly layout: Layout;
  /** All of the memory. */
  readonly bytes: Buffer;
  readonly #memory: WebAssembly.Memory;
  #kernel: Kernel | null = null;
  /** Where the texts of the record's mended and cut cells end. */
  piecesEnd = 0;

  constructor(key: HashKey, today: Temporal.PlainDate | null = null) {
    compiled ??= new WebAssembly.Module(Buffer.from(mainBytes, "base64"));
    const pages = (memoryBytes + kernelBytes) / pageBytes;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const outside = {
      isRomanAddress: () => (isRomanAddress(this) ? 1 : 0),
      mend: (from: number, to: number) => (mendCell(this, from, to) ? 1 : 0),
      cut: () => cutCell(this),
    };
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory }, outside });
    this.exports = exports as Exports;
    this.layout = Object.fromEntries(
      Object.entries(exports as Record<string, Global>).flatMap(([name, one]) =>
        /^[A-Z][A-Z0-9_]*$/.test(name) ? [[name, one.value]] : [],
      ),
    );
    if (this.place("END") !== memoryBytes)
      throw new Error("Cannot lay out the memory: layout.as has another end");
    this.bytes = Buffer.from(memory.buffer);
    this.#memory = memory;
    layTables(this);
    layKey(this, key);
    this.exports.setKey(key.k0, key.k1);
    this.exports.setRow(wordsOfRow);
    this.bytes.set(
      columnNames.map((name) => wordOf[name]),
      this.place("COLUMN_WORDS"),
    );
    if (today !== null) this.exports.setToday(today.year * 10_000 + today.month * 100 + today.day);
    this.exports.newMemory(0);
  }

  /** Reads inputs into this memory: what it gives can be understood where it lies. */
  get kernel(): Kernel {
    // Who only reads texts needs none of its tables.
    return (this.#kernel ??= new Kernel({ memory: this.#memory, base: memoryBytes }));
  }

  /** Where the row `bytes[start..end)` lies in this memory: there already, or brought there. */
  bring(bytes: Uint8Array, start: number, end: number): number {
    if (bytes.buffer === this.bytes.buffer) return bytes.byteOffset + start;
    const input = this.place("INPUT");
    this.bytes.set(bytes.subarray(start, end), input);
    return input;
  }

  /** Where something lies, by its name in layout.as. */
  place(name: string): number {
    const place = this.layout[name];
    if (place === undefined) throw new Error(`Cannot find ${name} in layout.as`);
    return place;
  }

  /** Words of 32 bits of the memory. */
  words(place: number, count: number): Uint32Array {
    return new Uint32Array(this.bytes.buffer, place, count);
  }

  /** Units of 16 bits of the memory. */
  units(place: number, count: number): Uint16Array {
    return new Uint16Array(this.bytes.buffer, place, count);
  }

  /** Units of the cell that was read last, as text. */
  get cellText(): string {
    return String.fromCharCode(...this.units(this.place("CELL"), this.exports.cellLength.value));
  }
}

/** Texts of the fields of a row, as the module splits it. */
export function fieldsOf(machine: Machine, row: Uint8Array, separator: number): string[] {
  const { bytes, exports } = machine;
  const size = Math.min(row.length, machine.place("INPUT_MOST"));
  const from = machine.bring(row, 0, size);
  exports.splitRecord(from, from + size, separator);
  const count = exports.fieldCount.value;
  const starts = machine.words(machine.place("FIELD_STARTS"), count);
  const ends = machine.words(machine.place("FIELD_ENDS"), count);
  return Array.from({ length: count }, (_, at) =>
    bytes.toString("utf8", starts[at], ends[at]).replaceAll('""', '"'),
  );
}
