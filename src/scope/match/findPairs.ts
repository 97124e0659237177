import { SekishoError } from "../../lib/error.ts";
import { wordsOfRow, type NARROW_KEYS, type SignatureTable, type WIDE_KEYS } from "../signatures/columns.ts";
import { Comparer } from "./compare.ts";
import type { CountedKey, Frequencies } from "./frequencies.ts";
import { KeyComparer, keyPlaces } from "./hashKeys.ts";
import { limits as shared, type KeyJoin } from "./joinKeys.ts";
import { FREQUENCY_VALUES, valuesOf } from "./weights.ts";

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

type WideKey = Exclude<(typeof WIDE_KEYS)[number], "phone2" | "birth2">;
type Key = WideKey | (typeof NARROW_KEYS)[number];

/** Customers who may share a value by which alone pairs are found. */
const hubMost = shared.sharedMost;

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

/** Where a rule's columns lie in the rows of each side. */
export type RulePlaces = { left: Int32Array; right: Int32Array };

export function placesOf(rule: Rule): RulePlaces {
  const side = (other: Readonly<Record<string, string>> | undefined): Int32Array =>
    keyPlaces(rule.keys.map((key) => (other?.[key] ?? key) as Key));
  return { left: side(rule.left), right: side(rule.right) };
}

export const limits = {
  /** Candidates of one row; a row that has so many may have more, and is told as a problem. */
  candidatesMax: 2_048,
  /** Within one side, rows before one with which it is compared by one rule. */
  beforeMost: 64,
  pairsMax: 400_000_000,
} as const;

/** Rows of the right side that were taken for one row of the left already. */
class Taken {
  readonly #rows = new Int32Array(limits.candidatesMax * 4);
  readonly #stamps = new Uint32Array(limits.candidatesMax * 4);
  #stamp = 0;

  clear(): void {
    this.#stamp += 1;
  }

  has(row: number): boolean {
    return this.#stamps[this.#placeOf(row)] === this.#stamp;
  }

  add(row: number): void {
    const at = this.#placeOf(row);
    this.#stamps[at] = this.#stamp;
    this.#rows[at] = row;
  }

  /** Where it is, or would be. */
  #placeOf(row: number): number {
    const mask = this.#rows.length - 1;
    let at = (Math.imul(row, 0x9e3779b1) >>> 16) & mask;
    while (this.#stamps[at] === this.#stamp && this.#rows[at] !== row) at = (at + 1) & mask;
    return at;
  }
}

export type Sides = {
  left: SignatureTable;
  right: SignatureTable;
  /** Of the right side. */
  frequencies: Frequencies;
};

/** A rule, and whom it finds for each place of the rows that ask; for none behind its end. */
export type JoinedRule = { rule: Rule; join: KeyJoin };

type ReadyRule = { key: KeyComparer; hub: number; most: number };

const readyRule = (rule: Rule, left: SignatureTable, right: SignatureTable): ReadyRule => ({
  key: new KeyComparer(left, right, placesOf(rule)),
  hub: rule.hub === undefined ? -1 : FREQUENCY_VALUES.indexOf(rule.hub),
  most: rule.most ?? hubMost,
});

/** Rows of a run that are touched, and rows of runs before they are compared. */
const touchedMost = 8;
const touchedAhead = 64;

/** Reaches for all lines of the cache in which a row lies. */
function touchRow(words: Uint32Array, row: number): number {
  const start = row * wordsOfRow;
  return (words[start] as number) ^ (words[start + 16] as number) ^ (words[start + 32] as number);
}

/** Finds the candidates of a row by rules, each once, in an order that hangs on nothing but the tables. */
export class CandidateFinder {
  readonly #sides: Sides;
  readonly #rules: readonly (ReadyRule & KeyJoin)[];
  readonly #comparer: Comparer;
  readonly #taken = new Taken();
  readonly rows = new Int32Array(limits.candidatesMax);
  readonly patterns = new Int32Array(limits.candidatesMax);
  /** Of each candidate, the sum of the codes of its frequencies in those values that agree. */
  readonly codes = new Uint16Array(limits.candidatesMax);
  count = 0;
  /** What was only touched, so that it is done at all. */
  touched = 0;

  constructor(sides: Sides, rules: readonly JoinedRule[]) {
    this.#sides = sides;
    this.#rules = rules.map(({ rule, join }) => ({ ...readyRule(rule, sides.left, sides.right), ...join }));
    this.#comparer = new Comparer(sides.left, sides.right);
  }

  /**
   * Touches what rows in the places [from, to) are compared with: waiting for memory, the processor takes
   * many of them at a time, but one after the other if it first has to compare.
   */
  touch(from: number, to: number): void {
    const { right } = this.#sides;
    let sum = 0;
    for (let rule = 0; rule < this.#rules.length; rule += 1) {
      const { matches, runs } = this.#rules[rule] as KeyJoin;
      const last = Math.min(to, matches.length);
      for (let place = from; place < last; place += 1) {
        const match = matches[place] as number;
        if (match > 0) sum += touchRow(right.words, match - 1);
        if (match >= 0) continue;
        const first = ~match + 1;
        const end = first + Math.min(touchedMost, runs[~match] as number);
        for (let at = first; at < end; at += 1) sum += touchRow(right.words, runs[at] as number);
      }
    }
    this.touched = (this.touched + sum) | 0;
  }

  clear(): void {
    this.count = 0;
    this.#taken.clear();
  }

  /** Begins with candidates that were found before. */
  keep({ rows, patterns, codes }: Found, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      this.#taken.add(rows[at] as number);
      this.rows[this.count] = rows[at] as number;
      this.patterns[this.count] = patterns[at] as number;
      this.codes[this.count] = codes[at] as number;
      this.count += 1;
    }
  }

  /**
   * Adds to `rows` and `patterns` whom a row in a place finds. `settles`: of each pattern, whether a
   * candidate of it ends the search, since no other rule finds a better one; null: all rules are asked. Says
   * whether one did.
   */
  find(row: number, place: number, settles: Uint8Array | null): boolean {
    for (let rule = 0; rule < this.#rules.length; rule += 1) {
      const { matches, runs } = this.#rules[rule] as KeyJoin;
      const match = place < matches.length ? (matches[place] as number) : 0;
      if (match === 0) continue;
      const before = this.count;
      if (match > 0) this.#take(row, match - 1, rule);
      else {
        const first = ~match + 1;
        const last = first + (runs[~match] as number);
        for (let at = first; at < last && this.#take(row, runs[at] as number, rule); at += 1);
      }
      if (settles === null) continue;
      for (let at = before; at < this.count; at += 1)
        if (settles[this.patterns[at] as number] === 1) return true;
    }
    return false;
  }

  /** Says whether others of the same key are worth a look. */
  #take(row: number, other: number, at: number): boolean {
    if (this.#taken.has(other)) return true;
    const { key, hub, most } = this.#rules[at] as ReadyRule;
    const { frequencies } = this.#sides;
    if (!key.isSame(row, other)) return true;
    if (hub >= 0 && frequencies.countAt(other, hub) > most) return false;
    if (this.count === limits.candidatesMax) return false;
    this.#taken.add(other);
    const pattern = this.#comparer.pattern(row, other);
    this.rows[this.count] = other;
    this.patterns[this.count] = pattern;
    this.codes[this.count] = frequencies.codesOf(other, valuesOf[pattern] as number);
    this.count += 1;
    return true;
  }
}

/** Candidates one behind the other. */
export type Found = { rows: Int32Array; patterns: Int32Array; codes: Uint16Array };

/** Candidate pairs with the pattern in which they agree. */
export class PairList {
  left: Int32Array = new Int32Array(1 << 16);
  right: Int32Array = new Int32Array(1 << 16);
  pattern: Int32Array = new Int32Array(1 << 16);
  count = 0;

  add(left: number, right: number, pattern: number): void {
    if (this.count === this.left.length) this.#grow();
    this.left[this.count] = left;
    this.right[this.count] = right;
    this.pattern[this.count] = pattern;
    this.count += 1;
  }

  #grow(): void {
    if (this.count >= limits.pairsMax) {
      throw new SekishoError("limit-passed", `Cannot compare more than ${limits.pairsMax} pairs in one job`, {
        hint: "give the inputs to several jobs, each with a part of them",
      });
    }
    for (const column of ["left", "right", "pattern"] as const) {
      const larger = new Int32Array(this[column].length * 2);
      larger.set(this[column]);
      this[column] = larger;
    }
  }
}

export type Within = {
  table: SignatureTable;
  frequencies: Frequencies;
  rules: readonly Rule[];
  /** The rule under way, by its place, and runs of rows that have its key in common, each after its count. */
  at: number;
  runs: Int32Array;
};

/**
 * Adds the pairs of one table by one rule: each once, the smaller row on the left, and not those that a rule
 * before it has made. Of a value that very many rows share not all pairs are made, but each row has one with
 * rows before it, so that what belongs together stays together. What it gives says nothing: it is there that
 * rows are touched at all, see CandidateFinder.
 */
export function findPairsWithin(
  { table, frequencies, rules, at: place, runs }: Within,
  into: PairList,
): number {
  const ready = rules.slice(0, place + 1).map((rule) => readyRule(rule, table, table));
  const { hub, most, key } = ready[place] as ReadyRule;
  const comparer = new Comparer(table, table);
  const wasMade = (one: number, other: number): boolean => {
    for (let at = 0; at < place; at += 1) {
      const { key, hub, most } = ready[at] as ReadyRule;
      if (hub >= 0 && frequencies.countAt(other, hub) > most) continue;
      if (key.isSame(one, other)) return true;
    }
    return false;
  };
  let touched = 0;
  let sum = 0;
  for (let run = 0; run < runs.length; run += 1 + (runs[run] as number)) {
    for (const end = Math.min(runs.length, run + touchedAhead); touched < end; touched += 1) {
      // Counts are touched for rows too: they are small, and what they name is at hand.
      const row = runs[touched] as number;
      if (row < table.rows) sum ^= touchRow(table.words, row);
    }
    const from = run + 1;
    const to = from + (runs[run] as number);
    for (let at = from + 1; at < to; at += 1) {
      const row = runs[at] as number;
      if (hub >= 0 && frequencies.countAt(row, hub) > most) continue;
      const first = Math.max(from, at - limits.beforeMost);
      for (let before = at - 1; before >= first; before -= 1) {
        const other = runs[before] as number;
        if (key.isSame(row, other) && !wasMade(other, row))
          into.add(other, row, comparer.pattern(other, row));
      }
    }
  }
  return sum;
}
