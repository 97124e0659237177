import type { CommonTableExpr, SelectStmt, WithClause } from "libpg-query";
import {
  type Cell,
  mixAll,
  type Origin,
  plainCell,
  type Shape,
  type Source,
  sourcesOf,
  type Taint,
  taintsOf,
  type Value,
} from "./lineage.ts";
import { namesOf } from "./names.ts";
import { type Cte, type CteScope, renameShape, type Scope } from "./scope.ts";
import { readQuery, readQueryNode, readWith } from "./select.ts";
import { mergeBranches, pack, type Packed } from "./shapes.ts";
import { describeTaints, flag, freshSource, freshValue, nextSerial, type Walk } from "./walk.ts";

/** WITH. */

export function readCtes(
  walk: Walk,
  clause: WithClause,
  parent: Scope | null,
  outer: CteScope | null,
): CteScope | null {
  const recursive = clause.recursive === true;
  let scope = outer;
  const shared: CteScope = { ctes: new Map(), parent: outer };
  const own: Cte[] = [];
  for (const node of clause.ctes ?? []) {
    if (!("CommonTableExpr" in node)) continue;
    // Without RECURSIVE each sees only those before it.
    const sees: CteScope | null = recursive ? shared : scope;
    const cte = makeCte(walk, node.CommonTableExpr, parent, { sees, recursive });
    own.push(cte);
    const name = node.CommonTableExpr.ctename ?? "";
    if (recursive) shared.ctes.set(name, cte);
    else scope = { ctes: new Map([[name, cte]]), parent: scope };
  }
  // What writes is run even if nothing names it, and so it is read.
  for (const cte of own) cte.read();
  return recursive ? shared : scope;
}

type Given = { sees: CteScope | null; recursive: boolean };

function makeCte(walk: Walk, expression: CommonTableExpr, parent: Scope | null, given: Given): Cte {
  const cte: Cte = { packed: null, itself: null, state: "waiting", read: () => nothing };
  cte.read = () => {
    if (cte.packed !== null) return cte.packed;
    if (cte.state === "reading") {
      flag(walk, "cannot-resolve", `WITH query ${expression.ctename ?? ""} that names itself`);
      return nothing;
    }
    cte.state = "reading";
    cte.packed = readCte(walk, expression, parent, { ...given, cte });
    cte.state = "done";
    return cte.packed;
  };
  return cte;
}

const nothing: Packed = { shape: [], since: 0, sources: [] };

function readCte(
  walk: Walk,
  expression: CommonTableExpr,
  parent: Scope | null,
  { sees, recursive, cte }: Given & { cte: Cte },
): Packed {
  const since = nextSerial(walk);
  const { ctequery } = expression;
  if (ctequery === undefined) return nothing;
  const name = expression.ctename ?? "";
  const names = namesOf(expression.aliascolnames);
  const union =
    "SelectStmt" in ctequery && ctequery.SelectStmt.larg !== undefined ? ctequery.SelectStmt : null;
  const shape =
    recursive && union !== null && mentions(union.rarg, name)
      ? readRecursive(walk, union, parent, { sees, cte, names })
      : renameShape(readQueryNode(walk, ctequery, parent, sees), names);
  return pack([...shape, ...addedColumns(walk, expression, shape)], since);
}

/** SEARCH and CYCLE add columns that hold the rows on the way. */
function addedColumns(walk: Walk, expression: CommonTableExpr, shape: Shape): Shape {
  const { search_clause: search, cycle_clause: cycle } = expression;
  if (search === undefined && cycle === undefined) return [];
  const taints = shape.flatMap(({ cell }) => [...taintsOf(cell)]);
  if (taints.length > 0) flag(walk, "gathers-customers", `SEARCH or CYCLE over ${describeTaints(taints)}`);
  const names = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column];
  const cell = { ...mixAll(shape.map((one) => one.cell)), wide: false };
  return names.flatMap((name) => (name === undefined ? [] : [{ name, cell }]));
}

/** Whether a tree names a relation. */
function mentions(tree: unknown, name: string): boolean {
  const waiting: unknown[] = [tree];
  while (waiting.length > 0) {
    const at = waiting.pop();
    if (typeof at !== "object" || at === null) continue;
    if ("relname" in at && at.relname === name) return true;
    waiting.push(...Object.values(at));
  }
  return false;
}

type Column = {
  /** Columns of the row before from which it is made, and whether it is one of them unchanged. */
  from: ReadonlySet<number>;
  unchanged: boolean;
  direct: ReadonlySet<Taint>;
};

function readRecursive(
  walk: Walk,
  union: SelectStmt,
  parent: Scope | null,
  given: { sees: CteScope | null; cte: Cte; names: readonly string[] },
): Shape {
  const since = nextSerial(walk);
  const ctes = readWith(walk, union.withClause, parent, given.sees);
  // What the recursive part names is read before it is read twice.
  for (const [name, other] of given.sees?.ctes ?? []) {
    if (other.state === "waiting" && mentions(union.rarg, name)) other.read();
  }
  const base = renameShape(readQuery(walk, union.larg as SelectStmt, parent, ctes), given.names);
  const again = (itself: Shape): Shape => {
    given.cte.itself = itself;
    const shape = readQuery(walk, union.rarg as SelectStmt, parent, ctes);
    given.cte.itself = null;
    return shape;
  };
  const columns = traceColumns(walk, base, again);
  const personal = personalColumns(base, columns);
  for (const [place, column] of columns.entries()) {
    if (column.unchanged || ![...column.from].some((from) => personal.has(from))) continue;
    flag(walk, "gathers-customers", `recursion gathers in column ${base[place]?.name ?? place}`);
  }
  const before = base.map(({ name, cell }, place) => ({
    name,
    cell: personal.has(place) ? passedOn(walk, base, columns) : { ...plainCell, typeOid: cell.typeOid },
  }));
  const step = again(before);
  noteToldColumns(walk, step, personal, columns);
  return mergeBranches(walk, [base, step], since).map(({ cell }, place) => ({
    name: base[place]?.name ?? "",
    cell,
  }));
}

/** Reads the recursive part once with marked columns, to see what becomes of them. */
function traceColumns(walk: Walk, base: Shape, again: (itself: Shape) => Shape): Column[] {
  const marks = base.map(() => freshSource(walk, { relation: "" }));
  const values = base.map(() => freshValue(walk, ""));
  const { findings, touched, conditions, conditionTaints } = walk;
  Object.assign(walk, { findings: [], touched: new Set(), conditionTaints: new Set() });
  const marked = base.map(({ name, cell }, place) => ({
    name,
    cell: markedCell(cell, marks, values, place),
  }));
  const step = again(marked);
  Object.assign(walk, { findings, touched, conditions, conditionTaints });
  return step.map(({ cell }) => {
    const from = new Set<number>();
    const direct = new Set<Taint>();
    for (const taint of taintsOf(cell)) {
      const place = marks.indexOf(taint.source);
      if (place < 0) direct.add(taint);
      else from.add(place);
    }
    const [only] = from;
    const unchanged =
      from.size === 1 && direct.size === 0 && cell.value !== null && cell.value === values[only as number];
    return { from, direct, unchanged };
  });
}

function markedCell(cell: Cell, marks: readonly Source[], values: readonly Value[], place: number): Cell {
  const source = marks[place] as Source;
  return {
    ...plainCell,
    typeOid: cell.typeOid,
    taints: new Set([{ source, origin: mark }]),
    value: values[place] as Value,
  };
}

const mark: Origin = { relation: "", column: "", kind: "other" };

/** Columns that are personal in some row, however many steps it takes. */
function personalColumns(base: Shape, columns: readonly Column[]): ReadonlySet<number> {
  const personal = new Set<number>();
  for (const [place, { cell }] of base.entries()) if (taintsOf(cell).size > 0) personal.add(place);
  for (const [place, { direct }] of columns.entries()) if (direct.size > 0) personal.add(place);
  for (let grown = true; grown;) {
    grown = false;
    for (const [place, { from }] of columns.entries()) {
      if (personal.has(place) || ![...from].some((one) => personal.has(one))) continue;
      personal.add(place);
      grown = true;
    }
  }
  return personal;
}

/** A personal column that goes on to the next step: as many rows without a key as one cell can show. */
function passedOn(walk: Walk, base: Shape, columns: readonly Column[]): Cell {
  const taints = [
    ...base.map(({ cell }) => taintsOf(cell)),
    ...columns.map(({ direct }): ReadonlySet<Taint> => direct),
  ];
  const most = Math.max(1, ...taints.map((one) => sourcesOf(one).size));
  const origins = new Set(taints.flatMap((one) => [...one].map(({ origin }) => origin)));
  const sources = Array.from({ length: most }, () => freshSource(walk, { relation: "recursion" }));
  const passed = sources.flatMap((source) => [...origins].map((origin) => ({ source, origin })));
  return { ...plainCell, taints: new Set(passed) };
}

/** What conditions tell of a column that the columns themselves do not show. */
function noteToldColumns(
  walk: Walk,
  step: Shape,
  personal: ReadonlySet<number>,
  columns: readonly Column[],
): void {
  for (const [place, { cell }] of step.entries()) {
    const column = columns[place];
    if (column === undefined || personal.has(place) || taintsOf(cell).size === 0) continue;
    if (column.from.size > 0 && !column.unchanged) {
      flag(walk, "gathers-customers", `recursion over ${describeTaints(taintsOf(cell))}`);
    }
  }
}
