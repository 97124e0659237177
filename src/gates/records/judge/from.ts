import type {
  JoinExpr,
  JsonTable,
  Node,
  RangeFunction,
  RangeSubselect,
  RangeTableFunc,
  RangeVar,
} from "libpg-query";
import { equate, equateCells, noteCondition, type Rules } from "./conditions.ts";
import { evaluate, evaluateAll } from "./expression.ts";
import {
  type Cell,
  equalMeansSame,
  joinLoosely,
  joinStrictly,
  mix,
  mixAll,
  plainCell,
  type Shape,
  type Taint,
  type Value,
  wideCell,
  withCarrier,
  withTaints,
} from "./lineage.ts";
import { namesOf } from "./names.ts";
import { openRelation } from "./relations.ts";
import { givesOneColumn } from "./routines.ts";
import {
  type CteScope,
  emptySpace,
  findCte,
  findInShape,
  innerScope,
  type Item,
  itemSpace,
  joinSpaces,
  mapSpace,
  renameShape,
  type Scope,
  type Space,
} from "./scope.ts";
import { readQueryNode } from "./select.ts";
import { unpack } from "./shapes.ts";
import {
  deeper,
  flag,
  freshCarrier,
  freshValue,
  nextSerial,
  spend,
  touchCondition,
  type Walk,
} from "./walk.ts";

/** Where an item of FROM stands. */
type Place = {
  parent: Scope | null;
  ctes: CteScope | null;
  /** What stands left of it: LATERAL sees it. */
  left: Space;
  /** Whether every row of the level has this item's row: no outer join may leave it out. */
  certain: boolean;
};

/** Reads FROM: the names of a level. */
export function readFrom(
  walk: Walk,
  from: readonly Node[] | undefined,
  given: { parent: Scope | null; ctes: CteScope | null; left?: Space },
): Space {
  let space = given.left ?? emptySpace;
  for (const node of from ?? []) {
    space = joinSpaces(space, readItem(walk, node, { ...given, left: space, certain: true }));
    spend(walk, space.visible.length >> 4);
  }
  return space;
}

function readItem(walk: Walk, node: Node, place: Place): Space {
  return deeper(walk, () => {
    if ("RangeVar" in node) return readRelation(walk, node.RangeVar, place);
    if ("JoinExpr" in node) return readJoin(walk, node.JoinExpr, place);
    if ("RangeSubselect" in node) return readSubselect(walk, node.RangeSubselect, place);
    if ("RangeFunction" in node) return readFunction(walk, node.RangeFunction, place);
    if ("RangeTableSample" in node) {
      evaluateAll(walk, node.RangeTableSample.args, lateralScope(place));
      const { relation } = node.RangeTableSample;
      return relation === undefined ? emptySpace : readItem(walk, relation, place);
    }
    if ("RangeTableFunc" in node) return readXmlTable(walk, node.RangeTableFunc, place);
    if ("JsonTable" in node) return readJsonTable(walk, node.JsonTable, place);
    flag(walk, "cannot-resolve", "an item of FROM of an unknown kind");
    return emptySpace;
  });
}

function lateralScope(place: Place): Scope {
  return innerScope(place.parent, place.ctes, place.left);
}

function aliased(name: string | null, shape: Shape, names: readonly string[] = []): Space {
  const columns = renameShape(shape, names);
  return itemSpace({ name, aliased: name !== null, schema: null, columns, star: columns });
}

function readRelation(walk: Walk, range: RangeVar, place: Place): Space {
  const name = range.relname ?? "";
  const alias = range.alias?.aliasname ?? null;
  const names = namesOf(range.alias?.colnames);
  const cte = range.schemaname === undefined ? findCte(place.ctes, name) : null;
  if (cte !== null) {
    const shape = cte.itself ?? unpack(walk, cte.read());
    const carrier = freshCarrier(walk);
    const carried = shape.map((one) => ({ name: one.name, cell: withCarrier(one.cell, carrier) }));
    return aliased(alias ?? name, carried, names);
  }
  const item = openRelation(walk, range);
  if (item === null) {
    flag(
      walk,
      "cannot-resolve",
      `relation ${range.schemaname === undefined ? "" : `${range.schemaname}.`}${name}`,
    );
    return aliased(alias ?? name, [{ name: "", cell: wideCell }], names);
  }
  const columns = renameShape(item.columns, names);
  const star = item.star === item.columns ? columns : item.star;
  const named: Item = { ...item, name: alias ?? name, aliased: alias !== null, columns, star };
  return itemSpace(named);
}

function readSubselect(walk: Walk, range: RangeSubselect, place: Place): Space {
  const scope = range.lateral === true ? lateralScope(place) : place.parent;
  const since = nextSerial(walk);
  const before = walk.conditionTaints;
  const conditions = new Set<Taint>();
  walk.conditionTaints = conditions;
  const shape = range.subquery === undefined ? [] : readQueryNode(walk, range.subquery, scope, place.ctes);
  walk.conditionTaints = before.union(conditions);
  // Conditions on rows outside decide about this one: `lateral (select 1 where c.email like 'a%')`.
  const ofOuter = new Set([...conditions].filter((taint) => taint.source.serial < since));
  const carrier = freshCarrier(walk);
  const known = new Map<Value, Value>();
  const carried = shape.map(({ name, cell }) => ({
    name,
    cell: ownValue(walk, withTaints(withCarrier(cell, carrier), ofOuter), { since, known }),
  }));
  return aliased(range.alias?.aliasname ?? null, carried, namesOf(range.alias?.colnames));
}

/** An outer value that passes through LATERAL may be missing here while it is there outside. */
function ownValue(
  walk: Walk,
  cell: Cell,
  { since, known }: { since: number; known: Map<Value, Value> },
): Cell {
  if (cell.value === null || cell.value.serial >= since) return cell;
  let value = known.get(cell.value);
  if (value === undefined) {
    value = freshValue(walk, cell.value.type);
    joinLoosely(value, cell.value);
    known.set(cell.value, value);
  }
  return { ...cell, value };
}

function readFunction(walk: Walk, range: RangeFunction, place: Place): Space {
  const scope = lateralScope(place);
  const carrier = freshCarrier(walk);
  const shape: { name: string; cell: Cell }[] = [];
  for (const list of range.functions ?? []) {
    const [call, definitions] = "List" in list ? (list.List.items ?? []) : [];
    if (call === undefined) continue;
    const cell = withCarrier(evaluate(walk, call, scope), carrier);
    shape.push(...columnsOfCall(call, definitions, cell));
  }
  const defined = definedColumns(range.coldeflist);
  const [first] = shape;
  const columns =
    defined.length > 0 && first !== undefined
      ? defined.map((name) => ({ name, cell: { ...first.cell, wide: false } }))
      : shape;
  if (range.ordinality === true) columns.push({ name: "ordinality", cell: withCarrier(plainCell, carrier) });
  const alias = range.alias?.aliasname;
  const names = namesOf(range.alias?.colnames);
  // A single column is known by the alias, too: from generate_series(1, 9) n.
  const single =
    columns.length === 1 + (range.ordinality === true ? 1 : 0) && columns[0]?.cell.wide === false;
  const [one, ...others] = columns;
  const renamed =
    alias !== undefined && single && one !== undefined
      ? [{ name: alias, cell: one.cell }, ...others]
      : columns;
  return aliased(alias ?? first?.name ?? null, renamed, names);
}

function columnsOfCall(
  call: Node,
  definitions: Node | undefined,
  cell: Cell,
): { name: string; cell: Cell }[] {
  const defined =
    definitions !== undefined && "List" in definitions ? definedColumns(definitions.List.items) : [];
  if (defined.length > 0) return defined.map((name) => ({ name, cell }));
  const name = "FuncCall" in call ? (namesOf(call.FuncCall.funcname).at(-1) ?? "") : "";
  const one = "FuncCall" in call ? givesOneColumn(name, call.FuncCall) : !("TypeCast" in call);
  return [{ name, cell: one ? cell : { ...cell, wide: true } }];
}

function definedColumns(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ("ColumnDef" in node ? (node.ColumnDef.colname ?? "") : []));
}

function readXmlTable(walk: Walk, range: RangeTableFunc, place: Place): Space {
  const cell = withCarrier(
    evaluate(walk, { RangeTableFunc: range }, lateralScope(place)),
    freshCarrier(walk),
  );
  const columns = (range.columns ?? []).flatMap((node) =>
    "RangeTableFuncCol" in node ? [{ name: node.RangeTableFuncCol.colname ?? "", cell }] : [],
  );
  return aliased(range.alias?.aliasname ?? null, columns, namesOf(range.alias?.colnames));
}

function readJsonTable(walk: Walk, range: JsonTable, place: Place): Space {
  const cell = withCarrier(evaluate(walk, { JsonTable: range }, lateralScope(place)), freshCarrier(walk));
  const columns = jsonColumns(range.columns ?? []).map((name) => ({ name, cell }));
  return aliased(range.alias?.aliasname ?? null, columns, namesOf(range.alias?.colnames));
}

function jsonColumns(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => {
    if (!("JsonTableColumn" in node)) return [];
    const { name, columns } = node.JsonTableColumn;
    return columns === undefined ? [name ?? ""] : jsonColumns(columns);
  });
}

function readJoin(walk: Walk, join: JoinExpr, place: Place): Space {
  const type = join.jointype ?? "JOIN_INNER";
  const leftStays = type === "JOIN_INNER" || type === "JOIN_LEFT";
  const rightStays = type === "JOIN_INNER" || type === "JOIN_RIGHT";
  const left = sideOf(walk, join.larg, { ...place, certain: place.certain && leftStays });
  const right = sideOf(walk, join.rarg, {
    ...place,
    left: joinSpaces(place.left, left),
    certain: place.certain && rightStays,
  });
  const sides: Sides = { left, right, type, leftStays, rightStays };
  const names = join.isNatural === true ? commonNames(left, right) : namesOf(join.usingClause);
  const using = join.isNatural === true || join.usingClause !== undefined;
  const merged = using ? names.map((name) => ({ name, cell: mergeColumn(walk, name, sides) })) : [];
  if (join.quals !== undefined) {
    const scope = innerScope(place.parent, place.ctes, joinSpaces(left, right));
    noteCondition(walk, join.quals, scope);
    equate(walk, join.quals, scope, joinRules(sides, place.certain));
  }
  const space = spaceOfJoin(sides, { merged, names });
  if (join.alias === undefined) return withUsingAlias(space, join, merged);
  const columns = renameShape(space.visible, namesOf(join.alias.colnames));
  return itemSpace({ ...unnamed, name: join.alias.aliasname ?? null, columns, star: columns });
}

const unnamed = { aliased: true, schema: null };

type Sides = { left: Space; right: Space; type: string; leftStays: boolean; rightStays: boolean };

function sideOf(walk: Walk, node: Node | undefined, place: Place): Space {
  return node === undefined ? emptySpace : readItem(walk, node, place);
}

function joinRules({ left, right, type }: Sides, certain: boolean): Rules {
  if (type === "JOIN_INNER") return { strict: true, outer: certain };
  // Beside an outer join a condition holds where both sides are there.
  return { strict: false, left, right, type };
}

function commonNames(left: Space, right: Space): string[] {
  const ofRight = new Set(right.visible.map(({ name }) => name));
  return left.visible.map(({ name }) => name).filter((name) => name !== "" && ofRight.has(name));
}

/** A column of USING: one column stands for both. */
function mergeColumn(walk: Walk, name: string, sides: Sides): Cell {
  const one = mixOrOnly(findInShape(sides.left.visible, name).cells);
  const other = mixOrOnly(findInShape(sides.right.visible, name).cells);
  touchCondition(walk, mix(one, other));
  equateCells(one, other, sides.type === "JOIN_INNER" ? joinStrictly : joinLoosely);
  const mixed = mix(one, other);
  if (one.value === null || other.value === null) return mixed;
  if (!equalMeansSame(one.value.type, other.value.type)) return mixed;
  if (sides.type === "JOIN_RIGHT") return other;
  if (sides.leftStays) return one;
  const value = freshValue(walk, one.value.type);
  joinLoosely(value, one.value);
  joinLoosely(value, other.value);
  return { ...mixed, value, typeOid: one.typeOid, nullable: true };
}

function mixOrOnly(cells: readonly Cell[]): Cell {
  const [first, ...rest] = cells;
  if (first === undefined) return plainCell;
  return rest.length === 0 && !first.wide ? first : mixAll(cells);
}

function spaceOfJoin(sides: Sides, using: { merged: Shape; names: readonly string[] }): Space {
  const missing = (cell: Cell): Cell => ({ ...cell, nullable: true });
  const left = sides.leftStays ? sides.left : mapSpace(sides.left, missing);
  const right = sides.rightStays ? sides.right : mapSpace(sides.right, missing);
  const rest = (shape: Shape): Shape => shape.filter(({ name }) => !using.names.includes(name));
  return {
    items: [...left.items, ...right.items],
    visible: [...using.merged, ...rest(left.visible), ...rest(right.visible)],
    star: [...using.merged, ...rest(left.star), ...rest(right.star)],
  };
}

function withUsingAlias(space: Space, join: JoinExpr, merged: Shape): Space {
  const name = join.join_using_alias?.aliasname;
  if (name === undefined) return space;
  return { ...space, items: [...space.items, { ...unnamed, name, columns: merged, star: merged }] };
}
