import {
  decideLinks,
  linkState,
  SeenPatterns,
  settles,
  type Candidates,
  type Links,
  type Prior,
} from "../match/decideLinks.ts";
import { CandidateFinder, findPairsWithin, indexRules, PairList, type Rule } from "../match/findPairs.ts";
import { Frequencies } from "../match/frequencies.ts";
import type { Indexed, KeyIndex } from "../match/keyIndex.ts";
import type { FrequencyValue, PatternWeights } from "../match/weights.ts";
import { SignatureTable } from "../signatures/columns.ts";
import { writeKeys } from "./signatureFile.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** What threads are given of a table, and of its frequencies: memory that all share. */
export type SharedTable = { rows: number; words: Uint32Array };
export type SharedFrequencies = { rows: number; codes: Uint8Array };

/** What the job asks of its threads while it matches. */
export type MatchAsked =
  | { do: "count"; table: SharedTable; frequencies: SharedFrequencies; value: FrequencyValue }
  | { do: "index"; table: SharedTable; rules: readonly Rule[]; of: readonly SharedIndexed[] }
  | { do: "keys"; table: SharedTable; frequencies: SharedFrequencies; file: string }
  | ({ do: "candidates" } & FindingCandidates)
  | ({ do: "decide"; links: Links } & Deciding)
  | ({ do: "pairs" } & FindingPairs);

type SharedIndexed = Omit<Indexed, "asked"> & {
  asked?: { table: SharedTable; rows: Int32Array; places: Int32Array };
};
export type FindingCandidates = {
  left: SharedTable;
  right: SharedTable;
  frequencies: SharedFrequencies;
  rules: readonly { rule: Rule; index: KeyIndex }[];
  from: number;
  to: number;
  /** Every so many rows one is asked by all rules, and learnt from. */
  step: number;
  /** What was found before, and which rows (state 2) that is enough for; null: nothing yet. */
  before: { candidates: Candidates; state: Uint8Array } | null;
  /** How many of the rules have been asked before. */
  asked: number;
};
type Deciding = {
  candidates: Candidates;
  right: SharedTable;
  frequencies: SharedFrequencies;
  weights: PatternWeights;
  prior: Prior;
  persons: Int32Array;
};
type FindingPairs = {
  table: SharedTable;
  frequencies: SharedFrequencies;
  rules: readonly Rule[];
  at: number;
  index: KeyIndex;
};

/** Counts by pattern, see SeenPatterns. */
export type Seen = { counts: Float64Array; rarities: Float64Array };
export type FoundPairs = Pick<PairList, "left" | "right" | "pattern" | "count"> & { seen: Seen };
export type MatchAnswer =
  | { done: "nothing" }
  | { done: "index"; indexes: KeyIndex[] }
  | { done: "candidates"; candidates: Candidates; seen: Seen }
  | { done: "pairs"; pairs: FoundPairs };

const tableOf = ({ rows, words }: SharedTable): SignatureTable => new SignatureTable(rows, words.buffer);
const frequenciesOf = ({ rows, codes }: SharedFrequencies): Frequencies => new Frequencies(rows, codes);

/** Does what is asked, on a thread. */
export function doMatch(asked: MatchAsked): MatchAnswer {
  switch (asked.do) {
    case "count":
      frequenciesOf(asked.frequencies).countValue(tableOf(asked.table), asked.value);
      return { done: "nothing" };
    case "index": {
      const of = asked.of.map(({ asked: filter, ...rest }) =>
        filter === undefined ? rest : { ...rest, asked: { ...filter, table: tableOf(filter.table) } },
      );
      return { done: "index", indexes: indexRules(tableOf(asked.table), asked.rules, of) };
    }
    case "keys":
      writeKeys(tableOf(asked.table), frequenciesOf(asked.frequencies), asked.file);
      return { done: "nothing" };
    case "candidates":
      return findCandidates(asked);
    case "decide": {
      const { right, frequencies, links } = asked;
      decideLinks({ ...asked, right: tableOf(right), frequencies: frequenciesOf(frequencies) }, links);
      return { done: "nothing" };
    }
    case "pairs":
      return { done: "pairs", pairs: findPairs(asked) };
  }
}

function findCandidates(asked: FindingCandidates): MatchAnswer {
  const { from, to, step, before } = asked;
  const frequencies = frequenciesOf(asked.frequencies);
  const sides = { left: tableOf(asked.left), right: tableOf(asked.right), frequencies };
  const finder = new CandidateFinder(sides, asked.rules);
  const seen = new SeenPatterns();
  const starts = new Uint32Array(new SharedArrayBuffer((to - from + 1) * 4));
  const found = new PairList();
  for (let row = from; row < to; row += 1) {
    const first = found.count;
    starts[row - from] = first;
    const learns = row % step === 0;
    if (before === null) finder.find(row, learns ? null : settles);
    else findAgain(row, finder, { ...before, from, asked: asked.asked, learns });
    for (let at = 0; at < finder.count; at += 1)
      found.add(row, finder.rows[at] as number, finder.patterns[at] as number);
    if (learns) seen.add(found.pattern, found.right, { from: first, to: found.count, frequencies });
  }
  starts[to - from] = found.count;
  const rows = new Int32Array(sharedBytes(found.count * 4));
  const patterns = new Int32Array(sharedBytes(found.count * 4));
  rows.set(found.right.subarray(0, found.count));
  patterns.set(found.pattern.subarray(0, found.count));
  const { counts, rarities } = seen;
  return { done: "candidates", candidates: { from, to, starts, rows, patterns }, seen: { counts, rarities } };
}

type Again = NonNullable<FindingCandidates["before"]> & { from: number; asked: number; learns: boolean };

/** What was found before stays; rows for which that is not enough are asked by the other rules. */
function findAgain(row: number, finder: CandidateFinder, of: Again): void {
  const { candidates, state, from } = of;
  const first = candidates.starts[row - from] as number;
  const last = candidates.starts[row - from + 1] as number;
  finder.keep(candidates, first, last);
  if (state[row] === linkState.certain) return;
  let settled = false;
  for (let at = first; at < last; at += 1)
    if (settles[candidates.patterns[at] as number] === 1) settled = true;
  finder.findMore(row, null, settled && !of.learns ? 0 : of.asked);
}

function findPairs(asked: FindingPairs): FoundPairs {
  const { rules, at, index } = asked;
  const found = new PairList();
  const frequencies = frequenciesOf(asked.frequencies);
  findPairsWithin({ table: tableOf(asked.table), frequencies, rules, at, index }, found);
  const seen = new SeenPatterns();
  const { count } = found;
  seen.add(found.pattern, found.right, { from: 0, to: count, frequencies });
  const [left, right, pattern] = [found.left, found.right, found.pattern].map((one) =>
    one.slice(0, count),
  ) as [Int32Array, Int32Array, Int32Array];
  return { left, right, pattern, count, seen: { counts: seen.counts, rarities: seen.rarities } };
}
