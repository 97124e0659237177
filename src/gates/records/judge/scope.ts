import type { SelectStmt } from "libpg-query";
import { type Cell, mix, mixAll, type NamedCell, plainCell, type Shape } from "./lineage.ts";
import type { Packed } from "./shapes.ts";
import { spend, type Walk } from "./walk.ts";

/** Names at one level of a query, and how they are found. */

export type Item = {
  /** Name that qualifies its columns; null where a join's alias hides it. */
  name: string | null;
  /** Whether the name is an alias: then schema.table.column does not find it. */
  aliased: boolean;
  /** The schema, if it was written. */
  schema: string | null;
  /** Columns by name. */
  columns: Shape;
  /** What `item.*` gives. */
  star: Shape;
};

export type Space = {
  items: readonly Item[];
  /** Columns that a name without a qualifier finds. */
  visible: Shape;
  /** What `*` gives. */
  star: Shape;
};

/** A WITH query: read when it is first used. */
export type Cte = {
  packed: Packed | null;
  /** Set while the recursive part of the query is read: what a reference to itself gives. */
  itself: Shape | null;
  state: "waiting" | "reading" | "done";
  read: () => Packed;
};
export type CteScope = { ctes: Map<string, Cte>; parent: CteScope | null };

/** GROUP BY of a level: its cells, and whether grouping sets may leave some of them NULL. */
export type Grouping = { cells: readonly Cell[]; sets: boolean };

export type Scope = {
  space: Space;
  parent: Scope | null;
  ctes: CteScope | null;
  depth: number;
  grouping: Grouping | null;
  /** Values of outer levels are older. */
  since: number;
};

export const emptySpace: Space = { items: [], visible: [], star: [] };

export function innerScope(parent: Scope | null, ctes: CteScope | null, space: Space = emptySpace): Scope {
  return { space, parent, ctes, depth: (parent?.depth ?? 0) + 1, grouping: null, since: 0 };
}

export function itemSpace(item: Item): Space {
  return { items: [item], visible: item.columns, star: item.star };
}

export function joinSpaces(one: Space, other: Space): Space {
  if (one.items.length === 0 && one.visible.length === 0) return other;
  return {
    items: [...one.items, ...other.items],
    visible: [...one.visible, ...other.visible],
    star: [...one.star, ...other.star],
  };
}

export function mapSpace(space: Space, change: (cell: Cell) => Cell): Space {
  const changed = new Map<Cell, Cell>();
  const once = (cell: Cell): Cell => {
    const known = changed.get(cell) ?? change(cell);
    changed.set(cell, known);
    return known;
  };
  const mapShape = (shape: Shape): Shape => shape.map(({ name, cell }) => ({ name, cell: once(cell) }));
  return {
    items: space.items.map((item) => ({
      ...item,
      columns: mapShape(item.columns),
      star: mapShape(item.star),
    })),
    visible: mapShape(space.visible),
    star: mapShape(space.star),
  };
}

export function findCte(scope: CteScope | null, name: string): Cte | null {
  for (let at = scope; at !== null; at = at.parent) {
    const found = at.ctes.get(name);
    if (found !== undefined) return found;
  }
  return null;
}

/** Cells of a name, or, where there is none, those that stand for unknown names. */
export function findInShape(shape: Shape, name: string): { cells: Cell[]; sure: boolean } {
  const cells = shape.filter((one) => one.name === name && !one.cell.wide).map((one) => one.cell);
  if (cells.length > 0) return { cells, sure: true };
  return { cells: shape.filter((one) => one.cell.wide).map((one) => one.cell), sure: false };
}

function one(cells: readonly Cell[]): Cell {
  const [first, ...rest] = cells;
  if (first === undefined) return plainCell;
  return rest.length === 0 && !first.wide ? first : mixAll(cells);
}

const systemColumns = new Set(["ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"]);

/** The cell of a column or of a whole row; null where no such name is known. */
export function resolve(walk: Walk, scope: Scope, names: readonly string[]): Cell | null {
  const [name, column] = names.slice(-2) as [string, string | undefined];
  if (column === undefined) return resolveName(walk, scope, name);
  const found = findItems(walk, scope, names.slice(0, -1));
  if (found === null) return null;
  const columns = found.flatMap((item) => item.columns);
  const { cells, sure } = findInShape(columns, column);
  // Of a row whose columns are not known, a user's routine of that name may be called over it.
  if (!sure && walk.index.usersRoutines.has(column)) return null;
  if (cells.length > 0) return one(cells);
  if (!systemColumns.has(column)) return null;
  return mixAll(columns.map(({ cell }) => ({ ...plainCell, carriers: cell.carriers })));
}

function resolveName(walk: Walk, scope: Scope, name: string): Cell | null {
  // A relation whose columns are not known may have the name, or not: then an outer level's is meant.
  const perhaps: Cell[] = [];
  for (let level: Scope | null = scope; level !== null; level = level.parent) {
    spend(walk, level.space.visible.length >> 6);
    const { cells, sure } = findInShape(level.space.visible, name);
    if (cells.length > 0) walk.outermost = Math.min(walk.outermost, level.depth);
    if (sure) return perhaps.length === 0 ? one(cells) : mixAll([...perhaps, ...cells]);
    perhaps.push(...cells);
  }
  const rows = findItems(walk, scope, [name]);
  if (rows !== null) {
    const cell = wholeRow(rows);
    return perhaps.length === 0 ? cell : mixAll([...perhaps, cell]);
  }
  if (perhaps.length > 0) return mixAll(perhaps);
  return systemColumns.has(name) ? plainCell : null;
}

/** The items of FROM that a qualifier names, at the innermost level that has it. */
export function findItems(walk: Walk, scope: Scope, names: readonly string[]): readonly Item[] | null {
  const [schema, name] = names.length === 1 ? [null, names[0]] : names.slice(-2);
  for (let level: Scope | null = scope; level !== null; level = level.parent) {
    spend(walk, level.space.items.length >> 6);
    const found = level.space.items.filter((item) => {
      if (item.name !== name) return false;
      return schema === null || (!item.aliased && (item.schema === null || item.schema === schema));
    });
    if (found.length > 0) {
      walk.outermost = Math.min(walk.outermost, level.depth);
      return found;
    }
  }
  return null;
}

export function wholeRow(items: readonly Item[]): Cell {
  const star = items.flatMap((item) => item.star);
  const row = star.map(({ name, cell }) => ({ name, cell: { ...cell, nullable: true } }));
  return { ...mixAll(row.map(({ cell }) => cell)), row };
}

/** Whether a name without a qualifier is a column of this very level. */
export function isLocal(space: Space, names: readonly string[]): boolean {
  const [name, column] = names.slice(-2) as [string, string | undefined];
  if (column === undefined) return space.visible.some((visible) => visible.name === name);
  return space.items.some((item) => item.name === name && item.columns.some((cell) => cell.name === column));
}

/** Gives columns other names, in order, as an alias with a list does. */
export function renameShape(shape: Shape, names: readonly string[]): Shape {
  if (names.length === 0) return shape;
  const at = shape.findIndex(({ cell }) => cell.wide);
  if (at < 0 || at >= names.length) {
    return shape.map(({ name, cell }, place) => ({ name: names[place] ?? name, cell }));
  }
  // Names that fall into a part of unknown width stand for its cell.
  const wide = (shape[at] as NamedCell).cell;
  const rest = mixAll(shape.slice(at).map(({ cell }) => cell));
  return [
    ...shape.slice(0, at).map(({ cell }, place) => ({ name: names[place] as string, cell })),
    ...names.slice(at).map((name) => ({ name, cell: mix(rest, plainCell) })),
    { name: "", cell: { ...rest, wide: wide.wide } },
  ];
}

export function isSelect(node: unknown): node is { SelectStmt: SelectStmt } {
  return typeof node === "object" && node !== null && "SelectStmt" in node;
}
