import { createHash, randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Keyring } from "../../../ledger/keyring.ts";
import { measureFile } from "../../../lib/measureFile.ts";
import { realDisk } from "../../../lib/disk.ts";
import { textOfError } from "../../../lib/error.ts";
import { openDuck, parquetOptions, quoteSql, type Duck } from "../../../lib/openDuck.ts";
import { SpoolKeeper } from "../spoolKeeper.ts";
import { contextOf, dayOf, foldersOf, listDays, readDay, removeDay, writeDay } from "./dayIndex.ts";
import { TABLE_NAMES, type DayIndex, type Part, type TableName } from "./dayIndex.ts";
import { makeStaging, stagedSql, stageSpool, wholeStatementsSql } from "./stageSpool.ts";

export const limits = {
  memoryBytes: 512 * 1024 ** 2,
  /** Spool files in one go; what is left is for the next. */
  spoolsMax: 16,
  /** Accesses of an hour may be written this much later. */
  lateMs: 10 * 60_000,
  /** Who has begun to read may go on so long with files that were put together since. */
  graceMs: 60 * 60_000,
} as const;

/** A file of the record, as the ledger hears of it. */
export type FinishedFile = {
  path: string;
  table: TableName;
  /** "2016-03-15/07"; of a whole day its first hour. */
  hour: string;
  rows: number;
  bytes: number;
  sha256: string;
};

/**
 * Who read whom, for years: takes what the threads have spooled into Parquet, puts the files of an hour and
 * of a day together, and forgets what is older than the retention. One process at a time writes.
 *
 * DuckDB writes encrypted Parquet with random numbers of mbedTLS that it calls unsafe (1.5.5: without
 * OpenSSL there is no other way). They make the nonces of AES-GCM, which need not be secret but must be
 * unique under one key: hence each file has a key of its own, made by node:crypto, and no key writes twice.
 */
export class AccessArchive {
  readonly #record: string;
  readonly #keyring: Keyring;
  readonly #spool: SpoolKeeper;
  readonly #onProblem: (problem: string) => void;
  readonly #now: () => number;
  #duck: Duck | null = null;

  constructor(options: {
    dataFolder: string;
    keyring: Keyring;
    onProblem: (problem: string) => void;
    now?: () => number;
  }) {
    const { dataFolder, keyring, onProblem } = options;
    const folders = foldersOf(dataFolder);
    this.#record = folders.record;
    this.#keyring = keyring;
    this.#spool = new SpoolKeeper({ folder: folders.spool, keyring, onProblem });
    this.#onProblem = onProblem;
    this.#now = options.now ?? Date.now;
  }

  /** Takes finished spool files into the record; gives those that are in it, also since earlier. */
  async archive(files: readonly string[]): Promise<string[]> {
    if (files.length === 0) return [];
    const indexes = new Map<string, DayIndex>();
    for (const day of await this.#daysOf(files)) indexes.set(day, await readDay(this.#record, day));
    return this.take(async (duck) => {
      const taken: string[] = [];
      for (const file of files.slice(0, limits.spoolsMax)) {
        const isNew = (day: string): boolean => indexes.get(day)?.spools.includes(file) !== true;
        try {
          await stageSpool(duck, this.#spool.records(file), isNew);
          taken.push(file);
        } catch (error) {
          this.#onProblem(`Cannot take ${file} into the record of accesses: ${textOfError(error)}`);
        }
      }
      return taken;
    });
  }

  /** Takes what `stage` puts into the staging tables out of the spool files that it names. */
  async take(stage: (duck: Duck) => Promise<string[]>): Promise<string[]> {
    const duck = await this.#database();
    await makeStaging(duck);
    const files = await stage(duck);
    await this.#writeStaged(duck, files);
    return files;
  }

  /** A file's accesses may lie in days on from the one in which it was begun. */
  async #daysOf(files: readonly string[]): Promise<string[]> {
    const first = files.map((file) => dayOf(Number(file.split("-")[0]) - 86_400_000)).sort()[0] as string;
    return (await listDays(this.#record)).filter((day) => day >= first);
  }

  async #writeStaged(duck: Duck, files: readonly string[]): Promise<void> {
    const hours = await duck.rows<{ hour: string }>(
      "SELECT DISTINCT hour FROM (SELECT hour FROM staged_access UNION SELECT hour FROM staged_statement)",
    );
    const days = new Set([
      ...hours.map(({ hour }) => hour.slice(0, 10)),
      ...files.map((file) => dayOf(Number(file.split("-")[0]))),
    ]);
    // The same files give the same names: what a crash left over is written again in its place.
    const name = createHash("sha256").update(files.join(" ")).digest("hex").slice(0, 16);
    // Backwards: when the day in which a file was begun names it, all of the file is in the record.
    for (const day of [...days].sort().reverse()) {
      const index = await readDay(this.#record, day);
      for (const { hour } of hours.filter((one) => one.hour.startsWith(day)))
        for (const table of TABLE_NAMES) {
          const rows = `SELECT * EXCLUDE (hour) FROM (${stagedSql(table)}) WHERE hour = ${quoteSql(hour)}`;
          const path = `${table}/${hour}-${name}.parquet`;
          const part = await this.#write(duck, { path, table, hour: hour.slice(11), sql: rows });
          if (part !== null) index.parts.push(part);
        }
      index.spools = [...new Set([...index.spools, ...files])];
      await writeDay(this.#record, day, index);
    }
  }

  async #write(
    duck: Duck,
    what: { path: string; table: TableName; hour: string | null; sql: string },
  ): Promise<Part | null> {
    const { path, table, hour } = what;
    const whole = join(this.#record, path);
    await realDisk.makeFolder(dirname(whole));
    await syncPath(this.#record);
    await syncPath(dirname(dirname(whole)));
    const key = randomBytes(32);
    const name = await nameKey(duck, key);
    const sorted =
      table === "access"
        ? `SELECT * FROM (${what.sql}) ORDER BY customer, seen_at`
        : `SELECT * FROM (${wholeStatementsSql(what.sql)}) ORDER BY statement`;
    const [{ Count: rows } = { Count: 0 }] = await duck.rows<{ Count: number }>(
      `COPY (${sorted}) TO ${quoteSql(whole)}
       (${parquetOptions}, ROW_GROUP_SIZE 61440, ENCRYPTION_CONFIG {footer_key: ${quoteSql(name)}})`,
    );
    if (rows === 0) {
      await rm(whole, { force: true });
      return null;
    }
    await syncPath(whole);
    await syncPath(dirname(whole));
    const wrapped = this.#keyring.wrap(key, contextOf(path));
    return { path, table, hour, rows, ...(await measureFile(whole)), key: wrapped, told: false };
  }

  /** Days in which there may be something to do: the last ones, or all. */
  async openDays(all: boolean): Promise<string[]> {
    const first = dayOf(this.#now() - 3 * 86_400_000);
    return (await listDays(this.#record)).filter((day) => all || day >= first);
  }

  /** Makes one file of those of an hour, and of a day, when they are over; takes away what they replace. */
  async merge(days: readonly string[]): Promise<void> {
    for (const day of days) {
      const end = Date.parse(`${day}T00:00:00Z`) + 86_400_000;
      const index = await readDay(this.#record, day);
      let changed = false;
      const groups = Map.groupBy(index.parts, ({ table, hour }) => {
        if (this.#now() > end + limits.lateMs) return `${table} day`;
        const over = this.#now() > end - (23 - Number(hour ?? 23)) * 3_600_000 + limits.lateMs;
        return over ? `${table} ${hour}` : "";
      });
      for (const [group, parts] of groups) {
        if (group === "" || parts.length < 2) continue;
        const made = await this.#mergeParts(day, parts, group.endsWith("day"));
        index.parts = [...index.parts.filter((part) => !parts.includes(part)), made];
        for (const { path } of parts) index.replaced[path] = this.#now();
        changed = true;
      }
      if (changed) await writeDay(this.#record, day, index);
      await this.#sweep(day);
    }
  }

  async #mergeParts(day: string, parts: readonly Part[], whole: boolean): Promise<Part> {
    const { table, hour } = parts[0] as Part;
    const duck = await this.#database();
    const sources: string[] = [];
    for (const part of parts) sources.push(await partSql(duck, part, this));
    const name = whole ? "day" : hour;
    const id = randomBytes(6).toString("hex");
    const made = await this.#write(duck, {
      path: `${table}/${day}/${name}-${id}.parquet`,
      table,
      hour: whole ? null : hour,
      sql: sources.map((source) => `SELECT * FROM ${source}`).join(" UNION ALL BY NAME "),
    });
    if (made === null) throw new Error(`nothing was left of the accesses of ${day}`);
    const before = parts.reduce((sum, part) => sum + part.rows, 0);
    if (table === "access" && made.rows !== before)
      throw new Error(`${before} accesses of ${day} became ${made.rows}`);
    return made;
  }

  /** Takes away files that another one replaces, after a while, and what a crash left over. */
  async #sweep(day: string): Promise<void> {
    const index = await readDay(this.#record, day);
    const old = Object.keys(index.replaced).filter(
      (path) => (index.replaced[path] as number) < this.#now() - limits.graceMs,
    );
    const kept = new Set(index.spools.filter((file) => this.#spoolKept.has(file)));
    if (old.length > 0 || kept.size < index.spools.length) {
      for (const path of old) delete index.replaced[path];
      index.spools = [...kept];
      await writeDay(this.#record, day, index);
    }
    const named = new Set([...index.parts.map(({ path }) => path), ...Object.keys(index.replaced)]);
    for (const table of TABLE_NAMES)
      for (const name of await realDisk.list(join(this.#record, table, day)))
        if (!named.has(`${table}/${day}/${name}`))
          await realDisk.remove(join(this.#record, table, day, name));
  }

  get #spoolKept(): Set<string> {
    return new Set(this.#spool.list());
  }

  /** Files that the ledger has not heard of. */
  async untold(days: readonly string[]): Promise<FinishedFile[]> {
    const files: FinishedFile[] = [];
    for (const day of days)
      for (const { told, path, table, hour, rows, bytes, sha256 } of (await readDay(this.#record, day)).parts)
        if (!told) files.push({ path, table, hour: `${day}/${hour ?? "00"}`, rows, bytes, sha256 });
    return files;
  }

  async markTold(paths: readonly string[]): Promise<void> {
    for (const [day, own] of Map.groupBy(paths, (path) => path.split("/")[1] as string)) {
      const index = await readDay(this.#record, day);
      for (const part of index.parts) if (own.includes(part.path)) part.told = true;
      await writeDay(this.#record, day, index);
    }
  }

  /** Forgets the days that are older than the retention, and says which. */
  async prune(retentionDays: number): Promise<{ day: string; files: number }[]> {
    const first = dayOf(this.#now() - retentionDays * 86_400_000);
    const gone: { day: string; files: number }[] = [];
    for (const day of (await listDays(this.#record)).filter((one) => one < first)) {
      const { parts } = await readDay(this.#record, day);
      // The index goes last: it holds the keys, and says what is still to go.
      for (const table of TABLE_NAMES) await realDisk.remove(join(this.#record, table, day));
      await removeDay(this.#record, day);
      gone.push({ day, files: parts.length });
    }
    return gone;
  }

  keyOf(part: Part): Buffer {
    return this.#keyring.unwrap(part.key, contextOf(part.path));
  }

  pathOf(part: Part): string {
    return join(this.#record, part.path);
  }

  async #database(): Promise<Duck> {
    this.#duck ??= await openSealedDuck(limits.memoryBytes);
    return this.#duck;
  }

  async close(): Promise<void> {
    await this.#duck?.close();
    this.#duck = null;
  }
}

/** A database that may write encrypted Parquet, and whose own temporary files are encrypted too. */
export async function openSealedDuck(memoryBytesMax: number): Promise<Duck> {
  const duck = await openDuck({ memoryBytesMax });
  await duck.run("SET force_mbedtls_unsafe = 'true'; SET temp_file_encryption = true");
  return duck;
}

let keys = 0;

/** Gives a key to DuckDB; its name stands for it. */
async function nameKey(duck: Duck, key: Buffer): Promise<string> {
  const name = `key${++keys}`;
  await duck.run(`PRAGMA add_parquet_key(${quoteSql(name)}, ${quoteSql(key.toString("base64"))})`);
  return name;
}

/** A file of the record as a source of rows in SQL. */
export async function partSql(
  duck: Duck,
  part: Part,
  of: { keyOf(part: Part): Buffer; pathOf(part: Part): string },
): Promise<string> {
  const name = await nameKey(duck, of.keyOf(part));
  return `read_parquet(${quoteSql(of.pathOf(part))}, encryption_config = {footer_key: ${quoteSql(name)}})`;
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
