import { existsSync } from "node:fs";
import pg from "pg";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { openDuck, quoteSql } from "../../lib/openDuck.ts";
import { planInputs } from "../read/planInputs.ts";
import { readTask } from "../read/readTask.ts";
import { fieldsOf, Machine } from "../understand/machine.ts";

/** Some rows of a customer table, column by column. */
export type TableSample = { source: string; columns: { name: string; values: string[] }[]; rows: number };

export const limits = { rows: 2_000, bytes: 4 * 1024 ** 2 } as const;

/** Reads the head of a customer table, which is enough to say what its columns hold. */
export async function sampleTable(source: string): Promise<TableSample> {
  if (/^postgres(ql)?:\/\//.test(source)) return samplePostgres(source);
  if (!existsSync(source)) {
    throw new SekishoError("input-unreadable", `Cannot find the customer table ${source}`, {
      hint: "give a CSV or Parquet file, or postgres://USER@HOST/DATABASE?table=SCHEMA.TABLE",
    });
  }
  return /\.parquet$/i.test(source) ? sampleParquet(source) : sampleCsv(source);
}

async function sampleCsv(source: string): Promise<TableSample> {
  const { tasks } = await planInputs([source]);
  const [task] = tasks;
  const rows: string[][] = [];
  // Split as the job will split it.
  const machine = new Machine({ k0: 0, k1: 0 });
  if (task !== undefined) {
    const head = {
      ...task,
      end: Math.min(task.end, limits.bytes),
      input: { ...task.input, how: "text" as const },
    };
    await readTask(head, {
      problem: () => {},
      record: (bytes, start, end) => {
        if (rows.length > limits.rows) return;
        rows.push(fieldsOf(machine, bytes.subarray(start, end), 0x2c));
      },
    });
  }
  const [names = [], ...values] = rows;
  return shaped(
    source,
    names.map((name) => name.replace(/^\ufeff/, "").trim()),
    values,
  );
}

function shaped(source: string, names: readonly string[], rows: readonly (readonly string[])[]): TableSample {
  if (rows.length > 0)
    return {
      source,
      columns: names.map((name, at) => ({ name, values: rows.map((row) => row[at] ?? "") })),
      rows: rows.length,
    };
  throw new SekishoError("input-unreadable", `Cannot propose a map for ${source}: it has no rows`, {
    hint: "the first line must name the columns, and rows must follow",
  });
}

async function sampleParquet(source: string): Promise<TableSample> {
  const duck = await openDuck();
  try {
    const rows = await duck.rows<Record<string, string | null>>(
      `SELECT COLUMNS(*)::VARCHAR FROM read_parquet(${quoteSql(source)}) LIMIT ${limits.rows}`,
    );
    const names = Object.keys(rows[0] ?? {});
    return shaped(
      source,
      names,
      rows.map((row) => names.map((name) => row[name] ?? "")),
    );
  } finally {
    await duck.close();
  }
}

async function samplePostgres(source: string): Promise<TableSample> {
  const url = new URL(source);
  const table = url.searchParams.get("table");
  url.searchParams.delete("table");
  const shown = `${url.host}${url.pathname}/${table ?? ""}`;
  if (table === null || !/^[\w$]+(\.[\w$]+)?$/.test(table)) {
    throw new SekishoError(
      "usage",
      `Cannot tell which table of ${url.host}${url.pathname} holds the customers`,
      {
        hint: "add it: postgres://USER@HOST/DATABASE?table=SCHEMA.TABLE",
      },
    );
  }
  const client = new pg.Client({ connectionString: url.toString(), connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const quoted = table
      .split(".")
      .map((one) => `"${one}"`)
      .join(".");
    await client.query("BEGIN TRANSACTION READ ONLY");
    const head = await client.query(`SELECT * FROM ${quoted} LIMIT 0`);
    const names = head.fields.map((field) => field.name);
    const list = names.map((name) => `"${name.replaceAll('"', '""')}"::text`).join(", ");
    const { rows } = await client.query<(string | null)[]>({
      text: `SELECT ${list} FROM ${quoted} LIMIT ${limits.rows}`,
      rowMode: "array",
    });
    return shaped(
      shown,
      names,
      rows.map((row) => row.map((value) => value ?? "")),
    );
  } catch (cause) {
    if (cause instanceof SekishoError) throw cause;
    throw new SekishoError("peer-unavailable", `Cannot read ${shown}: ${textOfError(cause)}`, {
      hint: "check host, user, password (PGPASSWORD) and table, and that this machine may connect",
      cause,
    });
  } finally {
    await client.end();
  }
}
