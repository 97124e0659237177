import type { Kysely } from "kysely";
import type { Entry, EntryDraft, EntryId } from "../ledger/entry.ts";
import type { EvidenceStore } from "../ledger/evidence.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { SekishoError } from "../lib/error.ts";
import { Turn } from "../lib/turn.ts";
import { projectIncident } from "./projectIncident.ts";

export const limits = { textCharactersMax: 4_000 } as const;

/** Who decides something, and why; the reason goes to the evidence store. */
export type Reasoned = { person: string; reason: string };

/** Writes the incident room's entries, and brings each into the tables at once. */
export class IncidentWriter {
  readonly db: Kysely<any>;
  readonly #recorder: Recorder;
  readonly #evidence: EvidenceStore;
  /** One step at a time: two findings in the same moment must not open two incidents of one matter. */
  readonly turn = new Turn();

  constructor(parts: { db: Kysely<any>; recorder: Recorder; evidence: EvidenceStore }) {
    this.db = parts.db;
    this.#recorder = parts.recorder;
    this.#evidence = parts.evidence;
  }

  async write(draft: EntryDraft): Promise<Entry> {
    const entry = await this.#recorder.append(draft);
    await projectIncident(this.db, entry);
    return entry;
  }

  /** Keeps what a person wrote. Throws usage for nothing, or too much. */
  keep(text: string): ReturnType<EvidenceStore["put"]> {
    if (text.trim() === "" || text.length > limits.textCharactersMax) {
      throw new SekishoError("usage", `Cannot go on without a text of 1 to ${limits.textCharactersMax}`, {
        hint: "say in a sentence what it is, or why",
      });
    }
    return this.#evidence.put(Buffer.from(text, "utf8"));
  }

  async decide(
    draft: { code: string; about: Record<string, string>; rests: readonly EntryId[] },
    said: Reasoned,
  ): Promise<Entry> {
    const reason = await this.keep(said.reason);
    const about = { ...draft.about, person: said.person };
    return this.write({ ...draft, kind: "decided", about, evidence: [reason], data: {} });
  }
}
