import pg from "pg";
import { SekishoError } from "../../../lib/error.ts";
import type { PersonalKind } from "../../../personal/kinds.ts";
import type { TableSettings } from "../settings.ts";

/** A table as it must be known to add a row that looks like the others. */
export type Table = {
  /** schema.table, as in the configuration. */
  name: string;
  quoted: string;
  rows: number;
  columns: {
    name: string;
    type: string;
    /** Alone it tells rows apart. */
    unique: boolean;
    default: boolean;
    generated: boolean;
    time: boolean;
  }[];
  personal: Readonly<Record<string, PersonalKind>>;
  /** Its leaves, quoted; none where it has no partitions. */
  partitions: string[];
};

/** A row by its place (ctid) in the table or partition that holds it. */
export type Row = { table: string; ctid: string };

/** Reads what PostgreSQL knows of a table. Throws not-found. */
export async function readTable(
  client: pg.Client,
  name: string,
  settings: TableSettings | undefined,
): Promise<Table> {
  const quoted = name
    .split(".")
    .map((word) => pg.escapeIdentifier(word))
    .join(".");
  const { rows: columns } = await client.query<Table["columns"][number]>(
    `select a.attname as name, t.typname as type, a.attgenerated <> '' as generated,
       (a.atthasdef or a.attidentity <> '') and a.attgenerated = '' as default,
       t.typname in ('date', 'timestamp', 'timestamptz') as time,
       exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique
         and i.indnkeyatts = 1 and i.indkey[0] = a.attnum and i.indpred is null) as unique
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [quoted],
  );
  if (columns.length === 0) {
    throw new SekishoError("not-found", `Cannot plant canaries: there is no table ${name}`, {
      hint: "see records.tables and records.customers in sekisho.yaml, and --database",
    });
  }
  const { rows: leaves } = await client.query<{ leaf: string }>(
    `select relid::regclass::text as leaf from pg_partition_tree(to_regclass($1)) where isleaf
     and relid <> to_regclass($1) order by 1`,
    [quoted],
  );
  const { rows: sizes } = await client.query<{ rows: number }>(
    `select greatest(0, sum(c.reltuples))::float8 as rows from pg_class c
     where c.oid = to_regclass($1) or c.oid in (select relid from pg_partition_tree(to_regclass($1)))`,
    [quoted],
  );
  return {
    name,
    quoted,
    rows: Math.max(1, sizes[0]?.rows ?? 1),
    // A date has no time between two others that is of its own type.
    columns: columns.map((column) => ({ ...column, time: column.time && column.type !== "date" })),
    personal: settings?.personal ?? {},
    partitions: leaves.map(({ leaf }) => leaf),
  };
}
