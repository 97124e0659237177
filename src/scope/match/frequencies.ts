import { bytesOfRow, codesOfRow, wordOf, wordsOfRow, type SignatureTable } from "../signatures/columns.ts";
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

/** What codes together take from odds. */
const oddsOfCodes = Float64Array.from(
  { length: 255 * FREQUENCY_VALUES.length + 1 },
  (_, codes) => 2 ** (-codes / 8),
);

/** How many values a set of bits names. */
const valueCount = Uint8Array.from({ length: 1 << FREQUENCY_VALUES.length }, (_, values) => {
  let count = 0;
  for (let left = values; left !== 0; left >>>= 1) count += left & 1;
  return count;
});

/** Where the codes of the rows lie: those of the first row, and how many bytes on those of the next. */
type CodePlaces = { first: number; stride: number };

/** A byte for each value, and some to spare, so that those of a row lie in one line of the cache. */
const byThemselves: CodePlaces = { first: 0, stride: codesOfRow.bytes };
const withinRows: CodePlaces = { first: codesOfRow.at, stride: bytesOfRow };

/**
 * How many customers share a value, for every customer and value: 佐藤 花子 who agrees by name says less than
 * 東海林 六花. Counted in a table addressed by the hash's own bits (a count-min sketch of one row): two different
 * values in one cell, a few per cent of them, make a value look one or two more frequent than it is.
 */
export class Frequencies {
  readonly rows: number;
  /** Of each row and value: 8 × log2 of how often the value occurs; 0 for once, and where there is none. */
  readonly codes: Uint8Array;
  readonly #first: number;
  readonly #stride: number;
  readonly #most: number;
  readonly #oddsOfValues: Float64Array;

  /** `codes`: counted before, or still to be counted by `countValue`. */
  constructor(rows: number, codes?: Uint8Array, places = byThemselves) {
    this.rows = rows;
    this.codes = codes ?? new Uint8Array(sharedBytes(rows * places.stride));
    [this.#first, this.#stride] = [places.first, places.stride];
    this.#most = Math.log2(Math.max(2, rows));
    this.#oddsOfValues = Float64Array.from(
      { length: FREQUENCY_VALUES.length + 1 },
      (_, values) => 2 ** (values * this.#most),
    );
  }

  /** Counts all values. */
  static of(table: SignatureTable): Frequencies {
    const made = new Frequencies(table.rows);
    for (const value of FREQUENCY_VALUES) made.countValue(table, value);
    return made;
  }

  /** Those that `layInto` has laid into the rows of a table. */
  static within({ rows, words }: SignatureTable): Frequencies {
    return new Frequencies(rows, new Uint8Array(words.buffer, words.byteOffset), withinRows);
  }

  /** The same of some rows that stand together, as if they were all. */
  from(first: number, rows: number): Frequencies {
    const stride = this.#stride;
    return new Frequencies(rows, this.codes.subarray(first * stride, (first + rows) * stride), {
      first: this.#first,
      stride,
    });
  }

  /** Lays the codes of a row into the row itself. */
  layInto({ words }: SignatureTable, row: number): void {
    const from = this.#first + row * this.#stride;
    const at = row * wordsOfRow + codesOfRow.at / 4;
    const { codes } = this;
    for (let word = 0; word < 2; word += 1) {
      const place = from + word * 4;
      words[at + word] =
        (codes[place] as number) |
        ((codes[place + 1] as number) << 8) |
        ((codes[place + 2] as number) << 16) |
        ((codes[place + 3] as number) << 24);
    }
  }

  /** Counts one value: what threads do side by side. */
  countValue(table: SignatureTable, value: FrequencyValue): void {
    const cells = new Cells(table, value);
    const codes = cells.codes();
    const { starts } = cells;
    let place = this.#first + FREQUENCY_VALUES.indexOf(value);
    // As the rows of each part are in their order, all parts are read from their beginning on, side by side.
    for (let row = 0; row < table.rows; row += 1, place += this.#stride) {
      const cell = cells.ofRow[row] as number;
      if (cell === 0) continue;
      const part = (cell - 1) >>> partBits;
      const at = starts[part] as number;
      starts[part] = at + 1;
      this.codes[place] = codes[at] as number;
    }
  }

  /** −log2 of the frequencies of a row's values, for those whose bit is set. */
  rarity(row: number, values: number): number {
    return this.rarityOf(this.codesOf(row, values), values);
  }

  /** The codes of those values of a row whose bit is set, together. */
  codesOf(row: number, values: number): number {
    let sum = 0;
    let at = this.#first + row * this.#stride;
    for (let left = values; left !== 0; left >>>= 1, at += 1)
      if ((left & 1) === 1) sum += this.codes[at] as number;
    return sum;
  }

  /** The rarity that codes together make. */
  rarityOf(codes: number, values: number): number {
    return (valueCount[values] as number) * this.#most - codes / 8;
  }

  /** The same as odds: 2 to the power of it. */
  oddsOf(codes: number, values: number): number {
    return (this.#oddsOfValues[valueCount[values] as number] as number) * (oddsOfCodes[codes] as number);
  }

  codeAt(row: number, place: number): number {
    return this.codes[this.#first + row * this.#stride + place] as number;
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

/** Bits of a cell within its part of the table: the counts of a part stay in the cache. */
const partBits = 15;

/** The cells of a value of all rows, part by part of the table of counts. */
class Cells {
  /** 1 + the cell; 0 where the value is missing. */
  readonly ofRow: Uint32Array;
  /** Where the rows of a part begin. */
  readonly starts: Uint32Array;
  /** Cells within their parts. */
  readonly #within: Uint16Array;

  constructor({ rows, words }: SignatureTable, value: FrequencyValue) {
    const bits = Math.min(25, Math.max(16, Math.ceil(Math.log2(rows + 1)) + 2));
    this.ofRow = new Uint32Array(rows);
    const parts = 1 << (bits - partBits);
    this.starts = new Uint32Array(parts + 1);
    for (let row = 0, at = wordOf[value]; row < rows; row += 1, at += wordsOfRow) {
      const low = words[at] as number;
      const high = words[at + 1] as number;
      if ((low | high) === 0) continue;
      const cell = (Math.imul(low, 0x9e3779b1) ^ high) >>> (32 - bits);
      this.ofRow[row] = cell + 1;
      this.starts[(cell >>> partBits) + 1] = (this.starts[(cell >>> partBits) + 1] as number) + 1;
    }
    for (let part = 1; part <= parts; part += 1)
      this.starts[part] = (this.starts[part] as number) + (this.starts[part - 1] as number);
    this.#within = new Uint16Array(this.starts[parts] as number);
    const places = this.starts.slice();
    for (let row = 0; row < rows; row += 1) {
      const cell = (this.ofRow[row] as number) - 1;
      if (cell < 0) continue;
      const at = places[cell >>> partBits] as number;
      places[cell >>> partBits] = at + 1;
      this.#within[at] = cell & ((1 << partBits) - 1);
    }
  }

  /** The code of each row's count, part by part. */
  codes(): Uint8Array {
    const within = this.#within;
    const made = new Uint8Array(within.length);
    const counts = new Uint32Array(1 << partBits);
    for (let part = 0; part + 1 < this.starts.length; part += 1) {
      const [from, to] = [this.starts[part] as number, this.starts[part + 1] as number];
      counts.fill(0);
      for (let at = from; at < to; at += 1) {
        const cell = within[at] as number;
        counts[cell] = (counts[cell] as number) + 1;
      }
      for (let at = from; at < to; at += 1) made[at] = codeOf(counts[within[at] as number] as number);
    }
    return made;
  }
}

function codeOf(count: number): number {
  if (count < codes8.length) return codes8[count] as number;
  return Math.min(255, Math.round(8 * Math.log2(count)));
}
