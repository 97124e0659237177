import { quoteSql, type Duck } from "../../../lib/openDuck.ts";
import { columnsOf } from "./seenRows.ts";
import { TABLES, type Table } from "./tables.ts";

/** The microseconds since 1970 as SQL; what is no whole number would be SQL of somebody else's. */
export function timeSql(microseconds: number): string {
  return `make_timestamp(${Math.trunc(microseconds)}::BIGINT)`;
}

/**
 * Makes the views `connection`, `naming` and `dns` over Parquet files, and empty ones where there are none.
 * A connection that connection tracking told of as open and later as ended is one connection.
 */
export async function makeViews(
  duck: Duck,
  files: Readonly<Record<Table, readonly string[]>>,
  span?: { since: number; until: number },
): Promise<void> {
  for (const table of Object.keys(TABLES) as Table[]) {
    await duck.run(`DROP VIEW IF EXISTS ${table}; CREATE OR REPLACE TABLE empty_${table} (${TABLES[table]})`);
    const source = sourceOf(table, files[table]);
    const within =
      span === undefined
        ? ""
        : `WHERE seen_at >= ${timeSql(span.since)} AND seen_at < ${timeSql(span.until)}`;
    const all = `SELECT ${columnsOf[table]} FROM ${source} ${within}`;
    const doubled = table === "connection" && files[table].length > 0 && (await anyOpen(duck, all));
    await duck.run(`CREATE VIEW ${table} AS ${doubled ? withoutEnded(all) : all}`);
  }
}

/** The Parquet files of a table as one source; a column that came later is null in older files. */
export function sourceOf(table: Table, files: readonly string[]): string {
  if (files.length === 0) return `empty_${table}`;
  return `read_parquet([${files.map(quoteSql).join(", ")}], union_by_name = true)`;
}

const isOpen = "(open AND sensor = 'conntrack')";

async function anyOpen(duck: Duck, all: string): Promise<boolean> {
  const found = await duck.rows(`SELECT 1 FROM (${all}) WHERE ${isOpen} LIMIT 1`);
  return found.length > 0;
}

/** Leaves out the open rows whose end is among the others. Few are open, so that this stays small. */
export function withoutEnded(all: string): string {
  const same = "uid, src, src_port, dst, dst_port";
  return `WITH seen AS NOT MATERIALIZED (${all}), opened AS (SELECT * FROM seen WHERE ${isOpen}),
    ended AS (SELECT DISTINCT ${same} FROM seen SEMI JOIN (SELECT uid FROM opened) USING (uid)
      WHERE sensor = 'conntrack' AND NOT open)
    SELECT * FROM seen WHERE NOT ${isOpen} UNION ALL SELECT * FROM opened ANTI JOIN ended USING (${same})`;
}
