import { DatabaseSync, type StatementSync } from "node:sqlite";
import { isDiskTrouble, openMemory } from "../../lib/openMemory.ts";
import { textOfError } from "../../lib/error.ts";
import { CutOrder } from "./cut/cutOrder.ts";

/** Raised with every change of the tables. */
const schemaVersion = 2;

export const limits = {
  pruneRows: 50_000,
  reportAgainMs: 24 * 3_600_000,
  placesKnownMs: 24 * 3_600_000,
  unkeptMax: 100_000,
} as const;

/** How far an order to cut has come, as the ledger says it. */
export type KeptOrder = { order: CutOrder; state: "asked" | "in-place" | "ended" | "failed"; entry: string };

/**
 * The gate's own memory: which destinations were met before, what was reported lately, which orders were
 * given. It outlives `kill -9` of the gate, since a committed transaction is in the page cache. What a full
 * disk does not take is kept here until it does: an order never waits for it.
 */
export class OutboundMemory {
  readonly #database: DatabaseSync;
  readonly #meet: StatementSync;
  readonly #met: StatementSync;
  readonly #reported: StatementSync;
  readonly #report: StatementSync;
  readonly #findOrder: StatementSync;
  readonly #putOrder: StatementSync;
  readonly #unkept = {
    met: new Map<string, number>(),
    reported: new Map<string, number>(),
    orders: new Map<string, KeptOrder & { at: number }>(),
  };

  constructor(path: string, onTrouble: (error: Error) => void = () => {}) {
    this.#database = openOr(path, onTrouble);
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
    const all = new Set(addresses);
    const fresh = new Set([...all].filter((address) => !this.metBefore(address)));
    const write = (): void => this.#together(() => all.forEach((address) => this.#meet.run(address, at, at)));
    this.#steadily(write, () => {
      for (const address of all)
        if (this.#unkept.met.size < limits.unkeptMax) this.#unkept.met.set(address, at);
    });
    return fresh;
  }

  metBefore(address: string): boolean {
    return this.#unkept.met.has(address) || this.#met.get(address) !== undefined;
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
    const put = this.#database.prepare("insert or ignore into place values (?, ?, ?)");
    this.#steadily(() => void put.run(role, place, at));
    return found.since !== null && at - found.since >= limits.placesKnownMs;
  }

  /** Whether this was reported within a day; if not, it is now. */
  reportOnce(key: string, at: number): boolean {
    const row = this.#reported.get(key) as { at: number } | undefined;
    const before = this.#unkept.reported.get(key) ?? row?.at;
    // A time after now is of a clock that was set back since: it hides nothing.
    if (before !== undefined && before <= at && at - before < limits.reportAgainMs) return false;
    const write = (): void => void this.#report.run(key, at);
    this.#steadily(write, () => {
      if (this.#unkept.reported.size >= limits.unkeptMax) this.#unkept.reported.clear();
      this.#unkept.reported.set(key, at);
    });
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

  /** Keeps these, and all that the disk did not take before; throws where it still does not. */
  keepSources(sources: ReadonlyMap<string, number>): void {
    const put = this.#database.prepare("insert or replace into source values (?, ?)");
    const { met, reported, orders } = this.#unkept;
    this.#together(() => {
      for (const [name, at] of sources) put.run(name, at);
      for (const [address, at] of met) this.#meet.run(address, at, at);
      for (const [key, at] of reported) this.#report.run(key, at);
      for (const { at, ...kept } of orders.values()) this.#runPutOrder(kept, at);
    });
    for (const kind of [met, reported, orders]) kind.clear();
  }

  keepOrder(kept: KeptOrder, at: number): void {
    const { id } = kept.order;
    this.#steadily(
      () => {
        this.#runPutOrder(kept, at);
        this.#unkept.orders.delete(id);
      },
      () => this.#unkept.orders.set(id, { ...kept, at }),
    );
  }

  #runPutOrder({ order, state, entry }: KeptOrder, at: number): void {
    this.#putOrder.run(order.id, JSON.stringify(order), state, entry, at);
  }

  findOrder(id: string): KeptOrder | null {
    const unkept = this.#unkept.orders.get(id);
    if (unkept !== undefined) return { order: unkept.order, state: unkept.state, entry: unkept.entry };
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
    const ids = new Set([...rows.map(({ id }) => id), ...this.#unkept.orders.keys()]);
    return [...ids]
      .flatMap((id) => this.findOrder(id) ?? [])
      .filter(({ state }) => state === "asked" || state === "in-place");
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

  /** Does it now, or, where the disk is the trouble, in memory. */
  #steadily(write: () => void, inMemory: () => unknown = () => {}): void {
    try {
      write();
    } catch (error) {
      if (!isDiskTrouble(error)) throw error;
      inMemory();
    }
  }

  #together(act: () => void): void {
    this.#database.exec("begin immediate");
    try {
      act();
      this.#database.exec("commit");
    } catch (error) {
      // A full disk has ended the transaction already.
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}

const tables = `
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
`;

/** A gate that starts on a full disk remembers nothing and judges all the same. */
function openOr(path: string, onTrouble: (error: Error) => void): DatabaseSync {
  try {
    const database = openMemory(path, schemaVersion);
    database.exec(tables);
    return database;
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
    onTrouble(
      new Error(`Cannot open ${path}: ${textOfError(error)}; nothing is remembered until the next start`),
    );
    const database = new DatabaseSync(":memory:");
    database.exec(tables);
    return database;
  }
}
