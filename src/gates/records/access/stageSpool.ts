import { DOUBLE, DuckDBDataChunk, VARCHAR } from "@duckdb/node-api";
import type { DuckDBAppender, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { Duck } from "../../../lib/openDuck.ts";
import type { AccessBegin, AccessEnd, AccessRecord } from "./accessSpool.ts";
import type { TableName } from "./dayIndex.ts";

/**
 * The two tables of the record of accesses. `count` is the number of customers: one, or where a row had no
 * key (then `customer` is null) as many as it stood for. A statement has a row in every hour in which it gave
 * something out, so that each hour can be read alone; `end` values are null until it has ended.
 */
export const TABLES: Readonly<Record<TableName, string>> = {
  access: `customer VARCHAR, person VARCHAR, seen_at TIMESTAMP, statement UUID, count INTEGER`,
  statement: `
    statement UUID, seen_at TIMESTAMP, person VARCHAR, client VARCHAR, application VARCHAR, database VARCHAR,
    session VARCHAR, purpose VARCHAR, verb VARCHAR, touches VARCHAR, granted VARCHAR, text_sha256 VARCHAR,
    keyless BIGINT, rows BIGINT, customers BIGINT, bytes BIGINT, milliseconds BIGINT, outcome VARCHAR`,
};

const chunkRows = 2_048;
const accessTypes: DuckDBType[] = [VARCHAR, VARCHAR, VARCHAR, DOUBLE, VARCHAR, DOUBLE];
// Whole numbers up to 2^53 are exact in a double, and a bigint for each would cost more than the rest.
const statementTypes: DuckDBType[] = [
  ...[VARCHAR, VARCHAR, VARCHAR, DOUBLE],
  ...Array.from({ length: 9 }, () => VARCHAR),
  ...Array.from({ length: 5 }, () => DOUBLE),
  VARCHAR,
];

/** What is known of a statement in one hour. */
type Piece = {
  hour: string;
  begin: AccessBegin | null;
  statement: string;
  keyless: number;
  end: AccessEnd | null;
};

/** Makes the empty tables into which spool files are read. */
export async function makeStaging(duck: Duck): Promise<void> {
  await duck.run(`
    CREATE OR REPLACE TEMP TABLE staged_access (hour VARCHAR, customer VARCHAR, person VARCHAR,
      seen_ms DOUBLE, statement VARCHAR, count DOUBLE);
    CREATE OR REPLACE TEMP TABLE staged_statement (hour VARCHAR, statement VARCHAR, person VARCHAR,
      seen_ms DOUBLE, client VARCHAR, application VARCHAR, database VARCHAR, session VARCHAR, purpose VARCHAR,
      verb VARCHAR, touches VARCHAR, granted VARCHAR, text_sha256 VARCHAR, keyless DOUBLE, rows DOUBLE,
      customers DOUBLE, bytes DOUBLE, milliseconds DOUBLE, outcome VARCHAR)`);
}

/** A SELECT over what was staged, with the types of the record and the hour ("2016-03-15/07"). */
export function stagedSql(table: TableName): string {
  const time = "make_timestamp((seen_ms * 1000)::BIGINT) AS seen_at";
  if (table === "access")
    return `SELECT hour, customer, person, ${time}, TRY_CAST(statement AS UUID) AS statement,
      count::INTEGER AS count FROM staged_access`;
  return `SELECT hour, TRY_CAST(statement AS UUID) AS statement, ${time}, person, client, application,
    database, session, purpose, verb, touches, granted, text_sha256, keyless::BIGINT AS keyless,
    rows::BIGINT AS rows, customers::BIGINT AS customers, bytes::BIGINT AS bytes,
    milliseconds::BIGINT AS milliseconds, outcome
    FROM staged_statement`;
}

/** One row for each statement out of those of its hours and files. */
export function wholeStatementsSql(source: string): string {
  const first = ["person", "client", "application", "database", "session", "purpose", "verb", "touches"];
  const known = [...first, "granted", "text_sha256"].map((name) => `any_value(${name}) AS ${name}`);
  const most = ["rows", "customers", "bytes", "milliseconds", "outcome"].map(
    (name) => `max(${name}) AS ${name}`,
  );
  return `SELECT statement, min(seen_at) AS seen_at, ${known.join(", ")}, sum(keyless)::BIGINT AS keyless,
    ${most.join(", ")} FROM (${source}) GROUP BY statement`;
}

/**
 * Reads the records of one spool file into the staging tables: all of them or, where it throws, none.
 * `wanted` says which days.
 */
export async function stageSpool(
  duck: Duck,
  records: Iterable<AccessRecord>,
  wanted: (day: string) => boolean,
): Promise<void> {
  await duck.run("BEGIN");
  try {
    const access = new Rows(await duck.connection.createAppender("staged_access"), accessTypes);
    const pieces = readRecords(records, wanted, access);
    access.close();
    const statement = new Rows(await duck.connection.createAppender("staged_statement"), statementTypes);
    for (const piece of pieces) statement.add(rowOf(piece));
    statement.close();
    await duck.run("COMMIT");
  } catch (error) {
    await duck.run("ROLLBACK").catch(() => {}); // The first error says what happened.
    throw error;
  }
}

function readRecords(
  records: Iterable<AccessRecord>,
  wanted: (day: string) => boolean,
  access: Rows,
): Iterable<Piece> {
  const begins = new Map<string, AccessBegin>();
  const pieces = new Map<string, Piece>();
  const isWanted = new Map<string, boolean>();
  let last = { second: -1, hour: "" };
  const hourAt = (at: number): string => {
    if (last.second !== at) last = { second: at, hour: hourOf(at) };
    return last.hour;
  };
  const pieceOf = (statement: string, hour: string): Piece => {
    const key = `${hour} ${statement}`;
    const known = pieces.get(key);
    if (known !== undefined) return known;
    const begin = begins.get(statement) ?? null;
    const made: Piece = { hour, begin, statement, keyless: 0, end: null };
    pieces.set(key, made);
    return made;
  };
  for (const record of records) {
    if (record.kind === "begin") {
      begins.set(record.begin.statement, record.begin);
      continue;
    }
    const at = record.kind === "end" ? record.end.at : record.at;
    const hour = hourAt(at);
    if (!known(isWanted, hour.slice(0, 10), wanted)) continue;
    if (record.kind === "end") {
      pieceOf(record.end.statement, hour).end = record.end;
      continue;
    }
    const piece = pieceOf(record.statement, hour);
    const person = piece.begin?.person ?? "";
    if (record.kind === "key")
      access.add([hour, record.customer.toWellFormed(), person, at, record.statement, 1]);
    else {
      piece.keyless += record.customers;
      access.add([hour, null, person, at, record.statement, record.customers]);
    }
  }
  return pieces.values();
}

function known(answers: Map<string, boolean>, day: string, ask: (day: string) => boolean): boolean {
  const answer = answers.get(day) ?? ask(day);
  answers.set(day, answer);
  return answer;
}

/** "2016-03-15/07" of milliseconds since 1970. */
export function hourOf(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString();
  return `${text.slice(0, 10)}/${text.slice(11, 13)}`;
}

function rowOf({ hour, begin, statement, keyless, end }: Piece): DuckDBValue[] {
  const text = (value: string | null | undefined): string | null => value?.toWellFormed() ?? null;
  return [
    ...[hour, statement, text(begin?.person), begin?.at ?? end?.at ?? 0],
    ...[text(begin?.client), text(begin?.application), text(begin?.database), text(begin?.session)],
    ...[text(begin?.purpose), text(begin?.verb), begin === null ? null : JSON.stringify(begin.touches)],
    ...[text(begin?.grant), text(begin?.text), keyless],
    ...[end?.rows ?? null, end?.customers ?? null, end?.bytes ?? null, end?.milliseconds ?? null],
    end?.outcome ?? null,
  ];
}

/** Rows on their way to a table, some thousand at a time. */
class Rows {
  readonly #appender: DuckDBAppender;
  readonly #types: DuckDBType[];
  #columns: DuckDBValue[][];

  constructor(appender: DuckDBAppender, types: DuckDBType[]) {
    this.#appender = appender;
    this.#types = types;
    this.#columns = types.map(() => []);
  }

  add(row: DuckDBValue[]): void {
    for (let at = 0; at < row.length; at++) this.#columns[at]?.push(row[at] as DuckDBValue);
    if ((this.#columns[0]?.length ?? 0) === chunkRows) this.#flush();
  }

  #flush(): void {
    const count = this.#columns[0]?.length ?? 0;
    if (count === 0) return;
    const chunk = DuckDBDataChunk.create(this.#types, count);
    chunk.setColumns(this.#columns);
    this.#appender.appendDataChunk(chunk);
    this.#columns = this.#types.map(() => []);
  }

  close(): void {
    this.#flush();
    this.#appender.closeSync();
  }
}
