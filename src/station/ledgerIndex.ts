import { sql, type Kysely } from "kysely";
import type { AppendedRow, Ledger } from "../ledger/append.ts";
import { Entry } from "../ledger/entry.ts";
import { PublishedTree } from "../ledger/read.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { project, projectedTables } from "./project.ts";
import type { LedgerQuery, LedgerRow, LedgerWalk } from "./services.ts";

export const limits = {
  rowsPerInsert: 400,
  walkEntriesMax: 500,
  waitingRowsMax: 20_000,
  gatherMs: 40,
} as const;

/**
 * The search index over the ledger in the state store, and what is read off its entries (held mail, rates).
 * It follows the ledger by index and never leads it, so it can be dropped and made anew at any time.
 */
export class LedgerIndex {
  readonly #db: Kysely<any>;
  readonly #ledger: Ledger;
  #next = 0;
  #waiting: AppendedRow[] = [];
  #working: Promise<void> | null = null;
  #overflow = false;
  #failing = false;
  #forget: (() => void) | null = null;
  readonly #onIndexed: (rows: AppendedRow[]) => Promise<void>;
  readonly #onProblem: (error: Error) => void;

  constructor(options: {
    db: Kysely<any>;
    ledger: Ledger;
    onIndexed: (rows: AppendedRow[]) => Promise<void>;
    onProblem: (error: Error) => void;
  }) {
    this.#db = options.db;
    this.#ledger = options.ledger;
    this.#onIndexed = options.onIndexed;
    this.#onProblem = options.onProblem;
  }

  /** Indexes what the ledger holds beyond the index, then follows it. */
  async start(onProgress?: (done: number, total: number) => void): Promise<void> {
    const row = await this.#db
      .selectFrom("ledger_entry")
      .select(sql<number>`max(index)`.as("last"))
      .executeTakeFirst();
    const last = (row as { last: number | null } | undefined)?.last ?? null;
    this.#next = last === null ? 0 : Number(last) + 1;
    await this.#catchUp(onProgress);
    this.#forget = this.#ledger.onAppended((rows) => this.#take(rows));
    await this.#catchUp();
  }

  get indexed(): number {
    return this.#next;
  }

  /** Resolves when all that the ledger holds now is indexed, or when the time is over; says whether it is. */
  async settled(msMax = 60_000): Promise<boolean> {
    const size = this.#ledger.size;
    const until = performance.now() + msMax;
    while (this.#next < size && performance.now() < until) {
      this.#kick();
      await this.#working;
      if (this.#failing) await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return this.#next >= size;
  }

  #take(rows: AppendedRow[]): void {
    if (this.#waiting.length + rows.length > limits.waitingRowsMax) this.#overflow = true;
    else this.#waiting.push(...rows);
    this.#kick();
  }

  #kick(): void {
    this.#working ??= this.#work()
      .catch((error: unknown) => {
        this.#onProblem(error as Error);
        this.#failing = true;
        this.#overflow = true; // What was taken out of the queue is read again from the ledger.
        this.#waiting = [];
        setTimeout(() => this.#kick(), 1_000).unref();
      })
      .finally(() => {
        this.#working = null;
      });
  }

  async #work(): Promise<void> {
    for (;;) {
      // A transaction costs as much for one entry as for fifty, so entries that come together share one.
      if (this.#waiting.length < limits.rowsPerInsert) {
        await new Promise((resolve) => setTimeout(resolve, limits.gatherMs));
      }
      if (this.#overflow) {
        this.#overflow = false;
        this.#waiting = [];
        await this.#catchUp();
      }
      const rows = this.#waiting.splice(0, limits.rowsPerInsert).filter((row) => row.index >= this.#next);
      if (rows.length === 0 && this.#waiting.length === 0 && !this.#overflow) return;
      if (rows.length > 0) await this.#write(rows);
    }
  }

  async #catchUp(onProgress?: (done: number, total: number) => void): Promise<void> {
    if (this.#next >= this.#ledger.size) return;
    await this.#ledger.publish();
    const tree = await PublishedTree.open(realDisk, this.#ledger.folder);
    if (tree === null) return;
    let rows: AppendedRow[] = [];
    for await (const { index, bytes } of tree.readEntries(this.#next, tree.size)) {
      rows.push({ index, entry: Entry.parse(JSON.parse(bytes.toString("utf8"))) });
      if (rows.length < limits.rowsPerInsert) continue;
      await this.#write(rows);
      onProgress?.(this.#next, tree.size);
      rows = [];
    }
    if (rows.length > 0) await this.#write(rows);
  }

  async #write(rows: AppendedRow[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await insertRows(transaction, rows);
      await project(transaction, rows);
    });
    this.#next = (rows.at(-1) as AppendedRow).index + 1;
    this.#failing = false;
    await this.#onIndexed(rows);
  }

  /** Drops the index and what is read off it; `start` makes them anew. */
  static async clear(db: Kysely<any>): Promise<void> {
    for (const table of ["ledger_rest", "ledger_about", "ledger_entry", ...projectedTables]) {
      await db.deleteFrom(table).execute();
    }
  }

  async search(query: LedgerQuery): Promise<LedgerRow[]> {
    let select = this.#db.selectFrom("ledger_entry").select(["index", "entry"]);
    if (query.kind !== undefined) select = select.where("kind", "=", query.kind);
    if (query.code !== undefined) select = select.where("code", "=", query.code);
    if (query.since !== undefined) select = select.where("at", ">=", query.since);
    if (query.until !== undefined) select = select.where("at", "<", query.until);
    if (query.beforeIndex !== undefined) select = select.where("index", "<", query.beforeIndex);
    if (query.about !== undefined) {
      const { key, value } = query.about;
      const inAbout = this.#db
        .selectFrom("ledger_about")
        .select("index")
        .where("key", "=", key)
        .where("value", "=", value);
      select = select.where("index", "in", inAbout);
    }
    for (const word of (query.text ?? "").split(/\s+/).filter((one) => one !== "")) {
      const pattern = `%${word.replace(/[\\%_]/g, "\\$&")}%`;
      select = select.where("entry", "ilike", pattern);
    }
    const rows = await select.orderBy("index", "desc").limit(query.limit).execute();
    return rows.map((row) => rowOf(row as { index: number; entry: string }));
  }

  /** An entry by id; throws not-found. */
  async find(id: string): Promise<LedgerRow> {
    const row = /^[0-9a-f-]{36}$/.test(id)
      ? await this.#db
          .selectFrom("ledger_entry")
          .select(["index", "entry"])
          .where("id", "=", id)
          .executeTakeFirst()
      : undefined;
    if (row !== undefined) return rowOf(row as { index: number; entry: string });
    throw new SekishoError("not-found", `Cannot find ledger entry ${id}`, {
      hint: "run: sekisho ledger reindex",
    });
  }

  /** Ids among these that are in the ledger already. */
  async known(ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom("ledger_entry")
      .select(["id", "index"])
      .where("id", "in", ids)
      .execute();
    return new Map((rows as { id: string; index: number }[]).map((row) => [row.id, Number(row.index)]));
  }

  /** The entry, all that it rests on, and what rests on it. */
  async walk(id: string): Promise<LedgerWalk> {
    const entry = await this.find(id);
    const restsOn: LedgerWalk["restsOn"] = [];
    const seen = new Set<string>([entry.entry.id]);
    let level: LedgerRow[] = [entry];
    for (let depth = 1; level.length > 0 && seen.size < limits.walkEntriesMax; depth++) {
      const via = new Map<string, string>();
      for (const row of level)
        for (const rest of row.entry.rests) if (!seen.has(rest)) via.set(rest, row.entry.id);
      const rows = await this.#many([...via.keys()].slice(0, limits.walkEntriesMax));
      for (const row of rows) {
        seen.add(row.entry.id);
        restsOn.push({ row, depth, via: via.get(row.entry.id) as string });
      }
      level = rows;
    }
    return { entry, restsOn, restedOnBy: await this.#restingOn(id) };
  }

  async #many(ids: readonly string[]): Promise<LedgerRow[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .selectFrom("ledger_entry")
      .select(["index", "entry"])
      .where("id", "in", ids)
      .orderBy("index")
      .execute();
    return rows.map((row) => rowOf(row as { index: number; entry: string }));
  }

  async #restingOn(id: string): Promise<LedgerRow[]> {
    const indexes = this.#db.selectFrom("ledger_rest").select("index").where("rests_on", "=", id);
    const rows = await this.#db
      .selectFrom("ledger_entry")
      .select(["index", "entry"])
      .where("index", "in", indexes)
      .orderBy("index")
      .limit(limits.walkEntriesMax)
      .execute();
    return rows.map((row) => rowOf(row as { index: number; entry: string }));
  }

  async stop(): Promise<void> {
    this.#forget?.();
    while (this.#working !== null) await this.#working;
  }
}

function rowOf(row: { index: number | bigint; entry: string }): LedgerRow {
  return { index: Number(row.index), entry: JSON.parse(row.entry) as Entry };
}

/**
 * One parameter for the whole batch, and the store takes it apart: twenty rows a mail as parameters of
 * their own
 * cost PGlite four times as much.
 */
async function insertRows(db: Kysely<any>, rows: AppendedRow[]): Promise<void> {
  const printed = JSON.stringify(rows.map(({ index, entry }) => [index, JSON.stringify(entry), entry]));
  // PostgreSQL takes no NUL, not even in JSON (an even number of backslashes before it stands for
  // themselves).
  const batch = printed.replace(/(?<!\\)((?:\\\\)*)\\u0000/g, "$1\\ufffd");
  const taken = sql`(select (row->>0)::bigint as index, row->>1 as entry, row->2 as body
    from jsonb_array_elements(${batch}::text::jsonb) as row) as batch`;
  await sql`insert into ledger_entry (index, id, kind, code, at, by_whom, entry)
    select index, (body->>'id')::uuid, body->>'kind', body->>'code', (body->>'at')::timestamptz,
      body->>'by', entry
    from ${taken} on conflict do nothing`.execute(db);
  await sql`insert into ledger_about (key, value, index)
    select about.key, about.value, index from ${taken}, jsonb_each_text(body->'about') as about
    on conflict do nothing`.execute(db);
  await sql`insert into ledger_rest (rests_on, index)
    select distinct rest::uuid, index from ${taken}, jsonb_array_elements_text(body->'rests') as rest
    on conflict do nothing`.execute(db);
}
