import type { Kysely } from "kysely";
import type { Incidents } from "../../incident/incidents.ts";
import { LAWS } from "../../law/laws.ts";
import type { Entry, EntryDraft } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Keyring } from "../../ledger/keyring.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import type { NoticeRoom } from "../../notice/store/campaign.ts";
import { createIncidentService } from "../service/incidentService.ts";
import { createReportService, type ReportSource } from "../service/reportService.ts";
import type { Services } from "../services.ts";
import { testNotices } from "./testNotices.ts";
import { testRoom } from "./testRoom.ts";

type Aftermath = Pick<Services, "incidents" | "room" | "reports" | "notices" | "hotline">;

/** What follows a finding, over the tables of a test's state store. */
export function testAftermath(parts: {
  db: Kysely<any>;
  keyring: Keyring;
  dataFolder: string;
  recorder: Recorder;
  evidence: EvidenceStore;
  source: ReportSource;
  append: (draft: EntryDraft) => Promise<Entry>;
  nameOf: (person: string) => Promise<string | null>;
}): Aftermath & { incidentRoom: Incidents; noticeRoom: NoticeRoom } {
  const { source, recorder, evidence, nameOf } = parts;
  const { incidents, service: room } = testRoom(parts);
  return {
    ...testNotices(parts),
    incidents: createIncidentService({ incidents, laws: LAWS, evidence, nameOf }),
    incidentRoom: incidents,
    room,
    reports: createReportService({
      ...{ source, recorder, evidence, incidents, nameOf },
      laws: LAWS,
      organisation: "Example Travel",
      timeZone: "Asia/Tokyo",
      now: () => Temporal.Now.instant(),
    }),
  };
}
