import { hash } from "node:crypto";
import type { Catalog, Column, Relation, RelationKind } from "../catalog.ts";
import type { PersonalKind } from "../../../personal/kinds.ts";
import type { RecordsSettings } from "../settings.ts";
import {
  inSnapshot,
  readCatalog,
  type CatalogRelation,
  type CatalogRows,
  type Query,
} from "./readCatalog.ts";

export type SaidOfTables = Pick<RecordsSettings, "tables" | "customers">;

/** What people said of one relation's columns. */
type SaidOf = { personal: Map<string, PersonalKind>; keys: Set<string> };

const relationKinds: Readonly<Record<string, RelationKind>> = {
  r: "table",
  p: "table",
  v: "view",
  m: "materialized-view",
  f: "foreign-table",
  S: "sequence",
};

/**
 * The catalog of the database to which `query` is connected, with what the settings say of its tables.
 * `query` must be of one connection of its own: it opens a transaction there.
 */
export async function loadCatalog(query: Query, settings: SaidOfTables): Promise<Catalog> {
  return inSnapshot(query, async () => catalogOf(await readCatalog(query), settings));
}

/** The same from rows that were read before. */
export function catalogOf(rows: CatalogRows, settings: SaidOfTables): Catalog {
  const said = whatIsSaid(rows, settings);
  const relations = [...rows.relations.values()].map((relation) =>
    relationOf(relation, said.get(relation.oid)),
  );
  const body = { relations, routines: rows.routines };
  return { version: hash("sha256", JSON.stringify(body)), ...body };
}

function relationOf(relation: CatalogRelation, said: SaidOf | undefined): Relation {
  const { schema, name, definition } = relation;
  if (schema === "pg_catalog" || schema === "information_schema") {
    return { schema, name, kind: "system", columns: [], definition: null };
  }
  const columns: Column[] = relation.columns.map((column) => ({
    ...column,
    personal: said?.personal.get(column.name) ?? null,
    customerKey: said?.keys.has(column.name) ?? false,
  }));
  return { schema, name, kind: relationKinds[relation.relkind] ?? "table", columns, definition };
}

function whatIsSaid(rows: CatalogRows, settings: SaidOfTables): Map<number, SaidOf> {
  const byName = new Map(
    [...rows.relations.values()].map((relation) => [`${relation.schema}.${relation.name}`, relation.oid]),
  );
  const said = new Map<number, SaidOf>();
  const of = (oid: number): SaidOf => {
    const known = said.get(oid) ?? { personal: new Map(), keys: new Set() };
    said.set(oid, known);
    return known;
  };
  for (const { table, key, personal } of settings.tables) {
    const oid = byName.get(table);
    if (oid === undefined) continue; // The search for drift tells of it.
    const one = of(oid);
    for (const [column, kind] of Object.entries(personal)) one.personal.set(column, kind);
    if (key !== undefined) one.keys.add(key);
  }
  const customers = settings.customers === undefined ? undefined : byName.get(settings.customers.table);
  if (customers !== undefined && settings.customers !== undefined)
    of(customers).keys.add(settings.customers.key);
  spread(rows, of);
  return said;
}

/**
 * Reading a parent reads its children, and the other way round a partition holds what its parent has:
 * personal columns go both ways. Keys only go down: a parent whose other children have none would count too
 * few customers.
 */
function spread({ inherits, relations }: CatalogRows, of: (oid: number) => SaidOf): void {
  for (let changed = true, rounds = 0; changed && rounds < 64; rounds += 1) {
    changed = false;
    for (const { child, parent } of inherits) {
      // An index of a partitioned table has children too.
      if (!relations.has(child) || !relations.has(parent)) continue;
      const [below, above] = [of(child), of(parent)];
      for (const [column, kind] of above.personal) changed = take(below, column, kind) || changed;
      for (const [column, kind] of below.personal) {
        const shared = relations.get(parent)?.columns.some(({ name }) => name === column) === true;
        if (shared) changed = take(above, column, kind) || changed;
      }
      for (const key of above.keys) {
        if (below.keys.has(key)) continue;
        below.keys.add(key);
        changed = true;
      }
    }
  }
}

function take(said: SaidOf, column: string, kind: PersonalKind): boolean {
  if (said.personal.has(column)) return false;
  said.personal.set(column, kind);
  return true;
}
