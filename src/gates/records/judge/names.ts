import type { FuncCall, Node, TypeName } from "libpg-query";

/** Names out of the tree. */

/** The names of a list of String nodes. */
export function namesOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ("String" in node ? (node.String.sval ?? "") : []));
}

/** The name of a type without its schema, or "" where the type has a length, bounds, or is a set. */
export function plainTypeName(type: TypeName | undefined): string {
  if (type === undefined || type.typmods !== undefined || type.arrayBounds !== undefined) return "";
  if (type.setof === true || type.pct_type === true) return "";
  const names = namesOf(type.names);
  // Without a schema the name may be a user's type.
  if (names.length === 2 && names[0] !== "pg_catalog") return "";
  return names.at(-1) ?? "";
}

/** The kind and the body of a node; null for an empty one. */
export function kindOf(node: Node | undefined): string | null {
  for (const kind in node) return kind;
  return null;
}

type Named = { name: string; sure: boolean };
const unnamed: Named = { name: "?column?", sure: false };

const fixedNames: Readonly<Record<string, string>> = {
  GroupingFunc: "grouping",
  MergeSupportFunc: "merge_action",
  A_ArrayExpr: "array",
  RowExpr: "row",
  CoalesceExpr: "coalesce",
  XmlSerialize: "xmlserialize",
  JsonParseExpr: "json",
  JsonScalarExpr: "json_scalar",
  JsonSerializeExpr: "json_serialize",
  JsonObjectConstructor: "json_object",
  JsonArrayConstructor: "json_array",
  JsonArrayQueryConstructor: "json_array",
  JsonObjectAgg: "json_objectagg",
  JsonArrayAgg: "json_arrayagg",
};

/** The name that PostgreSQL gives a column of the output (FigureColname() in parse_target.c). */
export function figureName(node: Node | undefined, ofSublink: (node: Node) => string | null): string {
  return figure(node, ofSublink).name;
}

function figure(node: Node | undefined, ofSublink: (node: Node) => string | null): Named {
  if (node === undefined) return unnamed;
  const fixed = fixedNames[kindOf(node) ?? ""];
  if (fixed !== undefined) return { name: fixed, sure: true };
  if ("ColumnRef" in node) return lastName(node.ColumnRef.fields) ?? unnamed;
  if ("A_Indirection" in node) {
    return lastName(node.A_Indirection.indirection) ?? figure(node.A_Indirection.arg, ofSublink);
  }
  if ("FuncCall" in node) return figureCall(node.FuncCall);
  if ("A_Expr" in node) return node.A_Expr.kind === "AEXPR_NULLIF" ? { name: "nullif", sure: true } : unnamed;
  if ("CollateClause" in node) return figure(node.CollateClause.arg, ofSublink);
  if ("TypeCast" in node) {
    const inner = figure(node.TypeCast.arg, ofSublink);
    const type = namesOf(node.TypeCast.typeName?.names).at(-1);
    return inner.sure || type === undefined ? inner : { name: type, sure: false };
  }
  if ("CaseExpr" in node) {
    const inner = figure(node.CaseExpr.defresult, ofSublink);
    return inner.sure ? inner : { name: "case", sure: false };
  }
  if ("SubLink" in node) {
    const name = ofSublink(node);
    return name === null ? unnamed : { name, sure: true };
  }
  if ("MinMaxExpr" in node) {
    return { name: node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest", sure: true };
  }
  if ("SQLValueFunction" in node) return { name: nameOfValue(node.SQLValueFunction.op ?? ""), sure: true };
  if ("XmlExpr" in node) {
    if (node.XmlExpr.op === "IS_DOCUMENT") return unnamed;
    return { name: (node.XmlExpr.op ?? "").replace("IS_", "").toLowerCase(), sure: true };
  }
  if ("JsonFuncExpr" in node) {
    return { name: (node.JsonFuncExpr.op ?? "").replace("_OP", "").toLowerCase(), sure: true };
  }
  return unnamed;
}

function lastName(nodes: readonly Node[] | undefined): Named | null {
  const name = namesOf(nodes).at(-1);
  return name === undefined ? null : { name, sure: true };
}

function figureCall(call: FuncCall): Named {
  return { name: namesOf(call.funcname).at(-1) ?? "", sure: true };
}

function nameOfValue(op: string): string {
  return op.replace("SVFOP_", "").replace(/_N$/, "").toLowerCase();
}
