import { SEVERITIES, type Severity } from "../gate.ts";

/** What two findings can have in common. */
export const KEY_KINDS = ["mail", "host", "account", "destination", "file", "person"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];
export type Key = { kind: KeyKind; value: string };

/** A finding of a gate, as far as it matters for what belongs together. */
export type Sign = {
  /** Its ledger entry. */
  entry: string;
  gate: string;
  /** When it happened, an instant. */
  at: string;
  severity: Severity;
  keys: readonly Key[];
  /** ATT&CK. */
  techniques: readonly string[];
};

/** A sign that is on record, with where it is. */
export type Member = Sign & {
  /** null: it waits by itself. */
  incident: string | null;
  /** Incidents that a person took it out of: it does not come back by itself. */
  apart: readonly string[];
};

export type CorrelationPolicy = {
  /** Signs further apart than this have nothing to do with each other, whatever they share. */
  windowHours: number;
  /** From this severity on a sign opens an incident of its own, */
  opensFrom: Severity;
  /** if it is of one of these gates: mail that was stopped at the door waits. */
  opensAt: readonly string[];
  /** What everybody shares (a proxy, a resolver, a service account) and so says nothing. */
  shared: readonly Key[];
};

/** Why two signs are one matter. */
export type Link = { sign: string; with: string; key: Key; hoursApart: number };

export type Step =
  | { do: "open"; incident: string; sign: string }
  | { do: "join"; incident: string; sign: string; why: Link }
  | { do: "merge"; into: string; from: string; why: Link };

const keyName = ({ kind, value }: Key): string => `${kind} ${value}`;
const hourMs = 3_600_000;

/**
 * What follows from a new sign: it joins the incident with which it shares a key within the window, makes
 * one of several that it connects (the oldest stays), or opens one where it is severe enough; signs that had
 * waited and hang together with it come along. Pure: `incidents` gives the age of each by its id, and
 * `name` the id of a new one.
 */
export function correlate(
  sign: Sign,
  members: readonly Member[],
  options: { policy: CorrelationPolicy; incidents: ReadonlyMap<string, string>; name: () => string },
): Step[] {
  const { policy, incidents } = options;
  const shared = new Set(policy.shared.map(keyName));
  const byKey = new Map<string, Member[]>();
  for (const member of members) {
    if (member.entry === sign.entry) continue;
    for (const key of member.keys) {
      const name = keyName(key);
      if (shared.has(name)) continue;
      const list = byKey.get(name);
      if (list === undefined) byKey.set(name, [member]);
      else list.push(member);
    }
  }
  const linksOf = (one: Sign): Found[] =>
    one.keys.flatMap((key) =>
      (byKey.get(keyName(key)) ?? [])
        .map((member) => ({ member, link: linkOf(one, member, key) }))
        .filter(({ link }) => link.hoursApart <= policy.windowHours),
    );
  const nearest = (one: Sign): Found[] =>
    linksOf(one).toSorted((first, second) => first.link.hoursApart - second.link.hoursApart);
  const near = nearest(sign);
  const reasons = firstLinks(sign, near);
  // What comes along may hang together with an incident of which this sign knows nothing.
  for (const { member } of waitingWith(sign, linksOf, ({ apart }) => apart.length === 0))
    for (const [incident, link] of firstLinks(member, nearest(member)))
      if (!reasons.has(incident)) reasons.set(incident, link);
  const found = [...reasons.keys()].toSorted((one, other) => ageOf(one, incidents) - ageOf(other, incidents));
  const steps: Step[] = [];
  const [oldest] = found;
  const opening = opens(sign, policy) || near.some(({ member }) => isLoose(member) && opens(member, policy));
  if (oldest === undefined && !opening) return [];
  const incident = oldest ?? options.name();
  if (oldest === undefined) steps.push({ do: "open", incident, sign: sign.entry });
  else steps.push({ do: "join", incident, sign: sign.entry, why: reasons.get(oldest) as Link });
  for (const from of found.slice(1))
    steps.push({ do: "merge", into: incident, from, why: reasons.get(from) as Link });
  for (const { member, link, by } of waitingWith(sign, linksOf, ({ apart }) => !apart.includes(incident))) {
    // Told from the side of the one that comes along.
    const why = { ...link, sign: member.entry, with: by.entry };
    steps.push({ do: "join", incident, sign: member.entry, why });
  }
  return steps;
}

function opens(sign: Sign, policy: CorrelationPolicy): boolean {
  const severe = SEVERITIES.indexOf(sign.severity) >= SEVERITIES.indexOf(policy.opensFrom);
  return severe && policy.opensAt.includes(sign.gate);
}

const isLoose = (member: Member): boolean => member.incident === null;

/** The nearest link into each incident, but for those that a person took one of the two out of. */
function firstLinks(sign: Sign, near: readonly Found[]): Map<string, Link> {
  const reasons = new Map<string, Link>();
  const own = "apart" in sign ? (sign as Member).apart : [];
  for (const { member, link } of near) {
    const { incident } = member;
    if (incident === null || own.includes(incident) || reasons.has(incident)) continue;
    reasons.set(incident, link);
  }
  return reasons;
}

type Found = { member: Member; link: Link };

/** Signs that wait and hang together with this one, over each other too, each with whom it came by. */
function waitingWith(
  sign: Sign,
  linksOf: (one: Sign) => Found[],
  mayCome: (member: Member) => boolean,
): (Found & { by: Sign })[] {
  const found: (Found & { by: Sign })[] = [];
  const seen = new Set([sign.entry]);
  const queue: Sign[] = [sign];
  for (let by = queue.shift(); by !== undefined; by = queue.shift()) {
    for (const { member, link } of linksOf(by)) {
      if (member.incident !== null || seen.has(member.entry) || !mayCome(member)) continue;
      seen.add(member.entry);
      found.push({ member, link, by });
      queue.push(member);
    }
  }
  return found;
}

function linkOf(one: Sign, other: Sign, key: Key): Link {
  const apart = Math.abs(Date.parse(one.at) - Date.parse(other.at)) / hourMs;
  return { sign: one.entry, with: other.entry, key, hoursApart: apart };
}

function ageOf(incident: string, incidents: ReadonlyMap<string, string>): number {
  return Date.parse(incidents.get(incident) ?? "") || 0;
}
