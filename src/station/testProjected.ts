import type { Kysely } from "kysely";
import { projectedTables } from "./project.ts";

/** Every row that was read off the ledger, table by table, in an order of its own. */
export async function readProjected(db: Kysely<any>): Promise<Record<string, Record<string, unknown>[]>> {
  const read: Record<string, Record<string, unknown>[]> = {};
  for (const table of projectedTables) {
    const rows = (await db.selectFrom(table).selectAll().execute()) as Record<string, unknown>[];
    read[table] = rows.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  }
  return read;
}
