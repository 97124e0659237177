import { FINDINGS, type FindingCode } from "../../gates/outbound/findings.ts";
import type {
  CutCard,
  CutRow,
  FindingRow,
  FindingView,
  HostView,
  LedgerRow,
  TrafficOverview,
} from "../services.ts";

/** How much there is to see: nothing yet, the usual, too much; or no `cut` section, or no gate at all. */
export type TestAmount = "none" | "usual" | "much" | "no-cut" | "no-gate";

type Host = { name: string; address: string; role: HostView["role"]; speaksTo: string[] };

const HOSTS: Host[] = [
  { name: "customer-db", address: "10.1.30.5", role: "personal-data-server", speaksTo: [] },
  { name: "control", address: "10.1.30.9", role: "server", speaksTo: ["update.example:443"] },
  {
    name: "予約Webサーバー",
    address: "10.1.20.8",
    role: "server",
    speaksTo: ["payment.example:443", "198.51.100.16/28"],
  },
  { name: "proxy-1", address: "10.1.10.2", role: "proxy", speaksTo: [] },
  { name: "proxy-2", address: "10.1.10.3", role: "proxy", speaksTo: [] },
  ...Array.from({ length: 6 }, (_, index) => ({
    name: `operator-${String(index + 1).padStart(2, "0")}`,
    address: `10.1.50.${21 + index}`,
    role: "operator-pc" as const,
    speaksTo: [],
  })),
];

const C2 = "update-check.example:443";
const DROP = "files.storage-share.example:443";
const OTHERS = [
  C2,
  DROP,
  "payment.example:443",
  "update.example:443",
  "www.airline-booking.example:443",
  "mail.partner.example:25",
  "time.example:123",
  "cdn.video.example:443",
  "198.51.100.23:8443",
  "map.example:443",
  "news.example:443",
  "2001:db8:4:1::53:853",
];

/** Between 0 and 1, the same at every run. */
function chance(seed: number): number {
  const wave = Math.sin(seed * 12.9898) * 43_758.5453;
  return wave - Math.floor(wave);
}

function ago(now: Date, minutes: number): string {
  return new Date(now.getTime() - minutes * 60_000).toISOString();
}

export function testOverview(now: Date, hours: number, amount: TestAmount): TrafficOverview {
  const empty = { hours, retentionDays: 365, roles: [], firstSeen: [], gaps: [], lost: 0 };
  if (amount === "none" || amount === "no-gate")
    return { ...empty, recorded: null, matrix: { hosts: [], others: [], sent: [] } };
  const hosts = amount === "much" ? 30 : HOSTS.length;
  const others = amount === "much" ? 40 : OTHERS.length;
  return {
    ...empty,
    recorded: {
      from: ago(now, 60 * 24 * 41),
      until: ago(now, 1),
      connections: amount === "much" ? 48_211_907 : 1_284_031,
      bytes: amount === "much" ? 1_901_000_000 : 51_300_000,
      files: 982,
    },
    roles: [
      { role: "proxy", hosts: 2, destinations: 4_180, connections: 211_874, sent: 8_900_000_000 },
      { role: "operator-pc", hosts: 128, destinations: 902, connections: 40_120, sent: 640_000_000 },
      { role: "personal-data-server", hosts: 1, destinations: 2, connections: 326, sent: 71_400_000 },
      { role: "server", hosts: 7, destinations: 12, connections: 2_040, sent: 33_000_000 },
      { role: "printer", hosts: 3, destinations: 1, connections: 12, sent: 4_100 },
    ],
    firstSeen: Array.from({ length: amount === "much" ? 100 : 7 }, (_, index) => ({
      hostAddress: "10.16.1.5",
      destination: index === 0 ? DROP : (OTHERS[index % OTHERS.length] ?? "").replace(/^/, `n${index}.`),
      host: HOSTS[index === 0 ? 0 : index % HOSTS.length]?.name ?? "",
      at: ago(now, 14 + index * 97),
      connections: 1 + ((index * 7) % 40),
      sent: Math.round(chance(index) ** 4 * 60_000_000),
    })),
    matrix: {
      hosts: Array.from({ length: hosts }, (_, index) => HOSTS[index]?.name ?? `10.1.60.${index}`),
      others: Array.from(
        { length: others },
        (_, index) => OTHERS[index] ?? `host-${index}.cloud.example:443`,
      ),
      sent: Array.from({ length: hosts }, (_, row) =>
        Array.from({ length: others }, (_each, column) => sentBy(row, column)),
      ),
    },
    gaps: [
      { source: "zeek", from: ago(now, 420), until: ago(now, 405) },
      { source: "conntrack", from: ago(now, 200), until: ago(now, 198) },
    ],
    lost: amount === "much" ? 18_204 : 37,
  };
}

function sentBy(row: number, column: number): number {
  if (row === 0) return column === 0 ? 91_000 : column === 1 ? 71_300_000 : 0;
  if (row === 1) return column === 3 ? 2_000_000 : 0;
  const dice = chance(row * 57 + column);
  const proxied = row === 3 || row === 4 ? 0.9 : 0.25;
  return dice > proxied ? 0 : Math.round(10 ** (3 + chance(row * 91 + column * 3) * 5));
}

export function testHost(now: Date, given: { address: string; hours: number }, rows: FindingRow[]): HostView {
  const host = HOSTS.find((one) => one.address === given.address);
  const own = OTHERS.filter((_, column) => sentBy(host === undefined ? 9 : HOSTS.indexOf(host), column) > 0);
  const listed = host !== undefined && ["personal-data-server", "server"].includes(host.role);
  return {
    address: given.address,
    name: host?.name ?? given.address,
    role: host?.role ?? "other",
    speaksTo: host?.speaksTo ?? [],
    hasList: listed,
    timeline: Array.from({ length: Math.min(given.hours, 168) }, (_, index) => {
      const hour = Math.floor(now.getTime() / 3_600_000) - Math.min(given.hours, 168) + 1 + index;
      const night = hour % 24 < 8 ? 1 : 5;
      return {
        at: new Date(hour * 3_600_000).toISOString(),
        connections: 13 + Math.round(chance(hour) * 9),
        sent: Math.round(night * 600_000 * (0.4 + chance(hour * 3))),
        received: Math.round(90_000 * chance(hour * 5)),
        destinations: 1 + (hour % 3),
      };
    }).filter(({ at }) => !at.includes("T03:")),
    destinations: own.map((destination, index) => ({
      destination,
      connections: 4 + index * 31,
      sent: Math.round(71_300_000 / (1 + index * index * 40)),
      received: 48_000 * (index + 1),
      firstAt: ago(now, 60 * 24 * (index === 1 ? 0.4 : 6 + index)),
      lastAt: ago(now, 2 + index * 9),
      hosts: 1 + ((index * 5) % 40),
      onList: host?.speaksTo.includes(destination) ?? false,
    })),
    findings: rows.filter(({ hostAddress }) => hostAddress === given.address).slice(0, 100),
  };
}

type Example = { code: FindingCode; host: number; destination: string; by: FindingRow["by"] };

const EXAMPLES: Example[] = [
  { code: "silent-server-speaks", host: 0, destination: C2, by: "first-packet" },
  { code: "beacon", host: 0, destination: C2, by: "analysis" },
  { code: "slow-upload", host: 0, destination: DROP, by: "analysis" },
  { code: "intelligence-hit", host: 6, destination: "198.51.100.23:8443", by: "first-packet" },
  { code: "not-on-its-list", host: 2, destination: "news.example:443", by: "first-packet" },
  { code: "dns-tunnel", host: 7, destination: "t.tunnel.example", by: "analysis" },
  { code: "long-connection", host: 5, destination: "cdn.video.example:443", by: "analysis" },
  { code: "rare-agent", host: 8, destination: "map.example:443", by: "analysis" },
  { code: "upload-volume", host: 9, destination: DROP, by: "analysis" },
  { code: "first-seen-destination", host: 1, destination: "update.example:443", by: "first-packet" },
  { code: "strobe", host: 9, destination: "time.example:123", by: "analysis" },
  { code: "rare-destination", host: 10, destination: "map.example:443", by: "analysis" },
  { code: "record-gap", host: -1, destination: "zeek 2026-03-21 03:10", by: "record" },
  { code: "record-loss", host: -1, destination: "conntrack", by: "record" },
  { code: "cut-drift", host: -1, destination: "nftables 2026-03-21 03:10", by: "enforcer" },
  { code: "cut-did-not-hold", host: -1, destination: "c0", by: "enforcer" },
];

export function testFindings(now: Date, count: number): FindingRow[] {
  return Array.from({ length: count }, (_, index) => {
    const example = EXAMPLES[index % EXAMPLES.length] as Example;
    const host = HOSTS[example.host];
    const { technique, severity } = FINDINGS[example.code];
    const reason = { code: example.code, technique, severity: index === 0 ? "critical" : severity };
    const isolated = index === 0;
    const suffix = index < EXAMPLES.length ? "" : `.n${Math.floor(index / EXAMPLES.length)}`;
    const destination = example.destination.replace(/^([^:.]+)/, `$1${suffix}`);
    return {
      id: `01890000-0000-7000-8000-${String(index).padStart(12, "0")}`,
      at: ago(now, 6 + index * 23),
      by: example.by,
      severity: reason.severity,
      reasons: isolated
        ? [reason, { code: "intelligence-hit" as const, technique: "T1071", severity: "high" }]
        : [reason],
      host: host?.name ?? "",
      hostAddress: host?.address ?? "",
      destination,
      group: host === undefined ? `record ${destination}` : `${host.address} ${destination}`,
      order: isolated ? "silent-personal-data-server" : example.host === 2 ? "server-on-its-own" : null,
      act: isolated ? "isolate" : example.host === 2 ? "ask" : "watch",
      cut: isolated ? "01890000-0000-7000-9000-000000000001" : null,
      decisionId: null,
      hiddenBy: index % 16 === 10 ? "time-servers-of-the-house" : null,
    };
  });
}

export function testFindingView(row: FindingRow, chain: LedgerRow[]): FindingView {
  const at = Date.parse(row.at) / 1_000;
  return {
    ...row,
    because: row.reasons.map(({ code }, index) => ({ code, said: index === 0 ? saidOf(code, row) : [] })),
    figures: figuresOf(row),
    contacts: row.hostAddress === "" ? { times: [], sizes: [] } : testContacts(at, row.reasons[0]?.code),
    chain: chain.map(({ index, entry: { id, kind, code, at: when, by } }) => ({
      id,
      index,
      kind,
      code,
      at: when,
      by,
    })),
  };
}

/** A beacon every four and a half minutes with a fifth of jitter, or a few calls in working hours. */
function testContacts(at: number, code: FindingCode | undefined): FindingView["contacts"] {
  if (code !== "beacon" && code !== "slow-upload" && code !== "silent-server-speaks") {
    const times = Array.from({ length: 23 }, (_, index) => at - 80_000 * chance(index) ** 2).sort();
    return { times, sizes: times.map((_, index) => Math.round(900 + 40_000 * chance(index * 3))) };
  }
  if (code === "silent-server-speaks") return { times: [at - 0.4], sizes: [60] };
  const times: number[] = [];
  const sizes: number[] = [];
  for (let time = at - 86_400; time < at; time += 270 * (0.8 + 0.4 * chance(time))) {
    times.push(time);
    const upload = code === "slow-upload" || times.length % 61 === 0;
    sizes.push(upload ? Math.round(180_000 + 90_000 * chance(time)) : 248 + Math.round(chance(time) * 12));
  }
  return { times, sizes };
}

function figuresOf(row: FindingRow): FindingView["figures"] {
  if (row.reasons[0]?.code === "beacon") {
    return {
      score: 0.994,
      rita: 0.871,
      contacts: 320,
      medianSeconds: 269.8,
      p10Seconds: 227.1,
      p90Seconds: 312.6,
      variation: 0.117,
      sameSize: 0.984,
      spanSeconds: 86_131,
    };
  }
  return {
    address: "203.0.113.9",
    port: 443,
    protocol: "tcp",
    names: "update-check.example",
    metBefore: false,
  };
}

function saidOf(code: FindingCode, row: FindingRow): FindingView["because"][number]["said"] {
  const { host, destination } = row;
  const pace = { en: "4.5 min", ja: "4.5分" };
  const role = { en: "holds personal data", ja: "個人データを保持" };
  const bytes = { en: "71.3 MB", ja: "71.3 MB" };
  const evidence = {
    ...{ host, destination, role, pace, contacts: 320, score: 0.99, bytes, days: 6, usual: bytes },
    ...{ list: "jpcert-2016", order: "c0", packets: 12, what: "table deleted", mended: true, source: "zeek" },
    ...{
      from: "03:10",
      until: "03:25",
      lost: 37,
      domain: destination,
      names: 8_204,
      hosts: host,
      visited: false,
    },
    ...{ lasted: { en: "11 h", ja: "11時間" }, open: true, agent: "Mozilla/4.0 (compatible)", fleet: 140 },
  };
  const say = FINDINGS[code].say as (given: object) => FindingView["because"][number]["said"][number];
  const more = {
    en: "320 contacts, one every 4.5 min, varying by 12 %.",
    ja: "接触320回、間隔は約4.5分、ばらつき12%です。",
  };
  return code === "beacon" ? [say(evidence), more] : [say(evidence)];
}

type CutExample = [act: CutRow["act"], target: string, state: CutRow["state"], change: Partial<CutRow>];

const CUT_EXAMPLES: CutExample[] = [
  [
    "isolate",
    "10.1.30.5",
    "in-place",
    { order: "silent-personal-data-server", finding: "01890000-0000-7000-8000-000000000000" },
  ],
  ["block", `bad.example 203.0.113.9`, "in-place", { passedSince: 12, lastPacketMs: 40_211 }],
  [
    "cut-zone",
    "operators",
    "in-place",
    { warnings: [`it meets the administrators' path "jump host", which stays open`], provedAt: null },
  ],
  ["block", "198.51.100.23", "asked", { inPlaceMs: null, provedAt: null, lastPacketMs: null }],
  ["block", "old.example", "ended", { endedBy: "its end" }],
  ["isolate", "10.1.50.24", "ended", { endedBy: "a decision" }],
  ["cut-off", "everything", "dry", { inPlaceMs: null, provedAt: null, lastPacketMs: null }],
  [
    "block",
    "x.example",
    "failed",
    { problem: "no cut section in sekisho.yaml", inPlaceMs: null, provedAt: null },
  ],
];

export function testCuts(now: Date, count: number): CutRow[] {
  return Array.from({ length: count }, (_, index) => {
    const [act, target, state, change] = CUT_EXAMPLES[index % CUT_EXAMPLES.length] as CutExample;
    const started = 25 + index * 50;
    const over = state === "ended";
    return {
      id: `01890000-0000-7000-9000-${String(index + 1).padStart(12, "0")}`,
      act,
      target,
      state,
      orderedAt: ago(now, started),
      until: ago(now, over ? started - 20 : -9 - ((index * 61) % 240)),
      inPlaceMs: 3.1,
      lastPacketMs: 4.2,
      passedSince: 0,
      stopped: 318 + index,
      provedAt: ago(now, started - 0.1),
      endedAt: over ? ago(now, started - 20) : null,
      endedBy: null,
      warnings: [],
      problem: null,
      order: null,
      finding: null,
      decisionId: null,
      ...change,
    };
  });
}

export function testCard(amount: TestAmount): CutCard {
  const card: CutCard = {
    organisation: "Example Travel",
    deciders: [
      { name: "田中 花子", email: "hanako@example.com", phone: "+81 3 5555 0100" },
      { name: "佐藤 次郎", email: "jiro@example.com", phone: "+81 90 5555 0199" },
      { name: "Suzuki Ken", email: "ken@example.com", phone: null },
    ],
    deadlineMinutes: 15,
    default: "cut-off",
    stops: [
      { en: "Booking on the web", ja: "Web予約" },
      { en: "Mail to the outside", ja: "外部へのメール送信" },
      { en: "Operators' access to the web", ja: "担当者端末からのWeb閲覧" },
    ],
    continues: [
      { en: "Bookings by telephone and in the shops", ja: "電話と店頭での予約" },
      { en: "Payment terminals", ja: "決済端末" },
    ],
    goesOn: ["mail gate", "payment", "telephony"],
    administrators: ["jump host"],
    zones: [
      { name: "operators", networks: ["10.1.50.0/24"] },
      { name: "customer data", networks: ["10.1.30.0/24", "10.1.31.0/24"] },
    ],
    costPerHour: { amount: 4_200_000, currency: "JPY" },
    minutes: 240,
    canCut: true,
    settings: "/etc/sekisho/sekisho.yaml",
  };
  if (amount !== "no-cut" && amount !== "no-gate") return card;
  const nobody = { deciders: [], stops: [], continues: [], goesOn: [], administrators: [], zones: [] };
  return { ...card, ...nobody, costPerHour: null, default: "wait", minutes: 0, canCut: false };
}
