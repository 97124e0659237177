import { sql, type Kysely } from "kysely";
import { z } from "zod";
import { EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { SekishoError } from "../../lib/error.ts";
import type { LedgerIndex } from "../ledgerIndex.ts";
import type { Person } from "../services.ts";
import { maskLiterals } from "./maskLiterals.ts";
import {
  RECORDS_STATES,
  type ColumnChange,
  type RecordsEventFilter,
  type RecordsEventRow,
  type RecordsEventView,
  type RecordsPurpose,
  type RecordsState,
  type StagedFile,
} from "./recordsTypes.ts";

const leastUuid = "00000000-0000-0000-0000-000000000000";

/** Where a page begins. The least UUID stands for a border without an event. */
const Cursor = z.object({
  at: z.iso.datetime(),
  id: z.uuid().or(z.literal(leastUuid)).default(leastUuid),
});

/** A row of records_event. */
export type EventRecord = {
  id: string;
  seen_at: Date;
  kind: RecordsEventRow["kind"];
  person: string;
  email: string | null;
  client: string;
  application: string;
  database: string;
  relations: string;
  verb: string;
  purpose: string | null;
  columns_count: number;
  reasons: string;
  severity: string;
  order_name: string | null;
  state: RecordsState;
  dry: boolean;
  why: string | null;
  limit_value: string | number | null;
  customers: string | number | null;
  estimate: string | number | null;
  customers_max: string | number | null;
  until_at: Date | null;
  evidence: string;
  data: string;
  decision_id: string | null;
};

export function selectEvents(db: Kysely<any>): any {
  return db.selectFrom("records_event").selectAll("records_event");
}

/** Throws not-found. */
export async function findEvent(db: Kysely<any>, id: string): Promise<EventRecord> {
  const row = z.uuid().safeParse(id).success
    ? await selectEvents(db).where("records_event.id", "=", id).executeTakeFirst()
    : undefined;
  if (row !== undefined) return row as EventRecord;
  throw new SekishoError("not-found", `Cannot find event ${id} of the records gate`, {
    hint: "see the list of events",
  });
}

export function rowOfEvent(row: EventRecord): RecordsEventRow {
  const numberOf = (value: string | number | null): number | null => (value === null ? null : Number(value));
  return {
    id: row.id,
    at: row.seen_at.toISOString(),
    kind: row.kind,
    person: row.person,
    email: row.email,
    client: row.client,
    application: row.application,
    database: row.database,
    relations: row.relations.split(" ").filter((relation) => relation !== ""),
    verb: row.verb,
    purpose: row.purpose,
    columns: row.columns_count,
    reasons: JSON.parse(row.reasons) as RecordsEventRow["reasons"],
    severity: row.severity,
    order: row.order_name,
    state: row.state,
    dry: row.dry,
    why: row.why,
    limit: numberOf(row.limit_value),
    customers: numberOf(row.customers),
    estimate: numberOf(row.estimate),
    customersMax: numberOf(row.customers_max),
    until: row.until_at?.toISOString() ?? null,
    decisionId: row.decision_id,
  };
}

/** A page of events, the newest first, how many fit, and how many there are of each state. */
export async function listEvents(
  db: Kysely<any>,
  filter: RecordsEventFilter,
): Promise<{ rows: RecordsEventRow[]; total: number; counts: Record<RecordsState, number> }> {
  const rows = (await narrow(selectEvents(db), filter)
    .orderBy("seen_at", "desc")
    .orderBy("id", "desc")
    .limit(filter.limit)
    .execute()) as EventRecord[];
  const counted = (await narrow(db.selectFrom("records_event"), {
    ...filter,
    state: undefined,
    before: undefined,
  })
    .select(["state", sql<string>`count(*)`.as("count")])
    .groupBy("state")
    .execute()) as { state: RecordsState; count: string }[];
  const counts = Object.fromEntries(RECORDS_STATES.map((state) => [state, 0])) as Record<
    RecordsState,
    number
  >;
  for (const { state, count } of counted) counts[state] = Number(count);
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    rows: rows.map(rowOfEvent),
    total: filter.state === undefined ? all : counts[filter.state],
    counts,
  };
}

function narrow(query: any, filter: RecordsEventFilter): any {
  let narrowed = query;
  for (const column of ["kind", "person", "state", "severity"] as const) {
    if (filter[column] !== undefined) narrowed = narrowed.where(column, "=", filter[column]);
  }
  if (filter.code !== undefined)
    narrowed = narrowed.where("reasons", "like", `%"code":"${escapeLike(filter.code)}"%`);
  for (const word of (filter.text ?? "").split(/\s+/).filter((one) => one !== "")) {
    const pattern = `%${escapeLike(word)}%`;
    narrowed = narrowed.where((where: any) =>
      where.or(
        ["person", "client", "application", "relations", "about"].map((column) =>
          where(column, "ilike", pattern),
        ),
      ),
    );
  }
  if (filter.before === undefined) return narrowed;
  const [at, id] = filter.before.split("~");
  const cursor = Cursor.safeParse({ at, id });
  if (!cursor.success) {
    throw new SekishoError("usage", `Cannot read the place "${filter.before}" in the list`, {
      hint: "begin at the top of the list",
    });
  }
  return narrowed.where(sql`(seen_at, id) < (${cursor.data.at}::timestamptz, ${cursor.data.id}::uuid)`);
}

export type EventOptions = {
  db: Kysely<any>;
  recorder: Recorder;
  evidence: EvidenceStore;
  index: LedgerIndex;
};

const Touches = z.object({ touches: z.record(z.string(), z.array(z.string())) });
const Kept = z.object({
  text: z.string(),
  reasons: z.array(z.object({ code: z.string(), because: z.object({ en: z.string(), ja: z.string() }) })),
});

/** One event with its sentences and its statement; the look at it is in the ledger first. */
export async function openEvent(
  options: EventOptions,
  asked: { id: string; viewer: Person; reveal: RecordsPurpose | null },
): Promise<RecordsEventView> {
  const { db, recorder, evidence, index } = options;
  const row = await findEvent(db, asked.id);
  const hashes = (JSON.parse(row.evidence) as string[]).map((hash) => EvidenceHash.parse(hash));
  const key = row.kind === "statement" ? "statement" : "event";
  await recorder.append({
    kind: "observed",
    code: "evidence-viewed",
    about: { gate: "records", [key]: asked.id, person: asked.viewer.id },
    evidence: hashes,
    data: { purpose: asked.reveal ?? "look", masked: asked.reveal === null },
  });
  const kept = await Promise.all(
    hashes.map(async (hash) => Kept.parse(JSON.parse((await evidence.get(hash)).toString("utf8")))),
  );
  const text = kept.map((one) => one.text).find((one) => one !== "") ?? "";
  const data: unknown = JSON.parse(row.data);
  const touches = Touches.safeParse(data);
  const chain = await index.search({ about: { key, value: asked.id }, limit: 200 });
  return {
    ...rowOfEvent(row),
    text: asked.reveal === null ? maskLiterals(text) : text,
    masked: asked.reveal === null,
    because: kept.flatMap(({ reasons }) => reasons.map(({ code, because }) => ({ code, said: because }))),
    touches: touches.success
      ? Object.entries(touches.data.touches).map(([relation, columns]) => ({ relation, columns }))
      : [],
    file: row.kind === "file" ? fileOf(data) : null,
    change: row.kind === "columns" ? changeOf(row.relations, data) : null,
    chain: chain
      .map(({ index: place, entry: { id, kind, code, at, by } }) => ({
        id,
        index: place,
        kind,
        code,
        at,
        by,
      }))
      .reverse(),
  };
}

const File = z.object({
  path: z.string(),
  occasion: z.string(),
  kind: z.string(),
  bytes: z.number(),
  records: z.number(),
  estimated: z.boolean(),
  byKind: z.record(z.string(), z.number()),
  writer: z.object({ user: z.string().nullable(), process: z.string().nullable() }),
  sha256: z.string().nullable(),
  whole: z.boolean(),
  kept: z.boolean(),
});

/** What an entry `file-seen` says of its file; null where it says it in another form. */
export function fileOf(data: unknown): StagedFile | null {
  const parsed = File.safeParse(data);
  if (!parsed.success) return null;
  const { byKind, whole, kept, writer, sha256, ...rest } = parsed.data;
  return {
    ...rest,
    sha256: sha256 ?? "",
    items: Object.fromEntries(Object.entries(byKind).filter(([, count]) => count > 0)),
    writer: { user: writer.user, process: writer.process },
    kept: whole ? "whole" : kept ? "parts" : "nothing",
  };
}

const Change = z.object({ column: z.string(), kind: z.string(), what: z.string(), confidence: z.number() });

export function changeOf(relation: string, data: unknown): ColumnChange | null {
  const parsed = Change.safeParse(data);
  return parsed.success ? { relation, ...parsed.data } : null;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}
