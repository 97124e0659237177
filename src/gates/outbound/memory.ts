import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openMemory } from "../../lib/openMemory.ts";
import { CutOrder } from "./cut/cutOrder.ts";

/** Raised with every change of the tables. */
const schemaVersion = 2;

export const limits = {
  pruneRows: 50_000,
  reportAgainMs: 24 * 3_600_000,
  placesKnownMs: 24 * 3_600_000,
} as const;

/** How far an order to cut has come, as the ledger says it. */
export type KeptOrder = { order: CutOrder; state: "asked" | "in-place" | "ended" | "failed"; entry: string };

/**
 * The gate's own memory: which destinations were met before, what was reported lately, which orders were
 * given. It outlives `kill -9` of the gate, since a committed transaction is in the page cache.
 */
export class OutboundMemory {
  readonly #database: DatabaseSync;
  readonly #meet: StatementSync;
  readonly #met: StatementSync;
  readonly #reported: StatementSync;
  readonly #report: StatementSync;
  readonly #findOrder: StatementSync;
  readonly #putOrder: StatementSync;

  constructor(path: string) {
    this.#database = openMemory(path, schemaVersion);
    this.#database.exec(`
      create table if not exists destination (
        address text primary key, first_at integer not null, last_at integer not null) without rowid;
      create index if not exists destination_last on destination (last_at);
      create table if not exists place (
        role text not null, place text not null, first_at integer not null,
        primary key (role, place)) without rowid;
      create table if not exists source (name text primary key, last_at integer not null) without rowid;
      create table if not exists reported (key text primary key, at integer not null) without rowid;
      create table if not exists cut_order (
        id text primary key, body text not null, state text not null, entry text not null,
        at integer not null) without rowid;
    `);
    this.#meet = this.#database.prepare(
      `insert into destination values (?, ?, ?)
       on conflict do update set last_at = max(last_at, excluded.last_at)`,
    );
    this.#met = this.#database.prepare("select first_at from destination where address = ?");
    this.#reported = this.#database.prepare("select at from reported where key = ?");
    this.#report = this.#database.prepare("insert or replace into reported values (?, ?)");
    this.#findOrder = this.#database.prepare("select body, state, entry from cut_order where id = ?");
    this.#putOrder = this.#database.prepare("insert or replace into cut_order values (?, ?, ?, ?, ?)");
  }

  /** Notes that ours met these addresses; gives those never met before. Times are milliseconds. */
  meet(addresses: readonly string[], at: number): Set<string> {
    const fresh = new Set<string>();
    this.#together(() => {
      for (const address of new Set(addresses)) {
        if (this.#met.get(address) === undefined) fresh.add(address);
        this.#meet.run(address, at, at);
      }
    });
    return fresh;
  }

  metBefore(address: string): boolean {
    return this.#met.get(address) !== undefined;
  }

  /**
   * Notes that hosts of a role went to a place; whether that is new. A role of which nothing was known a day
   * ago has no "before": then nothing is new.
   */
  meetPlace(role: string, place: string, at: number): boolean {
    const found = this.#database
      .prepare("select min(first_at) as since, max(place = ?) as met from place where role = ?")
      .get(place, role) as { since: number | null; met: number | null };
    if (found.met === 1) return false;
    this.#database.prepare("insert or ignore into place values (?, ?, ?)").run(role, place, at);
    return found.since !== null && at - found.since >= limits.placesKnownMs;
  }

  /** Whether this was reported within a day; if not, it is now. */
  reportOnce(key: string, at: number): boolean {
    const row = this.#reported.get(key) as { at: number } | undefined;
    if (row !== undefined && at - row.at < limits.reportAgainMs) return false;
    this.#report.run(key, at);
    return true;
  }

  /** When each source last said something, in milliseconds. */
  sources(): Map<string, number> {
    const rows = this.#database.prepare("select name, last_at from source").all() as {
      name: string;
      last_at: number;
    }[];
    return new Map(rows.map((row) => [row.name, row.last_at]));
  }

  keepSources(sources: ReadonlyMap<string, number>): void {
    const put = this.#database.prepare("insert or replace into source values (?, ?)");
    this.#together(() => {
      for (const [name, at] of sources) put.run(name, at);
    });
  }

  keepOrder({ order, state, entry }: KeptOrder, at: number): void {
    this.#putOrder.run(order.id, JSON.stringify(order), state, entry, at);
  }

  findOrder(id: string): KeptOrder | null {
    const row = this.#findOrder.get(id) as { body: string; state: string; entry: string } | undefined;
    if (row === undefined) return null;
    return {
      order: CutOrder.parse(JSON.parse(row.body)),
      state: row.state as KeptOrder["state"],
      entry: row.entry,
    };
  }

  /** Orders that were given and have not ended. */
  openOrders(): KeptOrder[] {
    const rows = this.#database
      .prepare("select id from cut_order where state in ('asked', 'in-place') order by at")
      .all() as { id: string }[];
    return rows.flatMap(({ id }) => this.findOrder(id) ?? []);
  }

  /** Forgets what was not met for a year and what is long over, some rows at a time. */
  prune(now: number): void {
    const year = now - 366 * 24 * 3_600_000;
    const prune = (table: string, key: string, time: string, before: number): void => {
      this.#database
        .prepare(
          `delete from ${table} where ${key} in
             (select ${key} from ${table} where ${time} < ? limit ${limits.pruneRows})`,
        )
        .run(before);
    };
    prune("destination", "address", "last_at", year);
    prune("reported", "key", "at", now - 30 * 24 * 3_600_000);
  }

  #together(act: () => void): void {
    this.#database.exec("begin immediate");
    try {
      act();
      this.#database.exec("commit");
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}
