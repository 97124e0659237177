import type { SignatureTable } from "../signatures/columns.ts";
import { allLevels, Comparer, GROUPS, LEVELS, levelsOf, patternCount } from "./compare.ts";
import type { PairList } from "./findPairs.ts";
import type { Frequencies } from "./frequencies.ts";
import {
  defaultClasses,
  learnClasses,
  weighPatterns,
  type Classes,
  type PairKind,
  type PatternWeights,
  type SeenPattern,
} from "./weights.ts";

/** 0: no link. */
export const linkState = { review: 1, certain: 2 } as const;

export const thresholds = {
  /** Chance that the link is right, from which on nobody needs to look. */
  certain: 0.92,
  /** Below it a candidate is not worth a look. */
  review: 0.1,
} as const;

/** For each row of the left side its best candidate. */
export type Links = {
  row: Int32Array;
  state: Uint8Array;
  /** log2 of same : not same, before the other candidates are looked at. */
  weight: Float32Array;
  probability: Float32Array;
  pattern: Int32Array;
};

/**
 * log2 of the chance that a record's person is, to a given row of the other side, one of these; and that
 * there is nobody of them on the other side.
 */
export type Prior = Record<PairKind | "none" | "mate", number>;

/**
 * Records are mostly of somebody on the other side. Of the others some are of somebody whose family is there,
 * or a neighbour of the same name; those who are there themselves compete with their own rows. `strangers`:
 * the share of records whose person is not on the other side.
 */
export function priorOf(rows: number, strangers: number): Prior {
  const each = -Math.log2(Math.max(2, rows));
  return {
    same: each + Math.log2(1 - strangers),
    household: each + Math.log2(strangers * 0.8),
    namesake: each + Math.log2(strangers * 0.5),
    mate: each + 0.5,
    none: Math.log2(strangers),
  };
}

/** The same within one side, where a household's members and namesakes are rows themselves. */
export function priorWithin(rows: number): Prior {
  const each = -Math.log2(Math.max(2, rows));
  return {
    same: each + Math.log2(0.3),
    household: each + Math.log2(1.5),
    namesake: each + Math.log2(0.3),
    mate: each + Math.log2(1.5),
    none: 0,
  };
}

/** Learns how values agree from the pairs themselves. */
export function learn(
  pairs: PairList,
  frequencies: Frequencies,
  prior: Prior,
): { classes: Classes; weights: PatternWeights } {
  const start = weighPatterns(defaultClasses());
  const counts = new Float64Array(patternCount);
  const rarities = new Float64Array(patternCount);
  for (let at = 0; at < pairs.count; at += 1) {
    const pattern = pairs.pattern[at] as number;
    counts[pattern] = (counts[pattern] as number) + 1;
    rarities[pattern] =
      (rarities[pattern] as number) +
      frequencies.rarity(pairs.right[at] as number, start.values[pattern] as number);
  }
  const seen: SeenPattern[] = [];
  for (let pattern = 0; pattern < patternCount; pattern += 1) {
    const count = counts[pattern] as number;
    if (count > 0) seen.push({ pattern, count, rarity: (rarities[pattern] as number) / count });
  }
  const classes = learnClasses(seen, prior);
  return { classes, weights: weighPatterns(classes) };
}

/** The pairs of each left row, as places in the list. */
export function groupByLeft(pairs: PairList, rows: number): { starts: Int32Array; order: Int32Array } {
  const starts = new Int32Array(rows + 1);
  for (let at = 0; at < pairs.count; at += 1) {
    const next = (pairs.left[at] as number) + 1;
    starts[next] = (starts[next] as number) + 1;
  }
  for (let row = 0; row < rows; row += 1)
    starts[row + 1] = (starts[row + 1] as number) + (starts[row] as number);
  const places = starts.slice();
  const order = new Int32Array(pairs.count);
  for (let at = 0; at < pairs.count; at += 1) {
    const row = pairs.left[at] as number;
    order[places[row] as number] = at;
    places[row] = (places[row] as number) + 1;
  }
  return { starts, order };
}

export type Deciding = {
  pairs: PairList;
  right: SignatureTable;
  rows: number;
  frequencies: Frequencies;
  weights: PatternWeights;
  prior: Prior;
  /** The person to whom a customer row belongs, by what is certain among the customers. */
  personOf: (row: number) => number;
};

/** Odds from their log2, bounded so that sums of them stay numbers. */
export const oddsOf = (weight: number): number => 2 ** Math.min(300, weight);

/**
 * Picks each record's customer. The chance of the best is weighed against all other persons who are
 * candidates, against a member of its household or a namesake who is in no table, and against nobody at all.
 */
export function decideLinks(deciding: Deciding): Links {
  const { pairs, rows, right, frequencies, weights, prior } = deciding;
  const links: Links = {
    row: new Int32Array(rows).fill(-1),
    state: new Uint8Array(rows),
    weight: new Float32Array(rows),
    probability: new Float32Array(rows),
    pattern: new Int32Array(rows),
  };
  const { starts, order } = groupByLeft(pairs, rows);
  const comparer = new Comparer(right, right);
  const scores = new Float64Array(4_096);
  const alone = new Float64Array(scores.length);
  const beside = new Float64Array(scores.length);
  const none = 2 ** prior.none;
  for (let row = 0; row < rows; row += 1) {
    const from = starts[row] as number;
    const to = Math.min(starts[row + 1] as number, from + scores.length);
    if (from === to) continue;
    let best = -1;
    for (let at = from; at < to; at += 1) {
      const pair = order[at] as number;
      const pattern = pairs.pattern[pair] as number;
      const rarity = frequencies.rarity(pairs.right[pair] as number, weights.values[pattern] as number);
      const same = prior.same + (weights.same[pattern] as number) + rarity;
      const mate = (weights.household[pattern] as number) + rarity;
      const namesake = oddsOf(prior.namesake + (weights.namesake[pattern] as number) + rarity);
      // What else may have made the two agree: a stranger, or somebody near who is in no table.
      alone[at - from] = same - Math.log2(none + oddsOf(prior.household + mate) + namesake);
      // The same if the person is another candidate, of whose household this one is then likely.
      beside[at - from] = same - Math.log2(none + oddsOf(prior.mate + mate) + namesake);
      scores[at - from] = same;
      if (best < 0 || (alone[at - from] as number) > (alone[best - from] as number)) best = at;
    }
    const pair = order[best] as number;
    const customer = pairs.right[pair] as number;
    const person = deciding.personOf(customer);
    const odds = oddsOf(alone[best - from] as number);
    let others = 1;
    for (let at = from; at < to; at += 1) {
      const other = pairs.right[order[at] as number] as number;
      if (at === best || deciding.personOf(other) === person || isSamePerson(comparer, customer, other))
        continue;
      others += oddsOf(beside[at - from] as number);
    }
    const probability = odds / (odds + others);
    if (probability < thresholds.review) continue;
    links.row[row] = customer;
    links.weight[row] = scores[best - from] as number;
    links.probability[row] = probability;
    links.pattern[row] = pairs.pattern[pair] as number;
    const sure = probability >= thresholds.certain && hasMoreThanName(pairs.pattern[pair] as number);
    links.state[row] = sure ? linkState.certain : linkState.review;
  }
  return links;
}

/**
 * A rare name alone makes a link likely, but nobody should get a notice for a name: something besides name
 * and sex must agree.
 */
function hasMoreThanName(pattern: number): boolean {
  const at = pattern * GROUPS.length;
  for (let group = 0; group < GROUPS.length; group += 1) {
    if ((allLevels[at + group] as number) >= (agreesFrom[group] as number)) return true;
  }
  return false;
}

/** From which level on a group agrees, by GROUPS; name and sex never. */
const agreesFrom = GROUPS.map((group) => {
  if (group === "name" || group === "sex") return Number.POSITIVE_INFINITY;
  const names: readonly string[] = LEVELS[group];
  return names.indexOf(group === "address" ? "town" : "same");
});

/** Two rows of one person who registered twice do not compete with each other. */
function isSamePerson(comparer: Comparer, one: number, other: number): boolean {
  const [name, birth] = levelsOf(comparer.pattern(one, other)) as [number, number];
  return birth === 3 && name >= 4 && name <= 9;
}
