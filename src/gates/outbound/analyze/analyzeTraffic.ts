import { SEVERITIES } from "../../../gate.ts";
import { findingOf, type Finding } from "../findings.ts";
import { ROLE_NAMES, splitPort, type Inventory } from "../hosts.ts";
import { judgePair, scorePair, type ScoredPair, type SeenPair } from "../judge/pair.ts";
import { suppress } from "../judge/suppress.ts";
import { judgeTunnel } from "../judge/tunnel.ts";
import { judgeUploads } from "../judge/volume.ts";
import type { OutboundPolicy } from "../policy.ts";
import type { Places } from "../places.ts";
import type { Duck } from "../../../lib/openDuck.ts";
import { makeContacts, makeMeetings } from "./contacts.ts";
import { addPlaces, findNewPlaces } from "./findPlaces.ts";
import type { Intelligence } from "./intelligence.ts";
import { eachPair, findSpan, makePairs, type PairContacts, type PairRow, type Span } from "./pairs.ts";
import {
  findIntelligenceHits,
  findListedMeetings,
  findTunnels,
  findUploads,
  gatherSurroundings,
  registeredDomain,
  type Surroundings,
} from "./surroundings.ts";
import { TopPairs } from "./topPairs.ts";

export type AnalysisOptions = {
  inventory: Inventory;
  policy: OutboundPolicy;
  intelligence: Intelligence;
  /** Without it nothing is said of places. */
  places?: Places;
  /** Take the address that a sensor on the open Internet watches as ours. */
  guessInternal: boolean;
  /** Apply RITA's first-seen rule, as in its rolling data sets. */
  rolling: boolean;
  /** How many pairs come back, best first. */
  pairsMax: number;
  /** The day by which suppressions end (YYYY-MM-DD). */
  today: string;
  onPhase?: (phase: string) => void;
};

export type Analysis = {
  /** Null where nothing crossed the border. Seconds since 1970. */
  span: Span | null;
  pairs: ScoredPair[];
  pairsSeen: number;
  findings: Finding[];
  hosts: number;
  guessed: { address: string; share: number }[];
};

/**
 * Judges everything in the views `connection`, `naming` and `dns`: every pair is scored, and what stands out
 * becomes a finding with its figures. The database is left with `contact`, `address` and `pair`, for whoever
 * draws them.
 */
export async function analyzeTraffic(duck: Duck, options: AnalysisOptions): Promise<Analysis> {
  const { policy, inventory, intelligence, onPhase = () => {} } = options;
  onPhase("addresses");
  const { guessed } = await makeContacts(duck, options);
  await makeMeetings(duck);
  const span = await findSpan(duck);
  const tunnels = (await findTunnels(duck, policy.tunnelNames)).flatMap((seen) => judgeTunnel(seen, policy));
  if (span === null) {
    return { span, pairs: [], pairsSeen: 0, findings: settle(tunnels, options), hosts: 0, guessed };
  }
  onPhase("pairs");
  const bytesMin = policy.uploadBytesMin / 5;
  const pairsSeen = await makePairs(duck, { span, longSecondsMin: policy.longHours * 3_600, bytesMin });
  onPhase("surroundings");
  const surroundings = await gatherSurroundings(duck, intelligence);
  const findings = [...tunnels];
  const top = new TopPairs(options.pairsMax);
  onPhase("scores");
  await eachPair(duck, (row, contacts) => {
    const seen = seenPair(row, contacts, { span, surroundings, options });
    const scored = scorePair(seen);
    findings.push(...judgePair(seen, scored, policy));
    top.add(scored);
  });
  onPhase("volumes");
  for (const uploads of await findUploads(duck, bytesMin)) {
    const { src, dst, ip } = uploads;
    const allowed = isAllowed(inventory, { src, dst, ip, port: 0 });
    const about = { host: inventory.nameOf(src), group: groupOf(src, dst), allowed };
    findings.push(...judgeUploads({ ...uploads, ...about }, policy));
  }
  findings.push(...(await hitFindings(duck, options)), ...(await listFindings(duck, options)));
  const { places } = options;
  if (places !== undefined) findings.push(...(await findNewPlaces(duck, { places, inventory, groupOf })));
  const placed = places === undefined ? findings : await addPlaces(duck, findings, { places, inventory });
  const all = settle(placed, options);
  return { span, pairs: top.take(), pairsSeen, findings: all, hosts: surroundings.fleet, guessed };
}

function seenPair(
  row: PairRow,
  contacts: PairContacts,
  context: { span: Span; surroundings: Surroundings; options: AnalysisOptions },
): SeenPair {
  const { span, surroundings, options } = context;
  const { inventory, rolling } = options;
  const { outwards } = row;
  const known = outwards ? inventory.find(row.src) : null;
  const hosts = surroundings.hostsOf(outwards ? row.dst : row.src);
  const list = surroundings.listOf(outwards ? row.dst : row.src, outwards ? row.ip : row.src);
  const signature = surroundings.signatureOf(row.src, row.dst);
  const days = (span.max - row.first_at) / 86_400;
  return {
    src: row.src,
    dst: row.dst,
    host: inventory.nameOf(row.src),
    // Only findings have a group, and they are few.
    get group() {
      return groupOf(row.src, row.dst);
    },
    times: contacts.times,
    sizes: contacts.sizes,
    span,
    spanContacts: row.span_contacts,
    spanOpen: row.span_open,
    spanSeconds: row.span_seconds,
    spanBytes: row.span_bytes,
    contacts: row.contacts,
    longest: row.longest,
    open: row.open,
    list,
    signature,
    prevalence: { hosts, fleet: surroundings.fleet },
    ritaFirstSeenDays: rolling ? days : null,
    circumstances: {
      direction: outwards ? "out" : "in",
      answered: row.contacts === 0 ? 0 : row.answered / row.contacts,
      onePort: contacts.onePort,
      hosts,
      hostsOfFleet: surroundings.fleet,
      server: known?.role === "server" || known?.role === "personal-data-server",
      allowed: isAllowed(inventory, { src: row.src, dst: row.dst, ip: row.ip, port: row.port }),
      clockProtocol: row.port === 123 && row.udp ? "NTP" : null,
      firstSeenDays: rolling ? days : null,
      intel: list !== null,
      missingHost: row.no_host,
      rareAgent: signature?.unique === true,
    },
  };
}

function isAllowed(
  inventory: Inventory,
  to: { src: string; dst: string; ip: string; port: number },
): boolean {
  const list = inventory.find(to.src)?.speaksTo;
  if (list === undefined || list.size === 0) return false;
  const names = to.dst === to.ip ? [] : [splitPort(to.dst).host];
  return list.has({ address: to.ip, port: to.port, names });
}

/** Names below one registered domain are one behaviour; so is one address, whatever its port. */
export function groupOf(src: string, dst: string): string {
  const bare = splitPort(dst).host;
  return `${src} ${registeredDomain(bare) ?? bare}`;
}

async function hitFindings(duck: Duck, options: AnalysisOptions): Promise<Finding[]> {
  const hits = await findIntelligenceHits(duck, options.intelligence);
  return hits.map(({ src, dst, list, contacts, firstAt }) => {
    const figures = { list, contacts, firstAt: new Date(firstAt * 1_000).toISOString() };
    const evidence = { host: options.inventory.nameOf(src), destination: dst, list };
    return findingOf("intelligence-hit", { src, dst, group: groupOf(src, dst), figures }, evidence);
  });
}

/** A listed host went somewhere that its list does not name. */
async function listFindings(duck: Duck, options: AnalysisOptions): Promise<Finding[]> {
  const { inventory } = options;
  const meetings = await findListedMeetings(duck);
  return meetings.flatMap((meeting) => {
    const known = inventory.find(meeting.src);
    if (known === null || isAllowed(inventory, meeting)) return [];
    const { src, dst, port, contacts, bytes, firstAt } = meeting;
    const figures = { port, contacts, bytes, firstAt: new Date(firstAt * 1_000).toISOString() };
    const evidence = { host: known.name, destination: dst, role: ROLE_NAMES[known.role] };
    const code = known.speaksTo.size === 0 ? "silent-server-speaks" : "not-on-its-list";
    const severity = known.role === "personal-data-server" ? "critical" : "high";
    return [findingOf(code, { src, dst, group: groupOf(src, dst), figures, severity }, evidence)];
  });
}

/** Suppressed ones are marked; the gravest come first, those of one behaviour together. */
function settle(findings: readonly Finding[], options: AnalysisOptions): Finding[] {
  const { policy, today, inventory } = options;
  const marked = suppress(findings, policy, { today, nameOf: (address) => inventory.nameOf(address) });
  const gravest = new Map<string, number>();
  const weightOf = (finding: Finding): number => SEVERITIES.indexOf(finding.severity);
  for (const finding of marked)
    gravest.set(finding.group, Math.max(gravest.get(finding.group) ?? 0, weightOf(finding)));
  return marked.sort(
    (one, other) =>
      (gravest.get(other.group) as number) - (gravest.get(one.group) as number) ||
      one.group.localeCompare(other.group) ||
      weightOf(other) - weightOf(one),
  );
}
