import type { SignatureTable } from "../signatures/columns.ts";
import { FREQUENCY_VALUES, type FrequencyValue } from "./weights.ts";

/**
 * How many customers share a value, for every customer and value: 佐藤 花子 who agrees by name says less than
 * 東海林 六花. Counted in a table addressed by the hash's own bits (a count-min sketch of one row): two different
 * values in one cell, a few per cent of them, make a value look one or two more frequent than it is.
 */
export class Frequencies {
  readonly rows: number;
  /** Of each row: 8 × log2 of how often the value occurs; 0 for once, and where there is none. */
  readonly #codes: Readonly<Record<FrequencyValue, Uint8Array>>;
  /** Values so common that pairs found by them alone would be millions: [low, high] of their hashes. */
  readonly hubs: Readonly<Record<FrequencyValue, readonly bigint[]>>;

  readonly #hubbed: Partial<Record<FrequencyValue, Uint8Array>> = {};

  constructor(table: SignatureTable, options: { hubMin?: number } = {}) {
    this.rows = table.rows;
    const hubMin = options.hubMin ?? 300;
    const codes: Partial<Record<FrequencyValue, Uint8Array>> = {};
    const hubs: Partial<Record<FrequencyValue, bigint[]>> = {};
    const bits = Math.min(25, Math.max(16, Math.ceil(Math.log2(table.rows + 1)) + 2));
    const counts = new Uint32Array(1 << bits);
    for (const value of FREQUENCY_VALUES) {
      counts.fill(0);
      const words = table.wide[value];
      const shift = 32 - bits;
      for (let at = 0; at < words.length; at += 2) {
        const low = words[at] as number;
        if (low === 0 && words[at + 1] === 0) continue;
        const cell = (Math.imul(low, 0x9e3779b1) ^ (words[at + 1] as number)) >>> shift;
        counts[cell] = (counts[cell] as number) + 1;
      }
      const code = new Uint8Array(table.rows);
      const common = new Set<bigint>();
      const hubbed = new Uint8Array((table.rows >> 3) + 1);
      for (let row = 0; row < table.rows; row += 1) {
        const low = words[row * 2] as number;
        const high = words[row * 2 + 1] as number;
        if (low === 0 && high === 0) continue;
        const count = counts[(Math.imul(low, 0x9e3779b1) ^ high) >>> shift] as number;
        code[row] = Math.min(255, Math.round(8 * Math.log2(count)));
        if (count < hubMin || value === "birth" || value === "sound") continue;
        common.add((BigInt(high) << 32n) | BigInt(low));
        hubbed[row >> 3] = (hubbed[row >> 3] as number) | (1 << (row & 7));
      }
      codes[value] = code;
      hubs[value] = [...common];
      if (common.size > 0) this.#hubbed[value] = hubbed;
    }
    this.#codes = codes as Record<FrequencyValue, Uint8Array>;
    this.hubs = hubs as Record<FrequencyValue, bigint[]>;
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

  /** Whether a row's value is too common to find pairs by alone. */
  isHub(row: number, value: FrequencyValue): boolean {
    return (this.#hubbed[value]?.[row >> 3] ?? 0) & (1 << (row & 7)) ? true : false;
  }

  /** How many customers share a row's value, about. */
  count(row: number, value: FrequencyValue): number {
    return Math.round(2 ** ((this.#codes[value][row] as number) / 8));
  }
}
