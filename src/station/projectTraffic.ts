import type { Kysely } from "kysely";
import { z } from "zod";
import { SEVERITIES } from "../gate.ts";
import type { Entry } from "../ledger/entry.ts";

const Id = z.uuid();
const Reasons = z.object({
  reasons: z.array(
    z.object({ code: z.string(), technique: z.string().nullable(), severity: z.enum(SEVERITIES) }),
  ),
});
const Found = z.object({
  by: z.string(),
  group: z.string(),
  address: z.string(),
  hidden: z.string().nullable(),
});
const Ordered = z.object({ act: z.string(), target: z.string(), until: z.iso.datetime() });
const Placed = z.object({
  state: z.string(),
  inPlaceMs: z.number().nullable(),
  warnings: z.array(z.string()),
  problem: z.string().nullable(),
});
const Proof = z.object({
  lastPacketMs: z.number().nullable(),
  passedSince: z.number(),
  stopped: z.number(),
});
const RecordFile = z.object({
  path: z.string(),
  hour: z.iso.datetime(),
  rows: z.number(),
  bytes: z.number(),
  sha256: z.string(),
});

/**
 * Reads findings, acts on traffic and files of the record off the outbound gate's entries. An entry of
 * another form is kept in the ledger and shown nowhere else.
 */
export async function projectTraffic(db: Kysely<any>, entry: Entry): Promise<void> {
  await steps[entry.code]?.(db, entry);
}

const steps: Record<string, (db: Kysely<any>, entry: Entry) => Promise<void>> = {
  "traffic-found": insertFinding,
  "finding-kept": keepFinding,
  "outbound-judged": judgeFinding,
  "order-applied": orderFinding,
  "deciders-asked": insertAsked,
  "cut-ordered": insertCut,
  "cut-in-place": placeCut,
  "cut-dry": placeCut,
  "cut-failed": placeCut,
  "cut-renewed": renewCut,
  "cut-proved": proveCut,
  "cut-ended": endCut,
  "record-file": insertFile,
};

function idOf(entry: Entry, key: string): string | null {
  const parsed = Id.safeParse(entry.about[key]);
  return parsed.success ? parsed.data : null;
}

async function insertFinding(db: Kysely<any>, entry: Entry): Promise<void> {
  const found = Found.safeParse(entry.data);
  const id = idOf(entry, "finding");
  if (!found.success || id === null) return;
  const row = {
    id,
    found_at: entry.at,
    found_by: found.data.by,
    severity: "info",
    severity_rank: 0,
    reasons: "[]",
    host: entry.about["host"] ?? "",
    host_address: found.data.address,
    destination: entry.about["destination"] ?? "",
    grouping_key: found.data.group,
    order_name: null,
    act: null,
    cut_id: null,
    hidden_by: found.data.hidden,
    evidence: entry.evidence[0] ?? null,
    entry: entry.id,
  };
  await db
    .insertInto("finding")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/** Its sentences were late on disk. */
async function keepFinding(db: Kysely<any>, entry: Entry): Promise<void> {
  const id = idOf(entry, "finding");
  const [evidence] = entry.evidence;
  if (id === null || evidence === undefined) return;
  await db
    .updateTable("finding")
    .set({ evidence })
    .where("id", "=", id)
    .where("evidence", "is", null)
    .execute();
}

async function judgeFinding(db: Kysely<any>, entry: Entry): Promise<void> {
  const judged = Reasons.safeParse(entry.data);
  const id = idOf(entry, "finding");
  if (!judged.success || id === null) return;
  const { reasons } = judged.data;
  const rank = Math.max(0, ...reasons.map(({ severity }) => SEVERITIES.indexOf(severity)));
  const row = { reasons: JSON.stringify(reasons), severity: SEVERITIES[rank], severity_rank: rank };
  await db.updateTable("finding").set(row).where("id", "=", id).execute();
}

async function orderFinding(db: Kysely<any>, entry: Entry): Promise<void> {
  const id = idOf(entry, "finding");
  if (id === null) return;
  const { order, act } = entry.data as { order?: string | null; act?: string };
  await db
    .updateTable("finding")
    .set({ order_name: order ?? null, act: act ?? null })
    .where("id", "=", id)
    .execute();
}

async function insertAsked(db: Kysely<any>, entry: Entry): Promise<void> {
  const id = idOf(entry, "finding");
  if (id === null) return;
  const row = { finding_id: id, entry: entry.id, about: JSON.stringify(entry.about), asked_at: entry.at };
  await db
    .insertInto("deciders_asked")
    .values(row)
    .onConflict((conflict) => conflict.column("finding_id").doNothing())
    .execute();
}

async function insertCut(db: Kysely<any>, entry: Entry): Promise<void> {
  const ordered = Ordered.safeParse(entry.data);
  const id = idOf(entry, "cut");
  if (!ordered.success || id === null) return;
  const finding = idOf(entry, "finding");
  const row = {
    id,
    act: ordered.data.act,
    target: ordered.data.target,
    state: "asked",
    ordered_at: entry.at,
    until_at: ordered.data.until,
    warnings: "[]",
    finding_id: finding,
    decision_id: idOf(entry, "decision"),
    asked_entry: entry.id,
    order_name: await orderNameOf(db, finding),
  };
  await db
    .insertInto("cut_order")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  if (finding !== null)
    await db.updateTable("finding").set({ cut_id: id }).where("id", "=", finding).execute();
}

async function orderNameOf(db: Kysely<any>, finding: string | null): Promise<string | null> {
  if (finding === null) return null;
  const row = await db
    .selectFrom("finding")
    .select("order_name")
    .where("id", "=", finding)
    .executeTakeFirst();
  return (row as { order_name: string | null } | undefined)?.order_name ?? null;
}

async function placeCut(db: Kysely<any>, entry: Entry): Promise<void> {
  const placed = Placed.safeParse(entry.data);
  const id = idOf(entry, "cut");
  if (!placed.success || id === null) return;
  const { state, inPlaceMs, warnings, problem } = placed.data;
  const row = { state, in_place_ms: inPlaceMs, warnings: JSON.stringify(warnings), problem };
  await db.updateTable("cut_order").set(row).where("id", "=", id).execute();
}

async function renewCut(db: Kysely<any>, entry: Entry): Promise<void> {
  const ordered = Ordered.safeParse(entry.data);
  const id = idOf(entry, "cut");
  if (!ordered.success || id === null) return;
  await db.updateTable("cut_order").set({ until_at: ordered.data.until }).where("id", "=", id).execute();
}

async function proveCut(db: Kysely<any>, entry: Entry): Promise<void> {
  const proof = Proof.safeParse(entry.data);
  const id = idOf(entry, "cut");
  if (!proof.success || id === null) return;
  const { lastPacketMs, passedSince, stopped } = proof.data;
  const row = { last_packet_ms: lastPacketMs, passed_since: passedSince, stopped, proved_at: entry.at };
  await db.updateTable("cut_order").set(row).where("id", "=", id).execute();
}

async function endCut(db: Kysely<any>, entry: Entry): Promise<void> {
  const id = idOf(entry, "cut");
  if (id === null) return;
  const { by } = entry.data as { by?: string };
  const row = { state: "ended", ended_at: entry.at, ended_by: by ?? null };
  await db.updateTable("cut_order").set(row).where("id", "=", id).execute();
}

async function insertFile(db: Kysely<any>, entry: Entry): Promise<void> {
  const file = RecordFile.safeParse(entry.data);
  if (!file.success) return;
  const row = { ...file.data, entry: entry.id };
  await db
    .insertInto("record_file")
    .values(row)
    .onConflict((conflict) => conflict.column("path").doUpdateSet(row))
    .execute();
}
