import pg from "pg";
import type { Row } from "./readTable.ts";

/** Of a large table some pages are looked at, not all. */
const sampleRows = 20_000;

/** Any row whose `key` is known; null where there is none. */
export async function someRow(client: pg.Client, table: string, key: string): Promise<Row | null> {
  const { rows: sizes } = await client.query<{ rows: number }>(
    `select greatest(1, sum(reltuples))::float8 as rows from pg_class
     where oid in (select relid from pg_partition_tree($1::regclass)) or oid = $1::regclass`,
    [table],
  );
  const some = Math.min(100, (100 * sampleRows) / (sizes[0]?.rows ?? 1));
  // The estimate of the size may be wrong, and the pages chosen may be empty: then all are looked at.
  for (const percent of new Set([some, 100])) {
    const { rows } = await client.query<{ relation: string; ctid: string }>(
      `select tableoid::regclass::text as relation, ctid::text as ctid
       from ${table} tablesample system (${percent})
       where ${pg.escapeIdentifier(key)} is not null order by random() limit 1`,
    );
    const [row] = rows;
    if (row !== undefined) return { table: row.relation, ctid: row.ctid };
  }
  return null;
}
