import type { SpoolFile } from "./access/accessSpool.ts";
import type { Catalog } from "./catalog.ts";
import type { RecordsCode } from "./findings.ts";
import type { Reason } from "../../gate.ts";
import type { RecordsAct } from "./judgeReading.ts";
import type { Stop } from "./reading.ts";
import type { RecordsSettings } from "./settings.ts";
import type { JudgedText } from "./verdict.ts";

/** What the gate's main thread and the threads that pass bytes say to each other. */

/** Who is at the other end of a connection. */
export type PersonAt = {
  person: string;
  /** Roster address, where the configuration names it. */
  email: string | null;
  group: string | null;
  service: boolean;
  session: string;
  client: string;
  application: string;
  database: string;
  purpose: string | null;
};

/** A statement of which people must hear: refused, held, cut, or let through loudly. */
export type StatementReport = {
  /** UUIDv7 of the statement. */
  statement: string;
  who: PersonAt;
  act: RecordsAct["do"] | "cut";
  reasons: Reason<RecordsCode>[];
  order: string | null;
  text: string;
  verb: string;
  touches: Record<string, string[]>;
  estimate: number | null;
  stop: Stop | null;
  /** In shadow nothing was stopped. */
  dry: boolean;
};

/** An approval: this person, this text, so many customers, until then. */
export type Grant = {
  id: string;
  person: string;
  /** SHA-256 of the text, hex. */
  text: string;
  customersMax: number;
  /** Milliseconds since 1970. */
  until: number;
};

export type MinuteFigures = {
  person: string;
  statements: number;
  customers: number;
  rows: number;
  bytes: number;
};

export type FromThread =
  | { type: "listening"; port: number }
  | { type: "problem"; problem: string }
  | { type: "fuse"; id: number; person: string; group: string; purpose: string | null }
  | { type: "report"; report: StatementReport }
  /** A statement that waits; `retry`: it does not wait, its client comes again. */
  | { type: "ask"; id: number; report: StatementReport; retry: boolean }
  | { type: "withdraw"; id: number }
  | { type: "estimate"; id: number; database: string; text: string; relations: string[] }
  | { type: "judge"; id: number; text: string }
  | { type: "break-glass"; id: number; who: PersonAt; reason: string; minutes: number }
  | { type: "canary"; who: PersonAt; statement: string; customer: string; relations: string[] }
  | { type: "catalog-stale"; id: number | null }
  | { type: "next-spool" }
  | { type: "rotated" }
  | { type: "cancel-held"; key: string }
  | { type: "status"; counters: Record<string, number>; figures: MinuteFigures[] };

export type FromMain =
  | { type: "fuse"; id: number; shared: SharedArrayBuffer }
  | { type: "answered"; id: number; approved: boolean; grant: Grant | null; because: string }
  | { type: "asked"; id: number; request: string }
  | { type: "estimated"; id: number; customers: number | null }
  | { type: "judged"; id: number; judged: JudgedText }
  | { type: "glass-broken"; id: number; recorded: boolean }
  | { type: "catalog"; catalog: Catalog; id: number | null }
  | { type: "canaries"; customers: string[] }
  | { type: "grant"; grant: Grant }
  | { type: "persons"; verifiers: Record<string, string> }
  | { type: "spool"; file: SpoolFile }
  | { type: "rotate" }
  | { type: "cancel-held"; key: string }
  | { type: "stop" };

export type ThreadData = {
  number: number;
  settings: RecordsSettings;
  /** Listen here, with others if there are any. */
  port: number;
  shares: boolean;
  seeds: [number, number, number, number];
  /** For verifiers of persons who do not exist. */
  secret: Uint8Array;
  catalog: Catalog | null;
  canaries: string[];
  grants: Grant[];
  verifiers: Record<string, string>;
  /** Passwords of the accounts that the gate holds, by user. */
  passwords: Record<string, string>;
  spool: SpoolFile;
  version: string;
  tls: { cert: string; key: string } | null;
  serverCa: string | null;
};
