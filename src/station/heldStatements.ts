import type { Kysely } from "kysely";
import type { EntryId } from "../ledger/entry.ts";
import type { HeldStatement } from "./bulkReadQuestion.ts";

/** Statements that wait at the records gate and have no question yet, oldest first. */
export async function heldStatements(db: Kysely<any>, most: number): Promise<HeldStatement[]> {
  const rows = (await db
    .selectFrom("records_event")
    .select([
      "id",
      "person",
      "email",
      "client",
      "application",
      "relations",
      "columns_count",
      "estimate",
      "customers_max",
      "deadline_minutes",
      "seen_at",
      "last_entry",
    ])
    .where("state", "=", "held")
    .where("dry", "=", false)
    .where("decision_id", "is", null)
    .orderBy("seen_at")
    .limit(most)
    .execute()) as Row[];
  return rows.map((row) => ({
    id: row.id,
    person: row.person,
    email: row.email,
    client: row.client,
    application: row.application,
    relations: row.relations,
    columns: row.columns_count,
    estimate: row.estimate === null ? null : Number(row.estimate),
    customersMax: Number(row.customers_max ?? 0),
    entry: row.last_entry as EntryId,
    deadline: Temporal.Instant.fromEpochMilliseconds(new Date(row.seen_at).getTime()).add({
      seconds: Math.round((row.deadline_minutes ?? 10) * 60),
    }),
  }));
}

/** Questions that wait although their statement was withdrawn, with the entry that says so. */
export async function withdrawnStatements(
  db: Kysely<any>,
  most: number,
): Promise<{ decision: string; entry: EntryId }[]> {
  const rows = (await db
    .selectFrom("records_event")
    .innerJoin("decision", "decision.id", "records_event.decision_id")
    .select(["decision.id", "records_event.last_entry"])
    .where("records_event.state", "=", "withdrawn")
    .where("decision.state", "=", "asked")
    .limit(most)
    .execute()) as { id: string; last_entry: string }[];
  return rows.map((row) => ({ decision: row.id, entry: row.last_entry as EntryId }));
}

type Row = {
  id: string;
  person: string;
  email: string | null;
  client: string;
  application: string;
  relations: string;
  columns_count: number;
  estimate: string | number | null;
  customers_max: string | number | null;
  deadline_minutes: number | null;
  seen_at: Date | string;
  last_entry: string;
};
