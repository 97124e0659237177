import type { PublicProblem } from "../../report/checkPublic.ts";
import type { ItemChange } from "../../report/diffReports.ts";
import type { AssumptionsInput, Report } from "../../report/report.ts";
import type { NoticesCounted, ReportKind, Written } from "../../report/reportCodes.ts";
import type { Topic } from "../../report/topics.ts";
import type { Person } from "../services.ts";
import type { ReportChoices } from "./reportChoices.ts";

/* ---- reports, for the pages ---- */

export type { ItemChange, PublicProblem, Report, ReportChoices };
export const REPORT_FORMATS = ["html", "pdf", "json"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** A report that was drafted, and how far it is. */
export type ReportRow = {
  id: string;
  number: number;
  kind: ReportKind;
  law: string | null;
  partner: string | null;
  draftedAt: string;
  sha256: string;
  /** `person`: her id, so that a page can say beforehand who cannot give the second. */
  releases: { person: string; by: string; at: string; final: boolean }[];
  state: "draft" | "seconding" | "released" | "filed";
};
export type PassageView = {
  id: string;
  topic: Topic;
  partner: string | null;
  text: Written | null;
  by: string;
  at: string;
  forPublic: boolean;
};
/** What reports of an incident are made from beside facts, and those that were made. */
export type ReportsView = {
  reports: ReportRow[];
  passages: PassageView[];
  /** Entries that may stand on the public page. */
  forPublic: string[];
  scope: { entry: string; countedAt: string; persons: { fewest: number; most: number } } | null;
  choices: ReportChoices;
};
export type ReportInput = {
  kind: ReportKind;
  law?: string | undefined;
  duty?: string | undefined;
  partner?: string | undefined;
  assumptions?: AssumptionsInput | undefined;
};
export type PassageInput = { topic: Topic; partner: string | null; replaces: string | null; text: Written };

export type ReportService = {
  list(incident: string): Promise<ReportsView>;
  /** As it would be now; nothing is recorded. */
  preview(incident: string, input: ReportInput): Promise<Report>;
  /** What keeps it from being made public as it would be now, or as it was drafted; empty for other kinds. */
  check(incident: string, of: ReportInput | { report: string }): Promise<PublicProblem[]>;
  /** Keeps a report as it is now; it can be released. */
  draft(incident: string, input: ReportInput, by: Person): Promise<ReportRow>;
  get(incident: string, report: string): Promise<Report>;
  file(
    incident: string,
    report: string,
    format: { format: ReportFormat; language: "ja" | "en" },
  ): Promise<{ name: string; type: string; bytes: Uint8Array }>;
  diff(incident: string, from: string, to: string): Promise<ItemChange[]>;
  /** One person's yes; the second makes it final. */
  release(incident: string, report: string, reason: string, by: Person): Promise<ReportRow>;
  /** It was handed in: with the receipt's number. */
  filed(
    incident: string,
    report: string,
    filing: { receipt: string; at: string },
    by: Person,
  ): Promise<ReportRow>;
  passage(incident: string, passage: PassageInput, by: Person): Promise<ReportsView>;
  allowPublic(
    incident: string,
    what: { entry: string; allowed: boolean; reason: string },
    by: Person,
  ): Promise<ReportsView>;
  /** Puts on record how far the notices of a campaign are, for what reports say of it. */
  countNotices(incident: string, of: { campaign: string; counts: NoticesCounted }): Promise<void>;
  linkScope(incident: string, scope: string, reason: string, by: Person): Promise<ReportsView>;
};
