import { allLevels, GROUPS } from "../match/compare.ts";
import { oddsOf, type Prior } from "../match/decideLinks.ts";
import type { PairList } from "../match/findPairs.ts";
import type { Frequencies } from "../match/frequencies.ts";
import { KINDS, valuesOf, type PatternWeights } from "../match/weights.ts";

/**
 * Pairs of rows that are one person, one behind the other: certain ones, and those that are only probable.
 */
export type Edges = { certain: Int32Array; probable: Int32Array };

/** Chances from which on two rows of one side are taken for one person. */
export const thresholds = { certain: 0.95, probable: 0.3 } as const;

type Pairs = Pick<PairList, "left" | "right" | "pattern" | "count">;

/**
 * Which pairs of one side are one person. Two given names are two persons, whatever else agrees.
 */
export function edgesOf(
  pairs: Pairs,
  { frequencies, weights, prior }: { frequencies: Frequencies; weights: PatternWeights; prior: Prior },
): Edges {
  const certain: number[] = [];
  const probable: number[] = [];
  const none = 2 ** prior.none;
  for (let at = 0; at < pairs.count; at += 1) {
    const pattern = pairs.pattern[at] as number;
    const right = pairs.right[at] as number;
    const rarity = frequencies.rarity(right, valuesOf[pattern] as number);
    let sum = none;
    for (const one of KINDS) sum += oddsOf(prior[one] + (weights[one][pattern] as number) + rarity);
    const chance = oddsOf(prior.same + (weights.same[pattern] as number) + rarity) / sum;
    if (chance < thresholds.probable) continue;
    const name = allLevels[pattern * GROUPS.length] as number;
    const apart = name === 2 || (name === 1 && allLevels[pattern * GROUPS.length + 1] !== 3);
    if (chance >= thresholds.certain && !apart) certain.push(pairs.left[at] as number, right);
    else probable.push(pairs.left[at] as number, right);
  }
  return { certain: Int32Array.from(certain), probable: Int32Array.from(probable) };
}
