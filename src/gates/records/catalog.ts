import type { PersonalKind } from "../../personal/kinds.ts";

/** What a database has, as the judge needs it: relations with their columns, and routines. No I/O here. */

export type Column = {
  name: string;
  /** pg_type.typname, without a length: "text", "int8", "uuid", "_text" for an array. */
  type: string;
  /** pg_type.oid. */
  typeOid: number;
  /** What it holds of a person, as people confirmed it; null: nothing. */
  personal: PersonalKind | null;
  /** Whether it carries the key of the customer to whom the row belongs. */
  customerKey: boolean;
  /** Whether it can hold no NULL. Unknown is as if it could. */
  notNull?: boolean;
};

export type RelationKind = "table" | "view" | "materialized-view" | "foreign-table" | "sequence" | "system";

export type Relation = {
  schema: string;
  name: string;
  kind: RelationKind;
  columns: readonly Column[];
  /** Of a view or materialized view: `pg_get_viewdef`; else null. */
  definition: string | null;
};

export type RoutineKind = "function" | "aggregate" | "window" | "procedure";
export type Routine = {
  schema: string;
  name: string;
  kind: RoutineKind;
  /** "internal", "c", "sql", "plpgsql", … */
  language: string;
};

/**
 * One state of a database's catalog with what people said about its columns. Columns of partitions and
 * children carry what was said of their parents.
 */
export type Catalog = {
  /** Changes whenever anything in it does: verdicts are kept by it. */
  version: string;
  relations: readonly Relation[];
  routines: readonly Routine[];
};
