import { z } from "zod";
import { SEVERITIES } from "../../gate.ts";

/**
 * What people write down in the incident room beside facts: one schema for each kind. `data` stands in the
 * ledger and holds no text of theirs; `text` lies encrypted in the evidence store.
 */

export const ROOM_ROLES = ["commander", "scribe", "counsel", "privacy-officer", "partner-desk"] as const;
export type RoomRole = (typeof ROOM_ROLES)[number];
export const TASK_STATES = ["open", "doing", "done", "dropped"] as const;
export const HYPOTHESIS_STATES = ["open", "supported", "refuted"] as const;

const moment = z.iso.datetime({ offset: true });
const text = z.string().trim().min(1).max(4_000);
const short = z.string().trim().min(1).max(400);
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** An article, a press release, a report of somebody else: what it claims, and when we read it. */
export const OutsideSource = z.strictObject({
  publisher: short,
  title: short,
  /** The day it bears. */
  date: z.iso.date(),
  /** The day we read it. */
  read: z.iso.date(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
  quotation: text.optional(),
});
export type OutsideSource = z.infer<typeof OutsideSource>;

export const roomKinds = {
  /** Two times of one event: when it happened, and when it became known, and to whom. */
  event: {
    data: z.strictObject({ happenedAt: moment, knownAt: moment }),
    text: z.strictObject({ what: text, knownTo: short, source: OutsideSource.optional() }),
  },
  /** A thing that proves something; its bytes are in the evidence store or where `where` says. */
  evidence: {
    data: z.strictObject({
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.int().min(0),
      collectedAt: moment,
      /** Whether the bytes lie in the evidence store. */
      kept: z.boolean(),
    }),
    text: z.strictObject({ name: short, where: short, how: text, by: short }),
  },
  /** Who had a thing in hand: one line of its chain of custody (ISO/IEC 27037). */
  custody: {
    data: z.strictObject({ evidence: z.uuid(), at: moment }),
    text: z.strictObject({ who: short, what: short, where: short, how: text }),
  },
  task: {
    data: z.strictObject({
      state: z.enum(TASK_STATES),
      playbook: name.nullable(),
      step: name.nullable(),
      role: z.enum(ROOM_ROLES).nullable(),
      due: moment.nullable(),
      /** Who does it; a person's id. */
      person: z.string().max(128).nullable(),
    }),
    text: z.strictObject({ title: short, note: text.optional() }),
  },
  hypothesis: {
    data: z.strictObject({ state: z.enum(HYPOTHESIS_STATES) }),
    text: z.strictObject({ what: text }),
  },
  role: {
    data: z.strictObject({ role: z.enum(ROOM_ROLES), person: z.string().min(1).max(128) }),
    text: z.strictObject({ why: text }),
  },
  /** How grave a person holds it to be, whatever the findings say. */
  severity: {
    data: z.strictObject({ severity: z.enum(SEVERITIES) }),
    text: z.strictObject({ why: text }),
  },
} as const;

export type RoomKind = keyof typeof roomKinds;
export const ROOM_KINDS = Object.keys(roomKinds) as RoomKind[];
export type RoomData<K extends RoomKind> = z.infer<(typeof roomKinds)[K]["data"]>;
export type RoomText<K extends RoomKind> = z.infer<(typeof roomKinds)[K]["text"]>;

/** What may be changed afterwards, with a reason; everything else is noted anew. */
export const roomChanges = {
  task: z
    .strictObject({
      state: z.enum(TASK_STATES),
      role: z.enum(ROOM_ROLES).nullable(),
      due: moment.nullable(),
      person: z.string().max(128).nullable(),
    })
    .partial(),
  hypothesis: z.strictObject({ state: z.enum(HYPOTHESIS_STATES) }),
} as const;
export type ChangingKind = keyof typeof roomChanges;
