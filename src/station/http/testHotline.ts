import type { Kysely } from "kysely";
import type { Entry, EntryDraft } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Keyring } from "../../ledger/keyring.ts";
import { Hotline } from "../../notice/hotline/hotline.ts";
import type { NoticeRoom } from "../../notice/store/campaign.ts";
import { createHotlineService } from "../service/hotlineService.ts";
import type { HotlineService } from "../service/hotlineTypes.ts";

/** The hotline over the tables of a test's state store, and what its lists are taken into. */
export function testHotline(parts: {
  db: Kysely<any>;
  keyring: Keyring;
  evidence: EvidenceStore;
  dataFolder: string;
  append: (draft: EntryDraft) => Promise<Entry>;
}): { noticeRoom: NoticeRoom; service: HotlineService } {
  const { db, keyring, evidence, dataFolder: folder, append } = parts;
  const noticeRoom: NoticeRoom = {
    ...{ db, keyring, evidence, folder },
    now: () => Temporal.Now.instant(),
    ledger: { append: async () => 0, read: async () => null },
    record: async (draft) => ({ entry: await append(draft), place: 0 }),
  };
  return { noticeRoom, service: createHotlineService(new Hotline(noticeRoom, "test")) };
}
