import { z } from "zod";
import { printCanonicalJson, type Json } from "../lib/canonicalJson.ts";

/** The four words of the chain: what was seen, what we make of it, who let it happen, what was done. */
export const KINDS = ["observed", "judged", "decided", "enforced"] as const;
export type Kind = (typeof KINDS)[number];

/** C2SP tlog-tiles: an entry in a bundle has a 16-bit length. */
export const limits = { entryBytesMax: 65_535, restsMax: 256, evidenceMax: 256 } as const;

export const EntryId = z.uuidv7().brand<"EntryId">();
export type EntryId = z.infer<typeof EntryId>;

export const EvidenceHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<"EvidenceHash">();
export type EvidenceHash = z.infer<typeof EvidenceHash>;

/**
 * One line of the ledger. Holds no raw personal data: what a person wrote or is lies encrypted in the
 * evidence store, and the entry names it by hash.
 */
export const Entry = z.strictObject({
  id: EntryId.describe(
    "Given by the writer, so that an entry can be named before it has a place in the tree.",
  ),
  kind: z.enum(KINDS),
  code: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,63}$/)
    .describe("What happened, such as mail-received."),
  at: z.iso.datetime({ precision: 3 }).describe("When it happened at the writer, UTC."),
  by: z.string().max(128).describe("Who wrote it: gate/mail, station, person/<id>."),
  about: z
    .record(z.string().regex(/^[a-z][a-zA-Z0-9]{0,31}$/), z.string().max(256))
    .describe("What it is about, for search: mail, evidence, decision, host."),
  rests: z.array(EntryId).max(limits.restsMax).describe("The entries that this one rests on."),
  evidence: z.array(EvidenceHash).max(limits.evidenceMax).describe("Objects in the evidence store."),
  data: z.record(z.string(), z.json()).describe("Details, without raw personal data."),
});
export type Entry = z.infer<typeof Entry>;

/** What a caller gives; the writer adds `id`, `at` and `by`. */
export type EntryDraft = {
  kind: Kind;
  code: string;
  about?: Record<string, string>;
  rests?: readonly EntryId[];
  evidence?: readonly EvidenceHash[];
  data?: Record<string, Json>;
};

/** The bytes of an entry as they stand in the tree: RFC 8785 JSON in UTF-8. */
export function encodeEntry(entry: Entry): Uint8Array {
  return Buffer.from(printCanonicalJson(entry as unknown as Json), "utf8");
}
