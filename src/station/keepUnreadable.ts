import { hash } from "node:crypto";
import type { Entry, EntryId } from "../ledger/entry.ts";
import type { EvidenceStore } from "../ledger/evidence.ts";

/**
 * A line of a gate's spool that is no entry (a disk that lies, a gate of another version) is kept as what was
 * seen. Its id follows from the line, so that it stands once, however often it is sent.
 */
export async function keepUnreadable(store: EvidenceStore, gate: string, line: string): Promise<Entry> {
  const bytes = Buffer.from(line, "utf8");
  const digest = hash("sha256", bytes);
  const object = await store.put(bytes);
  return {
    id: `00000000-0000-7${digest.slice(0, 3)}-8${digest.slice(3, 6)}-${digest.slice(6, 18)}` as EntryId,
    kind: "observed",
    code: "entry-unreadable",
    at: Temporal.Now.instant().toString({ fractionalSecondDigits: 3 }),
    by: "station",
    about: { gate },
    rests: [],
    evidence: [object],
    data: { bytes: bytes.length, sha256: digest },
  };
}
