import type { EntryId } from "./ledger/entry.ts";
import type { Recorder } from "./ledger/recorder.ts";

/** A text in the two languages of the house. */
export type Said = { en: string; ja: string };

/** One thing that a judge makes of what was seen. `code` is from the gate's closed list. */
export type Reason<Code extends string = string> = {
  code: Code;
  /** MITRE ATT&CK technique id, where one exists. */
  technique: string | null;
  severity: Severity;
  /** For the officer; may hold personal data, so it goes to the evidence store, not into the ledger. */
  because: Said;
};

export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A judgement: the act, the reasons, and the standing order that matched, never only a sum. */
export type Judgement<Act, Code extends string = string> = {
  act: Act;
  reasons: Reason<Code>[];
  /** Name of the standing order that chose the act, or null where the default of the policy did. */
  order: string | null;
};

/** What became of an act: asked and done are two entries, because "accepted" is not "in place". */
export type Enforced = {
  state: "asked" | "in-place" | "ended" | "failed" | "dry";
  code: string;
  detail: Record<string, string | number | boolean | null>;
};

/** The shape that all three gates share. */
export type Gate<Seen, Act> = {
  /** I/O in: brings the bytes, the time and all history that the judge needs. */
  observe(pass: (seen: Seen) => Promise<void>): Promise<AsyncDisposable>;
  /** Pure. */
  judge(seen: Seen): Judgement<Act>;
  /** I/O out. */
  enforce(act: Act, context: { seen: Seen; recorder: Recorder; restsOn: EntryId }): Promise<Enforced>;
};
