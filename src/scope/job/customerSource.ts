import { createHash } from "node:crypto";
import { createWriteStream, existsSync, statSync } from "node:fs";
import { once } from "node:events";
import { resolve } from "node:path";
import pg from "pg";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { openDuck, quoteSql } from "../../lib/openDuck.ts";
import { headOfTable } from "./headOfTable.ts";
import { mapByNames, checkMap, CUSTOMER_FIELDS, type CustomerMap } from "./customerColumns.ts";
import type { ColumnFields } from "./customerTask.ts";

/** A customer table that can be read as CSV: its file, and what its columns are. */
export type OpenCustomers = {
  /** As it was named. */
  source: string;
  file: string;
  columns: ColumnFields;
  map: CustomerMap;
  /** Says whether an index is still of this table: file and size and time, or the table and its row count. */
  fingerprint: string;
};

export const limits = { fetchRows: 20_000 } as const;

/**
 * Opens a customer table: CSV as it lies, Parquet and PostgreSQL (by cursor, one read-only transaction) as a
 * CSV file in `folder`, which only its owner can read and which goes with the job.
 */
export async function openCustomers(
  source: string,
  options: { map: CustomerMap | null; folder: string; table?: string; onRows?: (rows: number) => void },
): Promise<OpenCustomers> {
  if (/^postgres(ql)?:\/\//.test(source)) return openPostgres(source, options);
  if (!existsSync(source)) {
    throw new SekishoError("input-unreadable", `Cannot find the customer table ${source}`, {
      hint: "give a CSV or Parquet file, or postgres://USER@HOST/DATABASE?table=SCHEMA.TABLE",
    });
  }
  const { size, mtimeMs } = statSync(source);
  const fingerprint = `${resolve(source)}:${size}:${Math.round(mtimeMs)}`;
  if (/\.parquet$/i.test(source)) return openParquet(source, fingerprint, options);
  const columns = splitHead(await headOfTable(source));
  return { source, file: source, fingerprint, ...mapped(columns, options.map, source) };
}

function mapped(
  columns: readonly string[],
  given: CustomerMap | null,
  source: string,
): { columns: ColumnFields; map: CustomerMap } {
  const map = given ?? mapByNames(columns);
  checkMap(map, columns, source);
  const fields = columns.map((column) => CUSTOMER_FIELDS.find((field) => map[field] === column) ?? null);
  return { columns: fields, map };
}

/** The names of the columns of a CSV file with commas (RFC 4180). */
export function splitHead(line: string): string[] {
  const names: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    names.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? "").trim());
  return names;
}

async function openParquet(
  source: string,
  fingerprint: string,
  { map: given, folder }: { map: CustomerMap | null; folder: string },
): Promise<OpenCustomers> {
  const duck = await openDuck();
  try {
    const described = await duck.rows<{ column_name: string }>(
      `DESCRIBE SELECT * FROM read_parquet(${quoteSql(source)})`,
    );
    const names = described.map((one) => one.column_name);
    const { map } = mapped(names, given, source);
    const wanted = [...new Set(Object.values(map))];
    const file = `${folder}/customers.csv`;
    const list = wanted.map((name) => `"${name.replaceAll('"', '""')}"`).join(", ");
    await duck.run("SET preserve_insertion_order = true");
    await duck.run(
      `COPY (SELECT ${list} FROM read_parquet(${quoteSql(source)}))
         TO ${quoteSql(file)} (FORMAT csv, HEADER true)`,
    );
    return { source, file, fingerprint, ...mapped(wanted, map, source) };
  } finally {
    await duck.close();
  }
}

async function openPostgres(
  source: string,
  options: { map: CustomerMap | null; folder: string; onRows?: (rows: number) => void },
): Promise<OpenCustomers> {
  const url = new URL(source);
  const table = url.searchParams.get("table");
  url.searchParams.delete("table");
  const shown = `${url.host}${url.pathname}`;
  if (table === null || !/^[\w$]+(\.[\w$]+)?$/.test(table)) {
    throw new SekishoError("usage", `Cannot tell which table of ${shown} holds the customers`, {
      hint: "add it: postgres://USER@HOST/DATABASE?table=SCHEMA.TABLE",
    });
  }
  const client = new pg.Client({ connectionString: url.toString(), connectionTimeoutMillis: 10_000 });
  await client.connect().catch((error: unknown) => {
    throw new SekishoError("peer-unavailable", `Cannot connect to ${shown}: ${textOfError(error)}`, {
      hint: "check host, port, user and password (PGPASSWORD), and that this machine may connect",
    });
  });
  try {
    return await copyTable(client, { ...options, source: `${shown}/${table}`, table });
  } finally {
    await client.end();
  }
}

async function copyTable(
  client: pg.Client,
  options: {
    map: CustomerMap | null;
    folder: string;
    source: string;
    table: string;
    onRows?: (rows: number) => void;
  },
): Promise<OpenCustomers> {
  const { source, table } = options;
  const quoted = table
    .split(".")
    .map((one) => `"${one}"`)
    .join(".");
  await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const head = await client.query(`SELECT * FROM ${quoted} LIMIT 0`);
  const { map } = mapped(
    head.fields.map((field) => field.name),
    options.map,
    source,
  );
  const wanted = [...new Set(Object.values(map))];
  const list = wanted.map((name) => `"${name.replaceAll('"', '""')}"::text`).join(", ");
  await client.query(`DECLARE customers NO SCROLL CURSOR FOR SELECT ${list} FROM ${quoted}`);
  const file = `${options.folder}/customers.csv`;
  const out = createWriteStream(file, { mode: 0o600 });
  out.write(`${wanted.map(quoteCsv).join(",")}\n`);
  const hash = createHash("sha256");
  let rows = 0;
  for (;;) {
    const batch = await client.query<(string | null)[]>({
      text: `FETCH ${limits.fetchRows} FROM customers`,
      rowMode: "array",
    });
    if (batch.rows.length === 0) break;
    const text = batch.rows.map((row) => `${row.map(quoteCsv).join(",")}\n`).join("");
    hash.update(text);
    if (!out.write(text)) await once(out, "drain");
    rows += batch.rows.length;
    options.onRows?.(rows);
  }
  out.end();
  await once(out, "close");
  await client.query("COMMIT");
  return {
    source,
    file,
    fingerprint: `${source}:${rows}:${hash.digest("hex")}`,
    ...mapped(wanted, map, source),
  };
}

function quoteCsv(value: string | null): string {
  if (value === null) return "";
  return /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
