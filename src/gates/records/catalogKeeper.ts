import { readFileSync } from "node:fs";
import { Client } from "pg";
import { textOfError } from "../../lib/error.ts";
import type { Catalog } from "./catalog.ts";
import { loadCatalog } from "./discover/loadCatalog.ts";
import type { RecordsSettings } from "./settings.ts";

export const limits = {
  /** How often a cheap question tells whether anything was defined. */
  lookMs: 5_000,
  /** Readings of the catalog that sessions ask for come no closer. */
  againMs: 500,
  statementMs: 5_000,
  /** A server that does not answer is away. */
  queryMs: 15_000,
  /** The gate's start waits no longer for the first catalog. */
  startMs: 5_000,
  estimateMs: 2_000,
} as const;

/** Changes with every definition: rows of the catalog carry the transaction that wrote them. */
const markSql = `
  select md5(coalesce(string_agg(mark, ',' order by mark), '')) as mark from (
    select c.oid || ':' || c.xmin as mark from pg_catalog.pg_class c
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select 'p' || p.oid || ':' || p.xmin from pg_catalog.pg_proc p
    where p.pronamespace <> 'pg_catalog'::regnamespace
    union all
    select 'a' || a.attrelid || ':' || max(a.xmin::text::bigint) from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v', 'm', 'f')
    where a.attnum > 0 group by a.attrelid) marks`;

/** The watcher's eyes on the database: the catalog, and estimates. */
export class CatalogKeeper {
  readonly #settings: RecordsSettings;
  readonly #onCatalog: (catalog: Catalog) => void;
  readonly #onProblem: (problem: string) => void;
  #client: Client | null = null;
  #catalog: Catalog | null = null;
  #mark = "";
  #readAt = 0;
  #reading: Promise<Catalog | null> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: {
    settings: RecordsSettings;
    onCatalog: (catalog: Catalog) => void;
    onProblem: (problem: string) => void;
  }) {
    this.#settings = options.settings;
    this.#onCatalog = options.onCatalog;
    this.#onProblem = options.onProblem;
  }

  get current(): Catalog | null {
    return this.#catalog;
  }

  /** Reads once, and then looks again and again. A database that is away is tried again. */
  async start(): Promise<void> {
    if (this.#settings.watcher === undefined) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, limits.startMs).unref());
    await Promise.race([this.read(), late]);
    this.#timer = setInterval(() => void this.#look(), limits.lookMs);
  }

  async #connect(): Promise<Client> {
    if (this.#client !== null) return this.#client;
    const client = connectWatcher(this.#settings);
    client.on("error", () => {
      if (this.#client === client) this.#client = null;
    });
    client.on("end", () => {
      if (this.#client === client) this.#client = null;
    });
    await client.connect();
    this.#client = client;
    return client;
  }

  async #look(): Promise<void> {
    try {
      const client = await this.#connect();
      const { rows } = await client.query<{ mark: string }>(markSql);
      if (rows[0]?.mark !== this.#mark) await this.read();
    } catch (error) {
      this.#onProblem(`Cannot look at the catalog: ${textOfError(error)}`);
    }
  }

  /** Reads the catalog now; several askers share one reading. Null where that fails. */
  async read(): Promise<Catalog | null> {
    if (this.#reading !== null) return this.#reading;
    const wait = Math.max(0, this.#readAt + limits.againMs - Date.now());
    this.#reading = new Promise<void>((resolve) => setTimeout(resolve, wait))
      .then(() => this.#readNow())
      .finally(() => {
        this.#reading = null;
      });
    return this.#reading;
  }

  async #readNow(): Promise<Catalog | null> {
    this.#readAt = Date.now();
    try {
      const client = await this.#connect();
      const { rows } = await client.query<{ mark: string }>(markSql);
      const catalog = await loadCatalog(
        (text, values) => client.query(text, values === undefined ? [] : [...values]),
        this.#settings,
      );
      this.#mark = rows[0]?.mark ?? "";
      if (catalog.version !== this.#catalog?.version) {
        this.#catalog = catalog;
        if (!this.#stopped) this.#onCatalog(catalog);
      }
      return catalog;
    } catch (error) {
      this.#onProblem(`Cannot read the catalog: ${textOfError(error)}`);
      return this.#catalog;
    }
  }

  /** Runs something on a connection of its own, which may only read; null where that fails. */
  async ask<Value>(
    database: string,
    work: (client: Client) => Promise<Value>,
    how: { milliseconds?: number; transaction?: boolean } = {},
  ): Promise<Value | null> {
    const client = connectWatcher(this.#settings, database);
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("set default_transaction_read_only = on");
      await client.query(`set statement_timeout = ${how.milliseconds ?? limits.statementMs}`);
      if (how.transaction !== false) await client.query("begin read only");
      return await work(client);
    } catch (error) {
      this.#onProblem(`Cannot ask the database: ${textOfError(error)}`);
      return null;
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** About how many customers a statement is about, by PostgreSQL's planner; null where it cannot say. */
  async estimate(database: string, text: string, relations: readonly string[]): Promise<number | null> {
    return this.ask(
      database,
      async (client) => {
        const explained = await explain(client, text);
        return explained === null ? null : customersOf(explained, new Set(relations));
      },
      { milliseconds: limits.estimateMs },
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#client?.end().catch(() => {});
  }
}

/** A connection of the watcher's account. */
export function connectWatcher(settings: RecordsSettings, database?: string): Client {
  const { watcher, server } = settings;
  if (watcher === undefined) throw new Error("no watcher is configured");
  const password =
    watcher.passwordFile === undefined ? undefined : readFileSync(watcher.passwordFile, "utf8").trim();
  const tls =
    server.tls === "off"
      ? undefined
      : {
          rejectUnauthorized: server.tls === "verify",
          ...(server.caFile === undefined ? {} : { ca: readFileSync(server.caFile, "utf8") }),
        };
  return new Client({
    host: server.host,
    port: server.port,
    user: watcher.user,
    database: database ?? watcher.database,
    application_name: "sekisho watcher",
    connectionTimeoutMillis: 5_000,
    query_timeout: limits.queryMs,
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { ssl: tls }),
  });
}

type Plan = { "Plan Rows"?: number; "Relation Name"?: string; Schema?: string; Plans?: Plan[] };

/** The plan; of a statement with parameters a general one. */
async function explain(client: Client, text: string): Promise<Plan | null> {
  const query = copiedQuery(text);
  const asked = /\$\d/.test(query) ? await explainPrepared(client, query) : null;
  const { rows } = asked ?? (await client.query(single(`explain (format json, verbose) ${query}`)));
  const [row] = rows as { "QUERY PLAN": { Plan: Plan }[] }[];
  return row?.["QUERY PLAN"][0]?.Plan ?? null;
}

async function explainPrepared(client: Client, query: string): Promise<{ rows: unknown[] }> {
  const count = Math.max(...[...query.matchAll(/\$(\d{1,4})/g)].map((match) => Number(match[1])));
  await client.query("set local plan_cache_mode = force_generic_plan");
  await client.query(single(`prepare sekisho_estimate as ${query}`));
  const values = Array.from({ length: count }, () => "null").join(", ");
  return client.query(`explain (format json, verbose) execute sekisho_estimate(${values})`);
}

/** The extended protocol takes one statement: nothing behind a semicolon runs with the watcher's rights. */
function single(text: string): { text: string; queryMode: "extended" } {
  return { text, queryMode: "extended" };
}

/** COPY has no plan; what it copies has. */
function copiedQuery(text: string): string {
  const inner = /^\s*copy\s*\((.*)\)\s*to\s/is.exec(text);
  if (inner !== null) return inner[1] as string;
  const table = /^\s*copy\s+([^\s(]+)\s*(?:\([^)]*\))?\s*to\s/is.exec(text);
  if (table !== null) return `select * from ${table[1]}`;
  return text.replace(/;\s*$/, "");
}

/** The most rows that any scan of a relation with personal columns gives, or the plan as a whole. */
function customersOf(plan: Plan, relations: ReadonlySet<string>): number {
  let most = 0;
  const walk = (node: Plan): void => {
    const name = `${node.Schema ?? "public"}.${node["Relation Name"] ?? ""}`;
    if (relations.has(name)) most = Math.max(most, node["Plan Rows"] ?? 0);
    for (const child of node.Plans ?? []) walk(child);
  };
  walk(plan);
  return Math.max(most, plan["Plan Rows"] ?? 0);
}
