import type { Said } from "../../gate.ts";
import type { RecordsCode } from "../../gates/records/findings.ts";
import type { Kind } from "../../ledger/entry.ts";
import type { ApprovalChallenge, Assertion } from "../approvalPasskeys.ts";
import type { DecisionView, Person } from "../services.ts";

export type { ApprovalChallenge, Assertion };

/** What the API offers of the records gate. */

export const RECORDS_KINDS = ["statement", "columns", "file", "watch"] as const;
export type RecordsKind = (typeof RECORDS_KINDS)[number];

export const RECORDS_STATES = [
  "seen",
  "told",
  "refused",
  "cut",
  "held",
  "approved",
  "denied",
  "withdrawn",
] as const;
export type RecordsState = (typeof RECORDS_STATES)[number];

/** A statement, a changed column, a file or a fault of the watch of which people must hear. */
export type RecordsEventRow = {
  id: string;
  at: string;
  kind: RecordsKind;
  person: string;
  email: string | null;
  client: string;
  application: string;
  database: string;
  relations: string[];
  verb: string;
  purpose: string | null;
  /** How many personal columns it is about. */
  columns: number;
  reasons: { code: RecordsCode; technique: string | null; severity: string }[];
  severity: string;
  order: string | null;
  state: RecordsState;
  /** In shadow nothing was stopped. */
  dry: boolean;
  /** Which limit ended it, its value, and how many customers had reached the client. */
  why: string | null;
  limit: number | null;
  customers: number | null;
  /** Customers as PostgreSQL estimates them; null: not known. */
  estimate: number | null;
  /** Most customers that an approval gives, and until when it holds. */
  customersMax: number | null;
  until: string | null;
  decisionId: string | null;
};

export type RecordsEventFilter = {
  kind?: RecordsKind | undefined;
  person?: string | undefined;
  state?: RecordsState | undefined;
  code?: string | undefined;
  severity?: string | undefined;
  text?: string | undefined;
  limit: number;
  /** The last row of the page before: its `at`, "~", and its `id`. */
  before?: string | undefined;
};

/** Why somebody looks at the record: a closed list, because what people write may hold personal data. */
export const RECORDS_PURPOSES = ["decide", "investigate", "asked-by-customer"] as const;
export type RecordsPurpose = (typeof RECORDS_PURPOSES)[number];

export type RecordsEventView = RecordsEventRow & {
  /** The statement; literals are masked unless they were asked for with a purpose. */
  text: string;
  masked: boolean;
  because: { code: string; said: Said }[];
  touches: { relation: string; columns: string[] }[];
  file: StagedFile | null;
  change: ColumnChange | null;
  chain: { id: string; index: number; kind: Kind; code: string; at: string; by: string }[];
};

export type Budget = { hour: number | null; day: number | null; statement: number | null };
export type ReaderRow = {
  person: string;
  email: string | null;
  group: string | null;
  service: boolean;
  budget: Budget;
  /** Distinct customers within the last 60 minutes and 24 hours, as the gate last said. */
  inHour: number;
  inDay: number;
  lastAt: string;
  /** Customers by hour, as `ReadersOverview.hours`. */
  customers: number[];
  statements: number;
  bytes: number;
  /**
   * Customers in a usual hour of hers with readings, over the last 14 days before these hours; null: none.
   */
  usual: number | null;
  /** Events of these hours with severity high or critical. */
  alarms: number;
};
export type ReadersOverview = {
  gate: boolean;
  shadow: boolean;
  /** Beginning of each hour, oldest first. */
  hours: string[];
  readers: ReaderRow[];
  /** The record of who read whom: files, readings, and since when. */
  record: { files: number; rows: number; bytes: number; since: string | null; retentionDays: number };
};

export type WaitingApproval = {
  decision: DecisionView;
  event: RecordsEventRow;
  /** The reader herself, or somebody without the role, may look and not answer. */
  mayAnswer: boolean;
  isReader: boolean;
  passkeys: number;
  /** Readings of this person in the last 30 days that were approved and refused. */
  before: { approved: number; denied: number };
};

export type ColumnChange = {
  relation: string;
  column: string;
  kind: string;
  what: string;
  confidence: number;
};
export type ColumnsView = {
  customers: { table: string; key: string } | null;
  tables: {
    table: string;
    key: string | null;
    personal: { column: string; kind: string }[];
    notPersonal: string[];
  }[];
  changes: (ColumnChange & { id: string; at: string })[];
};

export type StagedFile = {
  path: string;
  occasion: string;
  kind: string;
  bytes: number;
  records: number;
  estimated: boolean;
  items: Record<string, number>;
  writer: { user: string | null; process: string | null };
  sha256: string;
  /** Whether all of it lies in evidence, parts, or nothing. */
  kept: "whole" | "parts" | "nothing";
};
export type StagedFileRow = RecordsEventRow & { file: StagedFile | null };

export type CustomerReading = {
  at: string;
  person: string;
  client: string;
  application: string;
  statement: string;
  touches: Record<string, string[]>;
  purpose: string | null;
};
export type CustomerView = {
  readings: CustomerReading[];
  persons: { person: string; readings: number; firstAt: string; lastAt: string }[];
  /** Statements of that time whose rows did not say whose they were: she may be among them. */
  keyless: number;
  /** More than are shown. */
  more: boolean;
};
export type CustomerQuestion = {
  customer: string;
  since?: string | undefined;
  until?: string | undefined;
  purpose: RecordsPurpose;
};

export type CanariesView = {
  /** Planted, by table; null where none are planted. */
  planted: { table: string; count: number }[];
  rings: RecordsEventRow[];
};

export type RecordsService = {
  readers(hours: number): Promise<ReadersOverview>;
  events(
    filter: RecordsEventFilter,
  ): Promise<{ rows: RecordsEventRow[]; total: number; counts: Record<RecordsState, number> }>;
  /** Throws not-found. Writes `evidence-viewed` first; `reveal` shows literals, and says why. */
  event(id: string, viewer: Person, options: { reveal: RecordsPurpose | null }): Promise<RecordsEventView>;
  waiting(viewer: Person): Promise<WaitingApproval[]>;
  approval(decisionId: string, viewer: Person): Promise<WaitingApproval>;
  /** What this person's passkey has to sign. Throws not-permitted where she is the reader. */
  beginApproval(decisionId: string, approver: Person): Promise<ApprovalChallenge>;
  /** Throws not-permitted where the assertion is not hers for exactly this. */
  approve(
    decisionId: string,
    approver: Person,
    given: { nonce: string; assertion: Assertion; reason: string },
  ): Promise<DecisionView>;
  columns(): Promise<ColumnsView>;
  /** Who read this customer. Writes `accesses-viewed` first. */
  customer(question: CustomerQuestion, viewer: Person): Promise<CustomerView>;
  canaries(): Promise<CanariesView>;
  files(limit: number): Promise<StagedFileRow[]>;
};
