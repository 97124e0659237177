import type { EntryDraft, EvidenceHash } from "../../ledger/entry.ts";
import type { Judgement } from "../../gate.ts";
import type { RecordsCode } from "./findings.ts";

/** What becomes of something that people must hear of. */
export type ReportedAct = { do: "refuse" | "hold" | "cut" | "tell" };

/** What passes through the gate's loop: a statement, a canary, a change of columns, a file. */
export type Crossed = {
  /** Code of the first entry. */
  code: "statement-seen" | "columns-changed" | "file-seen" | "watch-seen";
  about: Record<string, string>;
  data: NonNullable<EntryDraft["data"]>;
  evidence: readonly EvidenceHash[];
  judgement: Judgement<ReportedAct, RecordsCode>;
  /** In shadow: nothing was stopped. */
  dry: boolean;
  /** What the last entry says besides. */
  outcome: NonNullable<EntryDraft["data"]>;
};

/** The entry of what was seen, without raw personal data: texts and sentences are evidence. */
export function describeReading(seen: Crossed): EntryDraft {
  const about = Object.fromEntries(
    Object.entries(seen.about).map(([key, value]) => [key, value.slice(0, 256)]),
  );
  return {
    kind: "observed",
    code: seen.code,
    about: { gate: "records", ...about },
    evidence: seen.evidence,
    data: seen.data,
  };
}

/** What the evidence store keeps of it. */
export type KeptReading = {
  text: string;
  reasons: { code: RecordsCode; because: { en: string; ja: string } }[];
  /** Keys of canaries, and whatever else names customers. */
  customers?: string[];
};
