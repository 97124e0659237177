import { sql, type Kysely } from "kysely";
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

/** The incident into which this one was merged at last; itself where it was not. */
export async function standsFor(db: Kysely<any>, id: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    with recursive way (id, step) as (
      select ${id}::uuid, 0 union all
      select incident.merged_into, way.step + 1 from way join incident on incident.id = way.id
      where incident.merged_into is not null and way.step < 100)
    select id from way order by step desc limit 1`.execute(db);
  return rows[0]?.id ?? id;
}

/** An incident and all that were merged into it. */
export async function idsOf(db: Kysely<any>, id: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive all_of (id, step) as (
      select ${id}::uuid, 0 union all
      select incident.id, all_of.step + 1 from all_of join incident on incident.merged_into = all_of.id
      where all_of.step < 100)
    select id from all_of order by step`.execute(db);
  return rows.map((row) => row.id);
}
