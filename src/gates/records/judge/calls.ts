import type { FuncCall, JsonArrayAgg, JsonObjectAgg, Node, WindowDef } from "libpg-query";
import { gather, isTame, pool, type Aggregation } from "./aggregates.ts";
import { noteCondition } from "./conditions.ts";
import { evaluate, evaluateAll, look } from "./expression.ts";
import { type Cell, computed, mix, plainCell, type Taint, taintsOf, withTaints } from "./lineage.ts";
import { type RoutineUse, routineOf } from "./routines.ts";
import type { Scope } from "./scope.ts";
import { readSetConfig } from "./settings.ts";
import { describeTaints, flag, freshSource, ofOtherRows, touch, type Walk } from "./walk.ts";

/** Calls of functions, aggregates and window functions. */

export function readCall(walk: Walk, call: FuncCall, scope: Scope): Cell {
  const use = routineOf(walk, call);
  if (use.kind === "aggregate" && (call.over === undefined || !windowOnly.has(use.name))) {
    return readAggregate(walk, call, scope, use);
  }
  const cell = computed(evaluateAll(walk, call.args, scope));
  if (call.over !== undefined) return readWindowCall(walk, call, scope, { cell, use });
  const taints = taintsOf(cell);
  // An aggregate of users may stand behind a name that is not known.
  if (call.agg_order !== undefined) look(walk, call.agg_order, scope);
  if (call.agg_filter !== undefined) noteCondition(walk, call.agg_filter, scope);
  if (use.kind === "unknown" && taints.size > 0) {
    return gather(walk, { name: use.name, cell, taints });
  }
  if (use.keeps && taints.size > 0) {
    touch(walk, cell);
    const code = use.name === "pg_notify" ? "leaves-by-server" : "launders-columns";
    flag(walk, code, `${use.name}(${describeTaints(taints)})`);
  }
  if (use.name === "set_config") readSetConfig(walk, call);
  return use.showsStatements ? withStatements(walk, cell, use.name) : cell;
}

/** Names that are aggregates over ordered sets, and window functions. */
const windowOnly = new Set(["rank", "dense_rank", "percent_rank", "cume_dist"]);

function withStatements(walk: Walk, cell: Cell, name: string): Cell {
  const source = freshSource(walk, { relation: name });
  const origin = { relation: name, column: "query", kind: "free-text" } as const;
  return withTaints(cell, new Set([{ source, origin }]));
}

const ofAnotherRow = new Set(["lag", "lead", "first_value", "last_value", "nth_value"]);

function readWindowCall(
  walk: Walk,
  call: FuncCall,
  scope: Scope,
  { cell, use }: { cell: Cell; use: RoutineUse },
): Cell {
  lookAtWindow(walk, call.over, scope);
  if (call.agg_filter !== undefined) noteCondition(walk, call.agg_filter, scope);
  if (use.kind === "unknown") {
    return gather(walk, { name: use.name, cell, taints: taintsOf(cell) });
  }
  if (!ofAnotherRow.has(use.name)) {
    touch(walk, cell);
    return { ...plainCell, carriers: cell.carriers };
  }
  const others = ofOtherRows(walk, taintsOf(cell));
  // lag(value, offset, default): the default is of this row.
  const own = (call.args?.length ?? 0) > 2 ? cell.taints : new Set<Taint>();
  return { ...cell, taints: others.union(own) };
}

export function lookAtWindow(walk: Walk, window: WindowDef | undefined, scope: Scope): void {
  if (window === undefined) return;
  look(walk, window.partitionClause, scope);
  for (const node of window.orderClause ?? []) {
    if ("SortBy" in node && node.SortBy.node !== undefined) look(walk, [node.SortBy.node], scope);
  }
  for (const offset of [window.startOffset, window.endOffset]) {
    if (offset !== undefined) look(walk, [offset], scope);
  }
}

function sortedBy(nodes: readonly Node[] | undefined): Node[] {
  return (nodes ?? []).flatMap((node) => ("SortBy" in node ? (node.SortBy.node ?? []) : []));
}

function readAggregate(walk: Walk, call: FuncCall, scope: Scope, use: RoutineUse): Cell {
  const outermost = walk.outermost;
  walk.outermost = Number.MAX_SAFE_INTEGER;
  const filter = noteFilter(walk, call.agg_filter, scope);
  const within = call.agg_within_group === true;
  const sorted = sortedBy(call.agg_order);
  if (!within) look(walk, sorted, scope);
  const values = [...(call.args ?? []), ...(within ? sorted : [])];
  const cell = computed(evaluateAll(walk, values, scope));
  // An aggregate whose arguments are all of outer levels gathers rows of those.
  const ownRowsOnly = walk.outermost >= scope.depth;
  walk.outermost = Math.min(outermost, walk.outermost);
  lookAtWindow(walk, call.over, scope);
  const taints = taintsOf(cell);
  const aggregation: Aggregation = {
    name: use.name,
    cell,
    taints,
    filter,
    grouping: call.over === undefined && ownRowsOnly ? scope.grouping : null,
    since: ownRowsOnly ? scope.since : 0,
    perRow: call.over !== undefined || scope.grouping !== null,
  };
  if (use.ofUser && taints.size > 0) return gather(walk, aggregation);
  return pool(walk, aggregation, () => isTame(walk, scope, call));
}

/** Notes a FILTER, and gives what it looks at. */
function noteFilter(walk: Walk, filter: Node | undefined, scope: Scope): ReadonlySet<Taint> {
  if (filter === undefined) return new Set();
  const before = walk.conditionTaints;
  const own = new Set<Taint>();
  walk.conditionTaints = own;
  noteCondition(walk, filter, scope);
  walk.conditionTaints = before.union(own);
  return own;
}

/** JSON_OBJECTAGG and JSON_ARRAYAGG have nodes of their own. */
export function readJsonAggregate(walk: Walk, node: JsonObjectAgg | JsonArrayAgg, scope: Scope): Cell {
  const { constructor: parts } = node;
  const outermost = walk.outermost;
  walk.outermost = Number.MAX_SAFE_INTEGER;
  const filter = noteFilter(walk, parts?.agg_filter, scope);
  look(walk, sortedBy(parts?.agg_order), scope);
  const argument = node.arg as unknown as Node | undefined;
  const cell = argument === undefined ? plainCell : computed(evaluate(walk, argument, scope));
  const ownRowsOnly = walk.outermost >= scope.depth;
  walk.outermost = Math.min(outermost, walk.outermost);
  lookAtWindow(walk, parts?.over, scope);
  const over = parts?.over !== undefined;
  const aggregation: Aggregation = {
    name: "json_agg",
    cell: mix(cell, plainCell),
    taints: taintsOf(cell),
    filter,
    grouping: !over && ownRowsOnly ? scope.grouping : null,
    since: ownRowsOnly ? scope.since : 0,
    perRow: over || scope.grouping !== null,
  };
  return pool(walk, aggregation, () => false);
}
