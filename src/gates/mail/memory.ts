import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openMemory } from "../../lib/openMemory.ts";
import type { History } from "./seen.ts";

/** What the gate knows of one transaction: the same envelope and the same bytes. */
export type TransactionState =
  | "sending"
  | "in-doubt"
  /** Some recipients have it, and others are to be tried again. */
  | "partly"
  | "delivered"
  | "holding"
  | "held"
  | "refused";
export type Transaction = {
  state: TransactionState;
  mail: string;
  at: number;
  answered: boolean;
  /** Mark of the process that delivers it, empty where none does. */
  courier: string;
  /** Recipients that need it no more, by their place in the sorted envelope. */
  reached: number[];
};

/** How far the order of a decision was carried out. */
export type OrderProgress = { state: string; reached: number[] };

/** Raised with every change of the tables. */
const schemaVersion = 1;

export const limits = { transactionDaysMax: 6, pruneRows: 10_000 } as const;

/**
 * The gate's own memory, beside its process: what became of each transaction (so that a client that lost our
 * answer is not served twice), whom we know, and which orders were carried out. Addresses are kept as
 * pseudonyms. It outlives `kill -9` of the gate, since a committed transaction is in the page cache.
 */
export class MailMemory {
  readonly #database: DatabaseSync;
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #answered: StatementSync;
  readonly #findContact: StatementSync;
  readonly #putContact: StatementSync;
  readonly #findOrder: StatementSync;
  readonly #putOrder: StatementSync;

  constructor(path: string) {
    this.#database = openMemory(path, schemaVersion);
    this.#database.exec(`
      create table if not exists mail_transaction (
        fingerprint text primary key, state text not null, mail text not null,
        at integer not null, answered integer not null, courier text not null,
        reached text not null default '[]') without rowid;
      create index if not exists mail_transaction_at on mail_transaction (at);
      create table if not exists contact (
        name text not null, direction text not null, first_at integer not null, last_at integer not null,
        messages integer not null, primary key (name, direction)) without rowid;
      create table if not exists carried_out (
        order_id text primary key, state text not null, at integer not null,
        reached text not null default '[]') without rowid;
    `);
    for (const table of ["mail_transaction", "carried_out"]) this.#addReached(table);
    this.#find = this.#database.prepare(
      "select state, mail, at, answered, courier, reached from mail_transaction where fingerprint = ?",
    );
    this.#put = this.#database.prepare(
      `insert or replace into mail_transaction (fingerprint, state, mail, at, answered, courier, reached)
       values (?, ?, ?, ?, 0, ?, ?)`,
    );
    this.#answered = this.#database.prepare("update mail_transaction set answered = 1 where fingerprint = ?");
    this.#findContact = this.#database.prepare(
      "select messages from contact where name = ? and direction = ?",
    );
    this.#putContact = this.#database.prepare(
      `insert into contact values (?, ?, ?, ?, 1)
       on conflict do update set last_at = excluded.last_at, messages = messages + 1`,
    );
    this.#findOrder = this.#database.prepare("select state, reached from carried_out where order_id = ?");
    this.#putOrder = this.#database.prepare(
      "insert or replace into carried_out (order_id, state, at, reached) values (?, ?, ?, ?)",
    );
  }

  /** A memory of an earlier version lacks the column. */
  #addReached(table: string): void {
    const columns = this.#database.prepare(`pragma table_info(${table})`).all() as { name: string }[];
    if (columns.some(({ name }) => name === "reached")) return;
    this.#database.exec(`alter table ${table} add column reached text not null default '[]'`);
  }

  transaction(fingerprint: string, now: number): Transaction | null {
    const row = this.#find.get(fingerprint) as TransactionRow | undefined;
    if (row === undefined || row.at < oldest(now)) return null;
    return { ...row, answered: row.answered === 1, reached: JSON.parse(row.reached) as number[] };
  }

  /** Notes the state of a transaction; it is kept when this returns, whatever happens to the process. */
  note(
    fingerprint: string,
    transaction: {
      state: TransactionState;
      mail: string;
      at: number;
      courier?: string;
      reached?: readonly number[];
    },
  ): void {
    const { mail, state, at, courier = "", reached = [] } = transaction;
    this.#put.run(fingerprint, state, mail, at, courier, JSON.stringify(reached));
  }

  /** Our answer was handed to the client's connection. */
  noteAnswered(fingerprint: string): void {
    this.#answered.run(fingerprint);
  }

  /** `names` are pseudonyms. */
  history(names: { fromAddress: string; fromDomain: string }): History {
    return {
      fromAddress: this.#messages(names.fromAddress, "from"),
      fromDomain: this.#messages(names.fromDomain, "from"),
      toAddress: this.#messages(names.fromAddress, "to"),
    };
  }

  #messages(name: string, direction: "from" | "to"): number {
    const row = this.#findContact.get(name, direction) as { messages: number } | undefined;
    return row?.messages ?? 0;
  }

  /** A message went through between us and these pseudonyms. */
  meet(names: readonly string[], direction: "from" | "to", at: number): void {
    for (const name of names) this.#putContact.run(name, direction, at, at);
  }

  orderProgress(order: string): OrderProgress | null {
    const row = this.#findOrder.get(order) as { state: string; reached: string } | undefined;
    return row === undefined ? null : { state: row.state, reached: JSON.parse(row.reached) as number[] };
  }

  noteOrder(order: string, state: string, note: { at: number; reached?: readonly number[] }): void {
    this.#putOrder.run(order, state, note.at, JSON.stringify(note.reached ?? []));
  }

  /** Forgets transactions that no client tries again (RFC 5321 4.5.4.1 asks for four to five days). */
  prune(now: number): void {
    this.#database.prepare("delete from mail_transaction where at < ?").run(oldest(now));
  }

  close(): void {
    this.#database.close();
  }
}

type TransactionRow = Omit<Transaction, "answered" | "reached"> & { answered: number; reached: string };

function oldest(now: number): number {
  return now - limits.transactionDaysMax * 86_400_000;
}
