import { join } from "node:path";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry, EntryDraft } from "../ledger/entry.ts";
import { realDisk } from "../lib/disk.ts";
import type { NoticeRoom } from "../notice/store/campaign.ts";
import { readEntryAt } from "../notice/store/readEntryAt.ts";
import type { Station } from "./openStation.ts";

/** What notices and the hotline work with, on the stores of a running station. */
export function noticeRoomOf(station: Station): NoticeRoom {
  const { ledger, evidence, keyring, loaded, db } = station;
  const now = (): Temporal.Instant => Temporal.Now.instant();
  const folder = loaded.dataFolder;
  const append = (entry: Entry): Promise<number> => ledger.append(entry);
  const read = async (place: number, id: string): Promise<Entry | null> => {
    const signer = await keyring.openSigner(loaded.config.origin);
    return readEntryAt(realDisk, join(folder, "ledger"), { place, id, signer });
  };
  return {
    ...{ db, keyring, evidence, folder, now },
    ledger: { append, read },
    record: async (draft: EntryDraft) => {
      const entry = makeEntry(draft, { by: "station", now: now() });
      return { entry, place: await append(entry) };
    },
  };
}
