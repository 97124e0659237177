import type { Node } from "libpg-query";
import { evaluate } from "./expression.ts";
import { type Cell, equalMeansSame, joinLoosely, joinStrictly, strictRoot, type Value } from "./lineage.ts";
import { namesOf } from "./names.ts";
import { isLocal, resolve, type Scope, type Space } from "./scope.ts";
import { readConditionSublink } from "./sublinks.ts";
import { deeper, touchCondition, type Walk } from "./walk.ts";

/** Conditions: WHERE, ON, HAVING, FILTER. */

/** Notes each part of a condition that stands between AND, OR and NOT. */
export function noteCondition(walk: Walk, node: Node, scope: Scope): void {
  deeper(walk, () => {
    if ("BoolExpr" in node) {
      for (const part of node.BoolExpr.args ?? []) noteCondition(walk, part, scope);
    } else if ("SubLink" in node) {
      readConditionSublink(walk, node.SubLink, scope);
    } else {
      touchCondition(walk, evaluate(walk, node, scope));
    }
  });
}

/** What `a = b` says where it stands: in WHERE or an inner join of all rows, beside an outer join of some. */
export type Rules =
  { strict: true; outer: boolean } | { strict: false; left: Space; right: Space; type: string };

/** Learns which columns are equal from the parts of a condition that all must hold. */
export function equate(walk: Walk, node: Node, scope: Scope, rules: Rules): void {
  if ("BoolExpr" in node) {
    if (node.BoolExpr.boolop !== "AND_EXPR") return;
    for (const part of node.BoolExpr.args ?? []) equate(walk, part, scope, rules);
    return;
  }
  if ("NullTest" in node && node.NullTest.nulltesttype === "IS_NOT_NULL" && rules.strict) {
    const names = columnNames(node.NullTest.arg);
    if (names === null || !isLocal(scope.space, names)) return;
    const value = resolve(walk, scope, names)?.value ?? null;
    if (value !== null) strictRoot(value).notNull = true;
    return;
  }
  if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_OP" || !isEquals(node.A_Expr.name)) return;
  const one = columnNames(node.A_Expr.lexpr);
  const other = columnNames(node.A_Expr.rexpr);
  if (one === null || other === null) return;
  if (rules.strict) equateStrictly(walk, { one, other, scope, outer: rules.outer });
  else if (isLinked(one, other, rules)) joinNames(walk, { one, other, scope }, joinLoosely);
}

function isEquals(name: readonly Node[] | undefined): boolean {
  const names = namesOf(name);
  return names.at(-1) === "=" && (names.length === 1 || (names.length === 2 && names[0] === "pg_catalog"));
}

function columnNames(node: Node | undefined): string[] | null {
  if (node === undefined || !("ColumnRef" in node)) return null;
  const names = namesOf(node.ColumnRef.fields);
  return names.length === node.ColumnRef.fields?.length ? names : null;
}

type Pair = { one: string[]; other: string[]; scope: Scope };

function joinNames(walk: Walk, { one, other, scope }: Pair, join: (one: Value, other: Value) => void): void {
  const [left, right] = [resolve(walk, scope, one), resolve(walk, scope, other)];
  if (left !== null && right !== null) equateCells(left, right, join);
}

/** Notes that two cells are equal, if both are passed on and equal values are the same text. */
export function equateCells(one: Cell, other: Cell, join: (one: Value, other: Value) => void): void {
  if (one.value === null || other.value === null) return;
  if (equalMeansSame(one.value.type, other.value.type)) join(one.value, other.value);
}

function equateStrictly(walk: Walk, { one, other, scope, outer }: Pair & { outer: boolean }): void {
  const [oneIsHere, otherIsHere] = [isLocal(scope.space, one), isLocal(scope.space, other)];
  if (oneIsHere && otherIsHere) joinNames(walk, { one, other, scope }, joinStrictly);
  else if (outer && oneIsHere) joinNames(walk, { one, other, scope }, linkToOuter);
  else if (outer && otherIsHere) joinNames(walk, { one: other, other: one, scope }, linkToOuter);
}

/** A value of this level is equal to one of an outer level, not the other way round: here may be no row. */
function linkToOuter(inner: Value, outer: Value): void {
  const root = strictRoot(inner);
  root.notNull = true;
  root.outer.push(outer);
}

/** Beside an outer join the two must stand on both sides, or on one that is there only with the other. */
function isLinked(one: string[], other: string[], rules: Rules & { strict: false }): boolean {
  const sideOf = (names: string[]): "left" | "right" | null => {
    const [left, right] = [isLocal(rules.left, names), isLocal(rules.right, names)];
    return left === right ? null : left ? "left" : "right";
  };
  const [first, second] = [sideOf(one), sideOf(other)];
  if (first === null || second === null) return false;
  if (first !== second) return true;
  return rules.type === "JOIN_LEFT" ? first === "right" : rules.type === "JOIN_RIGHT" && first === "left";
}
