import type { Said } from "../../gate.ts";
import type { DoubtRule } from "../../notice/doubt.ts";
import type { CampaignStatus } from "../../notice/status.ts";
import type { Person } from "../services.ts";

/* ---- notices, for the pages ---- */

export type NoticeProblem = { line: number; rule: string; problem: Said; mend: Said };
export type NoticeText = {
  /** The file's name: passport.ja.txt. */
  file: string;
  group: string;
  persons: number;
  /** Null where there is none yet. */
  text: string | null;
  problems: NoticeProblem[];
};

/** How the sending goes while it runs. */
export type NoticeProgress = {
  sent: number;
  refused: number;
  deferred: number;
  doubt: number;
  total: number;
  perSecond: number;
  /** Null until there is a rate. */
  secondsLeft: number | null;
};
export type NoticeRow = { name: string; state: CampaignStatus["state"]; persons: number };
export type NoticeView = Omit<CampaignStatus, "releases"> & {
  releases: { person: string; at: string; authenticated: boolean }[];
  texts: NoticeText[];
  /** What all texts say of the matter. */
  values: { text: string; problems: NoticeProblem[] };
  /** Null while nothing is being sent by this station. */
  progress: NoticeProgress | null;
  /** Why the last sending ended before its end. */
  lastProblem: string | null;
  doubts: { person: string; at: string; why: string }[];
};
export type NoticePreview = { from: string; subject: string; text: string };

export type NoticeService = {
  /** Whether notices are set up in the configuration. */
  readonly ready: boolean;
  list(): Promise<NoticeRow[]>;
  get(name: string): Promise<NoticeView>;
  /** Takes a list as CSV; gives what was taken and what was not. */
  take(
    name: string,
    bytes: Buffer,
    by: Person,
  ): Promise<{ rows: number; added: number; bad: { line: number; problem: string }[] }>;
  saveText(name: string, file: string, text: string): Promise<NoticeView>;
  preview(name: string, group: string): Promise<NoticePreview>;
  release(name: string, by: Person): Promise<NoticeView>;
  start(name: string, by: Person): Promise<NoticeView>;
  order(name: string, act: "pause" | "stop" | "resume", reason: string, by: Person): Promise<NoticeView>;
  settleDoubt(name: string, rule: DoubtRule, reason: string, by: Person): Promise<NoticeView>;
};
