import type { Said, Severity } from "../gate.ts";
import type { Claim } from "../law/facts.ts";
import type { Entry } from "../ledger/entry.ts";
import type { ReportKind, Written } from "./reportCodes.ts";
import type { Topic } from "./topics.ts";

/** An entry of the ledger with its place in it. */
export type CaseRow = { index: number; entry: Entry };

/** Where something is on record: enough to find it, and to see that it is still what it was. */
export type OnRecord = {
  entry: string;
  index: number;
  code: string;
  at: string;
  /** SHA-256 of the entry's bytes as they stand in the tree. */
  sha256: string;
};

export type KnownClaim = Claim & { record: OnRecord; source: string | null; pick: OnRecord | null };
export type KnownPassage = {
  record: OnRecord;
  topic: Topic;
  partner: string | null;
  /** Null: it was erased. */
  text: Written | null;
  by: string;
};
/** What happened, with both its times, as the incident room noted it. */
export type KnownEvent = {
  record: OnRecord;
  happened: string;
  known: string;
  /** Null: it was erased. */
  text: { what: string; knownTo: string; source: string | null } | null;
  by: string;
};
/** A task of the incident room that somebody has done. */
export type KnownTask = { record: OnRecord; doneAt: string; done: OnRecord; title: string | null };
export type KnownFinding = {
  record: OnRecord;
  gate: string;
  severity: Severity;
  codes: string[];
  techniques: string[];
  hosts: string[];
};
/** What was decided about the findings, and what was done. */
export type KnownAct = {
  record: OnRecord;
  kind: "decided" | "enforced";
  code: string;
  about: Entry["about"];
};
export type KnownScope = {
  record: OnRecord;
  persons: { fewest: number; most: number };
  records: number;
  /** Day of the count. */
  countedAt: string;
  /** Persons by item, and by what the customer rows say; null where the object cannot be read. */
  byItem: Record<string, number> | null;
  by: Record<string, Record<string, number>>;
  passports: { persons: number; valid: number } | null;
  minors: number | null;
};
/** A duty that was done: a report filed, the persons told. */
export type KnownDone = { record: OnRecord; law: string; duty: string; at: string };
/** The notices of one campaign, as they were last counted. */
export type KnownNotices = {
  record: OnRecord;
  campaign: string;
  persons: number;
  /** Persons by state, such as "sent 1": sent to the first address. */
  states: Record<string, number>;
};
export type KnownReport = {
  record: OnRecord;
  report: string;
  kind: ReportKind;
  law: string | null;
  partner: string | null;
  number: number;
  sha256: string;
  evidence: string | null;
  releases: { record: OnRecord; person: string; final: boolean }[];
  filed: OnRecord | null;
};

/** All that is on record of one incident up to a moment: what a report is made from, and nothing else. */
export type Material = {
  organisation: string;
  timeZone: string;
  incident: { id: string; number: number; openedAt: string; title: string | null; record: OnRecord };
  /** What was on record then. */
  asOf: string;
  /** How many entries the ledger had when this was read. */
  ledgerSize: number;
  claims: KnownClaim[];
  passages: KnownPassage[];
  events: KnownEvent[];
  findings: KnownFinding[];
  acts: KnownAct[];
  tasks: KnownTask[];
  scope: KnownScope | null;
  done: KnownDone[];
  notices: KnownNotices[];
  reports: KnownReport[];
  /** Entries that a named person has allowed to be made public. */
  forPublic: Set<string>;
};

/** One side of a text; the other language where there is no other. */
export function sideOf(text: Written, language: "ja" | "en"): string {
  return text[language] ?? text.ja ?? text.en ?? "";
}

export const bothSides = (text: Written): Said => ({ ja: sideOf(text, "ja"), en: sideOf(text, "en") });
