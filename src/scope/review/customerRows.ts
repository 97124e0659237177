import { existsSync } from "node:fs";
import pg from "pg";
import { textOfError } from "../../lib/error.ts";
import { openDuck, quoteSql, type Duck } from "../../lib/openDuck.ts";
import { CUSTOMER_FIELDS, type CustomerField } from "../job/customerColumns.ts";
import type { CustomerMemo } from "../job/customerMemo.ts";

/** A customer's row, as its source has it now. */
export type CustomerRow = Partial<Record<CustomerField, string>>;

/** Rows by their keys, or why there are none: the source may be away, and the row may be gone from it. */
export type CustomerAnswer = { rows: Map<string, CustomerRow>; away: string | null };

export const limits = { keptMax: 2_000, askedMax: 500, connectMs: 10_000 } as const;

/** Asks the customer source for single rows: CSV and Parquet by DuckDB, PostgreSQL by the key's own type. */
export class CustomerRows {
  readonly #memo: CustomerMemo;
  readonly #kept = new Map<string, CustomerRow>();
  #duck: Duck | null = null;

  constructor(memo: CustomerMemo) {
    this.#memo = memo;
  }

  get source(): string {
    return this.#memo.source.replace(/^(postgres(?:ql)?:\/\/)[^@/]*@/, "$1");
  }

  /** Rows of customers; `along`: others that will be asked for next. */
  async get(customers: readonly string[], along: readonly string[] = []): Promise<CustomerAnswer> {
    const missing = customers.filter((one) => !this.#kept.has(one));
    let away: string | null = null;
    if (missing.length > 0)
      away = await this.#load([...new Set([...missing, ...along])].slice(0, limits.askedMax));
    const rows = new Map<string, CustomerRow>();
    for (const one of customers) {
      const row = this.#kept.get(one);
      if (row !== undefined) rows.set(one, row);
    }
    return { rows, away };
  }

  async #load(customers: readonly string[]): Promise<string | null> {
    try {
      const rows = await this.#ask(customers);
      if (this.#kept.size + rows.length > limits.keptMax) this.#kept.clear();
      for (const row of rows) if (row.customer_id !== undefined) this.#kept.set(row.customer_id, row);
      return null;
    } catch (error) {
      // The question holds keys of customers; only the answer's first line is told.
      return textOfError(error).split("\n")[0] ?? "it does not answer";
    }
  }

  async #ask(customers: readonly string[]): Promise<CustomerRow[]> {
    const { source } = this.#memo;
    if (/^postgres(ql)?:\/\//.test(source)) return this.#askPostgres(customers);
    if (!existsSync(source)) throw new Error(`${source} is not there`);
    this.#duck ??= await openDuck();
    const table = /\.parquet$/i.test(source)
      ? `read_parquet(${quoteSql(source)})`
      : `read_csv(${quoteSql(source)}, delim = ',', quote = '"', escape = '"', header = true,
          all_varchar = true, null_padding = true, ignore_errors = true, auto_detect = true)`;
    const { columns, key } = this.#columns('"');
    const list = customers.map(quoteSql).join(",");
    return toRows(
      await this.#duck.rows<Record<string, string | null>>(
        `SELECT ${columns("VARCHAR")} FROM ${table} WHERE CAST(${key} AS VARCHAR) IN (${list})`,
      ),
    );
  }

  #columns(quote: '"'): { columns: (type: string) => string; key: string } {
    const { map } = this.#memo;
    const named = (name: string): string => `${quote}${name.replaceAll(quote, quote + quote)}${quote}`;
    const fields = CUSTOMER_FIELDS.filter((field) => map[field] !== undefined);
    return {
      columns: (type) =>
        fields.map((field) => `CAST(${named(map[field] as string)} AS ${type}) AS ${field}`).join(", "),
      key: named(map.customer_id as string),
    };
  }

  async #askPostgres(customers: readonly string[]): Promise<CustomerRow[]> {
    const url = new URL(this.#memo.source);
    const table = (url.searchParams.get("table") ?? "")
      .split(".")
      .map((one) => `"${one}"`)
      .join(".");
    url.searchParams.delete("table");
    const client = new pg.Client({
      connectionString: url.toString(),
      connectionTimeoutMillis: limits.connectMs,
      query_timeout: 30_000,
    });
    await client.connect();
    try {
      const { columns, key } = this.#columns('"');
      await client.query("BEGIN TRANSACTION READ ONLY");
      const head = await client.query(`SELECT ${key} FROM ${table} LIMIT 0`);
      const { rows: types } = await client.query<{ type: string }>("SELECT format_type($1, NULL) AS type", [
        head.fields[0]?.dataTypeID,
      ]);
      // In the key's own type, so that its index serves.
      const type = types[0]?.type ?? "text";
      const { rows } = await client.query<Record<string, string | null>>(
        `SELECT ${columns("text")} FROM ${table} WHERE ${key} = ANY($1::${type}[])`,
        [[...customers]],
      );
      return toRows(rows);
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.#duck?.close();
  }
}

function toRows(rows: readonly Record<string, string | null>[]): CustomerRow[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== "")),
  ) as CustomerRow[];
}
