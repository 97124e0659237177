import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { findPostgres, startTestPostgres, type TestPostgres } from "../../lib/sql/testStores.ts";
import { startRecordsGate, type RunningRecordsGate } from "./recordsGate.ts";
import { RecordsSettings } from "./settings.ts";
import type { z } from "zod";

/** A real PostgreSQL with customers, and the real gate before it, for tests. */

export const skip = findPostgres() === null ? "PostgreSQL is not installed here (Debian: postgresql)" : false;

type Input = z.input<typeof RecordsSettings>;

const schema = `
  create table customers (
    id bigint primary key, name text not null, kana text not null, birth_date date, email text not null,
    phone text, address text, passport_no text, note text, created_at timestamptz default now());
  create table bookings (
    id bigint primary key, customer_id bigint references customers, product text, passport_no text,
    booked_at timestamptz default now());
  create table products (id int primary key, name text, price int);
  insert into products select n, 'tour ' || n, n * 1000 from generate_series(1, 20) n;
  create view v_customers as select id, name as n, email as e from customers;
  create role alice login; create role bob login; create role bi login; create role app login;
  create role watcher login; create role nobody_known login;
  grant pg_read_all_data to alice, bob, bi, app, watcher, nobody_known;
  grant pg_write_all_data to alice, app;
  do $$ begin for n in 1..150 loop
    execute format('create role p%s login in role pg_read_all_data, pg_write_all_data', n);
  end loop; end $$;
  grant create on schema public to public;`;

function fill(count: number): string {
  return `
    insert into customers select n, '佐藤 ' || n, 'サトウ ' || n, date '1960-01-01' + (n % 20000)::int,
      'u' || n || '@customer.example', '090-' || lpad((n % 10000)::text, 4, '0') || '-0000',
      '東京都千代田区丸の内' || n, 'XT' || lpad(n::text, 7, '0'), 'note ' || n from generate_series(1, ${count}) n;
    insert into bookings
      select n, n, 'tour', 'XT' || lpad(n::text, 7, '0') from generate_series(1, ${count}) n;
    analyze`;
}

export const tables: Input["tables"] = [
  {
    table: "public.customers",
    key: "id",
    personal: {
      name: "name",
      kana: "kana",
      birth_date: "birth-date",
      email: "email",
      phone: "phone",
      address: "address",
      passport_no: "passport",
    },
    notPersonal: ["note", "created_at"],
  },
  { table: "public.bookings", key: "customer_id", personal: { passport_no: "passport" } },
];

/** One PostgreSQL for a test file; each `gate` has a database of its own. */
export class RecordsStage {
  readonly #postgres: TestPostgres;
  readonly #count: number;
  readonly #open: (() => Promise<void>)[] = [];
  #roles = false;

  constructor(count = 2_000) {
    this.#postgres = startTestPostgres();
    this.#count = count;
  }

  async database(): Promise<{ host: string; database: string; url: string }> {
    const url = await this.#postgres.newDatabase();
    const parsed = new URL(url);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const text = this.#roles
      ? schema.replaceAll(/create role \w+ login;/g, "").replace(/do \$\$.*?end \$\$;/s, "")
      : schema;
    this.#roles = true;
    await client.query(text);
    await client.query(fill(this.#count));
    await client.end();
    return { host: parsed.searchParams.get("host") as string, database: parsed.pathname.slice(1), url };
  }

  /** The gate before a new database. */
  async gate(settings: Omit<Input, "server" | "watcher"> = {}): Promise<TestGate> {
    const place = await this.database();
    const gate = await TestGate.start(place, settings);
    this.#open.push(() => gate.close());
    return gate;
  }

  async close(): Promise<void> {
    for (const close of this.#open) await close();
    this.#postgres.stop();
  }
}

export class TestGate {
  readonly folder: string;
  readonly place: { host: string; database: string; url: string };
  readonly settings: RecordsSettings;
  readonly problems: string[] = [];
  #gate: RunningRecordsGate | null = null;

  private constructor(place: { host: string; database: string; url: string }, settings: RecordsSettings) {
    this.folder = mkdtempSync(join(tmpdir(), "sekisho-records-"));
    mkdirSync(join(this.folder, "run"), { recursive: true });
    this.place = place;
    this.settings = settings;
  }

  static async start(
    place: { host: string; database: string; url: string },
    settings: Omit<Input, "watcher">,
  ): Promise<TestGate> {
    const parsed = RecordsSettings.parse({
      port: 0,
      workers: 2,
      server: { host: place.host, port: 5432 },
      watcher: { user: "watcher", database: place.database },
      customers: { table: "public.customers", key: "id" },
      tables,
      persons: [
        { login: "alice", group: "operators", email: "alice@agency.example" },
        { login: "bob", group: "operators" },
        { login: "bi", group: "bi", service: true },
        { login: "app", group: "free", service: true },
      ],
      ...settings,
    } satisfies Input);
    const gate = new TestGate(place, parsed);
    await gate.open();
    return gate;
  }

  async open(): Promise<void> {
    this.#gate = await startRecordsGate({
      settings: this.settings,
      dataFolder: this.folder,
      version: "test",
      token: "test",
      log: (level, message) => {
        if (level !== "info") this.problems.push(message);
      },
      onStop: () => {},
    });
  }

  get port(): number {
    return (this.#gate as RunningRecordsGate).port;
  }

  /** A client through the gate. */
  async connect(user: string, more: pg.ClientConfig = {}): Promise<pg.Client> {
    const { database } = this.place;
    const client = new pg.Client({ host: "127.0.0.1", port: this.port, user, database, ...more });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  /** A client of PostgreSQL itself. */
  async direct(user = "postgres"): Promise<pg.Client> {
    const { host, database } = this.place;
    const client = new pg.Client({ host, port: 5432, user, database });
    await client.connect();
    return client;
  }

  async stop(): Promise<void> {
    await this.#gate?.close();
    this.#gate = null;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
