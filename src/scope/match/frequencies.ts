import type { SignatureTable } from "../signatures/columns.ts";
import { FREQUENCY_VALUES, type FrequencyValue } from "./weights.ts";

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

/**
 * How many customers share a value, for every customer and value: 佐藤 花子 who agrees by name says less than
 * 東海林 六花. Counted in a table addressed by the hash's own bits (a count-min sketch of one row): two different
 * values in one cell, a few per cent of them, make a value look one or two more frequent than it is.
 */
export class Frequencies {
  readonly rows: number;
  /** Of each row: 8 × log2 of how often the value occurs; 0 for once, and where there is none. */
  readonly #codes: Readonly<Record<FrequencyValue, Uint8Array>>;

  constructor(table: SignatureTable) {
    this.rows = table.rows;
    const codes: Partial<Record<FrequencyValue, Uint8Array>> = {};
    const bits = Math.min(25, Math.max(16, Math.ceil(Math.log2(table.rows + 1)) + 2));
    const counts = new Uint32Array(1 << bits);
    for (const value of FREQUENCY_VALUES) {
      counts.fill(0);
      const words = table.column(value);
      const shift = 32 - bits;
      for (let at = 0; at < words.length; at += 2) {
        const low = words[at] as number;
        const high = words[at + 1] as number;
        if ((low | high) === 0) continue;
        const cell = (Math.imul(low, 0x9e3779b1) ^ high) >>> shift;
        counts[cell] = (counts[cell] as number) + 1;
      }
      const code = new Uint8Array(table.rows);
      for (let row = 0; row < table.rows; row += 1) {
        const low = words[row * 2] as number;
        const high = words[row * 2 + 1] as number;
        if ((low | high) === 0) continue;
        const count = counts[(Math.imul(low, 0x9e3779b1) ^ high) >>> shift] as number;
        code[row] =
          count < codes8.length ? (codes8[count] as number) : Math.min(255, Math.round(8 * Math.log2(count)));
      }
      codes[value] = code;
    }
    this.#codes = codes as Record<FrequencyValue, Uint8Array>;
  }

  /** −log2 of the frequencies of a row's values, for those whose bit is set. */
  rarity(row: number, values: number): number {
    const most = Math.log2(Math.max(2, this.rows));
    let sum = 0;
    for (let at = 0; at < FREQUENCY_VALUES.length; at += 1) {
      if ((values & (1 << at)) === 0) continue;
      const code = this.#codes[FREQUENCY_VALUES[at] as FrequencyValue][row] as number;
      sum += most - code / 8;
    }
    return sum;
  }

  /** How many customers share a row's value, about. */
  count(row: number, value: FrequencyValue): number {
    return Math.round(2 ** ((this.#codes[value][row] as number) / 8));
  }
}
