import type { EntryDraft, EntryId } from "./ledger/entry.ts";
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

/** The shape that all three gates share: `observe` brings what was seen, then `pass` runs the other two. */
export type Gate<Seen, Act, Outcome> = {
  /** The entry of what was seen: no raw personal data in it. */
  describe(seen: Seen): EntryDraft;
  /** Pure. */
  judge(seen: Seen): Judgement<Act>;
  /** I/O out; writes its own entries, asked and done, because "accepted" is not "in place". */
  enforce(act: Act, crossing: Crossing<Seen, Act>): Promise<Outcome>;
};

/** One thing on its way through a gate, with the entries that its enforcement rests on. */
export type Crossing<Seen, Act> = {
  seen: Seen;
  judgement: Judgement<Act>;
  about: Record<string, string>;
  restsOn: EntryId;
};

/** Where the standing orders in force are on record, so that every act rests on the decision behind it. */
export type OrdersInForce = { entry: EntryId };

/**
 * The one loop of every gate. Seen, judged and decided are on record, in this order, before anything takes
 * effect; `enforce` waits for the disk where it refuses, holds or blocks, and does not where it lets through.
 */
export async function pass<Seen, Act extends { do: string }, Outcome>(
  gate: Gate<Seen, Act, Outcome>,
  seen: Seen,
  context: { recorder: Recorder; inForce: OrdersInForce },
): Promise<Outcome> {
  const { recorder, inForce } = context;
  const draft = gate.describe(seen);
  const about = { ...draft.about };
  const observed = recorder.note(draft);
  const judgement = gate.judge(seen);
  const reasons = judgement.reasons.map(({ code, technique, severity }) => ({ code, technique, severity }));
  const judged = recorder.note({
    kind: "judged",
    code: `${about["gate"] ?? "gate"}-judged`,
    about,
    rests: [observed.id],
    data: { reasons },
  });
  const decided = recorder.note({
    kind: "decided",
    code: "order-applied",
    about,
    rests: [judged.id, inForce.entry],
    data: { order: judgement.order, act: judgement.act.do },
  });
  return gate.enforce(judgement.act, { seen, judgement, about, restsOn: decided.id });
}
