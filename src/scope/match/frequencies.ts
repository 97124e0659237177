import { wordOf, wordsOfRow, type SignatureTable } from "../signatures/columns.ts";
import { FREQUENCY_VALUES, type FrequencyValue } from "./weights.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** Values whose count stands beside them in the tables for joins. */
export const COUNTED_KEYS = [
  "email",
  "phone",
  "address",
  "kanji",
] as const satisfies readonly FrequencyValue[];
export type CountedKey = (typeof COUNTED_KEYS)[number];

/** 8 × log2 of small counts: asked for every value of every row. */
const codes8 = Uint8Array.from({ length: 4_096 }, (_, count) =>
  count < 2 ? 0 : Math.round(8 * Math.log2(count)),
);
/** What a code stands for. */
const countOfCode = Float64Array.from({ length: 256 }, (_, code) => Math.round(2 ** (code / 8)));

/** How many values a set of bits names. */
const valueCount = Uint8Array.from({ length: 1 << FREQUENCY_VALUES.length }, (_, values) => {
  let count = 0;
  for (let left = values; left !== 0; left >>>= 1) count += left & 1;
  return count;
});

/** Bytes of a row: one for each value, and some to spare, so that a row lies in one line of the cache. */
const bytesOfCodes = 8;

/**
 * How many customers share a value, for every customer and value: 佐藤 花子 who agrees by name says less than
 * 東海林 六花. Counted in a table addressed by the hash's own bits (a count-min sketch of one row): two different
 * values in one cell, a few per cent of them, make a value look one or two more frequent than it is.
 */
export class Frequencies {
  readonly rows: number;
  /** Of each row and value: 8 × log2 of how often the value occurs; 0 for once, and where there is none. */
  readonly codes: Uint8Array;
  readonly #most: number;

  /** `codes`: counted before, or still to be counted by `countValue`. */
  constructor(rows: number, codes?: Uint8Array) {
    this.rows = rows;
    this.codes = codes ?? new Uint8Array(sharedBytes(rows * bytesOfCodes));
    this.#most = Math.log2(Math.max(2, rows));
  }

  /** Counts all values. */
  static of(table: SignatureTable): Frequencies {
    const made = new Frequencies(table.rows);
    for (const value of FREQUENCY_VALUES) made.countValue(table, value);
    return made;
  }

  /** Counts one value: what threads do side by side. */
  countValue({ rows, words }: SignatureTable, value: FrequencyValue): void {
    const bits = Math.min(25, Math.max(16, Math.ceil(Math.log2(rows + 1)) + 2));
    // Half as wide as counts may be, since most of the time goes into reaching them.
    const counts = new Uint16Array(1 << bits);
    const more = new Map<number, number>();
    const cells = new Uint32Array(rows);
    const shift = 32 - bits;
    for (let row = 0, at = wordOf[value]; row < rows; row += 1, at += wordsOfRow) {
      const low = words[at] as number;
      const high = words[at + 1] as number;
      if ((low | high) === 0) continue;
      const cell = (Math.imul(low, 0x9e3779b1) ^ high) >>> shift;
      cells[row] = cell + 1;
      const count = (counts[cell] as number) + 1;
      if (count > 0xffff) more.set(cell, (more.get(cell) ?? 0xffff) + 1);
      else counts[cell] = count;
    }
    const { codes } = this;
    let place = FREQUENCY_VALUES.indexOf(value);
    for (let row = 0; row < rows; row += 1, place += bytesOfCodes) {
      const cell = (cells[row] as number) - 1;
      if (cell < 0) continue;
      const count = counts[cell] as number;
      if (count < codes8.length) codes[place] = codes8[count] as number;
      else codes[place] = Math.min(255, Math.round(8 * Math.log2(more.get(cell) ?? count)));
    }
  }

  /** −log2 of the frequencies of a row's values, for those whose bit is set. */
  rarity(row: number, values: number): number {
    return this.rarityOf(this.codesOf(row, values), values);
  }

  /** The codes of those values of a row whose bit is set, together. */
  codesOf(row: number, values: number): number {
    let sum = 0;
    for (let left = values, at = row * bytesOfCodes; left !== 0; left >>>= 1, at += 1)
      if ((left & 1) === 1) sum += this.codes[at] as number;
    return sum;
  }

  /** The rarity that codes together make. */
  rarityOf(codes: number, values: number): number {
    return (valueCount[values] as number) * this.#most - codes / 8;
  }

  codeAt(row: number, place: number): number {
    return this.codes[row * bytesOfCodes + place] as number;
  }

  /** How many customers share a row's value, about. */
  count(row: number, value: FrequencyValue): number {
    return this.countAt(row, FREQUENCY_VALUES.indexOf(value));
  }

  /** The same of the value in that place of the list. */
  countAt(row: number, place: number): number {
    return countOfCode[this.codeAt(row, place)] as number;
  }
}
