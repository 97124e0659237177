import type { SignatureTable } from "../signatures/columns.ts";
import { allLevels, Comparer, GROUPS, LEVELS, patternCount } from "./compare.ts";
import type { Found } from "./findPairs.ts";
import type { Frequencies } from "./frequencies.ts";
import {
  learnClasses,
  valuesOf,
  weighPatterns,
  type Classes,
  type PairKind,
  type PatternWeights,
  type SeenPattern,
} from "./weights.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

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
 * Records are mostly of somebody on the other side. Of the others most are of somebody whose family is there,
 * or of a neighbour whose name sounds the same; both rather too many than too few, as a wrong link tells a
 * customer what is not so. Those who are there themselves compete with their own rows. `strangers`: the share
 * of records whose person is not on the other side.
 */
export function priorOf(rows: number, strangers: number): Prior {
  const each = -Math.log2(Math.max(2, rows));
  return {
    same: each + Math.log2(1 - strangers),
    household: each + Math.log2(strangers * 0.8),
    namesake: each + Math.log2(strangers),
    mate: each + 0.5,
    none: Math.log2(strangers),
  };
}

/** How many other rows of a table are of the same person as one of its rows. */
const registeredAgain = 0.3;

/** The same within one side, where a household's members and namesakes are rows themselves. */
export function priorWithin(rows: number): Prior {
  const each = -Math.log2(Math.max(2, rows));
  return {
    same: each + Math.log2(registeredAgain),
    household: each + Math.log2(1.5),
    namesake: each + Math.log2(0.3),
    mate: each + Math.log2(1.5),
    none: 0,
  };
}

/** How often patterns were seen, and the sum of their values' −log2 frequencies: what is learnt from. */
export class SeenPatterns {
  readonly #counts = new Float64Array(patternCount);
  readonly #rarities = new Float64Array(patternCount);

  /** A pair, and the rarity of the values that agree in it. */
  add(pattern: number, rarity: number): void {
    this.#counts[pattern] = (this.#counts[pattern] as number) + 1;
    this.#rarities[pattern] = (this.#rarities[pattern] as number) + rarity;
  }

  /** Takes in what another thread has seen. */
  join({ patterns, counts, rarities }: PatternSums): void {
    for (const [at, pattern] of patterns.entries()) {
      this.#counts[pattern] = (this.#counts[pattern] as number) + (counts[at] as number);
      this.#rarities[pattern] = (this.#rarities[pattern] as number) + (rarities[at] as number);
    }
  }

  /** Gives away what was seen, which are few patterns of many, and begins anew. */
  take(): PatternSums {
    const patterns = this.#patterns;
    const sums = {
      patterns,
      counts: Float64Array.from(patterns, (pattern) => this.#counts[pattern] as number),
      rarities: Float64Array.from(patterns, (pattern) => this.#rarities[pattern] as number),
    };
    this.#counts.fill(0);
    this.#rarities.fill(0);
    return sums;
  }

  get #patterns(): Int32Array {
    const seen: number[] = [];
    for (let pattern = 0; pattern < patternCount; pattern += 1)
      if ((this.#counts[pattern] as number) > 0) seen.push(pattern);
    return Int32Array.from(seen);
  }

  get list(): SeenPattern[] {
    return Array.from(this.#patterns, (pattern) => {
      const count = this.#counts[pattern] as number;
      return { pattern, count, rarity: (this.#rarities[pattern] as number) / count };
    });
  }
}

/** Of patterns that were seen, how often, and the sums of their rarities. */
export type PatternSums = { patterns: Int32Array; counts: Float64Array; rarities: Float64Array };

/** Learns how values agree from the pairs themselves. */
export function learn(seen: SeenPatterns, prior: Prior): { classes: Classes; weights: PatternWeights } {
  const classes = learnClasses(seen.list, prior);
  return { classes, weights: weighPatterns(classes) };
}

/**
 * Candidates of the rows in the places [from, to) of those that asked, which are `asking`, or all if that is
 * null: those of one row stand from its start to that of the next.
 */
export type Candidates = {
  asking: Int32Array | null;
  from: number;
  to: number;
  starts: Uint32Array;
  /** In which round they were found. */
  round: number;
} & Found;

/**
 * Names that agree, the same birth date, and the same e-mail, telephone or address: no other rule finds
 * anybody better, and who else has that name and birth date alone weighs nothing beside it.
 */
export const settles = new Uint8Array(patternCount);
for (let pattern = 0; pattern < patternCount; pattern += 1) {
  // Not by levelsOf(), which makes an array for each: this is done in every thread.
  const at = pattern * GROUPS.length;
  const name = allLevels[at] as number;
  const besides = allLevels[at + 2] === 3 || allLevels[at + 3] === 3 || allLevels[at + 4] === 4;
  if (name >= 5 && name <= 9 && allLevels[at + 1] === 3 && besides) settles[pattern] = 1;
}

/** What a pair of each pattern weighs, and the same as odds, before the rarity of its values. */
export type PatternOdds = {
  none: number;
  /** log2 */
  weight: Float64Array;
  same: Float64Array;
  /** A stranger of the household, or a namesake; and the same where the person is another candidate. */
  others: Float64Array;
  mates: Float64Array;
};

/** Prepares deciding: by pattern, once for all records. */
export function oddsOfPatterns(weights: PatternWeights, prior: Prior): PatternOdds {
  const array = (): Float64Array => new Float64Array(sharedBytes(patternCount * 8));
  const odds = { none: 2 ** prior.none, weight: array(), same: array(), others: array(), mates: array() };
  for (let pattern = 0; pattern < patternCount; pattern += 1) {
    const household = weights.household[pattern] as number;
    const namesake = oddsOf(prior.namesake + (weights.namesake[pattern] as number));
    odds.weight[pattern] = prior.same + (weights.same[pattern] as number);
    odds.same[pattern] = oddsOf(odds.weight[pattern] as number);
    odds.others[pattern] = oddsOf(prior.household + household) + namesake;
    odds.mates[pattern] = oddsOf(prior.mate + household) + namesake;
  }
  return odds;
}

export type Deciding = {
  candidates: Candidates;
  right: SignatureTable;
  frequencies: Frequencies;
  odds: PatternOdds;
  /** Of each record, the last round in which it asked: only that one's candidates count. */
  rounds: Uint8Array;
  /** The person to whom a customer row belongs, by what is certain among the customers: the smallest row. */
  persons: Int32Array;
};

/** Odds from their log2, bounded so that sums of them stay numbers. */
export const oddsOf = (weight: number): number => 2 ** Math.min(300, weight);

/** Links of so many rows, none decided yet, in memory that threads share. */
export function noLinks(rows: number): Links {
  const bytes = (size: number): SharedArrayBuffer => sharedBytes(rows * size);
  return {
    row: new Int32Array(bytes(4), 0, rows).fill(-1),
    state: new Uint8Array(bytes(1), 0, rows),
    weight: new Float32Array(bytes(4), 0, rows),
    probability: new Float32Array(bytes(4), 0, rows),
    pattern: new Int32Array(bytes(4), 0, rows),
  };
}

/**
 * Picks each record's customer. The chance of the best is weighed against all other persons who are
 * candidates, against a member of its household or a namesake who is in no table, and against nobody at all.
 */
export function decideLinks(deciding: Deciding, links: Links): void {
  const { asking, from, to, starts, patterns, rows, round } = deciding.candidates;
  const decider = new Decider(deciding);
  for (let place = from; place < to; place += 1) {
    const record = asking === null ? place : (asking[place] as number);
    if (deciding.rounds[record] !== round) continue;
    links.row[record] = -1;
    links.state[record] = 0;
    const [first, last] = [starts[place - from] as number, starts[place - from + 1] as number];
    if (last === first) continue;
    const best = decider.best(first, last);
    const probability = decider.probability;
    if (probability < thresholds.review) continue;
    const pattern = patterns[best] as number;
    links.row[record] = rows[best] as number;
    links.weight[record] = decider.weight;
    links.probability[record] = probability;
    links.pattern[record] = pattern;
    const sure = probability >= thresholds.certain && tellsPerson[pattern] === 1;
    links.state[record] = sure ? linkState.certain : linkState.review;
  }
}

/** Of two whose odds differ by how they were rounded only, the first is as good. */
const noticeable = 1 + 2 ** -40;

/** Even two thousand candidates of so small a share of the best one's odds would not change its chance. */
const negligible = 2 ** -40;

class Decider {
  readonly #of: Deciding;
  readonly #comparer: Comparer;
  #alone = new Float64Array(256);
  #beside = new Float64Array(256);
  #again = 0;
  probability = 0;
  weight = 0;

  constructor(of: Deciding) {
    this.#of = of;
    this.#comparer = new Comparer(of.right, of.right);
  }

  /** The place of the best of the candidates [from, to); its chance and weight are told beside. */
  best(from: number, to: number): number {
    const { candidates, frequencies, odds } = this.#of;
    if (to - from > this.#alone.length) {
      this.#alone = new Float64Array((to - from) * 2);
      this.#beside = new Float64Array((to - from) * 2);
    }
    const [alone, beside] = [this.#alone, this.#beside];
    if (to - from === 1) return this.#only(from);
    let best = from;
    for (let at = from; at < to; at += 1) {
      const pattern = candidates.patterns[at] as number;
      const rarity = frequencies.oddsOf(candidates.codes[at] as number, valuesOf[pattern] as number);
      const same = (odds.same[pattern] as number) * rarity;
      // What else may have made the two agree: a stranger, or somebody near who is in no table.
      alone[at - from] = same / (odds.none + (odds.others[pattern] as number) * rarity);
      // The same if the person is another candidate: then this one agrees by chance, or is of that household.
      beside[at - from] = same / (1 + (odds.mates[pattern] as number) * rarity);
      if ((alone[at - from] as number) > (alone[best - from] as number) * noticeable) best = at;
    }
    this.#weigh(best);
    // All of them, the best too, by what they weigh beside others: of two in a household who share what the
    // record says, the one is as likely as the other.
    const one = beside[best - from] as number;
    const nobody = one / (alone[best - from] as number);
    const others = this.#others(best, { from, to, least: (one + nobody) * negligible });
    const right = one * (1 + this.#again);
    this.probability = right / (right + nobody + others);
    return best;
  }

  /** The same of a candidate who has no rival. */
  #only(at: number): number {
    const { candidates, frequencies, odds } = this.#of;
    const pattern = candidates.patterns[at] as number;
    const rarity = frequencies.oddsOf(candidates.codes[at] as number, valuesOf[pattern] as number);
    const others = odds.none + (odds.others[pattern] as number) * rarity;
    const alone = ((odds.same[pattern] as number) * rarity) / others;
    this.#weigh(at);
    this.probability = alone / (alone + 1);
    return at;
  }

  #weigh(at: number): void {
    const { candidates, frequencies, odds } = this.#of;
    const pattern = candidates.patterns[at] as number;
    const rarity = frequencies.rarityOf(candidates.codes[at] as number, valuesOf[pattern] as number);
    this.weight = (odds.weight[pattern] as number) + rarity;
  }

  /**
   * Odds of all candidates together who are another person than the best; of less than `least` none. The odds
   * that one of them is the best itself, who has registered twice, are told beside.
   */
  #others(best: number, { from, to, least }: { from: number; to: number; least: number }): number {
    const { candidates, persons } = this.#of;
    const customer = candidates.rows[best] as number;
    const person = persons[customer];
    let others = 0;
    this.#again = 0;
    for (let at = from; at < to; at += 1) {
      if (at === best) continue;
      const one = this.#beside[at - from] as number;
      // To see who the other is, its row must be reached for.
      if (one < least) continue;
      const other = candidates.rows[at] as number;
      if (persons[other] === person) continue;
      const kinship = kinships[this.#comparer.pattern(customer, other)];
      if (kinship === onePerson) continue;
      others += one;
      // Then the record agrees with both rows for one reason, and neither stands against the other.
      if (kinship === perhapsOnePerson) this.#again += one * registeredAgain;
    }
    return others;
  }
}

/** From which level on a group agrees, by GROUPS; name and sex never. */
const agreesFrom = GROUPS.map((group) => {
  if (group === "name" || group === "sex") return Number.POSITIVE_INFINITY;
  const names: readonly string[] = LEVELS[group];
  return names.indexOf(group === "address" ? "town" : "same");
});

/**
 * A rare name alone makes a link likely, and so does a home in which the table knows one person. But nobody
 * should get a notice for a name, nor for living where a customer lives: 1 where something besides name and
 * sex agrees, and if that is the address alone, the name too.
 */
const tellsPerson = new Uint8Array(patternCount);
for (let pattern = 0; pattern < patternCount; pattern += 1) {
  const at = pattern * GROUPS.length;
  const agree = agreesFrom.filter((from, group) => (allLevels[at + group] as number) >= from).length;
  const homeOnly = agree === 1 && (allLevels[at + 4] as number) >= (agreesFrom[4] as number);
  if (agree > 0 && !(homeOnly && (allLevels[at] as number) < 3)) tellsPerson[pattern] = 1;
}

const onePerson = 2;
const perhapsOnePerson = 1;

/**
 * What two customers who agree in a pattern are to each other. Two rows of one person who registered twice
 * do not compete with each other; where the birth is missing, or the family name is another, they may be one.
 */
const kinships = new Uint8Array(patternCount);
for (let pattern = 0; pattern < patternCount; pattern += 1) {
  const at = pattern * GROUPS.length;
  const name = allLevels[at] as number;
  const birth = allLevels[at + 1] as number;
  const parted = birth === 1 || allLevels[at + 5] === 1 || allLevels[at + 6] === 1;
  if (name >= 4 && birth === 3) kinships[pattern] = onePerson;
  else if (!parted && (name >= 4 || (name === 3 && birth === 3))) kinships[pattern] = perhapsOnePerson;
}
