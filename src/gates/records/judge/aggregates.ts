import type { FuncCall, Node } from "libpg-query";
import {
  type Cell,
  computed,
  isPinned,
  isStrictKeyOf,
  type Source,
  sourcesOf,
  type Taint,
  withTaints,
} from "./lineage.ts";
import { namesOf } from "./names.ts";
import { type Grouping, resolve, type Scope } from "./scope.ts";
import { describeTaints, flag, ofOtherRows, touch, type Walk } from "./walk.ts";

/** What an aggregate makes of personal columns: one value of one row, or any number of them. */

export type Aggregation = {
  name: string;
  cell: Cell;
  taints: ReadonlySet<Taint>;
  /** What its FILTER looks at. */
  filter: ReadonlySet<Taint>;
  /** GROUP BY, where its groups are the rows that the aggregate takes. */
  grouping: Grouping | null;
  /** Values older than this are the same in all rows that the aggregate takes; 0: none is. */
  since: number;
  /** Whether it gives many rows an answer each, and not the whole statement one. */
  perRow: boolean;
};

/** Aggregates whose value tells of one row, or is a number of 8 bytes. */
const ofOneRow = new Set(
  `min max any_value bool_and bool_or every mode corr covar_pop covar_samp regr_avgx regr_avgy regr_intercept
   regr_r2 regr_slope regr_sxx regr_sxy regr_syy rank dense_rank percent_rank cume_dist percentile_disc
   percentile_cont`.split(/\s+/),
);

/** Those of numbers of any length: with weights chosen for it a sum holds every row's letters. */
const ofNumbers = new Set(
  "sum avg stddev stddev_pop stddev_samp variance var_pop var_samp bit_and bit_or bit_xor".split(" "),
);

const counting = new Set(["count", "regr_count"]);

export function gather(
  walk: Walk,
  { name, cell, taints }: Pick<Aggregation, "name" | "cell" | "taints">,
): Cell {
  if (taints.size > 0) {
    touch(walk, cell);
    flag(walk, "gathers-customers", `${name}(${describeTaints(taints)})`);
  }
  return { ...computed(cell), gathered: true };
}

/** The cell of an aggregate. `tame` tells whether its argument can hold no more than one value. */
export function pool(walk: Walk, aggregation: Aggregation, tame: () => boolean): Cell {
  const { name, cell, taints, filter, perRow } = aggregation;
  touch(walk, cell);
  // One answer a row about who passes the filter tells of these customers, row by row.
  const filtered = perRow ? ofGroup(walk, filter, aggregation) : new Set<Taint>();
  if (counting.has(name)) {
    const counted = perRow ? ofGroup(walk, taints, aggregation) : new Set<Taint>();
    return withTaints({ ...computed(cell), taints: counted }, filtered);
  }
  const oneCustomer = isOneCustomer(taints, aggregation);
  const single = ofOneRow.has(name) || ofNumbers.has(name);
  if (!oneCustomer && (!single || ((ofNumbers.has(name) || name.startsWith("percentile")) && !tame()))) {
    return withTaints(gather(walk, aggregation), filtered);
  }
  let pooled = oneCustomer ? taints : ofOtherRows(walk, taints);
  // Between two rows' values percentile_cont takes one from both.
  if (!oneCustomer && name === "percentile_cont") pooled = pooled.union(ofOtherRows(walk, taints));
  return withTaints({ ...computed(cell), taints: pooled, gathered: cell.gathered || !single }, filtered);
}

function ofGroup(walk: Walk, taints: ReadonlySet<Taint>, aggregation: Aggregation): ReadonlySet<Taint> {
  return isOneCustomer(taints, aggregation) ? taints : ofOtherRows(walk, taints);
}

/** Whether the rows that are taken show one customer of each source: by GROUP BY, or by the row outside. */
function isOneCustomer(
  taints: ReadonlySet<Taint>,
  { grouping, since }: Pick<Aggregation, "grouping" | "since">,
): boolean {
  for (const source of sourcesOf(taints)) {
    if (!isPinned(source, since) && !isGroupedByKey(source, grouping)) return false;
  }
  return true;
}

function isGroupedByKey(source: Source, grouping: Grouping | null): boolean {
  if (grouping === null || grouping.sets) return false;
  return grouping.cells.some((cell) => isStrictKeyOf(source, cell));
}

/** Whether an argument gives one value a row that cannot be weighted so that all rows show in the result. */
export function isTame(walk: Walk, scope: Scope, call: FuncCall): boolean {
  const name = namesOf(call.funcname).at(-1) ?? "";
  if (name.startsWith("percentile")) return (call.args ?? []).every(isNumber);
  const [argument, ...others] = call.args ?? [];
  if (argument === undefined || others.length > 0) return false;
  const look: Look = { isPlain: (node) => isPlainColumn(walk, scope, node) };
  if (name.startsWith("bit_")) return look.isPlain(argument);
  return isTameValue(look, argument, 0) || isTameChoice(look, argument);
}

type Look = { isPlain: (node: Node) => boolean };

/** A column of a table, passed on as it is: what a subquery computes may be a weight. */
function isPlainColumn(walk: Walk, scope: Scope, node: Node): boolean {
  if (!("ColumnRef" in node)) return false;
  const names = namesOf(node.ColumnRef.fields);
  return (
    names.length === node.ColumnRef.fields?.length && (resolve(walk, scope, names)?.value ?? null) !== null
  );
}

function isNumber(node: Node): boolean {
  return "A_Const" in node && (node.A_Const.ival !== undefined || node.A_Const.fval !== undefined);
}

function isSmall(node: Node | undefined): boolean {
  if (node === undefined) return true;
  return "A_Const" in node && (node.A_Const.ival !== undefined || node.A_Const.isnull === true);
}

/** `CASE WHEN … THEN 1 ELSE 0 END`: a count. */
function isTameChoice(look: Look, node: Node): boolean {
  if (!("CaseExpr" in node)) return false;
  const { args, defresult } = node.CaseExpr;
  const results = (args ?? []).map((one) => ("CaseWhen" in one ? one.CaseWhen.result : one));
  return [...results, defresult].every(
    (result) => isSmall(result) || (result !== undefined && look.isPlain(result)),
  );
}

const tameFunctions = new Set(
  "extract date_part age length char_length octet_length date_trunc round floor ceil ceiling abs".split(" "),
);
const tameTypes = new Set(
  "int2 int4 int8 numeric float4 float8 interval date timestamp timestamptz".split(" "),
);
const tameDepthMax = 8;

/** A column, or what plain arithmetic with constants makes of it. */
function isTameValue(look: Look, node: Node, depth: number): boolean {
  if (depth > tameDepthMax) return false;
  const inner = (part: Node | undefined): boolean => part !== undefined && isTameValue(look, part, depth + 1);
  if ("ColumnRef" in node) return look.isPlain(node);
  if ("A_Const" in node || "SQLValueFunction" in node) return true;
  if ("TypeCast" in node) {
    const { arg, typeName } = node.TypeCast;
    return tameTypes.has(namesOf(typeName?.names).at(-1) ?? "") && inner(arg);
  }
  if ("FuncCall" in node) {
    const name = namesOf(node.FuncCall.funcname).at(-1) ?? "";
    return tameFunctions.has(name) && (node.FuncCall.args ?? []).every((part) => inner(part));
  }
  if ("CoalesceExpr" in node) {
    return (node.CoalesceExpr.args ?? []).every((part) => look.isPlain(part) || isSmall(part));
  }
  if ("A_Expr" in node && node.A_Expr.kind === "AEXPR_OP") {
    const { lexpr, rexpr } = node.A_Expr;
    const operator = namesOf(node.A_Expr.name).at(-1) ?? "";
    if (operator === "*") return inner(lexpr) && inner(rexpr) && (isConstant(lexpr) || isConstant(rexpr));
    if (operator === "/") return inner(lexpr) && isConstant(rexpr);
    return (operator === "+" || operator === "-") && (lexpr === undefined || inner(lexpr)) && inner(rexpr);
  }
  return false;
}

function isConstant(node: Node | undefined): boolean {
  return node !== undefined && "A_Const" in node && node.A_Const.sval === undefined;
}
