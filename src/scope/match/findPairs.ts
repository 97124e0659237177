import { SekishoError } from "../../lib/error.ts";
import type { NARROW_KEYS, SignatureTable, WIDE_KEYS } from "../signatures/columns.ts";
import { Comparer } from "./compare.ts";
import { FREQUENCY_VALUES } from "./weights.ts";
import type { CountedKey, Frequencies } from "./frequencies.ts";
import {
  indexKeys,
  isSameKey,
  keyHash,
  keyPlaces,
  limits as shared,
  type Indexed,
  type KeyIndex,
} from "./keyIndex.ts";

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

/** The right side by the keys of rules. */
export function indexRules(
  table: SignatureTable,
  rules: readonly Rule[],
  of: readonly Indexed[],
): KeyIndex[] {
  return indexKeys(
    table,
    rules.map((rule) => placesOf(rule).right),
    of,
  );
}

export const limits = {
  /** Candidates of one row. */
  candidatesMax: 2_048,
  /** Within one side, rows before one with which it is compared by one rule. */
  beforeMost: 64,
  beforeSeen: 4_096,
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

  /** Whether it is new. */
  add(row: number): boolean {
    const mask = this.#rows.length - 1;
    let at = (Math.imul(row, 0x9e3779b1) >>> 16) & mask;
    while (this.#stamps[at] === this.#stamp) {
      if (this.#rows[at] === row) return false;
      at = (at + 1) & mask;
    }
    this.#stamps[at] = this.#stamp;
    this.#rows[at] = row;
    return true;
  }
}

export type Sides = {
  left: SignatureTable;
  right: SignatureTable;
  /** Of the right side. */
  frequencies: Frequencies;
};

type ReadyRule = { left: Int32Array; index: KeyIndex; hub: number; most: number };

const readyRule = (rule: Rule, index: KeyIndex): ReadyRule => ({
  left: placesOf(rule).left,
  index,
  hub: rule.hub === undefined ? -1 : FREQUENCY_VALUES.indexOf(rule.hub),
  most: rule.most ?? hubMost,
});

const askedAlone = 2;

/** Finds the candidates of a row by rules, each once, in an order that hangs on nothing but the tables. */
export class CandidateFinder {
  readonly #sides: Sides;
  readonly #rules: readonly ReadyRule[];
  readonly #comparer: Comparer;
  readonly #taken = new Taken();
  /** Of each rule, the hash of the row under way and its bucket. */
  readonly #hashes: Uint32Array;
  readonly #from: Uint32Array;
  readonly #to: Uint32Array;
  readonly rows = new Int32Array(limits.candidatesMax);
  readonly patterns = new Int32Array(limits.candidatesMax);
  count = 0;

  constructor(sides: Sides, rules: readonly { rule: Rule; index: KeyIndex }[]) {
    this.#sides = sides;
    this.#rules = rules.map(({ rule, index }) => readyRule(rule, index));
    this.#comparer = new Comparer(sides.left, sides.right);
    [this.#hashes, this.#from, this.#to] = [0, 1, 2].map(() => new Uint32Array(rules.length)) as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
  }

  /**
   * Fills `rows`, `patterns` and `count`. `settles`: of each pattern, whether a candidate of it ends the
   * search, since no other rule finds a better one; null: all rules are asked.
   */
  find(row: number, settles: Uint8Array | null): void {
    this.count = 0;
    this.#taken.clear();
    this.findMore(row, settles, 0);
  }

  /** Begins with candidates that were found before. */
  keep({ rows, patterns }: { rows: Int32Array; patterns: Int32Array }, from: number, to: number): void {
    this.count = 0;
    this.#taken.clear();
    for (let at = from; at < to; at += 1) {
      if (!this.#taken.add(rows[at] as number)) continue;
      this.rows[this.count] = rows[at] as number;
      this.patterns[this.count] = patterns[at] as number;
      this.count += 1;
    }
  }

  /** Asks the rules from place `first` on. */
  findMore(row: number, settles: Uint8Array | null, first: number): void {
    for (let place = first; place < this.#rules.length; place += 1) {
      // The first rules mostly are enough; of the rest all buckets are reached for at once.
      if (place < askedAlone) this.#reach(row, place, place + 1);
      else if (place === first || place === askedAlone) this.#reach(row, place, this.#rules.length);
      const before = this.count;
      this.#ask(row, place);
      if (settles === null) continue;
      for (let at = before; at < this.count; at += 1) if (settles[this.patterns[at] as number] === 1) return;
    }
  }

  /** Finds the buckets of a row; waiting for memory, the processor takes many at a time. */
  #reach(row: number, first: number, last: number): void {
    const { words } = this.#sides.left;
    for (let place = first; place < last; place += 1) {
      const { left, index } = this.#rules[place] as ReadyRule;
      const hash = keyHash(words, row, left);
      this.#hashes[place] = hash;
      const bucket = hash >>> index.shift;
      this.#from[place] = hash === 0 ? 0 : (index.starts[bucket] as number);
      this.#to[place] = hash === 0 ? 0 : (index.starts[bucket + 1] as number);
    }
  }

  #ask(row: number, place: number): void {
    const end = this.#to[place] as number;
    if (this.#from[place] === end) return;
    const { left, index, hub, most } = this.#rules[place] as ReadyRule;
    const { left: records, right, frequencies } = this.#sides;
    const hash = this.#hashes[place] as number;
    const { rows, tags, places } = index;
    const ours = { words: records.words, row, places: left };
    const theirs = { words: right.words, row: 0, places };
    for (let at = this.#from[place] as number; at < end; at += 1) {
      if (tags[at] !== (hash & 255)) continue;
      const other = rows[at] as number;
      theirs.row = other;
      if (!isSameKey(ours, theirs)) continue;
      if (hub >= 0 && frequencies.countAt(other, hub) > most) continue;
      if (this.count === limits.candidatesMax) return;
      if (!this.#taken.add(other)) continue;
      this.rows[this.count] = other;
      this.patterns[this.count] = this.#comparer.pattern(row, other);
      this.count += 1;
    }
  }
}

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
  /** The rule under way, by its place, and its index with what is shared by many. */
  at: number;
  index: KeyIndex;
};

/**
 * Adds the pairs of one table by one rule: each once, the smaller row on the left, and not those that a rule
 * before it has made. Of a value that very many rows share not all pairs are made, but each row has one with
 * rows before it, so that what belongs together stays together.
 */
export function findPairsWithin(
  { table, frequencies, rules, at: place, index }: Within,
  into: PairList,
): void {
  const ready = rules.slice(0, place + 1).map((rule) => readyRule(rule, index));
  const { hub, most } = ready[place] as ReadyRule;
  const comparer = new Comparer(table, table);
  const { starts, rows, tags, places } = index;
  const { words } = table;
  const wasMade = (one: number, other: number): boolean => {
    for (let at = 0; at < place; at += 1) {
      const { left, hub, most } = ready[at] as ReadyRule;
      if (hub >= 0 && frequencies.countAt(other, hub) > most) continue;
      if (isSameKey({ words, row: one, places: left }, { words, row: other, places: left })) return true;
    }
    return false;
  };
  for (let bucket = 0; bucket + 1 < starts.length; bucket += 1) {
    const from = starts[bucket] as number;
    const to = starts[bucket + 1] as number;
    for (let at = from + 1; at < to; at += 1) {
      const row = rows[at] as number;
      if (hub >= 0 && frequencies.countAt(row, hub) > most) continue;
      let found = 0;
      const last = Math.max(from, at - limits.beforeSeen);
      for (let before = at - 1; before >= last && found < limits.beforeMost; before -= 1) {
        if (tags[before] !== tags[at]) continue;
        const other = rows[before] as number;
        if (!isSameKey({ words, row, places }, { words, row: other, places })) continue;
        found += 1;
        if (!wasMade(other, row)) into.add(other, row, comparer.pattern(other, row));
      }
    }
  }
}
