import type { DatabaseSync } from "node:sqlite";
import { openMemory } from "../../lib/openMemory.ts";
import type { Grant } from "./threadLink.ts";

/** Raised with every change of the tables. */
const schemaVersion = 1;

/** A statement that a second person was asked about. */
export type KeptRequest = {
  statement: string;
  person: string;
  text: string;
  /** Customers that an approval gives. */
  customersMax: number;
  until: number;
  /** The entry that the answer rests on. */
  entry: string;
  state: "open" | "approved" | "denied" | "withdrawn";
};

/** The records gate's own memory: approvals, requests, what was told lately. */
export class RecordsMemory {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = openMemory(path, schemaVersion);
    this.#database.exec(`
      create table if not exists grant_of (id text primary key, body text, until integer);
      create table if not exists request (statement text primary key, body text, at integer);
      create table if not exists told (key text primary key, at integer);
      create table if not exists archived (file text primary key, at integer);
      create table if not exists done_order (id text primary key, at integer)`);
  }

  keepGrant(grant: Grant): void {
    this.#database
      .prepare("insert or replace into grant_of values (?, ?, ?)")
      .run(grant.id, JSON.stringify(grant), grant.until);
  }

  grants(now: number): Grant[] {
    this.#database.prepare("delete from grant_of where until < ?").run(now);
    const rows = this.#database.prepare("select body from grant_of").all() as { body: string }[];
    return rows.map(({ body }) => JSON.parse(body) as Grant);
  }

  keepRequest(request: KeptRequest): void {
    this.#database
      .prepare("insert or replace into request values (?, ?, ?)")
      .run(request.statement, JSON.stringify(request), request.until);
  }

  findRequest(statement: string): KeptRequest | null {
    const row = this.#database.prepare("select body from request where statement = ?").get(statement) as
      { body: string } | undefined;
    return row === undefined ? null : (JSON.parse(row.body) as KeptRequest);
  }

  openRequests(): KeptRequest[] {
    const rows = this.#database.prepare("select body from request").all() as { body: string }[];
    return rows.map(({ body }) => JSON.parse(body) as KeptRequest).filter(({ state }) => state === "open");
  }

  /** True once within so many milliseconds for one key. */
  tellOnce(key: string, now: number, againMs: number): boolean {
    const row = this.#database.prepare("select at from told where key = ?").get(key) as
      { at: number } | undefined;
    if (row !== undefined && now - row.at < againMs) return false;
    this.#database.prepare("insert or replace into told values (?, ?)").run(key, now);
    return true;
  }

  /** True for an order that has not been carried out yet. */
  isNewOrder(id: string, now: number): boolean {
    const { changes } = this.#database
      .prepare("insert into done_order values (?, ?) on conflict do nothing")
      .run(id, now);
    return changes > 0;
  }

  isArchived(file: string): boolean {
    return this.#database.prepare("select 1 from archived where file = ?").get(file) !== undefined;
  }

  keepArchived(file: string, now: number): void {
    this.#database.prepare("insert or replace into archived values (?, ?)").run(file, now);
  }

  prune(now: number): void {
    const old = now - 90 * 86_400_000;
    for (const table of ["request", "told", "archived", "done_order"])
      this.#database.prepare(`delete from ${table} where at < ?`).run(old);
  }

  close(): void {
    this.#database.close();
  }
}
