import { findingOf, type Finding } from "../findings.ts";
import type { OutboundPolicy } from "../policy.ts";
import { sayWeight } from "./beaconWords.ts";
import { say, scoreBeacon, type Beacon, type Circumstances } from "./beacon.ts";
import { ritaFinal, rita as ritaLimits, scoreLikeRita, type RitaBeacon, type RitaModifiers } from "./rita.ts";

/** What one pair is judged by: everything that SQL brought together about it. */
export type SeenPair = {
  src: string;
  dst: string;
  /** The name that people know our host by. */
  host: string;
  group: string;
  times: Float64Array;
  sizes: Float64Array;
  /** The last day, as RITA scores it; its contacts begin with the hour in which it begins. */
  span: { min: number; max: number };
  spanContacts: number;
  spanOpen: number;
  spanSeconds: number;
  spanBytes: number;
  contacts: number;
  longest: number;
  open: boolean;
  circumstances: Circumstances;
  list: string | null;
  signature: { signature: string; unique: boolean } | null;
  prevalence: { hosts: number; fleet: number };
  /** Days since it was first seen, where the data goes back before the span and RITA's rule is wanted. */
  ritaFirstSeenDays: number | null;
};

export type ScoredPair = {
  src: string;
  dst: string;
  /** Within the span; those that have not ended are counted apart. */
  count: number;
  open: number;
  /** In all of the data. */
  contacts: number;
  rita: {
    score: number;
    ts: number;
    ds: number;
    hist: number;
    dur: number;
    base: number;
    final: number;
    modifiers: RitaModifiers;
  };
  ritaFigures: RitaBeacon["figures"] | null;
  score: number;
  own: Beacon | null;
};

/** Scores a pair, like RITA and in our own way. */
export function scorePair(seen: SeenPair): ScoredPair {
  const from = Math.floor(seen.span.min / 3_600) * 3_600;
  let first = 0;
  while (first < seen.times.length && (seen.times[first] as number) < from) first += 1;
  const seconds = seen.times.subarray(first).map(Math.floor);
  const sizes = seen.sizes.subarray(first).map((size) => Math.max(0, size));
  const beacon = scoreLikeRita(seconds, sizes, seen.span);
  const own = scoreBeacon({ times: seen.times, sizes: seen.sizes }, seen.circumstances);
  const { base, final, modifiers } = ritaFinal({
    beacon: beacon?.score ?? 0,
    longSeconds: seen.spanSeconds,
    tunnelNames: 0,
    strobe: seen.spanContacts >= ritaLimits.strobeMin,
    intel: seen.list !== null,
    bytes: seen.spanBytes,
    prevalence: seen.prevalence.fleet === 0 ? null : seen.prevalence.hosts / seen.prevalence.fleet,
    firstSeenDays: seen.ritaFirstSeenDays,
    missingHost: seen.circumstances.missingHost,
    rareSignature: seen.signature !== null,
  });
  const parts = { ts: beacon?.ts ?? 0, ds: beacon?.ds ?? 0, hist: beacon?.hist ?? 0, dur: beacon?.dur ?? 0 };
  return {
    src: seen.src,
    dst: seen.dst,
    count: seen.spanContacts,
    open: seen.spanOpen,
    contacts: seen.contacts,
    rita: { score: beacon?.score ?? 0, ...parts, base, final, modifiers },
    ritaFigures: beacon?.figures ?? null,
    score: own?.score ?? 0,
    own,
  };
}

/** What a scored pair amounts to. */
export function judgePair(seen: SeenPair, scored: ScoredPair, policy: OutboundPolicy): Finding[] {
  const { src, dst, host, group, circumstances } = seen;
  const pair = { host, destination: dst };
  const findings: Finding[] = [];
  const outwards = circumstances.direction === "out";
  // Strangers call on clocks all day long (scanners do); one that also hides is worth a look.
  const { missingHost, rareAgent, intel } = circumstances;
  const hidesInside = circumstances.direction === "in" && (missingHost || rareAgent || intel);
  const { own } = scored;
  if (own !== null && (outwards || hidesInside) && scored.score >= policy.beaconScoreMin) {
    const figures = {
      score: round(scored.score),
      rita: scored.rita.score,
      contacts: own.figures.contacts,
      medianSeconds: round(own.figures.interval.median),
      p10Seconds: round(own.figures.interval.p10),
      p90Seconds: round(own.figures.interval.p90),
      variation: round(own.figures.variation),
      sameSize: own.figures.sameSize === null ? null : round(own.figures.sameSize),
      spanSeconds: round(own.figures.spanSeconds),
    };
    const more = own.weights
      .filter(({ weight }) => Math.abs(weight) >= 0.5)
      .map(({ code }) => sayWeight(code, own));
    const pace = say(own.figures.interval.median);
    const grave = outwards && (scored.score >= 0.98 || circumstances.server);
    const severity = grave || circumstances.intel ? "high" : "medium";
    const evidence = {
      ...pair,
      pace,
      contacts: own.figures.contacts,
      score: Math.floor(scored.score * 1_000) / 1_000,
    };
    findings.push(findingOf("beacon", { src, dst, group, figures, more, severity }, evidence));
  }
  if (outwards && seen.longest >= policy.longHours * 3_600) {
    const evidence = { ...pair, lasted: say(seen.longest), open: seen.open };
    const figures = { seconds: round(seen.longest), open: seen.open };
    findings.push(findingOf("long-connection", { src, dst, group, figures }, evidence));
  }
  if (outwards && seen.spanContacts >= policy.strobePerDay) {
    const figures = { contacts: seen.spanContacts };
    findings.push(
      findingOf("strobe", { src, dst, group, figures }, { ...pair, contacts: seen.spanContacts }),
    );
  }
  return [...findings, ...judgeRarity(seen, scored, policy)];
}

/** Rare things are worth a line only beside something that keeps coming back. */
function judgeRarity(seen: SeenPair, scored: ScoredPair, policy: OutboundPolicy): Finding[] {
  const { src, dst, host, group, prevalence, signature, circumstances } = seen;
  if (circumstances.direction !== "out" || circumstances.allowed) return [];
  const findings: Finding[] = [];
  if (signature?.unique === true && prevalence.fleet >= 5 && seen.contacts >= 4) {
    const figures = { agent: signature.signature.slice(0, 200), contacts: seen.contacts };
    const evidence = { host, destination: dst, agent: signature.signature };
    findings.push(findingOf("rare-agent", { src, dst, group, figures }, evidence));
  }
  const rare =
    prevalence.fleet >= 20 && prevalence.hosts <= Math.max(1, prevalence.fleet * policy.fleetRareMax);
  if (rare && scored.score >= policy.beaconScoreMin / 2 && seen.contacts >= 4) {
    const evidence = { destination: dst, hosts: prevalence.hosts, fleet: prevalence.fleet };
    const figures = { hosts: prevalence.hosts, fleet: prevalence.fleet };
    findings.push(findingOf("rare-destination", { src, dst, group, figures }, evidence));
  }
  return findings;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
