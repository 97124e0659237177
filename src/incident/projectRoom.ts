import type { Kysely } from "kysely";
import { z } from "zod";
import type { Entry } from "../ledger/entry.ts";
import { ROOM_KINDS, roomChanges, roomKinds, type ChangingKind, type RoomKind } from "./room/items.ts";

/** Tables of what people note, and of who was asked. */
export const roomTables = ["room_item", "room_change", "ask_told", "ask_taken", "decision_dissent"] as const;

const Id = z.uuid();
const Stamped = z.object({ at: z.iso.datetime({ offset: true }) });
const Told = z.object({ step: z.int(), way: z.string(), reached: z.array(z.string()) });

/** Brings one entry into these tables; an entry that comes twice does no harm. */
export async function projectRoom(db: Kysely<any>, entry: Entry): Promise<void> {
  const [, kind, what] = /^([a-z]+)-(noted|changed)$/.exec(entry.code) ?? [];
  if (what === "noted" && isRoomKind(kind)) return insertItem(db, entry, kind);
  if (what === "changed" && kind !== undefined && Object.hasOwn(roomChanges, kind)) {
    return insertChange(db, entry, roomChanges[kind as ChangingKind].safeParse(entry.data));
  }
  if (entry.code === "evidence-stamped")
    return insertChange(db, entry, Stamped.safeParse({ at: entry.data["at"] }));
  if (entry.code === "ask-told") return insertTold(db, entry);
  if (entry.code === "ask-taken") return insertTaken(db, entry);
  if (entry.code === "decision-dissented") return insertDissent(db, entry);
}

function isRoomKind(kind: string | undefined): kind is RoomKind {
  return kind !== undefined && (ROOM_KINDS as readonly string[]).includes(kind);
}

async function insertOnce(db: Kysely<any>, table: string, row: Record<string, unknown>): Promise<void> {
  await db
    .insertInto(table)
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

const saidBy = (entry: Entry): string => entry.about["person"] ?? entry.by;

async function insertItem(db: Kysely<any>, entry: Entry, kind: RoomKind): Promise<void> {
  const [incident, data] = [
    Id.safeParse(entry.about["incident"]),
    roomKinds[kind].data.safeParse(entry.data),
  ];
  if (!incident.success || !data.success) return;
  await insertOnce(db, "room_item", {
    entry: entry.id,
    incident: incident.data,
    kind,
    said_by: saidBy(entry),
    at: entry.at,
    data: JSON.stringify(data.data),
    text_evidence: entry.evidence[0] ?? null,
  });
}

async function insertChange(
  db: Kysely<any>,
  entry: Entry,
  data: { success: boolean; data?: unknown },
): Promise<void> {
  const [incident, item] = [Id.safeParse(entry.about["incident"]), Id.safeParse(entry.about["item"])];
  if (!incident.success || !item.success || !data.success) return;
  await insertOnce(db, "room_change", {
    entry: entry.id,
    incident: incident.data,
    item: item.data,
    code: entry.code,
    said_by: saidBy(entry),
    at: entry.at,
    data: JSON.stringify(data.data),
    evidence: entry.evidence[0] ?? null,
  });
}

async function insertTold(db: Kysely<any>, entry: Entry): Promise<void> {
  const [matter, told] = [entry.about["matter"], Told.safeParse(entry.data)];
  if (matter === undefined || !told.success) return;
  const { step, way, reached } = told.data;
  await insertOnce(db, "ask_told", {
    entry: entry.id,
    matter,
    step,
    way,
    reached: JSON.stringify(reached),
    told_at: entry.at,
  });
}

async function insertTaken(db: Kysely<any>, entry: Entry): Promise<void> {
  const { matter } = entry.about;
  if (matter === undefined) return;
  const row = { entry: entry.id, matter, person: saidBy(entry), taken_at: entry.at };
  await insertOnce(db, "ask_taken", { ...row, comment_evidence: entry.evidence[0] ?? null });
}

async function insertDissent(db: Kysely<any>, entry: Entry): Promise<void> {
  const decision = Id.safeParse(entry.about["decision"]);
  if (!decision.success) return;
  const row = { entry: entry.id, decision_id: decision.data, person: saidBy(entry), at: entry.at };
  await insertOnce(db, "decision_dissent", { ...row, reason_evidence: entry.evidence[0] ?? null });
}
