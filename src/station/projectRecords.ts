import { sql, type Kysely } from "kysely";
import { z } from "zod";
import { SEVERITIES } from "../gate.ts";
import type { Entry } from "../ledger/entry.ts";

export const limits = { evidenceMax: 8 } as const;

const Id = z.uuid();
const Seen = z.object({
  verb: z.string().default(""),
  purpose: z.string().nullable().default(null),
  columns: z.number().default(0),
});
const Reasons = z.object({
  reasons: z.array(
    z.object({ code: z.string(), technique: z.string().nullable(), severity: z.enum(SEVERITIES) }),
  ),
});
const Outcome = z.object({
  state: z.string(),
  why: z.string().nullable().default(null),
  limit: z.number().nullable().default(null),
  customers: z.number().nullable().default(null),
  estimate: z.number().nullable().default(null),
  customersMax: z.number().nullable().default(null),
  deadlineMinutes: z.number().nullable().default(null),
});
const Read = z.object({
  statements: z.number(),
  customers: z.number(),
  rows: z.number(),
  bytes: z.number(),
  hour: z.number(),
  day: z.number(),
});
const AccessFile = z.object({
  path: z.string(),
  hour: z.iso.datetime(),
  rows: z.number(),
  bytes: z.number(),
  sha256: z.string(),
});

/**
 * Reads events, readers and files of the record off the records gate's entries. An entry of another form is
 * kept in the ledger and shown nowhere else.
 */
export async function projectRecords(db: Kysely<any>, entry: Entry): Promise<void> {
  await steps[entry.code]?.(db, entry);
}

const steps: Record<string, (db: Kysely<any>, entry: Entry) => Promise<void>> = {
  "statement-seen": insertEvent,
  "decision-asked": linkDecision,
  "columns-changed": insertEvent,
  "file-seen": insertEvent,
  "watch-seen": insertEvent,
  "records-judged": judgeEvent,
  "order-applied": orderEvent,
  "statement-refused": endEvent("refused"),
  "statement-cut": endEvent("cut"),
  "statement-told": endEvent("told"),
  "statement-held": endEvent("held"),
  "statement-approved": approveEvent,
  "statement-denied": endEvent("denied"),
  "statement-withdrawn": endEvent("withdrawn"),
  "customers-read": addRead,
  "access-file": insertFile,
};

/** A statement is named by its id; of one that comes twice (seen, then cut) the later stands beside. */
function idOf(entry: Entry): string | null {
  const parsed = Id.safeParse(entry.about["event"] ?? entry.about["statement"]);
  return parsed.success ? parsed.data : null;
}

const kinds: Record<string, string> = {
  "statement-seen": "statement",
  "columns-changed": "columns",
  "file-seen": "file",
  "watch-seen": "watch",
};

/** PostgreSQL's texts hold no NUL. */
function textOf(value: string | undefined): string {
  return (value ?? "").replaceAll("\0", "\ufffd");
}

async function insertEvent(db: Kysely<any>, entry: Entry): Promise<void> {
  const seen = Seen.safeParse(entry.data);
  const id = idOf(entry);
  if (!seen.success || id === null) return;
  const { about } = entry;
  const row = {
    id,
    seen_at: entry.at,
    kind: kinds[entry.code] ?? "statement",
    person: textOf(about["person"]),
    email: about["email"] ?? null,
    client: textOf(about["client"]),
    application: textOf(about["application"]),
    database: textOf(about["database"]),
    session: textOf(about["session"]),
    relations: textOf(about["relations"]),
    verb: seen.data.verb,
    purpose: seen.data.purpose,
    columns_count: seen.data.columns,
    reasons: "[]",
    severity: "info",
    severity_rank: 0,
    state: "seen",
    dry: false,
    evidence: JSON.stringify(entry.evidence.slice(0, 1)),
    data: JSON.stringify(entry.data),
    entry: entry.id,
    last_entry: entry.id,
    about: JSON.stringify(about),
  };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("records_event")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 0n) await addEvidence(db, id, entry);
}

async function linkDecision(db: Kysely<any>, entry: Entry): Promise<void> {
  const [statement, decision] = [entry.about["statement"], entry.about["decision"]];
  if (!Id.safeParse(statement).success || !Id.safeParse(decision).success) return;
  const row = { decision_id: decision };
  await db.updateTable("records_event").set(row).where("id", "=", statement).execute();
}

/**
 * A statement that comes twice, as one that rang a canary and was then cut, keeps what is said of it twice.
 */
async function addEvidence(db: Kysely<any>, id: string, entry: Entry): Promise<void> {
  const { evidence } = (await db
    .selectFrom("records_event")
    .select("evidence")
    .where("id", "=", id)
    .executeTakeFirstOrThrow()) as { evidence: string };
  const known = new Set([...(JSON.parse(evidence) as string[]), ...entry.evidence.slice(0, 1)]);
  if (known.size > limits.evidenceMax) return;
  await db
    .updateTable("records_event")
    .set({ evidence: JSON.stringify([...known]) })
    .where("id", "=", id)
    .execute();
}

async function judgeEvent(db: Kysely<any>, entry: Entry): Promise<void> {
  const judged = Reasons.safeParse(entry.data);
  const id = idOf(entry);
  if (!judged.success || id === null) return;
  const before = (await db
    .selectFrom("records_event")
    .select("reasons")
    .where("id", "=", id)
    .executeTakeFirst()) as { reasons: string } | undefined;
  if (before === undefined) return;
  const { reasons: fresh } = judged.data;
  const known = JSON.parse(before.reasons) as typeof fresh;
  const reasons = [...known, ...fresh.filter(({ code }) => known.every((one) => one.code !== code))];
  const rank = Math.max(0, ...reasons.map(({ severity }) => SEVERITIES.indexOf(severity)));
  const row = { reasons: JSON.stringify(reasons), severity: SEVERITIES[rank], severity_rank: rank };
  await db.updateTable("records_event").set(row).where("id", "=", id).execute();
}

async function orderEvent(db: Kysely<any>, entry: Entry): Promise<void> {
  const id = idOf(entry);
  if (id === null) return;
  const { order, act } = entry.data as { order?: string | null; act?: string };
  await db
    .updateTable("records_event")
    .set({ order_name: order ?? null, act: act ?? null })
    .where("id", "=", id)
    .execute();
}

function endEvent(state: string): (db: Kysely<any>, entry: Entry) => Promise<void> {
  return async (db, entry) => {
    const outcome = Outcome.safeParse(entry.data);
    const id = idOf(entry);
    if (!outcome.success || id === null) return;
    const { why, limit, customers, estimate, customersMax, deadlineMinutes } = outcome.data;
    // What an earlier entry said stays where this one says nothing of it.
    const told = {
      why,
      limit_value: limit,
      customers,
      estimate,
      customers_max: customersMax,
      deadline_minutes: deadlineMinutes,
    };
    const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
    const ended = { ...known, state, dry: outcome.data.state === "dry", last_entry: entry.id };
    const row = db.updateTable("records_event").set(ended).where("id", "=", id);
    // That a canary rang does not undo that the statement was cut.
    await (state === "told" ? row.where("state", "in", ["seen", "told"]) : row).execute();
  };
}

async function approveEvent(db: Kysely<any>, entry: Entry): Promise<void> {
  const id = idOf(entry);
  if (id === null) return;
  const { customersMax, until } = entry.data as { customersMax?: number; until?: string };
  await db
    .updateTable("records_event")
    .set({
      state: "approved",
      last_entry: entry.id,
      ...(customersMax === undefined ? {} : { customers_max: customersMax }),
      ...(until === undefined ? {} : { until_at: until }),
    })
    .where("id", "=", id)
    .execute();
}

async function addRead(db: Kysely<any>, entry: Entry): Promise<void> {
  const read = Read.safeParse(entry.data);
  const { person } = entry.about;
  if (!read.success || person === undefined) return;
  const { statements, customers, rows, bytes, hour, day } = read.data;
  const row = {
    person,
    hour: `${entry.at.slice(0, 13)}:00:00.000Z`,
    statements,
    customers,
    rows_count: rows,
    bytes,
    in_hour: hour,
    in_day: day,
    last_at: entry.at,
  };
  await db
    .insertInto("reader_hour")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["person", "hour"]).doUpdateSet({
        statements: sql`reader_hour.statements + excluded.statements`,
        customers: sql`reader_hour.customers + excluded.customers`,
        rows_count: sql`reader_hour.rows_count + excluded.rows_count`,
        bytes: sql`reader_hour.bytes + excluded.bytes`,
        in_hour: hour,
        in_day: day,
        last_at: entry.at,
      }),
    )
    .execute();
}

async function insertFile(db: Kysely<any>, entry: Entry): Promise<void> {
  const file = AccessFile.safeParse(entry.data);
  if (!file.success) return;
  const { path, hour, rows, bytes, sha256 } = file.data;
  const row = { path, hour, rows_count: rows, bytes, sha256, entry: entry.id };
  await db
    .insertInto("access_file")
    .values(row)
    .onConflict((conflict) => conflict.column("path").doUpdateSet(row))
    .execute();
}
