import {
  decideLinks,
  SeenPatterns,
  settles,
  type Candidates,
  type Links,
  type PatternOdds,
  type PatternSums,
} from "../match/decideLinks.ts";
import {
  CandidateFinder,
  findPairsWithin,
  PairList,
  placesOf,
  type JoinedRule,
  type Rule,
} from "../match/findPairs.ts";
import { Frequencies } from "../match/frequencies.ts";
import { blockRows, fillColumns, type HashedColumns } from "../match/hashKeys.ts";
import { groupByKey, joinKeys, JoinScratch, type KeyJoin } from "../match/joinKeys.ts";
import { valuesOf, type FrequencyValue } from "../match/weights.ts";
import { SignatureTable, type SharedTable } from "../signatures/columns.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";
import { equalRecords } from "../persons/equalRecords.ts";
import type { Edges } from "./customerEdges.ts";
import { KeyFile } from "./keyFile.ts";

/** What threads are given of the frequencies of a table: memory that all share. */
export type SharedFrequencies = { rows: number; codes: Uint8Array };

/** What the job asks of its threads while it matches. */
export type MatchAsked =
  | { do: "count"; table: SharedTable; frequencies: SharedFrequencies; value: FrequencyValue }
  | ({ do: "columns" } & FillingColumns)
  | { do: "join"; left: HashedColumns; right: HashedColumns; rule: Rule }
  | { do: "keys"; table: SharedTable; frequencies: SharedFrequencies; only: Int32Array; file: string }
  | { do: "equal"; table: SharedTable; rows: Int32Array }
  | ({ do: "candidates" } & FindingCandidates)
  | ({ do: "decide"; links: Links } & Deciding)
  | ({ do: "pairs" } & FindingPairs);

/** `frequencies`: laid into the rows; null: not again. */
type FillingColumns = {
  table: SharedTable;
  columns: HashedColumns;
  frequencies: SharedFrequencies | null;
  from: number;
  to: number;
};
/** Frequencies of the right side lie in its rows. */
export type FindingCandidates = {
  left: SharedTable;
  right: SharedTable;
  joined: readonly JoinedRule[];
  /** Which rows ask, null: all; and which of their places this task is of. */
  asking: Int32Array | null;
  from: number;
  to: number;
  /** What each row has found before this round; null: nothing yet. */
  before: Before | null;
  round: number;
  /** Every so many rows one is asked by all rules, and learnt from. */
  step: number;
  /** Of each row, 1 once a candidate ended its search; null: all rules are asked. */
  settled: Uint8Array | null;
};
/** What was found in earlier rounds, in tasks of so many rows, and in which place each row asked last. */
export type Before = {
  rounds: Uint8Array;
  places: Int32Array;
  found: readonly (readonly Candidates[])[];
  rowsOfTask: number;
};
type Deciding = {
  candidates: Candidates;
  right: SharedTable;
  odds: PatternOdds;
  rounds: Uint8Array;
  persons: Int32Array;
};
type FindingPairs = {
  table: SharedTable;
  rules: readonly Rule[];
  at: number;
  columns: HashedColumns;
};

export type FoundPairs = Pick<PairList, "left" | "right" | "pattern" | "count"> & { seen: PatternSums };
export type MatchAnswer =
  | { done: "nothing" }
  | { done: "join"; join: KeyJoin }
  | { done: "equal"; edges: Edges }
  | { done: "candidates"; candidates: Candidates; seen: PatternSums }
  | { done: "pairs"; pairs: FoundPairs };

const frequenciesOf = ({ rows, codes }: SharedFrequencies): Frequencies => new Frequencies(rows, codes);

/** Kept from one join to the next: to be given fresh memory takes as long as what is done in it. */
let scratchOfJoins: JoinScratch | null = null;
const joinScratch = (): JoinScratch => (scratchOfJoins ??= new JoinScratch());

/** Does what is asked, on a thread. */
export function doMatch(asked: MatchAsked): MatchAnswer {
  if (asked.do !== "join" && asked.do !== "count") scratchOfJoins = null;
  switch (asked.do) {
    case "count":
      frequenciesOf(asked.frequencies).countValue(SignatureTable.of(asked.table), asked.value);
      return { done: "nothing" };
    case "columns":
      fillPart(asked);
      return { done: "nothing" };
    case "join": {
      const key = placesOf(asked.rule);
      const left = { columns: asked.left, key: key.left };
      return { done: "join", join: joinKeys(left, { columns: asked.right, key: key.right }, joinScratch()) };
    }
    case "equal":
      return { done: "equal", edges: equalRecords(SignatureTable.of(asked.table), asked.rows) };
    case "keys": {
      const keys = new KeyFile(asked.file);
      keys.add(SignatureTable.of(asked.table), frequenciesOf(asked.frequencies), { only: asked.only });
      keys.close();
      return { done: "nothing" };
    }
    case "candidates":
      return findCandidates(asked);
    case "decide": {
      const right = SignatureTable.of(asked.right);
      decideLinks({ ...asked, right, frequencies: Frequencies.within(right) }, asked.links);
      return { done: "nothing" };
    }
    case "pairs":
      return { done: "pairs", pairs: findPairs(asked) };
  }
}

/** Lays frequencies into rows while these are in the cache because their columns were hashed. */
function fillPart({ table, columns, frequencies, from, to }: FillingColumns): void {
  const of = SignatureTable.of(table);
  if (frequencies === null) return fillColumns(columns, of, from, to);
  const codes = frequenciesOf(frequencies);
  const { rows } = columns;
  for (let first = from; first < to; first += blockRows) {
    const last = Math.min(to, first + blockRows);
    fillColumns(columns, of, first, last);
    for (let at = first; at < last; at += 1) codes.layInto(of, rows === null ? at : (rows[at] as number));
  }
}

/** Rows whose candidates are reached for before the first of them is compared. */
const rowsTouched = 48;

function findCandidates(asked: FindingCandidates): MatchAnswer {
  const { asking, from, to, step, round, settled } = asked;
  const right = SignatureTable.of(asked.right);
  const frequencies = Frequencies.within(right);
  const sides = { left: SignatureTable.of(asked.left), right, frequencies };
  const finder = new CandidateFinder(sides, asked.joined);
  const starts = new Uint32Array(sharedBytes((to - from + 1) * 4), 0, to - from + 1);
  found.count = 0;
  for (let place = from; place < to; place += 1) {
    if ((place - from) % rowsTouched === 0) finder.touch(place, Math.min(to, place + rowsTouched));
    const row = asking === null ? place : (asking[place] as number);
    starts[place - from] = found.count;
    const learns = row % step === 0;
    finder.clear();
    if (asked.before !== null) keepBefore(row, finder, asked.before);
    const isSettled = finder.find(row, place, learns || settled === null ? null : settles);
    if (isSettled && settled !== null) settled[row] = 1;
    found.add(finder);
    if (!learns) continue;
    for (let at = 0; at < finder.count; at += 1) {
      const pattern = finder.patterns[at] as number;
      seen.add(pattern, frequencies.rarityOf(finder.codes[at] as number, valuesOf[pattern] as number));
    }
  }
  starts[to - from] = found.count;
  const candidates = { asking, from, to, round, starts, ...found.shared };
  return { done: "candidates", candidates, seen: seen.take() };
}

/** Begins with what a row has found in the rounds before. */
function keepBefore(row: number, finder: CandidateFinder, before: Before): void {
  const place = before.places[row] as number;
  const tasks = before.found[before.rounds[row] as number] as readonly Candidates[];
  const candidates = tasks[Math.floor(place / before.rowsOfTask)] as Candidates;
  const at = place - candidates.from;
  finder.keep(candidates, candidates.starts[at] as number, candidates.starts[at + 1] as number);
}

/** Candidates of one row after the other. */
class CandidateList {
  #rows = new Int32Array(1 << 16);
  #patterns = new Int32Array(1 << 16);
  #codes = new Uint16Array(1 << 16);
  count = 0;

  add({ rows, patterns, codes, count }: CandidateFinder): void {
    while (this.count + count > this.#rows.length) this.#grow();
    for (let at = 0, place = this.count; at < count; at += 1, place += 1) {
      this.#rows[place] = rows[at] as number;
      this.#patterns[place] = patterns[at] as number;
      this.#codes[place] = codes[at] as number;
    }
    this.count += count;
  }

  #grow(): void {
    const size = this.#rows.length * 2;
    const [rows, patterns, codes] = [new Int32Array(size), new Int32Array(size), new Uint16Array(size)];
    rows.set(this.#rows);
    patterns.set(this.#patterns);
    codes.set(this.#codes);
    [this.#rows, this.#patterns, this.#codes] = [rows, patterns, codes];
  }

  /** All of them, in memory that threads share. */
  get shared(): Pick<Candidates, "rows" | "patterns" | "codes"> {
    const { count } = this;
    const made = {
      rows: new Int32Array(sharedBytes(count * 4), 0, count),
      patterns: new Int32Array(sharedBytes(count * 4), 0, count),
      codes: new Uint16Array(sharedBytes(count * 2), 0, count),
    };
    made.rows.set(this.#rows.subarray(0, count));
    made.patterns.set(this.#patterns.subarray(0, count));
    made.codes.set(this.#codes.subarray(0, count));
    return made;
  }
}

/** Of one task after the other: what is made anew for each keeps the collector of garbage busy. */
const found = new CandidateList();
const seen = new SeenPatterns();

function findPairs(asked: FindingPairs): FoundPairs {
  const { rules, at, columns } = asked;
  const pairs = new PairList();
  const table = SignatureTable.of(asked.table);
  const frequencies = Frequencies.within(table);
  const runs = groupByKey(columns, placesOf(rules[at] as Rule).left);
  findPairsWithin({ table, frequencies, rules, at, runs }, pairs);
  const { count } = pairs;
  for (let pair = 0; pair < count; pair += 1) {
    const pattern = pairs.pattern[pair] as number;
    seen.add(pattern, frequencies.rarity(pairs.right[pair] as number, valuesOf[pattern] as number));
  }
  const [left, right, pattern] = [pairs.left, pairs.right, pairs.pattern].map((one) =>
    one.slice(0, count),
  ) as [Int32Array, Int32Array, Int32Array];
  return { left, right, pattern, count, seen: seen.take() };
}
