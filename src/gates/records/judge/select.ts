import type { Node, ResTarget, SelectStmt, WithClause } from "libpg-query";
import { equate, noteCondition } from "./conditions.ts";
import { evaluate, look } from "./expression.ts";
import { readFrom } from "./from.ts";
import { type Cell, mixAll, type NamedCell, type Shape, taintsOf, withCarrier } from "./lineage.ts";
import { figureName, namesOf } from "./names.ts";
import { readCtes } from "./ctes.ts";
import { type CteScope, findItems, type Grouping, innerScope, type Scope } from "./scope.ts";
import { mergeBranches } from "./shapes.ts";
import { nameOfSublink } from "./sublinks.ts";
import {
  deeper,
  describeTaints,
  flag,
  freshCarrier,
  limits,
  nextSerial,
  TooMuch,
  touch,
  type Walk,
} from "./walk.ts";
import { readWrite } from "./writes.ts";
import { lookAtWindow } from "./calls.ts";

/** Queries: SELECT, VALUES, UNION and its like. */

/** A query as it stands in a tree; a statement that writes gives what it returns. */
export function readQueryNode(walk: Walk, node: Node, parent: Scope | null, ctes: CteScope | null): Shape {
  return deeper(walk, () => {
    if ("SelectStmt" in node) return readQuery(walk, node.SelectStmt, parent, ctes);
    return readWrite(walk, node, parent, ctes);
  });
}

export function readQuery(
  walk: Walk,
  select: SelectStmt,
  parent: Scope | null,
  outerCtes: CteScope | null = parent?.ctes ?? null,
): Shape {
  return deeper(walk, () => {
    const ctes = readWith(walk, select.withClause, parent, outerCtes);
    const shape = readBody(walk, select, parent, ctes);
    if (select.intoClause !== undefined) noteCopy(walk, shape, "SELECT INTO");
    return shape;
  });
}

export function readWith(
  walk: Walk,
  clause: WithClause | undefined,
  parent: Scope | null,
  outer: CteScope | null,
): CteScope | null {
  return clause === undefined ? outer : readCtes(walk, clause, parent, outer);
}

/** A new relation that is filled with what a query gives. */
export function noteCopy(walk: Walk, shape: Shape, how: string): void {
  const taints = shape.flatMap(({ cell }) => [...taintsOf(cell)]);
  for (const { origin } of taints) walk.touched.add(origin);
  walk.writes = true;
  if (taints.length > 0) flag(walk, "launders-columns", `${how} of ${describeTaints(taints)}`);
  else flag(walk, "defines", how);
}

function readBody(walk: Walk, select: SelectStmt, parent: Scope | null, ctes: CteScope | null): Shape {
  if (select.op !== undefined && select.op !== "SETOP_NONE") return readUnion(walk, select, parent, ctes);
  if (select.valuesLists !== undefined) return readValues(walk, select.valuesLists, innerScope(parent, ctes));
  return readSelect(walk, select, parent, ctes);
}

/** Left-deep chains of UNION are read in a loop: programs write hundreds of branches. */
function readUnion(walk: Walk, select: SelectStmt, parent: Scope | null, ctes: CteScope | null): Shape {
  const since = nextSerial(walk);
  const branches: SelectStmt[] = [];
  let at: SelectStmt = select;
  for (;;) {
    if (at.rarg !== undefined) branches.unshift(at.rarg);
    const { larg } = at;
    if (larg === undefined) break;
    const plain = larg.withClause === undefined && larg.op !== undefined && larg.op !== "SETOP_NONE";
    if (!plain) {
      branches.unshift(larg);
      break;
    }
    lookAtLimits(walk, larg, innerScope(parent, ctes));
    at = larg;
  }
  const shapes = branches.map((branch) => readQuery(walk, branch, parent, ctes));
  lookAtLimits(walk, select, innerScope(parent, ctes));
  return mergeBranches(walk, shapes, since);
}

function readValues(walk: Walk, lists: readonly Node[], scope: Scope): Shape {
  const carrier = freshCarrier(walk);
  const columns: Cell[][] = [];
  for (const list of lists) {
    for (const [place, node] of ("List" in list ? (list.List.items ?? []) : []).entries()) {
      const cells = columns[place] ?? [];
      columns[place] = cells;
      const cell = evaluate(walk, node, scope);
      // Thousands of rows of literals are one cell.
      if (cells.length === 0 || cell.taints.size > 0 || cell.carriers.size > 0) cells.push(cell);
    }
  }
  return columns.map((cells, place) => ({
    name: `column${place + 1}`,
    cell: withCarrier({ ...mixAll(cells), typeOid: 0 }, carrier),
  }));
}

function readSelect(walk: Walk, select: SelectStmt, parent: Scope | null, ctes: CteScope | null): Shape {
  const since = nextSerial(walk);
  const space = readFrom(walk, select.fromClause, { parent, ctes });
  const scope = innerScope(parent, ctes, space);
  scope.since = since;
  if (select.whereClause !== undefined) {
    noteCondition(walk, select.whereClause, scope);
    equate(walk, select.whereClause, scope, { strict: true, outer: true });
  }
  scope.grouping = readGrouping(walk, select, scope);
  for (const node of select.windowClause ?? []) {
    if ("WindowDef" in node) lookAtWindow(walk, node.WindowDef, scope);
  }
  if (select.havingClause !== undefined) noteCondition(walk, select.havingClause, scope);
  const shape = readTargets(walk, select.targetList, scope);
  lookAtOrder(walk, select, scope, shape);
  lookAtLimits(walk, select, scope);
  return shape;
}

function lookAtLimits(walk: Walk, select: SelectStmt, scope: Scope): void {
  for (const node of [select.limitCount, select.limitOffset])
    if (node !== undefined) look(walk, [node], scope);
}

/** DISTINCT ON and ORDER BY: a name of the output, a place in it, or an expression. */
function lookAtOrder(walk: Walk, select: SelectStmt, scope: Scope, shape: Shape): void {
  const sorted = (select.sortClause ?? []).map((node) => ("SortBy" in node ? node.SortBy.node : undefined));
  for (const node of [...(select.distinctClause ?? []), ...sorted]) {
    if (node === undefined || Object.keys(node).length === 0 || isPlace(node)) continue;
    const name = singleName(node);
    const named = name === null ? undefined : shape.find((one) => one.name === name);
    if (named === undefined) look(walk, [node], scope);
    else touch(walk, named.cell);
  }
}

function isPlace(node: Node): boolean {
  return "A_Const" in node && node.A_Const.ival !== undefined;
}

function singleName(node: Node): string | null {
  if (!("ColumnRef" in node)) return null;
  const names = namesOf(node.ColumnRef.fields);
  return names.length === 1 && node.ColumnRef.fields?.length === 1 ? (names[0] ?? null) : null;
}

function readGrouping(walk: Walk, select: SelectStmt, scope: Scope): Grouping | null {
  if (select.groupClause === undefined) return null;
  const cells: Cell[] = [];
  let sets = false;
  const waiting = [...select.groupClause];
  for (const node of waiting) {
    if ("GroupingSet" in node) {
      sets = true;
      waiting.push(...(node.GroupingSet.content ?? []));
      continue;
    }
    if (isPlace(node)) walk.literalsMatter = true;
    const meant = groupTarget(node, select, scope);
    const cell = evaluate(walk, meant, scope);
    touch(walk, cell);
    cells.push(cell);
  }
  return { cells, sets };
}

/** GROUP BY 1 and GROUP BY name mean a column of the output; a name only if no column of FROM has it. */
function groupTarget(node: Node, select: SelectStmt, scope: Scope): Node {
  const targets = (select.targetList ?? []).flatMap((target) =>
    "ResTarget" in target ? [target.ResTarget] : [],
  );
  if (isPlace(node)) {
    const place = "A_Const" in node ? (node.A_Const.ival?.ival ?? 0) : 0;
    // With a star before it the place is another one: then the constant stands for no key.
    const shifted = targets.slice(0, place).some((target) => isStar(target));
    return shifted ? node : (targets[place - 1]?.val ?? node);
  }
  const name = singleName(node);
  if (name === null || scope.space.visible.some((visible) => visible.name === name)) return node;
  return targets.find((target) => target.name === name)?.val ?? node;
}

function isStar({ val }: ResTarget): boolean {
  if (val === undefined) return false;
  if ("ColumnRef" in val) return val.ColumnRef.fields?.some((field) => "A_Star" in field) ?? false;
  return "A_Indirection" in val && (val.A_Indirection.indirection?.some((step) => "A_Star" in step) ?? false);
}

/** The columns of a target list or of RETURNING. */
export function readTargets(walk: Walk, targets: readonly Node[] | undefined, scope: Scope): Shape {
  const shape = (targets ?? []).flatMap((node) => {
    if (!("ResTarget" in node)) return [];
    const target = node.ResTarget;
    return isStar(target) ? readStar(walk, target, scope) : [readTarget(walk, target, scope)];
  });
  if (shape.length > limits.columnsMax) throw new TooMuch("too many columns");
  return shape;
}

function readTarget(walk: Walk, { name, val }: ResTarget, scope: Scope): NamedCell {
  const cell = val === undefined ? mixAll([]) : evaluate(walk, val, scope);
  const figured = name ?? figureName(val, (node) => nameOfInner(walk, node, scope));
  return { name: figured, cell: cell.wide ? mixAll([cell]) : cell };
}

/** The name of a subquery's first column: that of its own first target. */
function nameOfInner(walk: Walk, node: Node, scope: Scope): string | null {
  if (!("SubLink" in node)) return null;
  return nameOfSublink(node.SubLink, () => {
    let inner = node.SubLink.subselect;
    while (inner !== undefined && "SelectStmt" in inner && inner.SelectStmt.larg !== undefined) {
      inner = { SelectStmt: inner.SelectStmt.larg };
    }
    if (inner === undefined || !("SelectStmt" in inner)) return null;
    if (inner.SelectStmt.valuesLists !== undefined) return "column1";
    const [first] = inner.SelectStmt.targetList ?? [];
    if (first === undefined || !("ResTarget" in first)) return null;
    const { name, val } = first.ResTarget;
    if (name !== undefined) return name;
    // A star's first name is only known where the query is read.
    if (isStar(first.ResTarget)) return firstStarName(walk, node.SubLink.subselect, scope);
    return figureName(val, (deeperNode) => nameOfInner(walk, deeperNode, scope));
  });
}

function firstStarName(walk: Walk, query: Node | undefined, scope: Scope): string | null {
  if (query === undefined) return null;
  return readQueryNode(walk, query, scope, scope.ctes)[0]?.name ?? null;
}

/** `*`, `t.*` and `(row).*`. */
function readStar(walk: Walk, { val }: ResTarget, scope: Scope): Shape {
  if (val !== undefined && "ColumnRef" in val) {
    const names = namesOf(val.ColumnRef.fields);
    if (names.length === 0) return scope.space.star;
    const items = findItems(walk, scope, names);
    if (items !== null) return items.flatMap((item) => item.star);
    flag(walk, "cannot-resolve", `${names.join(".")}.*`);
    return [];
  }
  if (val === undefined) return [];
  const cell = evaluate(walk, val, scope);
  return cell.row ?? [{ name: "", cell: { ...cell, value: null, wide: true } }];
}
