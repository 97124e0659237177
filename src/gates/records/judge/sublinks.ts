import type { SubLink } from "libpg-query";
import { evaluate } from "./expression.ts";
import {
  type Cell,
  computed,
  isPinned,
  mix,
  mixAll,
  plainCell,
  type Shape,
  sourcesOf,
  type Taint,
  taintsOf,
  withTaints,
} from "./lineage.ts";
import { kindOf } from "./names.ts";
import type { Scope } from "./scope.ts";
import { readQueryNode } from "./select.ts";
import { describeTaints, flag, nextSerial, touchCondition, type Walk } from "./walk.ts";

/** Queries within expressions. */

type Inner = {
  shape: Shape;
  /** What its conditions look at, of rows of its own and of rows outside. */
  conditions: ReadonlySet<Taint>;
  since: number;
  /** Whether it depends on the row outside. */
  correlated: boolean;
};

function readInner(walk: Walk, sublink: SubLink, scope: Scope): Inner {
  const since = nextSerial(walk);
  const before = walk.conditionTaints;
  const outermost = walk.outermost;
  const conditions = new Set<Taint>();
  walk.conditionTaints = conditions;
  walk.outermost = Number.MAX_SAFE_INTEGER;
  const { subselect } = sublink;
  const shape = subselect === undefined ? [] : readQueryNode(walk, subselect, scope, scope.ctes);
  const correlated = walk.outermost <= scope.depth;
  walk.outermost = Math.min(outermost, walk.outermost);
  walk.conditionTaints = before.union(conditions);
  return { shape, conditions, since, correlated };
}

/** A query whose value is used. */
export function readSublink(walk: Walk, sublink: SubLink, scope: Scope): Cell {
  const inner = readInner(walk, sublink, scope);
  const shown = mixAll(inner.shape.map(({ cell }) => cell));
  switch (sublink.subLinkType) {
    case "EXPR_SUBLINK":
    case "MULTIEXPR_SUBLINK":
      return tellConditions(computed(shown), inner);
    case "ARRAY_SUBLINK":
      return gatherArray(walk, shown, inner);
    case "EXISTS_SUBLINK":
      return tellConditions(carriersOnly(shown), inner);
    default:
      return tellConditions(compare(walk, sublink, scope, shown), inner);
  }
}

function carriersOnly(cell: Cell): Cell {
  return { ...plainCell, carriers: cell.carriers };
}

/** `a IN (query)` and its like: one yes or no for each row. */
function compare(walk: Walk, sublink: SubLink, scope: Scope, shown: Cell): Cell {
  const tested = sublink.testexpr === undefined ? plainCell : evaluate(walk, sublink.testexpr, scope);
  const compared = mix(tested, shown);
  touchCondition(walk, compared);
  // Against a fixed value it is one answer a statement; against the row's own, one a row.
  const varies = tested.carriers.size > 0 || taintsOf(tested).size > 0;
  return varies ? computed(compared) : carriersOnly(compared);
}

/** What a query's conditions tell about rows, its value tells too, where it depends on the row outside. */
function tellConditions(cell: Cell, { conditions, since, correlated }: Inner): Cell {
  if (conditions.size === 0) return cell;
  const told = correlated
    ? conditions
    : new Set([...conditions].filter((taint) => taint.source.serial < since));
  return withTaints(cell, told);
}

function gatherArray(walk: Walk, shown: Cell, inner: Inner): Cell {
  const taints = taintsOf(shown);
  // Rows of one customer, whom the row outside names, are one customer.
  const one = [...sourcesOf(taints)].every(
    (source) => source.serial < inner.since || isPinned(source, inner.since),
  );
  if (taints.size > 0 && !one) {
    for (const taint of taints) walk.touched.add(taint.origin);
    flag(walk, "gathers-customers", `array(${describeTaints(taints)})`);
  }
  return tellConditions({ ...computed(shown), gathered: true }, inner);
}

/** A query in WHERE and its like: its answer is not shown. */
export function readConditionSublink(walk: Walk, sublink: SubLink, scope: Scope): void {
  const inner = readInner(walk, sublink, scope);
  const shown = mixAll(inner.shape.map(({ cell }) => cell));
  if (sublink.subLinkType === "EXISTS_SUBLINK") return;
  if (sublink.subLinkType === "ARRAY_SUBLINK") gatherArray(walk, shown, inner);
  if (sublink.testexpr === undefined) return touchCondition(walk, shown);
  touchCondition(walk, mix(evaluate(walk, sublink.testexpr, scope), shown));
}

/** The name of the column that a query in an expression gives. */
export function nameOfSublink(sublink: SubLink, firstName: () => string | null): string | null {
  if (sublink.subLinkType === "EXISTS_SUBLINK") return "exists";
  if (sublink.subLinkType === "ARRAY_SUBLINK") return "array";
  return sublink.subLinkType === "EXPR_SUBLINK" && kindOf(sublink.subselect) !== null ? firstName() : null;
}
