import { join } from "node:path";
import type { Kysely } from "kysely";
import type { Entry, EntryDraft } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Keyring } from "../../ledger/keyring.ts";
import { Hotline } from "../../notice/hotline/hotline.ts";
import { NoticeSettings } from "../../notice/settings.ts";
import type { NoticeRoom } from "../../notice/store/campaign.ts";
import { createHotlineService } from "../service/hotlineService.ts";
import { createNoticeService } from "../service/noticeService.ts";
import type { HotlineService } from "../service/hotlineTypes.ts";

/** Notices and the hotline over the tables of a test's state store, and what its lists are taken into. */
export function testNotices(parts: {
  db: Kysely<any>;
  keyring: Keyring;
  evidence: EvidenceStore;
  dataFolder: string;
  append: (draft: EntryDraft) => Promise<Entry>;
}): { noticeRoom: NoticeRoom; hotline: HotlineService; notices: ReturnType<typeof createNoticeService> } {
  const { db, keyring, evidence, dataFolder: folder, append } = parts;
  const noticeRoom: NoticeRoom = {
    ...{ db, keyring, evidence, folder },
    now: () => Temporal.Now.instant(),
    ledger: { append: async () => 0, read: async () => null },
    record: async (draft) => ({ entry: await append(draft), place: 0 }),
  };
  const notice = NoticeSettings.parse({
    senders: [
      { address: "info@agency.example.jp", name: "見本観光" },
      { address: "news@agency.example.jp", name: "見本観光" },
    ],
    bounceDomain: "bounce.agency.example.jp",
    dkim: { domain: "agency.example.jp" },
    relays: [{ host: "127.0.0.1", port: 9, tls: "none" }],
  });
  const config = { notice, timeZone: "Asia/Tokyo" };
  return {
    noticeRoom,
    hotline: createHotlineService(new Hotline(noticeRoom, "test")),
    notices: createNoticeService({
      room: noticeRoom,
      loaded: { file: join(folder, "sekisho.yaml"), config },
      nameOf: async () => null,
    }),
  };
}
