import { join } from "node:path";
import { SekishoError, textOfError } from "../../../lib/error.ts";
import type { Seen } from "../connection.ts";
import { openDuck, parquetOptions, quoteSql, type Duck } from "../../../lib/openDuck.ts";
import { appendSeen, makeStaging, stagedSql } from "../record/seenRows.ts";
import { TABLES, type Table } from "../record/tables.ts";

const rowsPerAppend = 16_384;
const rowsPerPart = 500_000;

/**
 * Writes what is read into temporary Parquet files, with a DuckDB of its own: a file that breaks the fast
 * reader (one that is hostile, or a defect in it) takes only this one down, and it is opened anew.
 */
export class PartWriter {
  readonly parts: Record<Table, string[]> = { connection: [], naming: [], dns: [] };
  readonly rows: Record<Table, number> = { connection: 0, naming: 0, dns: 0 };
  readonly #folder: string;
  readonly #memoryBytesMax: number;
  #duck: Duck;
  /** Rows that wait here outlive the other database. */
  #staging: Duck | null = null;
  #waiting: Record<Table, Seen[]> = { connection: [], naming: [], dns: [] };
  #staged: Record<Table, number> = { connection: 0, naming: 0, dns: 0 };
  #number = 0;

  private constructor(duck: Duck, folder: string, memoryBytesMax: number) {
    this.#duck = duck;
    this.#folder = folder;
    this.#memoryBytesMax = memoryBytesMax;
  }

  static async open(options: { folder: string; memoryBytesMax: number }): Promise<PartWriter> {
    const { folder, memoryBytesMax } = options;
    return new PartWriter(await openLoader(folder, memoryBytesMax), folder, memoryBytesMax);
  }

  get duck(): Duck {
    return this.#duck;
  }

  /** A new name for a temporary file. */
  path(name: string): string {
    return join(this.#folder, `${this.#number++}-${name}`);
  }

  /** Takes a Parquet file into the table. */
  take(table: Table, path: string, rows: number): void {
    if (rows === 0) return;
    this.parts[table].push(path);
    this.rows[table] += rows;
  }

  async add(seen: readonly Seen[]): Promise<void> {
    for (const one of seen) this.#waiting[one.table].push(one);
    for (const table of Object.keys(TABLES) as Table[]) {
      if (this.#waiting[table].length >= rowsPerAppend) await this.#append(table);
      if (this.#staged[table] >= rowsPerPart) await this.#write(table);
    }
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    for (const table of Object.keys(TABLES) as Table[]) {
      await this.#append(table);
      await this.#write(table);
    }
  }

  /** How much of the statement that runs now is done, from 0 to 1; 0 where it does not say. */
  get share(): number {
    return Math.max(0, this.#duck.connection.progress.percentage) / 100;
  }

  /** After an error that the database does not survive. */
  async reopen(): Promise<void> {
    await this.#duck.close();
    this.#duck = await openLoader(this.#folder, this.#memoryBytesMax);
  }

  async close(): Promise<void> {
    await this.#duck.close();
    await this.#staging?.close();
  }

  async #append(table: Table): Promise<void> {
    const seen = this.#waiting[table];
    if (seen.length === 0) return;
    this.#staging ??= await openDuck({ tempFolder: this.#folder, memoryBytesMax: this.#memoryBytesMax });
    if (this.#staged[table] === 0) await makeStaging(this.#staging, table, `staged_${table}`);
    this.#waiting[table] = [];
    this.#staged[table] += seen.length;
    await appendSeen(this.#staging, `staged_${table}`, seen);
  }

  async #write(table: Table): Promise<void> {
    const rows = this.#staged[table];
    if (rows === 0 || this.#staging === null) return;
    const path = this.path(`${table}.parquet`);
    const sql = stagedSql(table, `staged_${table}`);
    try {
      await this.#staging.run(`COPY (${sql}) TO ${quoteSql(path)} (${parquetOptions})`);
    } catch (error) {
      throwUnmendable(error);
      throw error;
    }
    await this.#staging.run(`DROP TABLE staged_${table}`);
    this.#staged[table] = 0;
    this.take(table, path, rows);
  }
}

/** A database that says how far it is. */
async function openLoader(tempFolder: string, memoryBytesMax: number): Promise<Duck> {
  const duck = await openDuck({ tempFolder, memoryBytesMax });
  await duck.run("SET enable_progress_bar = true; SET enable_progress_bar_print = false");
  return duck;
}

/** Throws what no other way of reading mends: a full disk, or too little memory. */
export function throwUnmendable(error: unknown): void {
  const text = textOfError(error);
  if (!/no space left|out of memory|disk quota/i.test(text)) return;
  throw new SekishoError("limit-passed", `Cannot write what was read: ${text.split("\n")[0]}`, {
    hint: "make room on the disk of the temporary folder (TMPDIR), or read less at a time",
    cause: error,
  });
}
