import type { Keyring } from "../../../ledger/keyring.ts";
import { SekishoError } from "../../../lib/error.ts";
import type { Duck } from "../../../lib/openDuck.ts";
import { join } from "node:path";
import { SpoolKeeper } from "../spoolKeeper.ts";
import { openSealedDuck, partSql } from "./archive.ts";
import { contextOf, dayOf, foldersOf, listDays, readDay, TABLE_NAMES } from "./dayIndex.ts";
import type { Part, TableName } from "./dayIndex.ts";
import { makeStaging, stagedSql, stageSpool, TABLES, wholeStatementsSql } from "./stageSpool.ts";

export const limits = {
  memoryBytes: 1024 ** 3,
  /** Files that one statement of DuckDB reads; more make its plan slow. */
  filesAtOnce: 64,
  statementsMax: 10_000,
} as const;

/** Where the record lies. */
export type AccessPlace = { dataFolder: string; keyring: Keyring; onProblem?: (problem: string) => void };

/** Milliseconds since 1970: from `since`, before `until`. */
export type AccessSpan = { since?: number | undefined; until?: number | undefined };

/** A statement that gave personal data out. */
export type ReadStatement = {
  statement: string;
  person: string;
  /** When it began; milliseconds since 1970. */
  at: number;
  client: string;
  application: string;
  database: string;
  session: string;
  purpose: string | null;
  verb: string;
  /** Relation → personal columns. */
  touches: Record<string, string[]>;
  /** The approval under which it ran. */
  grant: string | null;
  textSha256: string;
  /** Customers in it; those without a key are among them. Null: it has not ended, or was killed. */
  customers: number | null;
  keyless: number;
  rows: number | null;
  bytes: number | null;
  milliseconds: number | null;
  outcome: string | null;
};

/** One customer in one statement. */
export type CustomerRead = ReadStatement & { firstAt: number; lastAt: number; times: number };

export type WhoRead = {
  reads: CustomerRead[];
  /** There were more than `limit`. */
  more: boolean;
  /** Statements of that time whose rows did not say whose they were: she may be among them. */
  keyless: { statements: number; customers: number };
};

/** Whose readings: of a person, or of all who came from an address. */
export type Reader = { person: string } | { client: string };

export type SeenBy = {
  statements: ReadStatement[];
  more: boolean;
  statementCount: number;
  /** Different customers. */
  customers: number;
  /** Customers in rows without a key, each time counted. */
  keyless: number;
};

/** Who read this customer, newest first. */
export async function whoRead(
  place: AccessPlace,
  customer: string,
  options: AccessSpan & { limit?: number } = {},
): Promise<WhoRead> {
  const limit = options.limit ?? limits.statementsMax;
  return withRecord(place, options, async ({ duck, batches, within }) => {
    await duck.run(`CREATE TEMP TABLE hit (statement UUID, first TIMESTAMP, last TIMESTAMP, times BIGINT);
      CREATE TEMP TABLE unnamed (statement UUID, customers BIGINT)`);
    for (const source of batches("access")) {
      await duck.run(
        `INSERT INTO hit SELECT statement, min(seen_at), max(seen_at), sum(count) FROM (${source})
         WHERE customer = $1 AND ${within} GROUP BY statement`,
        [customer],
      );
      await duck.run(`INSERT INTO unnamed SELECT statement, sum(count) FROM (${source})
        WHERE customer IS NULL AND ${within} GROUP BY statement`);
    }
    await detailStatements(duck, batches, "SELECT statement FROM hit");
    const rows = await duck.rows<StatementRow & { first: number; last: number; times: number }>(
      `SELECT d.*, h.first, h.last, h.times FROM detail d JOIN
         (SELECT statement, min(first) AS first, max(last) AS last, sum(times)::BIGINT AS times
            FROM hit GROUP BY statement) h USING (statement)
       ORDER BY h.last DESC, d.statement DESC LIMIT ${limit + 1}`,
    );
    const [keyless = { statements: 0, customers: 0 }] = await duck.rows<WhoRead["keyless"]>(
      `SELECT count(DISTINCT statement) AS statements, coalesce(sum(customers), 0)::BIGINT AS customers
       FROM unnamed`,
    );
    const reads = rows.slice(0, limit).map(({ first, last, times, ...row }) => ({
      ...statementOf(row),
      firstAt: first / 1_000,
      lastAt: last / 1_000,
      times,
    }));
    return { reads, more: rows.length > limit, keyless };
  });
}

/** What this person read, or what was read from this address: newest first. */
export async function seenBy(
  place: AccessPlace,
  reader: Reader,
  options: AccessSpan & { limit?: number } = {},
): Promise<SeenBy> {
  const limit = options.limit ?? 1_000;
  return withRecord(place, options, async (view) => {
    await chooseStatements(view, reader);
    const { duck, batches, within } = view;
    const all = batches("access").join(" UNION ALL BY NAME ");
    const [sums] = await duck.rows<{ customers: number; keyless: number }>(
      `SELECT count(DISTINCT customer) AS customers,
         coalesce(sum(count) FILTER (customer IS NULL), 0)::BIGINT AS keyless
       FROM (${all}) WHERE ${within} AND ${ofReader(reader)}`,
      valuesOf(reader),
    );
    const [{ count } = { count: 0 }] = await duck.rows<{ count: number }>(
      "SELECT count(*) AS count FROM chosen",
    );
    const rows = await duck.rows<StatementRow>(
      `SELECT * FROM chosen ORDER BY seen_at DESC, statement DESC LIMIT ${limit}`,
    );
    const statements = rows.map(statementOf);
    return {
      statements,
      more: count > limit,
      statementCount: count,
      ...(sums ?? { customers: 0, keyless: 0 }),
    };
  });
}

export type SeenCustomer = {
  customer: string;
  firstAt: number;
  lastAt: number;
  times: number;
  /** Relation → personal columns, of each kind of statement that gave the customer out. */
  touches: Record<string, string[]>[];
};

type SeenRow = { customer: string; first: number; last: number; times: number; touches: string[] | null };

/** The customers themselves, a few thousand at a time, to `take`. */
export async function exportSeen(
  place: AccessPlace,
  reader: Reader,
  options: AccessSpan & { take: (customers: SeenCustomer[]) => Promise<void> },
): Promise<void> {
  await withRecord(place, options, async (view) => {
    await chooseStatements(view, reader);
    const { duck, batches, within } = view;
    const sql = `SELECT customer, min(seen_at) AS first, max(seen_at) AS last, sum(count)::BIGINT AS times,
        list(DISTINCT touches) FILTER (touches IS NOT NULL) AS touches
      FROM (${batches("access").join(" UNION ALL BY NAME ")})
        LEFT JOIN (SELECT statement, touches FROM chosen) USING (statement)
      WHERE customer IS NOT NULL AND ${within} AND ${ofReader(reader)} GROUP BY customer ORDER BY customer`;
    // A streamed result has a connection of its own, which sees no temporary table of this one.
    await duck.run(`CREATE TEMP TABLE seen AS ${sql}`, valuesOf(reader));
    let after: string | null = null;
    for (;;) {
      const rows: SeenRow[] = await duck.rows(
        `SELECT * FROM seen WHERE $1 IS NULL OR customer > $1 ORDER BY customer LIMIT 50000`,
        [after],
      );
      if (rows.length === 0) return;
      after = rows.at(-1)?.customer ?? null;
      await options.take(
        rows.map(({ customer, first, last, times, touches }) => ({
          customer,
          firstAt: first / 1_000,
          lastAt: last / 1_000,
          times,
          touches: (touches ?? []).map((text) => JSON.parse(text) as Record<string, string[]>),
        })),
      );
    }
  });
}

function ofReader(reader: Reader): string {
  return "person" in reader ? "person = $1" : "statement IN (SELECT statement FROM chosen)";
}

function valuesOf(reader: Reader): string[] {
  return "person" in reader ? [reader.person] : [];
}

async function chooseStatements({ duck, batches }: RecordView, reader: Reader): Promise<void> {
  const [column, value] = "person" in reader ? ["person", reader.person] : ["client", reader.client];
  await duck.run(`CREATE TEMP TABLE own (statement UUID)`);
  for (const source of batches("statement"))
    await duck.run(`INSERT INTO own SELECT DISTINCT statement FROM (${source}) WHERE ${column} = $1`, [
      value as string,
    ]);
  await detailStatements(duck, batches, "SELECT statement FROM own");
  await duck.run("ALTER TABLE detail RENAME TO chosen");
}

/** The table `detail`: a row for each of these statements. */
async function detailStatements(duck: Duck, batches: RecordView["batches"], chosen: string): Promise<void> {
  await duck.run(`CREATE TEMP TABLE piece (${TABLES.statement})`);
  for (const source of batches("statement"))
    await duck.run(`INSERT INTO piece BY NAME SELECT * FROM (${source}) WHERE statement IN (${chosen})`);
  await duck.run(`CREATE TEMP TABLE detail AS ${wholeStatementsSql("SELECT * FROM piece")}`);
}

type StatementRow = {
  statement: string;
  seen_at: number;
  touches: string | null;
  granted: string | null;
  text_sha256: string | null;
} & Omit<ReadStatement, "statement" | "at" | "touches" | "grant" | "textSha256">;

function statementOf({ seen_at, touches, granted, text_sha256, ...row }: StatementRow): ReadStatement {
  return {
    ...row,
    at: seen_at / 1_000,
    touches: JSON.parse(touches ?? "{}") as Record<string, string[]>,
    grant: granted,
    textSha256: text_sha256 ?? "",
  };
}

type RecordView = {
  duck: Duck;
  /** SELECTs whose rows are, all together, a table of the record over the span. */
  batches: (table: TableName) => string[];
  within: string;
};

async function withRecord<Result>(
  place: AccessPlace,
  span: AccessSpan,
  ask: (view: RecordView) => Promise<Result>,
): Promise<Result> {
  const { since = 0, until = Date.now() + 86_400_000 } = span;
  if (!(since < until)) {
    throw new SekishoError("usage", "Cannot look at a time that ends before it begins", {
      hint: "see --since and --until",
    });
  }
  const duck = await openSealedDuck(limits.memoryBytes);
  try {
    const sources = await sourcesOf(duck, place, { since, until });
    return await ask({
      duck,
      batches: (table) => inBatches(sources[table]),
      within: `seen_at >= ${timeSql(since)} AND seen_at < ${timeSql(until)}`,
    });
  } finally {
    await duck.close();
  }
}

function inBatches(sources: readonly string[]): string[] {
  const batches: string[] = [];
  for (let at = 0; at < sources.length; at += limits.filesAtOnce)
    batches.push(sources.slice(at, at + limits.filesAtOnce).join(" UNION ALL BY NAME "));
  return batches;
}

/** The record's files as they stand at this moment, and what has not come into it yet. */
async function sourcesOf(
  duck: Duck,
  place: AccessPlace,
  span: { since: number; until: number },
): Promise<Record<TableName, string[]>> {
  const { dataFolder, keyring } = place;
  const { record, spool } = foldersOf(dataFolder);
  const onProblem = place.onProblem ?? (() => {});
  const keeper = new SpoolKeeper({ folder: spool, keyring, onProblem });
  // The spool's names first: what is in the record by now and in its index is not read twice.
  const files = keeper.list();
  const of = {
    keyOf: (part: Part) => keyring.unwrap(part.key, contextOf(part.path)),
    pathOf: (part: Part) => join(record, part.path),
  };
  const sources: Record<TableName, string[]> = { access: [], statement: [] };
  const taken = new Map<string, Set<string>>();
  const first = dayOf(span.since);
  // A statement may end a day after it gave something out.
  const last = dayOf(Math.min(span.until, Date.now() + 86_400_000) + 86_400_000);
  for (const day of await listDays(record)) {
    const oldest = files[0];
    const mayOverlap = oldest !== undefined && day >= dayOf(Number(oldest.split("-")[0]) - 86_400_000);
    const within = day >= first && day <= last;
    if (!within && !mayOverlap) continue;
    const { parts, spools } = await readDay(record, day);
    taken.set(day, new Set(spools));
    for (const part of within ? parts : [])
      if (isInside(part, day, span))
        sources[part.table].push(`SELECT * FROM ${await partSql(duck, part, of)}`);
  }
  await makeStaging(duck);
  for (const file of files) {
    // The day in which a file was begun names it last: then all of it is in the record.
    if (taken.get(dayOf(Number(file.split("-")[0])))?.has(file) === true) continue;
    try {
      await stageSpool(duck, keeper.records(file), (day) => taken.get(day)?.has(file) !== true);
    } catch (error) {
      onProblem(`Cannot read ${file}: ${(error as Error).message}`);
    }
  }
  for (const table of TABLE_NAMES) sources[table].push(`SELECT * EXCLUDE (hour) FROM (${stagedSql(table)})`);
  return sources;
}

function isInside(part: Part, day: string, span: { since: number; until: number }): boolean {
  if (part.table === "statement" || part.hour === null) return true;
  const begin = Date.parse(`${day}T${part.hour}:00:00Z`);
  return begin < span.until && begin + 3_600_000 > span.since;
}

/** The time as SQL; what is no whole number would be SQL of somebody else's. */
function timeSql(milliseconds: number): string {
  return `make_timestamp(${Math.trunc(milliseconds) * 1_000}::BIGINT)`;
}
