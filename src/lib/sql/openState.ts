import { mkdirSync } from "node:fs";
import { Kysely, PGliteDialect, PostgresDialect } from "kysely";
import pg from "pg";
import { SekishoError, textOfError } from "../error.ts";
import { lockFolder } from "./lockFolder.ts";
import { WorkerPglite } from "./workerPglite.ts";

/** A store whose tables its migrations define, so that the type of the tables is the caller's to narrow. */
export type StateDatabase = Kysely<any>;
export type State = {
  db: StateDatabase;
  kind: "pglite" | "postgresql";
  close(): Promise<void>;
};

export const limits = { connectionsMax: 10, connectMsMax: 10_000, statementMsMax: 60_000 } as const;

/**
 * Opens the state store: PostgreSQL where `databaseUrl` is given, else PGlite in `folder`, in a thread of
 * its own because it blocks the event loop. Both return the same values: `bigint` as a number where it is
 * safe, `numeric` as text, `timestamptz` as Date, `json` parsed. A JSON parameter is given as text.
 */
export async function openState(options: {
  databaseUrl?: string | undefined;
  folder: string;
}): Promise<State> {
  return options.databaseUrl === undefined ? openPglite(options.folder) : openPostgresql(options.databaseUrl);
}

async function openPglite(folder: string): Promise<State> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Two PGlite instances on one folder destroy it, and PGlite itself does not notice.
  const lock = lockFolder(folder);
  const pglite = new WorkerPglite(folder);
  try {
    await pglite.waitReady;
  } catch (error) {
    await pglite.close();
    lock.release();
    throw unavailable(`Cannot open the state store in ${folder}: ${textOfError(error)}`, {
      hint: "see that the disk is not full and the folder belongs to this user; or set DATABASE_URL",
      cause: error,
    });
  }
  const db = new Kysely<any>({ dialect: new PGliteDialect({ pglite }) });
  async function close(): Promise<void> {
    await db.destroy();
    await pglite.close();
    lock.release();
  }
  return { db, kind: "pglite", close };
}

async function openPostgresql(databaseUrl: string): Promise<State> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: limits.connectionsMax,
    connectionTimeoutMillis: limits.connectMsMax,
    statement_timeout: limits.statementMsMax,
    application_name: "sekisho",
    types: { getTypeParser: parserOfType },
  });
  // A connection that dies while idle is replaced at the next query; without a listener it ends the process.
  pool.on("error", () => {});
  try {
    await pool.query("select 1");
  } catch (error) {
    await pool.end();
    // The message of pg may hold the user name, never the password; the address itself is left out.
    throw unavailable(`Cannot reach PostgreSQL at DATABASE_URL: ${textOfError(error)}`, {
      hint: "see that PostgreSQL runs and that DATABASE_URL names its host, database and user",
      cause: error,
    });
  }
  const db = new Kysely<any>({ dialect: new PostgresDialect({ pool }) });
  return { db, kind: "postgresql", close: () => db.destroy() };
}

function unavailable(message: string, options: { hint: string; cause: unknown }): SekishoError {
  return new SekishoError("state-unavailable", message, options);
}

/** PGlite reads `bigint` as a number where it is safe; pg reads it as text. The first is kept. */
function parserOfType(oid: number, format?: "text" | "binary"): (value: any) => any {
  if (oid === pg.types.builtins.INT8 && format !== "binary") return numberWhereSafe;
  return pg.types.getTypeParser(oid, format as "text");
}

function numberWhereSafe(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
