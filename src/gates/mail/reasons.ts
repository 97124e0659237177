import { visibleText } from "../../lib/visibleText.ts";
import type { Reason, Said, Severity } from "../../gate.ts";
import { CONTENT_REASONS } from "./reasons/content.ts";
import { IDENTITY_REASONS } from "./reasons/identity.ts";
import { NAME_REASONS } from "./reasons/names.ts";
import { STRUCTURE_REASONS } from "./reasons/structure.ts";

/** One row of the closed list. `say` makes whole sentences of the evidence, in both languages. */
export type ReasonEntry<Evidence> = {
  technique: string | null;
  severity: Severity;
  say: (evidence: Evidence) => Said;
};

/** Everything that the mail gate can make of a message, by code. Closed: ledger and reports count by it. */
export const REASONS = {
  ...CONTENT_REASONS,
  ...NAME_REASONS,
  ...IDENTITY_REASONS,
  ...STRUCTURE_REASONS,
} as const;
export type MailReason = keyof typeof REASONS;

export const MAIL_REASONS = Object.keys(REASONS) as [MailReason, ...MailReason[]];

/** The evidence that the sentence of a reason is made of. */
export type EvidenceOf<Code extends MailReason> = Parameters<(typeof REASONS)[Code]["say"]>[0];

/** A reason together with the part of the message that it is about. */
export type JudgedReason = Reason<MailReason> & { part: string | null };

/** Makes a reason: technique, severity and sentences come from the one table. */
export function reasonFor<Code extends MailReason>(
  code: Code,
  part: string | null,
  evidence: EvidenceOf<Code>,
): JudgedReason {
  const entry = REASONS[code] as ReasonEntry<EvidenceOf<Code>>;
  const because = entry.say(showAll(evidence));
  return { code, technique: entry.technique, severity: entry.severity, because, part };
}

/** Names come from strangers: nothing in a sentence may hide itself or turn the text around. */
function showAll<Evidence extends object>(evidence: Evidence): Evidence {
  const shown = Object.entries(evidence).map(([key, value]) => [
    key,
    typeof value === "string" ? visibleText(value) : value,
  ]);
  return Object.fromEntries(shown) as Evidence;
}
