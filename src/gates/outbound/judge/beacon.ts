import type { Said } from "../../../gate.ts";
import type { WeightCode } from "./beaconWords.ts";

/**
 * Our own score of "does something there call home on a clock?". RITA's score asks how even a day looks;
 * this one weighs evidence: how much better a clock with jitter explains the intervals than chance does
 * (a Poisson process), at any pace from many a second to once in days, and then who talks to whom.
 * Every weight is in log-odds and comes back with its sentence, so that the sum can be checked by hand.
 */

/** Times are seconds with fractions, sorted; sizes are bytes in the same order, -1 where not known. */
export type Contacts = { times: Float64Array; sizes: Float64Array };

export type Direction = "out" | "in" | "across";

export type Circumstances = {
  direction: Direction;
  /** Share of contacts in which both sides sent something. */
  answered: number;
  /** Share of the commonest port of the other side. */
  onePort: number;
  /** Hosts of ours that talk to it, and hosts seen at all. */
  hosts: number;
  hostsOfFleet: number;
  /** Whether the source holds personal data or serves: machines that have nobody to call. */
  server: boolean;
  /** On the written list of the host. */
  allowed: boolean;
  /** A protocol that calls on a clock by its nature, such as NTP; null for all others. */
  clockProtocol: string | null;
  /** Days between the first time anybody met it and the end; null without history before the window. */
  firstSeenDays: number | null;
  intel: boolean;
  missingHost: boolean;
  rareAgent: boolean;
};

/** One reason for or against, in log-odds; `sayWeight` makes its sentence when somebody asks. */
export type Weight = { code: WeightCode; weight: number };

export type Beacon = {
  /** 0 to 1. */
  score: number;
  weights: Weight[];
  circumstances: Circumstances;
  figures: {
    contacts: number;
    /** Seconds between contacts: tenth, middle and ninetieth of a hundred. */
    interval: { p10: number; median: number; p90: number };
    /** Robust coefficient of variation: 0 is a clock, 0.29 a clock with 50 % jitter, 1 chance. */
    variation: number;
    /** How strongly the contacts keep to one clock in spite of those that are missing, 0 to 1. */
    coherence: number;
    /** Share of contacts of nearly the same size; null where the sizes are not known. */
    sameSize: number | null;
    /** Share of the expected contacts that came, over the time between the first and the last. */
    fill: number;
    spanSeconds: number;
  };
};

const contactsMin = 4;
/** The evidence of very many contacts levels off: the thousandth says little that the hundredth did not. */
const evidenceMax = 9;
const prior = -4.5;

/** Scores one pair; null with fewer than 4 contacts at different times. */
export function scoreBeacon(contacts: Contacts, circumstances: Circumstances): Beacon | null {
  if (contacts.times.length < contactsMin) return null;
  const calls = mergeBursts(contacts.times);
  if (calls.length < contactsMin) return null;
  const intervals = intervalsOf(calls).sort();
  const interval = {
    p10: quantileOf(intervals, 0.1),
    median: quantileOf(intervals, 0.5),
    p90: quantileOf(intervals, 0.9),
  };
  if (interval.median <= 0) return null;
  const variation = variationOf(intervals, interval);
  const coherence = coherenceOf(calls, [interval.median, quantileOf(intervals, 0.25)]);
  const spanSeconds = (calls[calls.length - 1] as number) - (calls[0] as number);
  const fill = Math.min(1, ((calls.length - 1) * interval.median) / spanSeconds);
  const sameSize = sameSizeOf(contacts.sizes);
  const figures = {
    contacts: contacts.times.length,
    interval,
    variation,
    coherence,
    sameSize,
    fill,
    spanSeconds,
  };
  const weights: Weight[] = [];
  weighRhythm(figures, calls.length, weights);
  weighCircumstances(circumstances, weights);
  let odds = prior;
  for (const { weight } of weights) odds += weight;
  return { score: 1 / (1 + Math.exp(-odds)), weights, figures, circumstances };
}

/**
 * Contacts that come close together count as one call: a retry, or the several connections of one task.
 * What is close depends on the pair's own pace, so that a pace below a second stays what it is.
 */
function mergeBursts(times: Float64Array): Float64Array {
  if (times.length < 2) return times;
  const gaps = intervalsOf(times);
  const close = 0.05 * quantileOf(gaps.slice().sort(), 0.75);
  const calls = new Float64Array(times.length);
  let count = 0;
  for (let index = 0; index < times.length; index++) {
    if (index === 0 || (gaps[index - 1] as number) > close) calls[count++] = times[index] as number;
  }
  return calls.subarray(0, count);
}

function intervalsOf(times: Float64Array): Float64Array {
  const intervals = new Float64Array(Math.max(0, times.length - 1));
  for (let index = 0; index < intervals.length; index++)
    intervals[index] = (times[index + 1] as number) - (times[index] as number);
  return intervals;
}

/** The quantile of sorted values, between neighbours in proportion. */
function quantileOf(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return 0;
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  const [one, other] = [sorted[low] as number, sorted[Math.min(low + 1, sorted.length - 1)] as number];
  return one + (other - one) * (place - low);
}

/** Few intervals show their extremes, not their quantiles: then the plain deviation is taken. */
function variationOf(
  intervals: Float64Array,
  interval: { p10: number; median: number; p90: number },
): number {
  if (intervals.length >= 10) return (interval.p90 - interval.p10) / (2.563 * interval.median);
  const mean = intervals.reduce((sum, value) => sum + value, 0) / intervals.length;
  const squares = intervals.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, intervals.length - 1)) / mean;
}

/** Rayleigh's test: whether the calls stand at one phase of a clock, whatever is missing between them. */
function coherenceOf(calls: Float64Array, periods: number[]): number {
  let best = 0;
  for (const period of periods) {
    if (period <= 0) continue;
    let cosine = 0;
    let sine = 0;
    for (const at of calls) {
      const phase = (2 * Math.PI * (at - (calls[0] as number))) / period;
      cosine += Math.cos(phase);
      sine += Math.sin(phase);
    }
    best = Math.max(best, Math.hypot(cosine, sine) / calls.length);
  }
  return best;
}

function sameSizeOf(all: Float64Array): number | null {
  const sizes = all.slice().sort();
  const unknown = sizes.findIndex((size) => size >= 0);
  const known = unknown < 0 ? sizes.subarray(0, 0) : sizes.subarray(unknown);
  if (known.length < contactsMin) return null;
  const median = quantileOf(known, 0.5);
  const near = Math.max(8, median * 0.05);
  let same = 0;
  for (const size of known) if (Math.abs(size - median) <= near) same += 1;
  return same / known.length;
}

/**
 * How many nats each interval speaks for a clock rather than for chance: the divergence of a narrow
 * distribution from the exponential one of equal mean, which is -ln(variation) - 0.42 for narrow ones
 * (differential entropies of the normal and the exponential distribution) and 0 at a variation near 0.66.
 */
function natsPerInterval(variation: number): number {
  return Math.max(-0.6, Math.min(4, -Math.log(Math.max(variation, 0.001)) - 0.42));
}

function weighRhythm(figures: Beacon["figures"], calls: number, weights: Weight[]): void {
  const { variation, coherence, sameSize, fill, spanSeconds } = figures;
  const rayleigh = calls * coherence ** 2;
  // Coherence of few calls comes by chance (its square is about 1/n); beyond that it counts as evidence.
  const byClock = rayleigh > 10 ? (rayleigh - 10) * 0.5 : 0;
  // A few intervals can look even by chance: what they seem to show is taken with their uncertainty.
  const cautious = variation * (1 + 1.2 / Math.sqrt(calls - 1));
  const nats = Math.max((calls - 2) * natsPerInterval(cautious), byClock);
  const rhythm = nats >= 0 ? evidenceMax * (1 - Math.exp(-nats / evidenceMax)) : Math.max(-5, nats);
  weights.push({ code: "rhythm", weight: rhythm });
  if (sameSize !== null) weights.push({ code: "same-size", weight: 2 * (sameSize - 0.5) });
  // An hour is neutral; a rhythm that lasts days is installed, what lasts a second is one task.
  const lasting = Math.max(-5, Math.min(2, 1.5 * Math.log10(Math.max(spanSeconds, 1e-6) / 3_600)));
  const weight = lasting > 0 ? (lasting * Math.max(0, rhythm)) / evidenceMax : lasting;
  weights.push({ code: "lasting", weight }, { code: "steady", weight: 1.5 * (fill - 0.5) });
}

function weighCircumstances(given: Circumstances, weights: Weight[]): void {
  const add = (code: WeightCode, weight: number): void => void weights.push({ code, weight });
  if (given.direction === "in") add("from-outside", given.answered >= 0.5 ? -0.5 : -3.5);
  else if (given.direction === "across") add("inside", -2);
  if (given.onePort < 0.9) add("many-ports", -3 * (1 - given.onePort) - 1);
  const { hosts, hostsOfFleet, firstSeenDays } = given;
  // A fleet of few says nothing about how common a destination is.
  if (hostsOfFleet >= 5) {
    const share = hosts / hostsOfFleet;
    if (share >= 0.5) add("common", -3);
    else if (share >= 0.2) add("known", -1.5);
    else if (hosts === 1 || share <= 0.02) add("rare", 1);
  }
  if (firstSeenDays !== null) {
    if (firstSeenDays <= 7) add("new", 1);
    else if (firstSeenDays >= 30) add("old", -1);
  }
  if (given.server) add("server", 1.5);
  if (given.clockProtocol !== null) add("clock-protocol", -8);
  if (given.allowed) add("on-list", -6);
  if (given.intel) add("intelligence", 4);
  if (given.missingHost) add("no-host", 1);
  if (given.rareAgent) add("rare-agent", 1);
}

/** A span of time as people say it. */
export function say(seconds: number): Said {
  const [value, en, ja] =
    seconds < 1
      ? [seconds * 1_000, "ms", "ミリ秒"]
      : seconds < 120
        ? [seconds, "s", "秒"]
        : seconds < 7_200
          ? [seconds / 60, "min", "分"]
          : seconds < 172_800
            ? [seconds / 3_600, "h", "時間"]
            : [seconds / 86_400, "days", "日"];
  const number = value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
  return { en: `${number} ${en}`, ja: `${number}${ja}` };
}
