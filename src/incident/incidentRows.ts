import type { Kysely } from "kysely";
import { SekishoError } from "../lib/error.ts";

export type IncidentState = "open" | "closed" | "merged";
export type IncidentRow = {
  id: string;
  number: number;
  openedAt: string;
  state: IncidentState;
  mergedInto: string | null;
  /** What a person called it, in the evidence store. */
  titleEvidence: string | null;
};

type Stored = {
  id: string;
  number: number;
  opened_at: Date;
  state: IncidentState;
  merged_into: string | null;
  title_evidence: string | null;
};

const query = (db: Kysely<any>) => db.selectFrom("incident").selectAll().where("state", "<>", "merged");

/** All but those that were merged into another one. */
export async function readIncidents(db: Kysely<any>): Promise<IncidentRow[]> {
  const rows = await query(db).orderBy("number").execute();
  return (rows as Stored[]).map(rowOf);
}

/** Throws not-found, also for one that was merged into another. */
export async function readIncident(db: Kysely<any>, id: string): Promise<IncidentRow> {
  const row = /^[0-9a-f-]{36}$/.test(id)
    ? await query(db).where("id", "=", id).executeTakeFirst()
    : undefined;
  if (row !== undefined) return rowOf(row as Stored);
  throw new SekishoError("not-found", `Cannot find incident ${id}`, { hint: "see the list of incidents" });
}

function rowOf(row: Stored): IncidentRow {
  return {
    id: row.id,
    number: row.number,
    openedAt: row.opened_at.toISOString(),
    state: row.state,
    mergedInto: row.merged_into,
    titleEvidence: row.title_evidence,
  };
}
