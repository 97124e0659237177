import { quoteSql, type Duck } from "../../lib/openDuck.ts";
import { NARROW_KEYS, WIDE_KEYS, wordOf, wordsOfRow, type SignatureTable } from "../signatures/columns.ts";
import { Comparer } from "./compare.ts";
import type { CountedKey, Frequencies } from "./frequencies.ts";

type WideKey = Exclude<(typeof WIDE_KEYS)[number], "phone2" | "birth2">;
type Key = WideKey | (typeof NARROW_KEYS)[number];

/** Pairs that agree in all of these are compared. Equi-joins only: any engine does them. */
export type Rule = {
  keys: readonly Key[];
  /** Another column of the left, or of the right side, for one of the keys. */
  left?: { phone: "phone2" } | { birth: "birth2" };
  right?: { phone: "phone2" };
  /** A value shared by too many customers finds no pairs by this rule. */
  hub?: CountedKey;
  /** How many are too many, where fewer than usual. */
  most?: number;
};

/** Customers who may share a value by which alone pairs are found. */
const hubMost = 300;

/** For all records. */
export const firstRules: readonly Rule[] = [
  { keys: ["email"], hub: "email" },
  { keys: ["phone", "birth"] },
  { keys: ["sound", "birth"] },
  { keys: ["kanji", "birth"] },
  { keys: ["phone", "sound"] },
  { keys: ["phone", "kanji"] },
  { keys: ["roman", "birth"] },
  { keys: ["phone", "roman"] },
  { keys: ["passport"] },
  { keys: ["customer"] },
  { keys: ["kanji", "sound", "postalCode"] },
  { keys: ["kanji", "address"] },
  { keys: ["sound", "address"] },
];

/** For the records that the first rules left without a sure link. */
export const looseRules: readonly Rule[] = [
  { keys: ["phone"], hub: "phone" },
  { keys: ["address"], hub: "address" },
  // A name alone tells nobody among twenty.
  { keys: ["kanji", "sound"], hub: "kanji", most: 20 },
  { keys: ["kanji", "town"] },
  { keys: ["sound", "town"] },
  { keys: ["sound", "postalCode"] },
  { keys: ["kanji", "postalCode"] },
  { keys: ["postalCode", "birth"] },
  { keys: ["town", "birth"] },
  { keys: ["soundGiven", "birth"] },
  { keys: ["kanjiGiven", "birth"] },
  { keys: ["kanji", "birth"], left: { birth: "birth2" } },
  { keys: ["sound", "birth"], left: { birth: "birth2" } },
  { keys: ["roman", "birth"], left: { birth: "birth2" } },
  { keys: ["phone"], left: { phone: "phone2" }, hub: "phone" },
  { keys: ["phone"], right: { phone: "phone2" }, hub: "phone" },
];

const wideKeys = WIDE_KEYS.filter((key): key is WideKey => key !== "phone2" && key !== "birth2");
const leftPhone2 = 1 << 20;
const rightPhone2 = 1 << 21;
const leftBirth2 = 1 << 22;

function bitsOf(rule: Rule): number {
  const keys: readonly Key[] = [...wideKeys, ...NARROW_KEYS];
  return rule.keys.reduce((bits, key) => {
    if (key === "phone" && rule.left !== undefined) return bits | leftPhone2;
    if (key === "phone" && rule.right !== undefined) return bits | rightPhone2;
    return bits | (key === "birth" && rule.left !== undefined ? leftBirth2 : 1 << keys.indexOf(key));
  }, 0);
}

const wideWords = Int32Array.from(wideKeys, (key) => wordOf[key]);
const narrowWords = Int32Array.from(NARROW_KEYS, (key) => wordOf[key]);

function isSame(a: Uint32Array, x: number, b: Uint32Array, y: number): boolean {
  const low = a[x] as number;
  const high = a[x + 1] as number;
  return (low | high) !== 0 && low === b[y] && high === b[y + 1];
}

/** Candidate pairs with the pattern in which they agree. */
export class PairList {
  left = new Int32Array(1 << 20);
  right = new Int32Array(1 << 20);
  pattern = new Int32Array(1 << 20);
  count = 0;

  add(left: number, right: number, pattern: number): void {
    if (this.count === this.left.length) this.#grow();
    this.left[this.count] = left;
    this.right[this.count] = right;
    this.pattern[this.count] = pattern;
    this.count += 1;
  }

  #grow(): void {
    for (const column of ["left", "right", "pattern"] as const) {
      const larger = new Int32Array(this[column].length * 2);
      larger.set(this[column]);
      this[column] = larger;
    }
  }
}

export type Sides = {
  duck: Duck;
  left: { table: SignatureTable; keys: string };
  right: { table: SignatureTable; keys: string };
  /** Of the right side. */
  frequencies: Frequencies;
  /** Whether both sides are the same table: each pair once, none with itself. */
  self: boolean;
  /** Whether the right side is bound to the same rows as the left. */
  onlyRight?: boolean;
};

export const limits = { pairsMax: 400_000_000 } as const;

/**
 * Finds pairs by rules and compares them. A pair that an earlier rule has made is not made again. `only`: a
 * table of DuckDB with the rows of the left side to look at.
 */
export class PairFinder {
  readonly #sides: Sides;
  readonly #comparer: Comparer;
  readonly #done: { rule: Rule; bits: number }[] = [];
  readonly pairs = new PairList();

  constructor(sides: Sides) {
    this.#sides = sides;
    this.#comparer = new Comparer(sides.left.table, sides.right.table);
  }

  /** Gives how many pairs the rule has made. */
  async run(rule: Rule, only: string | null): Promise<number> {
    const before = this.pairs.count;
    const { duck } = this.#sides;
    const result = await duck.connection.stream(this.#sqlOf(rule, only));
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      const left = (chunk.getColumnVector(0) as unknown as { items: Uint32Array }).items;
      const right = (chunk.getColumnVector(1) as unknown as { items: Uint32Array }).items;
      for (let at = 0; at < chunk.rowCount; at += 1) this.#take(left[at] as number, right[at] as number);
      if (this.pairs.count > limits.pairsMax) throw new Error("more pairs than can be compared");
    }
    this.#done.push({ rule, bits: bitsOf(rule) });
    return this.pairs.count - before;
  }

  #take(left: number, right: number): void {
    if (this.#done.length > 0 && this.#wasMade(this.#sameKeys(left, right), right)) return;
    this.pairs.add(left, right, this.#comparer.pattern(left, right));
  }

  /**
   * Bits of the keys that are there and the same; the last two are telephone and second telephone crosswise.
   */
  #sameKeys(left: number, right: number): number {
    const a = this.#sides.left.table.words;
    const b = this.#sides.right.table.words;
    const x = left * wordsOfRow;
    const y = right * wordsOfRow;
    let same = 0;
    for (let at = 0; at < wideWords.length; at += 1) {
      const word = wideWords[at] as number;
      if (isSame(a, x + word, b, y + word)) same |= 1 << at;
    }
    for (let at = 0; at < narrowWords.length; at += 1) {
      const word = narrowWords[at] as number;
      const value = a[x + word] as number;
      if (value !== 0 && value === b[y + word]) same |= 1 << (wideWords.length + at);
    }
    if (isSame(a, x + wordOf.phone2, b, y + wordOf.phone)) same |= leftPhone2;
    if (isSame(a, x + wordOf.phone, b, y + wordOf.phone2)) same |= rightPhone2;
    if (isSame(a, x + wordOf.birth2, b, y + wordOf.birth)) same |= leftBirth2;
    return same;
  }

  #wasMade(same: number, right: number): boolean {
    const { frequencies } = this.#sides;
    for (const { rule, bits } of this.#done) {
      if ((same & bits) !== bits) continue;
      if (rule.hub === undefined || frequencies.count(right, rule.hub) <= (rule.most ?? hubMost)) return true;
    }
    return false;
  }

  #sqlOf(rule: Rule, only: string | null): string {
    const { left, right, self } = this.#sides;
    const columns = rule.keys.map((key) => ({
      l: (rule.left as Record<string, string> | undefined)?.[key] ?? key,
      r: (rule.right as Record<string, string> | undefined)?.[key] ?? key,
    }));
    const side = (file: string, at: "l" | "r"): string => {
      const names = columns.map((column) => column[at]);
      const there = names.map((name) => `${name} <> 0`).join(" AND ");
      const bound = only !== null && (at === "l" || this.#sides.onlyRight === true);
      const open = bound ? ` AND row IN (SELECT row FROM ${only})` : "";
      const counted = rule.hub !== undefined && at === "r";
      const hub = counted ? ` AND ${rule.hub}Count <= ${rule.most ?? hubMost}` : "";
      const from = `read_parquet(${quoteSql(file)})`;
      return `(SELECT row, ${names.join(", ")} FROM ${from} WHERE ${there}${open}${hub})`;
    };
    const on = columns.map(({ l, r }) => `l.${l} = r.${r}`).join(" AND ");
    return `SELECT l.row, r.row FROM ${side(left.keys, "l")} l JOIN ${side(right.keys, "r")} r ON ${on}${
      self ? " AND l.row < r.row" : ""
    }`;
  }
}
