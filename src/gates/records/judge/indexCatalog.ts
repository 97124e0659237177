import type { Catalog, Column, Relation, Routine } from "../catalog.ts";
import type { Origin } from "./lineage.ts";
import type { ViewTemplate } from "./relations.ts";

/** A catalog with what the judge looks up in it, and the lineage of its views once it is known. */
export type IndexedCatalog = {
  catalog: Catalog;
  /** All relations of a name, in whatever schema. */
  relations: ReadonlyMap<string, readonly Relation[]>;
  /** All routines of a name outside pg_catalog. */
  usersRoutines: ReadonlyMap<string, readonly Routine[]>;
  /** By what routines were known when a view was read. */
  views: WeakMap<ReadonlySet<string>, Map<Relation, ViewTemplate>>;
  origins: Map<Column, Origin>;
};

/** Prepares a catalog for judgeText(). Lineage of views is found when they are first used, and kept. */
export function indexCatalog(catalog: Catalog): IndexedCatalog {
  return {
    catalog,
    relations: Map.groupBy(catalog.relations, (relation) => relation.name),
    usersRoutines: Map.groupBy(
      catalog.routines.filter((routine) => routine.schema !== "pg_catalog"),
      (routine) => routine.name,
    ),
    views: new WeakMap(),
    origins: new Map(),
  };
}

export function originOf(index: IndexedCatalog, relation: Relation, column: Column): Origin {
  let origin = index.origins.get(column);
  if (origin === undefined) {
    const kind = column.personal ?? "other";
    origin = { relation: `${relation.schema}.${relation.name}`, column: column.name, kind };
    index.origins.set(column, origin);
  }
  return origin;
}
