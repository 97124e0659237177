import type { Entry, Kind } from "../ledger/entry.ts";
import type { EntryProof } from "../ledger/prove.ts";
import type { Reason, Said } from "../gate.ts";
import type { CutCard } from "../gates/outbound/cutCard.ts";
import type { FindingCode } from "../gates/outbound/findings.ts";
import type { HostRole } from "../gates/outbound/settings.ts";
import type { HotlineService } from "./service/hotlineTypes.ts";
import type { IncidentService } from "./service/incidentTypes.ts";
import type { RoomService } from "./service/roomTypes.ts";
import type { NoticeService } from "./service/noticeTypes.ts";
import type { RecordsService } from "./service/recordsTypes.ts";
import type { ReportService } from "./service/reportTypes.ts";
import type { ScopeService } from "./service/scopeTypes.ts";
import type { MailReading, SeenFile, Transport } from "../gates/mail/seen.ts";

/**
 * What the HTTP API offers, as the station carries it out. The API adds sign-in, roles and limits; the
 * console
 * knows only the API's types.
 */
export type Services = {
  station: StationService;
  live: LiveService;
  desk: DeskService;
  traffic: TrafficService;
  records: RecordsService;
  scope: ScopeService;
  incidents: IncidentService;
  reports: ReportService;
  room: RoomService;
  hotline: HotlineService;
  notices: NoticeService;
  decisions: DecisionService;
  ledger: LedgerService;
};

export const ROLES = [
  "operator",
  "analyst",
  "approver",
  "privacy-officer",
  "administrator",
  "auditor",
] as const;
export type Role = (typeof ROLES)[number];

/** A signed-in person, as acts are put down to her. `id` goes into the ledger, name and address do not. */
export type Person = { id: string; name: string; email: string; roles: Role[] };

/* ---- station ---- */

export type GateState = "starting" | "ready" | "stopping" | "restarting" | "lost" | "stopped";
export type GateStatus = {
  name: string;
  state: GateState;
  since: string;
  pid: number | null;
  restarts: number;
  shadow: boolean;
  /** Entries in the gate's disk spool that the station has not yet taken. */
  spooled: number;
  /** What still holds when the gate or the station is away, for the page to say. */
  note: Said | null;
  lastError: string | null;
};
export type StationStatus = {
  version: string;
  startedAt: string;
  organisation: string;
  timeZone: string;
  state: "ready" | "degraded";
  stateStore: "pglite" | "postgresql";
  gates: GateStatus[];
  ledger: { size: number; root: string; checkpointAt: string | null; origin: string };
};
export type StationService = { status(): Promise<StationStatus> };

/* ---- at the gates now ---- */

export type LiveEvent = {
  entryId: string;
  index: number;
  at: string;
  gate: string;
  act:
    | "pass"
    | "hold"
    | "refuse"
    | "strip"
    | "release"
    | "failed"
    | "duplicate"
    | "finding"
    | "cut"
    | "lift"
    | "other";
  /** Masked or impersonal: a sender's domain, a host. */
  subject: string;
  reasons: { code: string; severity: string }[];
  mail: string | null;
  finding: string | null;
  /** The event of the records gate. */
  reading: string | null;
};
export type RatePoint = { at: string; passed: number; held: number; refused: number };
export type LiveService = {
  recent(limit: number): Promise<LiveEvent[]>;
  /** One point a minute, oldest first, `minutes` of them. */
  rates(minutes: number): Promise<RatePoint[]>;
  /** Held, by reason code, today. */
  byReason(): Promise<{ code: string; count: number }[]>;
  subscribe(listener: (event: LiveEvent) => void): () => void;
};

/* ---- mail desk ---- */

export const HELD_STATES = ["held", "releasing", "released", "refused", "failed", "erased"] as const;
export type HeldState = (typeof HELD_STATES)[number];

export type HeldMailRow = {
  /** The gate's id of the message, stable, in every ledger entry about it (`about.mail`). */
  mail: string;
  receivedAt: string;
  state: HeldState;
  /** "t***@ana-g.example": never the whole address. */
  senderMasked: string;
  senderDomain: string;
  recipientsMasked: string[];
  bytes: number;
  attachments: number;
  reasons: { code: string; technique: string | null; severity: string }[];
  order: string | null;
  secondPerson: boolean;
  decisionId: string | null;
  deadline: string | null;
  defaultOption: string | null;
};
export type HeldMailFilter = {
  state?: HeldState | undefined;
  reason?: string | undefined;
  text?: string | undefined;
  limit: number;
  /**
   * The last row of the page before: its `receivedAt`, "~", and its `mail`, since many may share a
   * millisecond.
   */
  before?: string | undefined;
};
/** Everything about one held mail; opening it is an entry in the ledger. */
export type HeldMailView = HeldMailRow & {
  transport: Transport;
  subject: string;
  from: MailReading["from"];
  to: MailReading["to"];
  replyTo: MailReading["replyTo"];
  date: string | null;
  messageId: string | null;
  text: string;
  headers: MailReading["headers"];
  links: MailReading["links"];
  parts: SeenFile[];
  defects: MailReading["defects"];
  authentication: MailReading["authentication"] | null;
  because: (Reason & { part: string | null })[];
  /** Ledger entries about this mail, oldest first. */
  chain: { id: string; index: number; kind: Kind; code: string; at: string; by: string }[];
  evidence: string;
  sha256: string;
};
/** Why someone looks at a held mail: a closed list, because what people write may hold personal data. */
export const PURPOSES = ["decide", "recipient", "investigate"] as const;
export type Purpose = (typeof PURPOSES)[number];

export type DeskService = {
  list(
    filter: HeldMailFilter,
  ): Promise<{ rows: HeldMailRow[]; total: number; counts: Record<HeldState, number> }>;
  /** Throws SekishoError not-found. Writes the ledger entry `evidence-viewed` first. */
  open(mail: string, viewer: Person, purpose: Purpose): Promise<HeldMailView>;
  /** The raw message, for the analyst; writes `evidence-exported` first. */
  raw(mail: string, viewer: Person, purpose: Purpose): Promise<Uint8Array>;
};

/* ---- traffic ---- */

/** Something that the outbound gate found; several codes where one packet gave several reasons. */
export type FindingRow = {
  id: string;
  at: string;
  by: "first-packet" | "analysis" | "enforcer" | "record";
  severity: string;
  reasons: { code: FindingCode; technique: string | null; severity: string }[];
  /** Our host's name in the inventory, or its address; empty where the finding is of the gate itself. */
  host: string;
  hostAddress: string;
  destination: string;
  /** Findings of one behaviour share it. */
  group: string;
  /** The standing order that chose the act. */
  order: string | null;
  act: string | null;
  /** The act in force that followed. */
  cut: string | null;
  decisionId: string | null;
  hiddenBy: string | null;
};
export type FindingView = FindingRow & {
  because: { code: FindingCode; said: Said[] }[];
  figures: Record<string, number | string | boolean | null>;
  /** The contacts as the record has them, for the drawing: seconds since 1970, bytes; at most 5,000. */
  contacts: { times: number[]; sizes: number[] };
  chain: { id: string; index: number; kind: Kind; code: string; at: string; by: string }[];
};
export type FindingFilter = {
  code?: string | undefined;
  severity?: string | undefined;
  host?: string | undefined;
  hidden?: boolean | undefined;
  text?: string | undefined;
  limit: number;
};

export const CUT_STATES = ["asked", "in-place", "ended", "failed", "dry"] as const;
export type CutState = (typeof CUT_STATES)[number];
export const CUT_ACTS = ["block", "isolate", "cut-zone", "cut-off"] as const;
export type CutActName = (typeof CUT_ACTS)[number];
/** An act on traffic with its proof. Milliseconds count from the order. */
export type CutRow = {
  id: string;
  act: CutActName;
  target: string;
  state: CutState;
  orderedAt: string;
  until: string;
  inPlaceMs: number | null;
  lastPacketMs: number | null;
  passedSince: number | null;
  stopped: number | null;
  provedAt: string | null;
  endedAt: string | null;
  endedBy: string | null;
  warnings: string[];
  problem: string | null;
  /** The standing order, or null where people decided. */
  order: string | null;
  finding: string | null;
  decisionId: string | null;
};

export type { CutCard };

/* ---- records ---- */

export type * from "./service/recordsTypes.ts";

/* ---- scope ---- */

export type * from "./service/hotlineTypes.ts";
export type * from "./service/incidentTypes.ts";
export type * from "./service/noticeTypes.ts";
export type * from "./service/roomTypes.ts";
export type * from "./service/reportTypes.ts";
export type * from "./service/scopeTypes.ts";

export type TrafficOverview = {
  /** What the record holds, or null while nothing is recorded. */
  recorded: { from: string; until: string; connections: number; bytes: number; files: number } | null;
  retentionDays: number;
  /** The last hours that the figures below cover. */
  hours: number;
  roles: { role: HostRole; hosts: number; destinations: number; connections: number; sent: number }[];
  firstSeen: {
    destination: string;
    host: string;
    hostAddress: string;
    at: string;
    connections: number;
    sent: number;
  }[];
  matrix: { hosts: string[]; others: string[]; sent: number[][] };
  gaps: { source: string; from: string; until: string }[];
  lost: number;
};
export type HostView = {
  address: string;
  name: string;
  role: HostRole;
  speaksTo: string[];
  hasList: boolean;
  /** One point an hour, oldest first. */
  timeline: { at: string; connections: number; sent: number; received: number; destinations: number }[];
  destinations: {
    destination: string;
    connections: number;
    sent: number;
    received: number;
    firstAt: string;
    lastAt: string;
    hosts: number;
    onList: boolean;
  }[];
  findings: FindingRow[];
};
/** What an act would stop now, before it is ordered. */
export type CutPreview = {
  /** Connections of the last hour that it would stop. */
  connections: number;
  hosts: string[];
  destinations: string[];
  warnings: string[];
};
export type CutWish = {
  act: CutActName;
  target: string;
  minutes: number;
  reason: string;
  /** The finding from which it was ordered. */
  finding?: string | undefined;
};
/** An exercise of the full cut-off: how long people took, and how long the machine would have. */
export type CutDrill = {
  decisionId: string;
  startedAt: string;
  state: DecisionState;
  outcome: string | null;
  /** Who answered; null while nobody has, or where silence fell to the default. */
  answeredBy: string | null;
  /** From the question to the answer. */
  secondsToAnswer: number | null;
  /** From the order until the enforcer had rehearsed it, in milliseconds. */
  inPlaceMs: number | null;
};
export type TrafficService = {
  overview(hours: number): Promise<TrafficOverview>;
  host(address: string, hours: number): Promise<HostView>;
  findings(filter: FindingFilter): Promise<{ rows: FindingRow[]; total: number; hidden: number }>;
  /** Throws not-found. Writes `evidence-viewed` first. */
  finding(id: string, viewer: Person): Promise<FindingView>;
  cuts(filter: { inForce?: boolean | undefined; limit: number }): Promise<CutRow[]>;
  preview(wish: Pick<CutWish, "act" | "target">): Promise<CutPreview>;
  /** A decision of this person, which the gate carries out; gives the decision's id. */
  cut(person: Person, wish: CutWish): Promise<{ decisionId: string }>;
  lift(id: string, person: Person, reason: string): Promise<{ decisionId: string }>;
  renew(
    id: string,
    person: Person,
    renewal: { minutes: number; reason: string },
  ): Promise<{ decisionId: string }>;
  card(): Promise<CutCard>;
  /** Asks the deciders as in earnest; nothing is stopped. */
  drill(person: Person): Promise<{ decisionId: string }>;
  /** The last exercises, newest first. */
  drills(limit: number): Promise<CutDrill[]>;
};

/* ---- decisions ---- */

export type DecisionState = "asked" | "seconding" | "answered" | "defaulted" | "withdrawn";
export type DecisionView = {
  id: string;
  code: string;
  state: DecisionState;
  question: Said;
  about: Record<string, string>;
  options: { code: string; label: Said; consequence: Said; undo: Said }[];
  owner: { role: Role; person: string | null };
  secondPerson: boolean;
  askedAt: string;
  deadline: string;
  defaultOption: string;
  /** In the order in which they were given. */
  answers: { person: string; personName: string; option: string; reason: string; at: string }[];
  outcome: string | null;
  enforcement: { state: string; code: string; at: string; detail: string | null } | null;
  entries: string[];
};
export type DecisionService = {
  list(filter: { state?: DecisionState | undefined; limit: number }): Promise<DecisionView[]>;
  get(id: string): Promise<DecisionView>;
  /**
   * One person's answer. Where a second person is needed, the first answer makes it `seconding` and the same
   * person cannot give both (SekishoError not-permitted). A conflicting second answer withdraws to `asked`.
   */
  answer(id: string, person: Person, answer: { option: string; reason: string }): Promise<DecisionView>;
};

/* ---- ledger ---- */

export type LedgerRow = { index: number; entry: Entry };
export type LedgerQuery = {
  text?: string | undefined;
  kind?: Kind | undefined;
  code?: string | undefined;
  about?: { key: string; value: string } | undefined;
  since?: string | undefined;
  until?: string | undefined;
  /** Only entries with a smaller index (paging; newest first). */
  beforeIndex?: number | undefined;
  limit: number;
};
export type LedgerWalk = {
  /** The entry itself, all it rests on (transitively), and what rests on it (one step). */
  entry: LedgerRow;
  restsOn: { row: LedgerRow; depth: number; via: string }[];
  restedOnBy: LedgerRow[];
};
export type VerifyReport = {
  ok: boolean;
  size: number;
  root: string;
  seconds: number;
  problems: { code: string; where: string; detail: string }[];
};
export type LedgerService = {
  search(query: LedgerQuery): Promise<{ rows: LedgerRow[]; size: number }>;
  walk(id: string): Promise<LedgerWalk>;
  prove(id: string): Promise<EntryProof>;
  verify(by: Person): Promise<VerifyReport>;
  checkpoint(): Promise<string>;
  /** For the API's own acts: signing in, roles changed, invitations. Resolves when it is on disk. */
  record(entry: {
    kind: Kind;
    code: string;
    by: string;
    about?: Record<string, string>;
    data?: Record<string, string | number | boolean | null>;
  }): Promise<string>;
};
