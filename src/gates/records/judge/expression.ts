import type { A_Expr, A_Indirection, ColumnRef, Node, TypeCast } from "libpg-query";
import { readCall, readJsonAggregate } from "./calls.ts";
import { type Cell, computed, equalMeansSame, mix, mixAll, plainCell } from "./lineage.ts";
import { namesOf, plainTypeName } from "./names.ts";
import { findInShape, findItems, resolve, type Scope, wholeRow } from "./scope.ts";
import { readSublink } from "./sublinks.ts";
import { deeper, flag, touch, type Walk } from "./walk.ts";

/** What an expression is computed from. */

export function evaluate(walk: Walk, node: Node, scope: Scope): Cell {
  return deeper(walk, () => evaluateHere(walk, node, scope));
}

export function evaluateAll(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): Cell {
  return mixAll((nodes ?? []).map((node) => evaluate(walk, node, scope)));
}

function evaluateHere(walk: Walk, node: Node, scope: Scope): Cell {
  if ("ColumnRef" in node) return readColumn(walk, node.ColumnRef, scope);
  if ("A_Const" in node) return readConstant(node.A_Const);
  if ("A_Expr" in node) return readOperator(walk, node.A_Expr, scope);
  if ("FuncCall" in node) return readCall(walk, node.FuncCall, scope);
  if ("TypeCast" in node) return readCast(walk, node.TypeCast, scope);
  if ("SubLink" in node) return readSublink(walk, node.SubLink, scope);
  if ("A_Indirection" in node) return readIndirection(walk, node.A_Indirection, scope);
  if ("JsonObjectAgg" in node) return readJsonAggregate(walk, node.JsonObjectAgg, scope);
  if ("JsonArrayAgg" in node) return readJsonAggregate(walk, node.JsonArrayAgg, scope);
  if ("JsonArrayQueryConstructor" in node) {
    const { query } = node.JsonArrayQueryConstructor;
    const sublink = {
      subLinkType: "ARRAY_SUBLINK",
      ...(query === undefined ? {} : { subselect: query }),
    } as const;
    return readSublink(walk, sublink, scope);
  }
  if ("SelectStmt" in node) {
    flag(walk, "cannot-resolve", "a query in an unexpected place");
    return plainCell;
  }
  return readParts(walk, node, scope);
}

const unknownOid = 705;
const int4Oid = 23;

function readConstant(constant: { ival?: object; sval?: object; isnull?: boolean; fval?: object }): Cell {
  if (constant.ival !== undefined) return { ...plainCell, typeOid: int4Oid };
  if (constant.sval !== undefined || constant.isnull === true) return { ...plainCell, typeOid: unknownOid };
  return plainCell;
}

/** Whatever has no meaning of its own here is computed from its parts, at any depth. */
function readParts(walk: Walk, part: object, scope: Scope): Cell {
  let cell = plainCell;
  for (const [name, value] of Object.entries(part)) {
    if (typeof value !== "object" || value === null) continue;
    // Kinds of nodes begin with a capital letter, fields of a node with a small one.
    const isNode = name >= "A" && name <= "Z~" && nodesWithMeaning.has(name);
    cell = mix(cell, isNode ? evaluate(walk, { [name]: value } as Node, scope) : inside(walk, value, scope));
  }
  return cell;
}

function inside(walk: Walk, value: object, scope: Scope): Cell {
  return deeper(walk, () => {
    if (!Array.isArray(value)) return readParts(walk, value, scope);
    let cell = plainCell;
    for (const element of value as unknown[]) {
      if (typeof element === "object" && element !== null) cell = mix(cell, inside(walk, element, scope));
    }
    return cell;
  });
}

const nodesWithMeaning = new Set([
  "ColumnRef",
  "A_Const",
  "A_Expr",
  "FuncCall",
  "TypeCast",
  "SubLink",
  "A_Indirection",
  "JsonObjectAgg",
  "JsonArrayAgg",
  "JsonArrayQueryConstructor",
  "SelectStmt",
]);

function readColumn(walk: Walk, { fields }: ColumnRef, scope: Scope): Cell {
  const names = namesOf(fields);
  const star = names.length < (fields?.length ?? 0);
  if (star) {
    const items = names.length === 0 ? scope.space.items : findItems(walk, scope, names);
    if (items !== null) return wholeRow(items);
  } else {
    const cell = resolve(walk, scope, names);
    if (cell !== null) return cell;
  }
  flag(walk, "cannot-resolve", `column ${names.join(".")}`);
  return plainCell;
}

function readOperator(walk: Walk, expression: A_Expr, scope: Scope): Cell {
  const names = namesOf(expression.name);
  if (names.length > 1 && names[0] !== "pg_catalog") {
    flag(walk, "unknown-routine", `operator ${names.slice(0, -1).join(".")}.${names.at(-1)}`);
  }
  const { lexpr, rexpr } = expression;
  const left = lexpr === undefined ? plainCell : computed(evaluate(walk, lexpr, scope));
  const right = rexpr === undefined ? plainCell : computed(evaluate(walk, rexpr, scope));
  return mix(left, right);
}

const oidOf: Readonly<Record<string, number>> = {
  int2: 21,
  int4: 23,
  int8: 20,
  text: 25,
  varchar: 1043,
  numeric: 1700,
  uuid: 2950,
};
const integers = new Set(["int2", "int4", "int8"]);

/** A cast passes a key on where its text stays the same. */
function readCast(walk: Walk, { arg, typeName }: TypeCast, scope: Scope): Cell {
  if (arg === undefined) return plainCell;
  const cell = evaluate(walk, arg, scope);
  const type = plainTypeName(typeName);
  const from = cell.value?.type ?? "";
  const oid = oidOf[type] ?? 0;
  if (cell.value === null) return { ...computed(cell), typeOid: oid };
  const asText =
    (type === "text" || type === "varchar") && (integers.has(from) || equalMeansSame(from, "text"));
  const asInteger = integers.has(type) && integers.has(from);
  if (!asInteger && !asText && !(type === "text" && from === "uuid"))
    return { ...computed(cell), typeOid: oid };
  return { ...cell, typeOid: oid };
}

function readIndirection(walk: Walk, { arg, indirection }: A_Indirection, scope: Scope): Cell {
  if (arg === undefined) return plainCell;
  let cell = evaluate(walk, arg, scope);
  for (const step of indirection ?? []) {
    if ("String" in step) cell = readField(walk, cell, step.String.sval ?? "");
    else if ("A_Star" in step) cell = { ...cell };
    else if ("A_Indices" in step) {
      const { lidx, uidx } = step.A_Indices;
      for (const index of [lidx, uidx]) {
        if (index !== undefined) cell = mix(cell, evaluate(walk, index, scope));
      }
    }
  }
  return cell;
}

/** `(row).name`: a column of the row, or a function over it. */
function readField(walk: Walk, cell: Cell, name: string): Cell {
  if (walk.index.usersRoutines.has(name)) flag(walk, "unknown-routine", `${name} over a row`);
  if (cell.row === null) return computed(cell);
  const { cells } = findInShape(cell.row, name);
  const [first] = cells;
  if (first === undefined) {
    flag(walk, "cannot-resolve", `column ${name} of a row`);
    return computed(cell);
  }
  return cells.length === 1 && !first.wide ? first : mixAll(cells);
}

/** Expressions that are only looked at: ORDER BY, PARTITION BY, … */
export function look(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): void {
  for (const node of nodes ?? []) touch(walk, evaluate(walk, node, scope));
}
