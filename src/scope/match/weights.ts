import { allLevels, GROUPS, LEVELS, levelsOf, patternCount, type Group } from "./compare.ts";

/**
 * What a pattern weighs: a record and a customer are the same person, two of one household, two of one name
 * in one town, or nothing to each other (Fellegi and Sunter 1969, with two more classes). In a household
 * mail, telephone, address and family name are shared, twins share the birth date too: only given name, sex
 * and passport tell its members apart. Namesakes share name and town. A model of two classes takes either for
 * the same person.
 */

/** What a pair can be, besides nothing to each other. */
export const KINDS = ["same", "household", "namesake"] as const;
export type PairKind = (typeof KINDS)[number];

/** Probability of each level in each class, where both sides have the value. */
export type Classes = Record<Group, Record<PairKind | "unrelated", number[]>>;

/**
 * Where training begins, and what it leans on where data are few. For values that agree `unrelated` is not
 * used: that chance is the value's own frequency among the customers (see `frequencies.ts`).
 */
export function defaultClasses(): Classes {
  return {
    name: {
      same: [1, 0.003, 0.0004, 0.02, 0.03, 0.92, 0.006, 0.01, 0.08, 0.85, 0.004],
      household: [1, 0.05, 0.9, 0.01, 0.06, 0.003, 0.002, 0.0005, 0.0005, 0.0005, 0.002],
      namesake: [1, 0.02, 0.005, 0.005, 0.02, 0.9, 0.2, 0.004, 0.03, 0.4, 0.01],
      unrelated: [1, 0.97, 0.008, 0.005, 0.003, 1, 1, 1, 1, 1, 0.001],
    },
    birth: {
      same: [1, 0.01, 0.03, 0.96],
      household: [1, 0.965, 0.015, 0.02],
      namesake: [1, 0.995, 0.005, 0.0001],
      unrelated: [1, 0.996, 0.004, 1],
    },
    email: {
      same: [1, 0.33, 0.05, 0.62],
      household: [1, 0.74, 0.06, 0.2],
      namesake: [1, 0.96, 0.04, 0.0001],
      unrelated: [1, 0.998, 0.002, 1],
    },
    phone: {
      same: [1, 0.3, 0.03, 0.67],
      household: [1, 0.645, 0.005, 0.35],
      namesake: [1, 0.99, 0.01, 0.0001],
      unrelated: [1, 0.995, 0.005, 1],
    },
    address: {
      same: [1, 0.27, 0.7, 0.03, 0.67],
      household: [1, 0.15, 0.85, 0.002, 0.848],
      namesake: [1, 0.02, 0.95, 0.94, 0.02],
      unrelated: [1, 0.999, 0.0005, 0.0005, 1],
    },
    sex: {
      same: [1, 0.01, 0.99],
      household: [1, 0.5, 0.5],
      namesake: [1, 0.03, 0.97],
      unrelated: [1, 0.5, 0.5],
    },
    passport: {
      same: [1, 0.1, 0.9],
      household: [1, 0.99999, 0.00001],
      namesake: [1, 0.99999, 0.00001],
      unrelated: [1, 0.9999999, 1],
    },
    customer: {
      same: [1, 0.1, 0.9],
      household: [1, 0.99999, 0.00001],
      namesake: [1, 0.99999, 0.00001],
      unrelated: [1, 0.9999999, 1],
    },
  };
}

/** Levels whose chance among strangers is the value's own frequency, and which value that is. */
export const FREQUENCY_VALUES = ["kanji", "sound", "email", "phone", "address", "birth"] as const;
export type FrequencyValue = (typeof FREQUENCY_VALUES)[number];

/**
 * The chance that a stranger's value is found among the customers at all: names nearly always are, buildings
 * often, mail addresses hardly ever but by sharing or mistake. Without it any number would be as good as any
 * name.
 */
const covered: Record<FrequencyValue, number> = {
  kanji: 0.8,
  sound: 0.9,
  email: 0.01,
  phone: 0.05,
  address: 0.5,
  birth: 1,
};

const frequencyOf: Partial<Record<Group, Partial<Record<number, FrequencyValue>>>> = {
  name: { 5: "sound", 6: "sound", 7: "kanji", 8: "kanji", 9: "kanji" },
  birth: { 3: "birth" },
  email: { 3: "email" },
  phone: { 3: "phone" },
  address: { 4: "address" },
};

/** Of every pattern, bits: value n of FREQUENCY_VALUES agrees, and −log2 of its frequency is to be added. */
export const valuesOf = new Uint8Array(patternCount);
for (let pattern = 0; pattern < patternCount; pattern += 1) {
  let values = 0;
  for (const [at, group] of GROUPS.entries()) {
    const value = frequencyOf[group]?.[allLevels[pattern * GROUPS.length + at] as number];
    if (value !== undefined) values |= 1 << FREQUENCY_VALUES.indexOf(value);
  }
  valuesOf[pattern] = values;
}

/** Of every pattern what it weighs, log2 of each : unrelated, before the frequencies of its values. */
export type PatternWeights = Record<PairKind, Float64Array>;

/** `only`: the patterns that are asked for; by default all. */
export function weighPatterns(classes: Classes, only?: readonly number[]): PatternWeights {
  const weights: PatternWeights = {
    same: new Float64Array(patternCount),
    household: new Float64Array(patternCount),
    namesake: new Float64Array(patternCount),
  };
  const levels = GROUPS.map((group) => weighLevels(group, classes));
  const count = only?.length ?? patternCount;
  for (let at = 0; at < count; at += 1) {
    const pattern = only === undefined ? at : (only[at] as number);
    let same = 0;
    let household = 0;
    let namesake = 0;
    for (let group = 0; group < GROUPS.length; group += 1) {
      const level = (levels[group] as LevelWeight[])[allLevels[pattern * GROUPS.length + group] as number];
      same += (level as LevelWeight).same;
      household += (level as LevelWeight).household;
      namesake += (level as LevelWeight).namesake;
    }
    weights.same[pattern] = same;
    weights.household[pattern] = household;
    weights.namesake[pattern] = namesake;
  }
  return weights;
}

type LevelWeight = Record<PairKind, number>;

function weighLevels(group: Group, classes: Classes): LevelWeight[] {
  return LEVELS[group].map((_, level) => {
    if (level === 0) return { same: 0, household: 0, namesake: 0 };
    const value = frequencyOf[group]?.[level];
    const chance =
      value === undefined
        ? certainly(group, level, classes[group].unrelated[level] as number)
        : covered[value];
    const of = (one: PairKind): number => Math.log2((classes[group][one][level] as number) / chance);
    return { same: of("same"), household: of("household"), namesake: of("namesake") };
  });
}

/** A passport or a customer's key that agrees by chance: one in ten million. */
function certainly(group: Group, level: number, chance: number): number {
  return (group === "passport" || group === "customer") && level === 2 ? 1e-7 : chance;
}

/** How often a pattern was seen, and the mean of its values' −log2 frequencies. */
export type SeenPattern = { pattern: number; count: number; rarity: number };

/** Groups whose `same` is learnt; the rest is too rare to learn from. */
const learnt: readonly Group[] = ["name", "birth", "email", "phone", "address", "sex"];
/** Pairs that the beginning counts for. */
const leaning = 400;

/**
 * Learns how often values of one person agree, by expectation and maximisation over the patterns seen;
 * chances among strangers stay fixed, since pairs that were found by agreement say nothing of them. `prior`:
 * log2 of the chance that a record's person is a given customer.
 */
export function learnClasses(
  seen: readonly SeenPattern[],
  prior: Record<PairKind | "none", number>,
  rounds = 12,
): Classes {
  const start = defaultClasses();
  let classes = defaultClasses();
  const levels = seen.map(({ pattern }) => levelsOf(pattern));
  const patterns = seen.map(({ pattern }) => pattern);
  for (let round = 0; round < rounds; round += 1) {
    const weights = weighPatterns(classes, patterns);
    const sums = new Map(learnt.map((group) => [group, LEVELS[group].map(() => 0)]));
    for (const [at, { pattern, count, rarity }] of seen.entries()) {
      const odds = KINDS.map(
        (one) => 2 ** Math.min(200, prior[one] + (weights[one][pattern] as number) + rarity),
      );
      const share = ((odds[0] as number) / odds.reduce((sum, one) => sum + one, 2 ** prior.none)) * count;
      for (const [place, group] of GROUPS.entries()) {
        const sum = sums.get(group);
        const level = (levels[at] as number[])[place] as number;
        if (sum !== undefined && level > 0) sum[level] = (sum[level] as number) + share;
      }
    }
    const next = defaultClasses();
    for (const group of learnt)
      next[group].same = estimate(group, sums.get(group) as number[], start[group].same);
    classes = next;
  }
  return classes;
}

/**
 * Which levels there can be hangs on what is known on both sides: a name without kanji cannot agree in kanji,
 * a block that nobody wrote down can neither agree nor differ. Each of `hits` is what there is besides those
 * that miss the name or the place altogether, which happens as often whatever is known.
 */
type Outcomes = { misses: readonly number[]; hits: readonly (readonly number[])[] };
const outcomes: Partial<Record<Group, Outcomes>> = {
  name: {
    misses: [1, 2, 3],
    hits: [
      [6, 7, 8, 9, 10],
      [4, 5],
    ],
  },
  address: { misses: [1], hits: [[3, 4], [2]] },
};

function estimate(group: Group, sums: readonly number[], start: readonly number[]): number[] {
  const made = [...start];
  const { misses, hits } = outcomes[group] ?? { misses: start.map((_, level) => level).slice(1), hits: [] };
  const shareOut = (levels: readonly number[], of: readonly number[], whole: number): void => {
    const sumOf = (from: readonly number[]): number =>
      of.reduce((sum, level) => sum + (from[level] as number), 0);
    const [before, total] = [sumOf(start), sumOf(sums) + leaning];
    for (const level of levels) {
      const leaned = ((start[level] as number) / before) * leaning;
      made[level] = (((sums[level] as number) + leaned) / total) * whole;
    }
  };
  shareOut(misses, [...misses, ...hits.flat()], 1);
  const hit = 1 - misses.reduce((sum, level) => sum + (made[level] as number), 0);
  for (const levels of hits) shareOut(levels, levels, hit);
  // Whole given names that differ are not learnt from data in which households are mixed in.
  if (group === "name")
    for (const level of [1, 2]) made[level] = Math.min(made[level] as number, start[level] as number);
  return made;
}
