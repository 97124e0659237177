import type { PersonalKind } from "../../../personal/kinds.ts";

/**
 * What a cell of a row is made from. A *source* is one row of a table in the range table: two references to
 * one table are two sources, because they may show two customers in one row.
 */

/** A personal column of the catalog. */
export type Origin = { relation: string; column: string; kind: PersonalKind };

/**
 * A value that may pass through the levels of a query unchanged. Two values are *loosely* the same where
 * they are equal in every row in which both are not NULL, and *strictly* the same where every row that has
 * the one has the other, equal and not NULL.
 */
export type Value = {
  serial: number;
  /** pg_type.typname. */
  type: string;
  loose: Value | null;
  strict: Value | null;
  /** On the root of strict ones: whether a condition says that it is not NULL. */
  notNull: boolean;
  /** On the root of strict ones: values of outer levels to which it is equal in every row that has it. */
  outer: Value[];
};

/** One row of a relation with personal columns. */
export type Source = {
  serial: number;
  relation: string;
  /** Values each of which, where it is not NULL, is the key of the customer of this row. Empty: no key. */
  keys: readonly Value[];
  /** Those of `keys` that are never NULL where the row is there. */
  neverNull: readonly Value[];
};

export type Taint = { source: Source; origin: Origin };

/**
 * One item of FROM. Where a condition compares its columns with personal ones, they tell what these are:
 * `select n from numbers n join customers c on c.phone = n.text`.
 */
export type Carrier = { serial: number; tells: Set<Taint> };

export type Cell = {
  taints: ReadonlySet<Taint>;
  /** Items of FROM from whose columns without personal data it is computed. */
  carriers: ReadonlySet<Carrier>;
  /** The value, where it is passed on unchanged. */
  value: Value | null;
  typeOid: number;
  /** Passed through the side of an outer join that may be missing. */
  nullable: boolean;
  /** Gathers any number of rows in one value. */
  gathered: boolean;
  /** Stands for an unknown number of columns with unknown names. */
  wide: boolean;
  /** Of a whole row: its columns. */
  row: readonly NamedCell[] | null;
};

export type NamedCell = { name: string; cell: Cell };

/** The columns that a query gives, in order. */
export type Shape = readonly NamedCell[];

const noTaints: ReadonlySet<Taint> = new Set();
const noCarriers: ReadonlySet<Carrier> = new Set();

export const plainCell: Cell = {
  taints: noTaints,
  carriers: noCarriers,
  value: null,
  typeOid: 0,
  nullable: false,
  gathered: false,
  wide: false,
  row: null,
};

export const wideCell: Cell = { ...plainCell, wide: true };

function union<T>(one: ReadonlySet<T>, other: ReadonlySet<T>): ReadonlySet<T> {
  if (other.size === 0 || one === other) return one;
  return one.size === 0 ? other : one.union(other);
}

/** A cell computed from two others: it passes neither on unchanged. */
export function mix(one: Cell, other: Cell): Cell {
  if (other === plainCell) return computed(one);
  if (one === plainCell) return computed(other);
  return {
    ...plainCell,
    taints: union(one.taints, other.taints),
    carriers: union(one.carriers, other.carriers),
    nullable: one.nullable || other.nullable,
    gathered: one.gathered || other.gathered,
  };
}

/** A cell computed from another. */
export function computed(cell: Cell): Cell {
  if (cell.value === null && cell.row === null && !cell.wide && cell.typeOid === 0) return cell;
  return { ...cell, value: null, typeOid: 0, wide: false, row: null };
}

export function mixAll(cells: readonly Cell[]): Cell {
  return cells.reduce(mix, plainCell);
}

export function withTaints(cell: Cell, taints: ReadonlySet<Taint>): Cell {
  return taints.size === 0 ? cell : { ...cell, taints: union(cell.taints, taints) };
}

export function withCarrier(cell: Cell, carrier: Carrier): Cell {
  return cell.taints.size > 0 ? cell : { ...cell, carriers: union(cell.carriers, new Set([carrier])) };
}

/** All that a cell tells of: what it is computed from, and what its items of FROM were compared with. */
export function taintsOf(cell: Cell): ReadonlySet<Taint> {
  let taints = cell.taints;
  for (const carrier of cell.carriers) taints = union(taints, carrier.tells);
  return taints;
}

export function sourcesOf(taints: Iterable<Taint>): Set<Source> {
  const sources = new Set<Source>();
  for (const taint of taints) sources.add(taint.source);
  return sources;
}

export function newValue(serial: number, type: string): Value {
  return { serial, type, loose: null, strict: null, notNull: false, outer: [] };
}

export function looseRoot(value: Value): Value {
  let root = value;
  while (root.loose !== null) root = root.loose;
  if (root !== value) value.loose = root;
  return root;
}

export function strictRoot(value: Value): Value {
  let root = value;
  while (root.strict !== null) root = root.strict;
  if (root !== value) value.strict = root;
  return root;
}

export function joinLoosely(one: Value, other: Value): void {
  const [root, under] = [looseRoot(one), looseRoot(other)];
  if (root !== under) under.loose = root;
}

export function joinStrictly(one: Value, other: Value): void {
  joinLoosely(one, other);
  const [root, under] = [strictRoot(one), strictRoot(other)];
  root.notNull = true;
  if (root === under) return;
  under.strict = root;
  root.outer.push(...under.outer);
}

/** Roots of all values that are a source's key wherever they are not NULL. */
export function keyRoots(source: Source): ReadonlySet<Value> {
  const roots = new Set<Value>();
  const waiting = [...source.keys];
  for (const value of waiting) {
    roots.add(looseRoot(value));
    for (const outer of strictRoot(value).outer) {
      if (!waiting.includes(outer)) waiting.push(outer);
    }
  }
  return roots;
}

/** Whether a cell is a source's key wherever it is not NULL. */
export function isKeyOf(roots: ReadonlySet<Value>, cell: Cell): boolean {
  return cell.value !== null && roots.has(looseRoot(cell.value));
}

/** Whether a cell is a source's key in every row that shows the source: none of them is NULL. */
export function isStrictKeyOf(source: Source, cell: Cell): boolean {
  const { value } = cell;
  if (value === null || cell.nullable) return false;
  return source.keys.some((key) => {
    if (strictRoot(key) !== strictRoot(value)) return false;
    return source.neverNull.includes(key) || strictRoot(key).notNull;
  });
}

/**
 * Whether all rows of a query that show a source show one customer: its key is equal to a value of the row
 * outside, which is older than the query.
 */
export function isPinned(source: Source, since: number): boolean {
  return source.keys.some((key) => strictRoot(key).outer.some((outer) => outer.serial < since));
}

const families: Readonly<Record<string, string>> = {
  int2: "integer",
  int4: "integer",
  int8: "integer",
  numeric: "integer",
  text: "text",
  varchar: "text",
  uuid: "uuid",
  bpchar: "bpchar",
  oid: "oid",
};

/** Whether `=` over the two types makes no two different keys equal, as it does over float8. */
export function equalMeansSame(one: string, other: string): boolean {
  const family = families[one];
  return family !== undefined && family === families[other];
}
