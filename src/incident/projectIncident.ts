import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Entry } from "../ledger/entry.ts";
import { AUDIENCES, FACT_NAMES } from "../law/facts.ts";
import { projectRoom, roomTables } from "./projectRoom.ts";
import { signOf } from "./signOf.ts";

/** Tables that are read off the incident room's entries. */
export const incidentTables = [
  "incident",
  "incident_sign",
  "claim",
  "legal_clock",
  "duty_done",
  "deadline_told",
  ...roomTables,
] as const;

const Id = z.uuid();
const Opened = z.object({ number: z.int() });
const Why = z.object({ with: z.uuid(), key: z.object({ kind: z.string(), value: z.string() }) }).nullable();
const Claimed = z.object({
  fact: z.enum(FACT_NAMES),
  value: z.union([z.number(), z.boolean(), z.string()]),
  bound: z.boolean(),
  replaces: z.uuid().nullable(),
  audience: z.enum(AUDIENCES).default("team"),
});
const Computed = z.object({
  law: z.string(),
  duty: z.string(),
  answer: z.enum(["yes", "no", "unknown"]),
  deadline: z.string().nullable(),
  lastDay: z.string().nullable(),
  counted: z.object({ ja: z.string(), en: z.string() }),
});
const Ended = z.object({ law: z.string(), duty: z.string() });
const Told = z.object({ clock: z.uuid(), hours: z.int() });
const Done = z.object({ law: z.string(), duty: z.string(), at: z.iso.datetime({ offset: true }) });

/**
 * Brings one entry into the tables of incidents. Every entry sets what it says and adds nothing up, so that
 * an entry that comes twice does no harm: once from who wrote it, once from the index.
 */
export async function projectIncident(db: Kysely<any>, entry: Entry): Promise<void> {
  const sign = signOf(entry);
  if (sign !== null) await insertOnce(db, "incident_sign", { ...rowOfSign(sign), apart: "[]" });
  await steps[entry.code]?.(db, entry);
  await projectRoom(db, entry);
}

const steps: Readonly<Record<string, (db: Kysely<any>, entry: Entry) => Promise<void>>> = {
  "incident-opened": openIncident,
  "finding-joined": joinFinding,
  "finding-parted": partFinding,
  "incidents-merged": mergeIncidents,
  "incident-closed": closeIncident,
  "fact-claimed": insertClaim,
  "fact-picked": pickClaim,
  "clock-computed": insertClock,
  "clock-ended": endClock,
  "duty-done": insertDone,
  "deadline-near": insertTold,
  "deadline-passed": insertTold,
  "duty-undone": undoDone,
};

function rowOfSign(sign: NonNullable<ReturnType<typeof signOf>>): Record<string, unknown> {
  return {
    entry: sign.entry,
    gate: sign.gate,
    at: sign.at,
    severity: sign.severity,
    techniques: JSON.stringify(sign.techniques),
    keys: JSON.stringify(sign.keys),
    codes: JSON.stringify(sign.codes),
    about: JSON.stringify(sign.about).replaceAll("\\u0000", "\ufffd"),
  };
}

async function insertOnce(db: Kysely<any>, table: string, row: Record<string, unknown>): Promise<void> {
  await db
    .insertInto(table)
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** An id that the entry is about; entries of another form are kept in the ledger and shown nowhere else. */
function idOf(entry: Entry, key: string): string | null {
  const parsed = Id.safeParse(entry.about[key]);
  return parsed.success ? parsed.data : null;
}

async function openIncident(db: Kysely<any>, entry: Entry): Promise<void> {
  const [id, opened] = [idOf(entry, "incident"), Opened.safeParse(entry.data)];
  if (id === null || !opened.success) return;
  await insertOnce(db, "incident", {
    id,
    number: opened.data.number,
    opened_at: entry.at,
    state: "open",
    title_evidence: entry.evidence[0] ?? null,
    entry: entry.id,
  });
}

async function joinFinding(db: Kysely<any>, entry: Entry): Promise<void> {
  const [incident, sign] = [idOf(entry, "incident"), idOf(entry, "finding")];
  const why = Why.safeParse(entry.data["why"]);
  if (incident === null || sign === null || !why.success) return;
  const row = { incident, why: JSON.stringify(why.data), joined_entry: entry.id };
  await db.updateTable("incident_sign").set(row).where("entry", "=", sign).execute();
}

async function partFinding(db: Kysely<any>, entry: Entry): Promise<void> {
  const [incident, sign] = [idOf(entry, "incident"), idOf(entry, "finding")];
  if (incident === null || sign === null) return;
  const found = (await db
    .selectFrom("incident_sign")
    .select("apart")
    .where("entry", "=", sign)
    .executeTakeFirst()) as { apart: string } | undefined;
  if (found === undefined) return;
  const apart = [...new Set([...(JSON.parse(found.apart) as string[]), incident])];
  await db
    .updateTable("incident_sign")
    .set({ apart: JSON.stringify(apart), incident: null, why: null, joined_entry: entry.id })
    .where("entry", "=", sign)
    .execute();
}

/** Everything of an incident goes along where it is put into another. */
const movedTables = [
  "incident_sign",
  "claim",
  "legal_clock",
  "duty_done",
  "deadline_told",
  "room_item",
  "room_change",
] as const;

async function mergeIncidents(db: Kysely<any>, entry: Entry): Promise<void> {
  const [into, from] = [idOf(entry, "incident"), idOf(entry, "from")];
  if (into === null || from === null) return;
  await db
    .updateTable("incident")
    .set({ state: "merged", merged_into: into })
    .where("id", "=", from)
    .execute();
  for (const table of movedTables)
    await db.updateTable(table).set({ incident: into }).where("incident", "=", from).execute();
}

async function closeIncident(db: Kysely<any>, entry: Entry): Promise<void> {
  const id = idOf(entry, "incident");
  if (id !== null) await db.updateTable("incident").set({ state: "closed" }).where("id", "=", id).execute();
}

async function insertClaim(db: Kysely<any>, entry: Entry): Promise<void> {
  const [incident, claimed] = [idOf(entry, "incident"), Claimed.safeParse(entry.data)];
  if (incident === null || !claimed.success) return;
  const { fact, value, bound, replaces, audience } = claimed.data;
  await insertOnce(db, "claim", {
    entry: entry.id,
    incident,
    fact,
    value: JSON.stringify(value),
    bound,
    said_by: entry.about["person"] ?? entry.by,
    said_at: entry.at,
    replaces,
    source_evidence: entry.evidence[0] ?? null,
    audience,
    rests: JSON.stringify(entry.rests.filter((id) => id !== replaces)),
  });
}

async function pickClaim(db: Kysely<any>, entry: Entry): Promise<void> {
  const [incident, claim] = [idOf(entry, "incident"), idOf(entry, "claim")];
  if (incident === null || claim === null) return;
  const { fact } = entry.about;
  // The later of two picks holds.
  await db
    .updateTable("claim")
    .set({ picked_at: null, picked_entry: null })
    .where("incident", "=", incident)
    .where("fact", "=", fact ?? "")
    .execute();
  await db
    .updateTable("claim")
    .set({ picked_at: entry.at, picked_entry: entry.id })
    .where("entry", "=", claim)
    .execute();
}

async function insertClock(db: Kysely<any>, entry: Entry): Promise<void> {
  const [incident, computed] = [idOf(entry, "incident"), Computed.safeParse(entry.data)];
  if (incident === null || !computed.success) return;
  const { law, duty, answer, deadline, lastDay, counted } = computed.data;
  const claim = idOf(entry, "claim");
  await keepFormer(db, { incident, law, duty, claim, entry: entry.id });
  await insertOnce(db, "legal_clock", {
    entry: entry.id,
    incident,
    law,
    duty,
    claim,
    answer,
    deadline,
    last_day: lastDay,
    counted: JSON.stringify(counted),
    told_at: entry.at,
    former: false,
  });
}

async function endClock(db: Kysely<any>, entry: Entry): Promise<void> {
  const [incident, ended] = [idOf(entry, "incident"), Ended.safeParse(entry.data)];
  if (incident === null || !ended.success) return;
  await keepFormer(db, { ...ended.data, incident, claim: idOf(entry, "claim"), entry: entry.id });
}

/** What a clock was before `entry` is kept as its former value; the later of two names is the newer. */
async function keepFormer(
  db: Kysely<any>,
  of: { incident: string; law: string; duty: string; claim: string | null; entry: string },
): Promise<void> {
  await db
    .updateTable("legal_clock")
    .set({ former: true })
    .where("incident", "=", of.incident)
    .where("law", "=", of.law)
    .where("duty", "=", of.duty)
    .where(sql`coalesce(claim::text, '')`, "=", of.claim ?? "")
    .where("entry", "<", of.entry)
    .execute();
}

async function insertDone(db: Kysely<any>, entry: Entry): Promise<void> {
  const [incident, done] = [idOf(entry, "incident"), Done.safeParse(entry.data)];
  if (incident === null || !done.success) return;
  const { law, duty, at } = done.data;
  const row = { entry: entry.id, incident, law, duty, done_by: entry.about["person"] ?? entry.by };
  await insertOnce(db, "duty_done", { ...row, done_at: at, undone: false });
}

async function insertTold(db: Kysely<any>, entry: Entry): Promise<void> {
  const [incident, told] = [idOf(entry, "incident"), Told.safeParse(entry.data)];
  if (incident === null || !told.success) return;
  await insertOnce(db, "deadline_told", { entry: entry.id, incident, ...told.data });
}

async function undoDone(db: Kysely<any>, entry: Entry): Promise<void> {
  const done = idOf(entry, "done");
  if (done !== null)
    await db.updateTable("duty_done").set({ undone: true }).where("entry", "=", done).execute();
}
