import { allLevels, GROUPS } from "../match/compare.ts";
import { oddsOf, type Prior } from "../match/decideLinks.ts";
import type { PairList } from "../match/findPairs.ts";
import type { Frequencies } from "../match/frequencies.ts";
import { valuesOf, type PairKind, type PatternWeights } from "../match/weights.ts";

/**
 * Pairs of rows that are one person, one behind the other: certain ones, and those that are only probable.
 */
export type Edges = { certain: Int32Array; probable: Int32Array };

/** Chances from which on two rows of one side are taken for one person. */
export const thresholds = { certain: 0.95, probable: 0.3 } as const;

type Pairs = Pick<PairList, "left" | "right" | "pattern" | "count">;

/** Odds of patterns before the rarity of their values: of one person, and of any kind of pair. */
export type EdgeOdds = { none: number; same: Float64Array; any: Float64Array };

/** Prepares edgesOf: by pattern, once for all pairs. */
export function oddsOfEdges(weights: PatternWeights, prior: Prior): EdgeOdds {
  const odds = (one: PairKind): Float64Array => weights[one].map((weight) => oddsOf(prior[one] + weight));
  const same = odds("same");
  const [household, namesake] = [odds("household"), odds("namesake")];
  const any = same.map(
    (one, pattern) => one + (household[pattern] as number) + (namesake[pattern] as number),
  );
  return { none: 2 ** prior.none, same, any };
}

/**
 * Which pairs of one side are one person. Two given names are two persons, whatever else agrees.
 */
export function edgesOf(pairs: Pairs, odds: EdgeOdds, frequencies: Frequencies): Edges {
  const certain: number[] = [];
  const probable: number[] = [];
  for (let at = 0; at < pairs.count; at += 1) {
    const pattern = pairs.pattern[at] as number;
    const right = pairs.right[at] as number;
    const values = valuesOf[pattern] as number;
    const rarity = frequencies.oddsOf(frequencies.codesOf(right, values), values);
    const chance =
      ((odds.same[pattern] as number) * rarity) / (odds.none + (odds.any[pattern] as number) * rarity);
    if (chance < thresholds.probable) continue;
    const name = allLevels[pattern * GROUPS.length] as number;
    const apart = name === 2 || (name === 1 && allLevels[pattern * GROUPS.length + 1] !== 3);
    if (chance >= thresholds.certain && !apart) certain.push(pairs.left[at] as number, right);
    else probable.push(pairs.left[at] as number, right);
  }
  return { certain: Int32Array.from(certain), probable: Int32Array.from(probable) };
}
