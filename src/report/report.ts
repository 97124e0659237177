import { z } from "zod";
import { REPORT_KINDS } from "./reportCodes.ts";

/**
 * A report as a file: what it says, item by item, and for each sentence the ledger entries it rests on. The
 * schema is strict, so that nothing can stand in a file that is not looked at.
 */
const Text = z.string().max(20_000);
const Said = z.strictObject({ ja: Text, en: Text });
const Instant = z.iso.datetime({ offset: true });

export const SENTENCE_KINDS = ["fact", "passage", "contradiction", "missing", "derived"] as const;
const Sentence = z.strictObject({
  kind: z
    .enum(SENTENCE_KINDS)
    .describe("passage: in the words of a person; missing: what is not known, and who could settle it."),
  ja: Text,
  en: Text,
  cites: z.array(z.int().positive()).max(256).describe("Numbers in `sources`."),
  by: z.string().max(128).nullable().describe("Of a passage: who wrote it, as the ledger calls her."),
});
export type Sentence = z.infer<typeof Sentence>;

const Table = z.strictObject({
  columns: z.array(z.strictObject({ title: Said, align: z.enum(["left", "right"]) })).max(12),
  rows: z.array(z.array(Said).max(12)).max(5_000),
});
export type Table = z.infer<typeof Table>;

export const ITEM_STATES = ["known", "supplement", "not-yet-known"] as const;
const Item = z.strictObject({
  code: z.string().max(64),
  name: Said,
  state: z.enum(ITEM_STATES).describe("supplement: known now, and not in the report filed before."),
  contradicts: z.boolean().describe("What stands on record contradicts itself."),
  sentences: z.array(Sentence).max(1_000),
  table: Table.nullable(),
});
export type ReportItem = z.infer<typeof Item>;

const Source = z.strictObject({
  number: z.int().positive(),
  entry: z.uuid(),
  index: z.int().nonnegative(),
  code: z.string().max(64),
  at: Instant,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Source = z.infer<typeof Source>;

export const Assumptions = z.strictObject({
  compensationYen: z.number().min(0).max(1_000_000).default(500).describe("Paid to each person."),
  compensated: z.number().min(0).max(1).default(1).describe("Share of persons who are paid."),
  mailYen: z.number().min(0).max(1_000).default(0.1).describe("One notice by mail."),
  reachedByMail: z.number().min(0).max(1).default(0.8).describe("Share whom mail reaches."),
  letterYen: z.number().min(0).max(10_000).default(150).describe("One letter: paper, print, postage."),
  callers: z.number().min(0).max(1).default(0.01).describe("Share of persons who call."),
  callMinutes: z.number().min(0).max(600).default(8).describe("Minutes of one call, with what is noted."),
  hotlineYenPerHour: z.number().min(0).max(1_000_000).default(4_000).describe("One agent, one hour."),
});
export type Assumptions = z.infer<typeof Assumptions>;
/** What was not said is as usual. */
export type AssumptionsInput = z.input<typeof Assumptions>;

export const Report = z.strictObject({
  format: z.literal("sekisho-report/1"),
  kind: z.enum(REPORT_KINDS),
  law: z
    .strictObject({
      id: z.string(),
      version: z.string(),
      duty: z.string(),
      name: Said,
      recipient: Said,
      source: z.string(),
    })
    .nullable(),
  partner: z.string().max(64).nullable(),
  title: Said,
  organisation: z.string().max(200),
  timeZone: z.string().max(64),
  incident: z.strictObject({ id: z.uuid(), number: z.int(), openedAt: Instant }),
  asOf: Instant.describe("What was on record then."),
  ledgerSize: z.int().nonnegative().describe("Made from the entries before this one."),
  before: z
    .strictObject({ entry: z.uuid(), sha256: z.string() })
    .nullable()
    .describe("The released report of the same duty that this one goes on from."),
  items: z.array(Item).max(100),
  assumptions: Assumptions.nullable(),
  sources: z.array(Source).max(10_000),
});
export type Report = z.infer<typeof Report>;
