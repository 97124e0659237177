import { sql, type Kysely } from "kysely";
import type { RecordsSettings } from "../../gates/records/settings.ts";
import type { Budget, ReaderRow, ReadersOverview } from "./recordsTypes.ts";

const hourMs = 3_600_000;
const limits = { readersMax: 500, usualDays: 14 } as const;

type HourRow = {
  person: string;
  hour: Date;
  statements: string | number;
  customers: string | number;
  bytes: string | number;
  in_hour: string | number;
  in_day: string | number;
  last_at: Date;
};

/** Who reads how many customers, hour by hour, against budget and own past. */
export async function readersOverview(
  db: Kysely<any>,
  settings: RecordsSettings | undefined,
  span: { hours: number; now: number },
): Promise<ReadersOverview> {
  const first = Math.floor(span.now / hourMs) * hourMs - (span.hours - 1) * hourMs;
  const since = new Date(first).toISOString();
  const rows = (await db
    .selectFrom("reader_hour")
    .selectAll()
    .where("hour", ">=", since)
    .orderBy("hour")
    .execute()) as HourRow[];
  const usual = await usualOf(db, since);
  const alarms = await alarmsOf(db, since);
  const byPerson = Map.groupBy(rows, ({ person }) => person);
  const readers = [...byPerson].map(([person, own]): ReaderRow => {
    const customers = new Array<number>(span.hours).fill(0);
    for (const { hour, customers: count } of own) {
      const place = Math.round((hour.getTime() - first) / hourMs);
      if (place < span.hours) customers[place] = Number(count);
    }
    const last = own.at(-1) as HourRow;
    const age = span.now - last.last_at.getTime();
    return {
      ...standingOf(settings, person),
      inHour: age < hourMs ? Number(last.in_hour) : 0,
      inDay: age < 24 * hourMs ? Number(last.in_day) : 0,
      lastAt: last.last_at.toISOString(),
      customers,
      statements: sumOf(own, "statements"),
      bytes: sumOf(own, "bytes"),
      usual: usual.get(person) ?? null,
      alarms: alarms.get(person) ?? 0,
    };
  });
  const weight = (reader: ReaderRow): number => reader.customers.reduce((sum, count) => sum + count, 0);
  return {
    gate: settings !== undefined,
    shadow: settings?.policy.shadow ?? false,
    hours: Array.from({ length: span.hours }, (_, place) => new Date(first + place * hourMs).toISOString()),
    readers: readers.sort((one, other) => weight(other) - weight(one)).slice(0, limits.readersMax),
    record: { ...(await recordOf(db)), retentionDays: settings?.record.retentionDays ?? 0 },
  };
}

function sumOf(rows: HourRow[], key: "statements" | "bytes"): number {
  return rows.reduce((sum, row) => sum + Number(row[key]), 0);
}

/** Group and budget of a person or service, as the configuration says. */
function standingOf(
  settings: RecordsSettings | undefined,
  person: string,
): Pick<ReaderRow, "person" | "email" | "group" | "service" | "budget"> {
  const known = settings?.persons.find(({ login }) => login === person);
  const name = known?.group ?? settings?.policy.defaultGroup ?? null;
  const group = settings?.policy.groups.find((one) => one.name === name);
  const { hour = null, day = null, statement = null } = group?.budget ?? {};
  const budget: Budget = { hour, day, statement };
  return { person, email: known?.email ?? null, group: name, service: known?.service ?? false, budget };
}

/** What a person reads in an hour in which she reads at all, before the hours that are shown. */
async function usualOf(db: Kysely<any>, since: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ person: string; usual: string | number }>`
    select person, percentile_disc(0.5) within group (order by customers) as usual
    from reader_hour
    where hour < ${since}::timestamptz and customers > 0
      and hour >= ${since}::timestamptz - make_interval(days => ${limits.usualDays}::int)
    group by person`.execute(db);
  return new Map(rows.map(({ person, usual }) => [person, Number(usual)]));
}

async function alarmsOf(db: Kysely<any>, since: string): Promise<Map<string, number>> {
  const rows = (await db
    .selectFrom("records_event")
    .select(["person", sql<string>`count(*)`.as("count")])
    .where("seen_at", ">=", since)
    .where("severity", "in", ["high", "critical"])
    .groupBy("person")
    .execute()) as { person: string; count: string }[];
  return new Map(rows.map(({ person, count }) => [person, Number(count)]));
}

async function recordOf(db: Kysely<any>): Promise<Omit<ReadersOverview["record"], "retentionDays">> {
  const row = (await db
    .selectFrom("access_file")
    .select([
      sql<string>`count(*)`.as("files"),
      sql<string>`coalesce(sum(rows_count), 0)`.as("rows"),
      sql<string>`coalesce(sum(bytes), 0)`.as("bytes"),
      sql<Date | null>`min(hour)`.as("since"),
    ])
    .executeTakeFirstOrThrow()) as { files: string; rows: string; bytes: string; since: Date | null };
  return {
    files: Number(row.files),
    rows: Number(row.rows),
    bytes: Number(row.bytes),
    since: row.since?.toISOString() ?? null,
  };
}
