import { join } from "node:path";
import type { Sensor } from "../connection.ts";
import type { Duck } from "../../../lib/openDuck.ts";
import { listFiles } from "./recordFiles.ts";
import { beginOfHour, counts, readState } from "./recordState.ts";
import { TABLES, type Table } from "./tables.ts";
import { makeViews, timeSql } from "./views.ts";

/** A time span in microseconds since 1970: from `since`, before `until`. */
export type Span = { since: number; until: number };

/**
 * Makes the views `connection`, `naming` and `dns` over a time span of the record, as it stands at this
 * moment: what is written or put together meanwhile changes nothing for who reads.
 */
export async function viewRecord(duck: Duck, folder: string, span: Span): Promise<void> {
  // The state first: every file that it counts stays for minutes, and newer ones do not count for it.
  const state = await readState(folder);
  const dayOf = (microseconds: number): string => new Date(microseconds / 1_000).toISOString().slice(0, 10);
  const [first, last] = [dayOf(span.since), dayOf(span.until)];
  const files: Record<Table, string[]> = { connection: [], naming: [], dns: [] };
  for (const file of await listFiles(folder, (day) => day >= first && day <= last)) {
    const begin = beginOfHour(file.hour);
    const inside = begin < span.until && begin + 3_600_000_000 > span.since;
    if (inside && counts(file, state)) files[file.table].push(join(folder, file.path));
  }
  await makeViews(duck, files, span);
}

/** A time in which a source said nothing: no one saw what happened then. */
export type Gap = { source: Sensor; from: number; to: number };

/**
 * The times longer than `silenceMinutes` in which a source said nothing, over the views. Sources that are
 * expected and said nothing at all are one gap from end to end.
 */
export async function findGaps(
  duck: Duck,
  span: Span & { silenceMinutes: number; sources: readonly Sensor[] },
): Promise<Gap[]> {
  const { since, until, silenceMinutes, sources } = span;
  if (sources.length === 0) return [];
  const silence = silenceMinutes * 60_000_000;
  const within = `WHERE seen_at >= ${timeSql(since)} AND seen_at < ${timeSql(until)}`;
  const tables = Object.keys(TABLES).map(
    // One row a second is enough, and keeps a day of any size small.
    (table) =>
      `SELECT sensor, min(seen_at) AS first, max(seen_at) AS last FROM ${table} ${within}
       GROUP BY sensor, epoch(seen_at)::BIGINT`,
  );
  const edges = sources.map(
    (source) => `SELECT '${source}' AS sensor, ${timeSql(since)} AS first, ${timeSql(since)} AS last
      UNION ALL SELECT '${source}', ${timeSql(until)}, ${timeSql(until)}`,
  );
  return duck.rows<Gap>(
    `WITH heard AS (${[...tables, ...edges].join(" UNION ALL ")}),
       steps AS (SELECT sensor, last, lead(first) OVER (PARTITION BY sensor ORDER BY first, last) AS next
         FROM heard)
     SELECT sensor AS source, last AS "from", next AS "to" FROM steps
     WHERE epoch_us(next) - epoch_us(last) > ${silence}
       AND sensor IN (${sources.map((source) => `'${source}'`).join(", ")})
     ORDER BY "from", source`,
  );
}
