import type { Kysely } from "kysely";
import { Asking } from "../../incident/ask/asking.ts";
import { AskSettings } from "../../incident/ask/settings.ts";
import { Decisions } from "../../incident/decide.ts";
import { Incidents } from "../../incident/incidents.ts";
import { IncidentWriter } from "../../incident/incidentWriter.ts";
import { Room } from "../../incident/room/room.ts";
import { IncidentSettings } from "../../incident/settings.ts";
import { LAWS } from "../../law/laws.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { createRoomService } from "../service/roomService.ts";
import type { RoomService } from "../service/roomTypes.ts";

/** The incident room over the tables of a test's state store. */
export function testRoom(parts: {
  db: Kysely<any>;
  recorder: Recorder;
  evidence: EvidenceStore;
  nameOf: (person: string) => Promise<string | null>;
}): { incidents: Incidents; service: RoomService; asking: Asking } {
  const { db, recorder, evidence, nameOf } = parts;
  const now = (): Temporal.Instant => Temporal.Now.instant();
  const writer = new IncidentWriter({ db, recorder, evidence });
  const incidents = new Incidents(writer, { laws: LAWS, policy: IncidentSettings.parse({}), now });
  const decisions = new Decisions({ db, recorder, evidence, now, onSettled: async () => {} });
  const asking = new Asking({
    writer,
    decisions,
    deadlines: incidents.deadlines,
    laws: LAWS,
    settings: AskSettings.parse({}),
    roster: [],
    timeZone: "Asia/Tokyo",
    origin: () => "http://localhost",
    now,
    tell: async () => [],
  });
  const persons = async (): Promise<{ id: string; name: string }[]> => {
    const rows = await db.selectFrom("person").select(["id", "name"]).orderBy("name").execute();
    return rows as { id: string; name: string }[];
  };
  const service = createRoomService({
    incidents,
    room: new Room(writer),
    asking,
    decisions,
    evidence,
    nameOf,
    persons,
    stamp: async () => null,
    now,
  });
  return { incidents, service, asking };
}
