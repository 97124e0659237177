import { SEVERITIES, type Judgement, type Said } from "../../gate.ts";
import { findingOf, type Finding, type FindingCode } from "./findings.ts";
import { ROLE_NAMES } from "./hosts.ts";
import { placeFinding } from "./judge/place.ts";
import type { NewPlace } from "./placeWatch.ts";
import type { Place } from "./places.ts";
import type { OutboundOrder, OutboundPolicy } from "./policy.ts";
import type { HostRole } from "./settings.ts";

export type OutboundAct =
  | { do: "watch" }
  /** The deciders of the cut-off are asked; silence falls to the default. */
  | { do: "ask" }
  | { do: "block"; addresses: string[]; names: string[]; minutes: number | null }
  | { do: "isolate"; address: string; minutes: number | null };

/** Our host, as the inventory knows it. */
export type SeenHost = {
  address: string;
  name: string;
  role: HostRole | null;
  /** It has a written list of who it may talk to; how many stand there. */
  listed: boolean;
  listSize: number;
};

/** The first packet of a connection outwards, with all that is known of its other side at that moment. */
export type SeenConnection = {
  at: Temporal.Instant;
  host: SeenHost;
  dst: string;
  dstPort: number;
  proto: string;
  /** Names that lead to this address, as far as they were asked for lately. */
  names: readonly string[];
  onItsList: boolean;
  metBefore: boolean;
  /** The intelligence list that names the other side, or null. */
  list: string | null;
  /** Where it goes, as far as it is known. */
  place: Place;
  /** What of it no host of this role met before. */
  newPlaces: readonly NewPlace[];
};

/** What passes through the gate's loop: what was found, with what an act needs to know. */
export type SeenTraffic = {
  at: Temporal.Instant;
  /** How it came to be seen. */
  by: "first-packet" | "analysis" | "enforcer" | "record";
  host: SeenHost | null;
  /** Addresses and names of the other side; empty where there is none. */
  addresses: readonly string[];
  names: readonly string[];
  findings: readonly Finding[];
};

/** Judges the first packet of a connection: pure, and quick enough for every packet. */
export function judgeConnection(seen: SeenConnection): Finding[] {
  const { host, dst, dstPort, list } = seen;
  const findings: Finding[] = [];
  const destination = seen.names[0] ?? dst;
  const about = { src: host.address, dst: destination, figures: figuresOf(seen) };
  const evidence = { host: host.name, destination: `${destination}:${dstPort}` };
  if (list !== null) findings.push(findingOf("intelligence-hit", about, { ...evidence, list }));
  const role: Said = ROLE_NAMES[host.role ?? "other"];
  if (host.listed && !seen.onItsList) {
    const severity = host.role === "personal-data-server" ? "critical" : "high";
    const code = host.listSize === 0 ? "silent-server-speaks" : "not-on-its-list";
    findings.push(findingOf(code, { ...about, severity }, { ...evidence, role }));
  } else if (host.listed && !seen.metBefore) {
    findings.push(findingOf("first-seen-destination", about, { ...evidence, role }));
  }
  const firstAt = seen.at.epochMilliseconds / 1_000;
  for (const one of host.listed ? seen.newPlaces : []) {
    const met = { ...one, ...about, firstAt, host: host.name, role: host.role ?? "other" };
    findings.push(placeFinding({ ...met, group: `${host.address} ${destination}` }));
  }
  return findings;
}

function figuresOf(seen: SeenConnection): Finding["figures"] {
  return {
    address: seen.dst,
    port: seen.dstPort,
    protocol: seen.proto,
    names: seen.names.slice(0, 5).join(" "),
    firstAt: seen.at.toString(),
    metBefore: seen.metBefore,
    ...(seen.place.country === null ? {} : { country: seen.place.country }),
    ...(seen.place.network === null ? {} : { network: seen.place.network }),
  };
}

/** The judgement of what was found: the reasons, and the first standing order that one of them starts. */
export function judgeTraffic(seen: SeenTraffic, policy: OutboundPolicy): Judgement<OutboundAct, FindingCode> {
  const visible = seen.findings.filter(({ hiddenBy }) => hiddenBy === null);
  const reasons = seen.findings.map(({ code, technique, severity, because }) => ({
    code,
    technique,
    severity,
    because: joined(because),
  }));
  for (const order of policy.orders) {
    if (!visible.some((finding) => starts(order, finding, seen.host?.role ?? null))) continue;
    const act = actOf(order, seen);
    if (act !== null) return { act, reasons, order: order.name };
  }
  return { act: { do: "watch" }, reasons, order: null };
}

function starts(order: OutboundOrder, finding: Finding, role: HostRole | null): boolean {
  return (
    order.anyOf.includes(finding.code) &&
    (order.roles.length === 0 || (role !== null && order.roles.includes(role))) &&
    SEVERITIES.indexOf(finding.severity) >= SEVERITIES.indexOf(order.severityMin)
  );
}

/** Null where the order cannot apply: nobody to isolate, nothing to block. */
function actOf(order: OutboundOrder, seen: SeenTraffic): OutboundAct | null {
  const minutes = order.minutes ?? null;
  switch (order.do) {
    case "watch":
    case "ask":
      return { do: order.do };
    case "isolate":
      return seen.host === null ? null : { do: "isolate", address: seen.host.address, minutes };
    case "block":
      if (seen.addresses.length === 0 && seen.names.length === 0) return null;
      return { do: "block", addresses: [...seen.addresses], names: [...seen.names], minutes };
  }
}

function joined(because: readonly Said[]): Said {
  return { en: because.map(({ en }) => en).join(" "), ja: because.map(({ ja }) => ja).join("") };
}
