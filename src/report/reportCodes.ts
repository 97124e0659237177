import { z } from "zod";
import { EntryId } from "../ledger/entry.ts";
import { TOPIC_NAMES } from "./topics.ts";

/** A text that a person wrote, in one or both languages; lies in the evidence store as JSON. */
export const Written = z
  .strictObject({ ja: z.string().trim().min(1).max(4_000), en: z.string().trim().min(1).max(4_000) })
  .partial()
  .refine(({ ja, en }) => ja !== undefined || en !== undefined, "a text in Japanese or in English is needed");
export type Written = z.infer<typeof Written>;

/** A passage, as its entry holds it. */
export const Passage = z.strictObject({
  topic: z.enum(TOPIC_NAMES),
  /** Only for this partner's letter. */
  partner: z.string().min(1).max(64).nullable().default(null),
  replaces: EntryId.nullable().default(null),
});
export type Passage = z.infer<typeof Passage>;

export const REPORT_KINDS = [
  "preliminary",
  "supplement",
  "final",
  "order",
  "board",
  "partner",
  "press",
  "public",
  "cost",
] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

export const Drafted = z.object({
  kind: z.enum(REPORT_KINDS),
  law: z.string().nullable(),
  partner: z.string().nullable(),
  sha256: z.string(),
  number: z.int(),
});
export const Released = z.object({ final: z.boolean() });

/** How far the notices of a campaign are: persons by what became of their notice. */
export const NoticesCounted = z.object({
  persons: z.int().nonnegative(),
  states: z.record(z.string().max(64), z.int().nonnegative()),
});
export type NoticesCounted = z.infer<typeof NoticesCounted>;

/** Codes of the ledger entries that this room writes. */
export const codes = {
  passage: "passage-written",
  forPublic: "public-allowed",
  scope: "scope-linked",
  notices: "notices-counted",
  drafted: "report-drafted",
  released: "report-released",
  filed: "report-filed",
} as const;
