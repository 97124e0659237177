import { SekishoError } from "../../../lib/error.ts";
import type { Routine, RoutineKind } from "../catalog.ts";

/** Asks one connection of PostgreSQL; `pg.Client` fits. */
export type Query = (
  sql: string,
  values?: readonly unknown[],
) => Promise<{ rows: Record<string, unknown>[] }>;

/** More is no database that people read, or a hostile one. */
export const limits = { columnsMax: 2_000_000, routinesMax: 500_000, seconds: 60 } as const;

export type CatalogRelation = {
  oid: number;
  schema: string;
  name: string;
  /** pg_class.relkind. */
  relkind: string;
  definition: string | null;
  /** As the planner believes; -1: never analysed. */
  rows: number;
  columns: CatalogColumn[];
};
/** A domain is given as the type below it: so PostgreSQL describes and sends its values. */
export type CatalogColumn = { name: string; type: string; typeOid: number; notNull: boolean };
export type ForeignKey = {
  relation: number;
  columns: string[];
  target: number;
  targetColumns: string[];
};
export type CatalogRows = {
  relations: Map<number, CatalogRelation>;
  /** Child and parent: inheritance and partitions. */
  inherits: { child: number; parent: number }[];
  routines: Routine[];
};

const systemSchemas = "('pg_catalog', 'information_schema')";

// Relations that a FROM can name, and their columns; no TOAST, no index, no composite type.
const relationsSql = `
select c.oid::int8 as oid, n.nspname as schema, c.relname as name, c.relkind::text as relkind,
       c.reltuples::float8 as rows,
       case when c.relkind in ('v', 'm') and n.nspname not in ${systemSchemas}
            then pg_get_viewdef(c.oid) end as definition
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_toast(_temp_|$)'
 order by n.nspname, c.relname`;
const columnsSql = `
with recursive base as (
  select oid, oid as given, typname, typtype, typbasetype from pg_type
  union all
  select t.oid, base.given, t.typname, t.typtype, t.typbasetype
    from base join pg_type t on t.oid = base.typbasetype where base.typtype = 'd')
select a.attrelid::int8 as relation, a.attname as name, base.typname as type, base.oid::int8 as type_oid,
    a.attnotnull as not_null
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  join base on base.given = a.atttypid and base.typtype <> 'd'
 where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
   and n.nspname not in ${systemSchemas} and n.nspname !~ '^pg_toast(_temp_|$)'
 order by a.attrelid, a.attnum
 limit ${limits.columnsMax + 1}`;
const inheritsSql = `
select inhrelid::int8 as child, inhparent::int8 as parent from pg_inherits order by 1, 2`;
const routinesSql = `
select distinct n.nspname as schema, p.proname as name, p.prokind::text as prokind, l.lanname as language
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
 where n.nspname <> 'pg_catalog' or p.prokind = 'a'
 order by 1, 2, 3, 4
 limit ${limits.routinesMax + 1}`;
// Unique constraints of one column; the primary key first.
const uniqueKeysSql = `
select k.conrelid::int8 as relation, a.attname as column
  from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
 where k.contype in ('p', 'u') and array_length(k.conkey, 1) = 1
 order by k.conrelid, k.contype, k.conname`;
const viewUsesSql = `
select distinct r.ev_class::int8 as view, d.refobjid::int8 as relation, a.attname as column
  from pg_rewrite r
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                  and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.refobjid <> r.ev_class
  join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
 order by 1, 2, 3`;
const foreignKeysSql = `
select k.conrelid::int8 as relation, k.confrelid::int8 as target,
       (select array_agg(a.attname::text order by u.at) from unnest(k.conkey) with ordinality u(num, at)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num) as columns,
       (select array_agg(a.attname::text order by u.at) from unnest(k.confkey) with ordinality u(num, at)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num) as target_columns
  from pg_constraint k where k.contype = 'f' order by k.conrelid, k.conname`;

const routineKinds: Readonly<Record<string, RoutineKind>> = {
  f: "function",
  a: "aggregate",
  w: "window",
  p: "procedure",
};

/**
 * Runs `work` in one read-only snapshot. The search path is empty, so that views come with every name written
 * out.
 */
export async function inSnapshot<Result>(query: Query, work: () => Promise<Result>): Promise<Result> {
  await query("begin isolation level repeatable read read only");
  try {
    await query("set local search_path = ''");
    await query(`set local statement_timeout = '${limits.seconds}s'`);
    const result = await work();
    await query("commit");
    return result;
  } catch (error) {
    await query("rollback").catch(() => undefined); // The connection may be what failed.
    throw error;
  }
}

/** Reads PostgreSQL's own catalog. To be called within `inSnapshot`. */
export async function readCatalog(query: Query): Promise<CatalogRows> {
  const relations = new Map<number, CatalogRelation>();
  for (const row of (await query(relationsSql)).rows) {
    const oid = Number(row["oid"]);
    relations.set(oid, {
      oid,
      schema: String(row["schema"]),
      name: String(row["name"]),
      relkind: String(row["relkind"]),
      definition: row["definition"] === null ? null : String(row["definition"]),
      rows: Number(row["rows"]),
      columns: [],
    });
  }
  const columns = (await query(columnsSql)).rows;
  refuseMore(columns.length, limits.columnsMax, "columns");
  for (const row of columns) {
    relations.get(Number(row["relation"]))?.columns.push({
      name: String(row["name"]),
      type: String(row["type"]),
      typeOid: Number(row["type_oid"]),
      notNull: row["not_null"] === true,
    });
  }
  const inherits = (await query(inheritsSql)).rows.map((row) => ({
    child: Number(row["child"]),
    parent: Number(row["parent"]),
  }));
  const found = (await query(routinesSql)).rows;
  refuseMore(found.length, limits.routinesMax, "routines");
  const routines = found.map((row) => ({
    schema: String(row["schema"]),
    name: String(row["name"]),
    kind: routineKinds[String(row["prokind"])] ?? "function",
    language: String(row["language"]),
  }));
  return { relations, inherits, routines };
}

/** Foreign keys, for proposals of which column leads to the customer. */
export async function readForeignKeys(query: Query): Promise<ForeignKey[]> {
  return (await query(foreignKeysSql)).rows.map((row) => ({
    relation: Number(row["relation"]),
    columns: (row["columns"] as string[] | null) ?? [],
    target: Number(row["target"]),
    targetColumns: (row["target_columns"] as string[] | null) ?? [],
  }));
}

/** Columns that alone tell the rows of a relation apart, by relation. */
export async function readUniqueKeys(query: Query): Promise<Map<number, string[]>> {
  const keys = new Map<number, string[]>();
  for (const row of (await query(uniqueKeysSql)).rows) {
    const relation = Number(row["relation"]);
    keys.set(relation, [...(keys.get(relation) ?? []), String(row["column"])]);
  }
  return keys;
}

/** Which columns of which relations a view or materialized view rests on, as PostgreSQL keeps it. */
export async function readViewUses(
  query: Query,
): Promise<{ view: number; relation: number; column: string }[]> {
  return (await query(viewUsesSql)).rows.map((row) => ({
    view: Number(row["view"]),
    relation: Number(row["relation"]),
    column: String(row["column"]),
  }));
}

function refuseMore(count: number, most: number, what: string): void {
  if (count <= most) return;
  throw new SekishoError("limit-passed", `Cannot read a catalog of more than ${most} ${what}`, {
    hint: "see what fills pg_class or pg_proc; the gate does not judge a catalog that it knows in part",
  });
}
