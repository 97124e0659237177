import type {
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  MergeWhenClause,
  Node,
  OnConflictClause,
  RangeVar,
  ResTarget,
  ReturningClause,
  UpdateStmt,
} from "libpg-query";
import { equate, noteCondition } from "./conditions.ts";
import { evaluate } from "./expression.ts";
import { readFrom } from "./from.ts";
import { type Cell, plainCell, type Shape, type Source, sourcesOf, taintsOf, wideCell } from "./lineage.ts";
import { findRelations, openRelation } from "./relations.ts";
import {
  type CteScope,
  innerScope,
  type Item,
  itemSpace,
  joinSpaces,
  type Scope,
  type Space,
} from "./scope.ts";
import { readQueryNode, readTargets, readWith } from "./select.ts";
import { describeTaints, flag, touch, type Walk } from "./walk.ts";

/** Statements that write: what they return, and personal data that they put where nobody counts it. */

export function readWrite(walk: Walk, node: Node, parent: Scope | null, ctes: CteScope | null): Shape {
  walk.writes = true;
  if ("InsertStmt" in node) return readInsert(walk, node.InsertStmt, parent, ctes);
  if ("UpdateStmt" in node) return readUpdate(walk, node.UpdateStmt, parent, ctes);
  if ("DeleteStmt" in node) return readDelete(walk, node.DeleteStmt, parent, ctes);
  if ("MergeStmt" in node) return readMerge(walk, node.MergeStmt, parent, ctes);
  flag(walk, "cannot-resolve", "a statement in the place of a query");
  return [];
}

/** The table that is written. */
type Target = {
  item: Item;
  /** Rows of it: what they hold may be written back to them. */
  sources: ReadonlySet<Source>;
  personal: ReadonlySet<string>;
  keys: ReadonlySet<string>;
  name: string;
};

function openTarget(walk: Walk, range: RangeVar | undefined): Target {
  const name = range?.relname ?? "";
  const opened = range === undefined ? null : openRelation(walk, range);
  if (opened === null) flag(walk, "cannot-resolve", `relation ${name}`);
  const unknown: Item = {
    name,
    aliased: false,
    schema: null,
    columns: [{ name: "", cell: wideCell }],
    star: [{ name: "", cell: wideCell }],
  };
  const alias = range?.alias?.aliasname;
  const found = opened ?? unknown;
  const item = alias === undefined ? found : { ...found, name: alias, aliased: true };
  const relations = findRelations(walk, range?.schemaname ?? null, name);
  const columns = relations.flatMap((relation) => relation.columns);
  const personalRelation = columns.some((column) => column.personal !== null);
  return {
    item,
    sources: sourcesOf(item.columns.flatMap(({ cell }) => [...taintsOf(cell)])),
    personal: new Set(item.columns.filter(({ cell }) => cell.taints.size > 0).map((column) => column.name)),
    keys: new Set(
      personalRelation ? columns.filter((column) => column.customerKey).map((column) => column.name) : [],
    ),
    name,
  };
}

/** A value goes into a column: personal data only back into personal columns of the very row. */
function assign(walk: Walk, target: Target, column: string, cell: Cell): void {
  const taints = taintsOf(cell);
  if (taints.size === 0) return;
  touch(walk, cell);
  const ownRow = [...sourcesOf(taints)].every((source) => target.sources.has(source));
  if (ownRow && target.personal.has(column)) return;
  flag(walk, "launders-columns", `${describeTaints(taints)} to ${target.name}.${column}`);
}

/** SET a = … of UPDATE, MERGE and ON CONFLICT. A row that gets another key counts as another customer. */
function readAssignments(walk: Walk, target: Target, nodes: readonly Node[] | undefined, scope: Scope): void {
  for (const node of nodes ?? []) {
    if (!("ResTarget" in node)) continue;
    const { name, val, indirection } = node.ResTarget;
    const column = name ?? "";
    const source = val !== undefined && "MultiAssignRef" in val ? val.MultiAssignRef.source : val;
    if (source !== undefined) assign(walk, target, column, evaluate(walk, source, scope));
    for (const step of indirection ?? []) touch(walk, evaluate(walk, step, scope));
    if (target.keys.has(column)) {
      flag(walk, "launders-columns", `another customer key to ${target.name}.${column}`);
    }
  }
}

function readReturning(
  walk: Walk,
  clause: ReturningClause | undefined,
  {
    target,
    space,
    parent,
    ctes,
  }: { target: Target; space: Space; parent: Scope | null; ctes: CteScope | null },
): Shape {
  if (clause === undefined) return [];
  const versions = ["old", "new"].map((name) => ({ ...target.item, name, aliased: true }));
  for (const node of clause.options ?? []) {
    if (!("ReturningOption" in node)) continue;
    versions.push({ ...target.item, name: node.ReturningOption.value ?? "", aliased: true });
  }
  const unnamed = versions.filter((version) => !space.items.some((item) => item.name === version.name));
  const scope = innerScope(parent, ctes, { ...space, items: [...space.items, ...unnamed] });
  return readTargets(walk, clause.exprs, scope);
}

function readInsert(walk: Walk, insert: InsertStmt, parent: Scope | null, outer: CteScope | null): Shape {
  const ctes = readWith(walk, insert.withClause, parent, outer);
  const target = openTarget(walk, insert.relation);
  const columns = insert.cols?.map((node) => ("ResTarget" in node ? (node.ResTarget.name ?? "") : ""));
  const names = columns ?? target.item.columns.map(({ name }) => name);
  const given = insert.selectStmt === undefined ? [] : readQueryNode(walk, insert.selectStmt, parent, ctes);
  for (const [place, { cell }] of given.entries())
    assign(walk, { ...target, sources: none }, names[place] ?? "", cell);
  const space = itemSpace(target.item);
  if (insert.onConflictClause !== undefined) {
    readConflict(walk, insert.onConflictClause, { target, space, parent, ctes });
  }
  return readReturning(walk, insert.returningClause, { target, space, parent, ctes });
}

const none: ReadonlySet<Source> = new Set();

type Around = { target: Target; space: Space; parent: Scope | null; ctes: CteScope | null };

function readConflict(walk: Walk, clause: OnConflictClause, { target, space, parent, ctes }: Around): void {
  // What was to be inserted came from the client, or was judged where it was read.
  const plain = target.item.columns.map(({ name, cell }) => ({
    name,
    cell: { ...plainCell, wide: cell.wide },
  }));
  const excluded = { name: "excluded", aliased: true, schema: null, columns: plain, star: plain };
  const scope = innerScope(parent, ctes, { ...space, items: [...space.items, excluded] });
  readAssignments(walk, target, clause.targetList, scope);
  for (const condition of [clause.whereClause, clause.infer?.whereClause]) {
    if (condition !== undefined) noteCondition(walk, condition, scope);
  }
}

function readUpdate(walk: Walk, update: UpdateStmt, parent: Scope | null, outer: CteScope | null): Shape {
  const ctes = readWith(walk, update.withClause, parent, outer);
  const target = openTarget(walk, update.relation);
  const space = readFrom(walk, update.fromClause, { parent, ctes, left: itemSpace(target.item) });
  const scope = innerScope(parent, ctes, space);
  readWhere(walk, update.whereClause, scope);
  readAssignments(walk, target, update.targetList, scope);
  return readReturning(walk, update.returningClause, { target, space, parent, ctes });
}

function readDelete(walk: Walk, statement: DeleteStmt, parent: Scope | null, outer: CteScope | null): Shape {
  const ctes = readWith(walk, statement.withClause, parent, outer);
  const target = openTarget(walk, statement.relation);
  const space = readFrom(walk, statement.usingClause, { parent, ctes, left: itemSpace(target.item) });
  readWhere(walk, statement.whereClause, innerScope(parent, ctes, space));
  return readReturning(walk, statement.returningClause, { target, space, parent, ctes });
}

function readWhere(walk: Walk, condition: Node | undefined, scope: Scope): void {
  if (condition === undefined) return;
  noteCondition(walk, condition, scope);
  equate(walk, condition, scope, { strict: true, outer: true });
}

function readMerge(walk: Walk, merge: MergeStmt, parent: Scope | null, outer: CteScope | null): Shape {
  const ctes = readWith(walk, merge.withClause, parent, outer);
  const target = openTarget(walk, merge.relation);
  const source = readFrom(walk, merge.sourceRelation === undefined ? [] : [merge.sourceRelation], {
    parent,
    ctes,
  });
  // RETURNING * gives the source's columns first.
  const joined = joinSpaces(source, itemSpace(target.item));
  const scope = innerScope(parent, ctes, joined);
  if (merge.joinCondition !== undefined) noteCondition(walk, merge.joinCondition, scope);
  for (const node of merge.mergeWhenClauses ?? []) {
    if ("MergeWhenClause" in node) readMergeAction(walk, node.MergeWhenClause, target, scope);
  }
  return readReturning(walk, merge.returningClause, { target, space: joined, parent, ctes });
}

function readMergeAction(walk: Walk, clause: MergeWhenClause, target: Target, scope: Scope): void {
  if (clause.condition !== undefined) noteCondition(walk, clause.condition, scope);
  if (clause.commandType !== "CMD_INSERT") return readAssignments(walk, target, clause.targetList, scope);
  const names = (clause.targetList ?? []).map((node) => ("ResTarget" in node ? nameOf(node.ResTarget) : ""));
  for (const [place, node] of (clause.values ?? []).entries()) {
    assign(walk, { ...target, sources: none }, names[place] ?? "", evaluate(walk, node, scope));
  }
}

function nameOf(target: ResTarget): string {
  return target.name ?? "";
}
