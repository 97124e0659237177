import { makeUuidV7 } from "../lib/identifier.ts";
import type { Entry, EntryDraft, EntryId } from "./entry.ts";

/** Makes an entry of a draft: gives it a name, the time and its writer. */
export function makeEntry(draft: EntryDraft, writer: { by: string; now: Temporal.Instant }): Entry {
  return {
    id: makeUuidV7(writer.now.epochMilliseconds) as EntryId,
    kind: draft.kind,
    code: draft.code,
    at: writer.now.toString({ fractionalSecondDigits: 3 }),
    by: writer.by,
    about: { ...draft.about },
    rests: [...(draft.rests ?? [])],
    evidence: [...(draft.evidence ?? [])],
    data: { ...draft.data },
  };
}
