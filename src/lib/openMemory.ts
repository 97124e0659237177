import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SekishoError } from "./error.ts";

/**
 * Opens a gate's own memory, a SQLite file that outlives `kill -9` of its process: a committed transaction is
 * in the page cache. Throws state-newer for tables of a newer version, which are not touched.
 */
export function openMemory(path: string, schemaVersion: number): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path);
  const found = database.prepare("pragma user_version").get() as { user_version: number };
  if (found.user_version > schemaVersion) {
    database.close();
    throw new SekishoError("state-newer", `Cannot open ${path}: a newer version of Sekisho made it`, {
      hint: "start the version that made it, or a newer one",
    });
  }
  database.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    pragma busy_timeout = 5000;`);
  // Where nothing is new, nothing is written: on a full disk it still opens.
  if (found.user_version < schemaVersion) database.exec(`pragma user_version = ${schemaVersion}`);
  return database;
}

/** Whether the disk is the trouble (SQLITE_FULL, IOERR, CANTOPEN, READONLY), and not the statement. */
export function isDiskTrouble(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && [8, 10, 13, 14].includes(errcode & 0xff);
}
