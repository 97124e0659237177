import { parseSync, type RangeVar } from "libpg-query";
import type { Column, Relation } from "../catalog.ts";
import { originOf } from "./indexCatalog.ts";
import {
  type Cell,
  mixAll,
  type NamedCell,
  newValue,
  plainCell,
  type Shape,
  type Source,
  type Taint,
  taintsOf,
  wideCell,
  withCarrier,
  withTaints,
} from "./lineage.ts";
import { isSelect, type Item } from "./scope.ts";
import { readQuery } from "./select.ts";
import { mergeBranches, pack, type Packed, unpack } from "./shapes.ts";
import {
  type Finding,
  flag,
  freshCarrier,
  freshSource,
  limits,
  nextSerial,
  startWalk,
  type Walk,
} from "./walk.ts";
import type { Origin } from "./lineage.ts";

/** Relations of the catalog as items of FROM. */

/** What is kept of a view: its columns, and what its text does besides. Null: cannot be read. */
export type ViewTemplate = {
  packed: Packed;
  findings: readonly Finding[];
  touched: ReadonlySet<Origin>;
  conditions: number;
} | null;

/** Relations of the system that hold samples of personal columns, or bytes of files and large objects. */
const forbidden = new Set([
  "pg_stats",
  "pg_stats_ext",
  "pg_stats_ext_exprs",
  "pg_statistic",
  "pg_statistic_ext_data",
  "pg_largeobject",
  "pg_authid",
  "pg_shadow",
  "pg_user_mapping",
  "pg_user_mappings",
  "pg_hba_file_rules",
  "pg_ident_file_mappings",
  "pg_file_settings",
  "pg_subscription",
  "user_mapping_options",
  "_pg_user_mappings",
]);

/** Relations that show texts of statements, with literals that others wrote. */
const statementTexts: Readonly<Record<string, readonly string[]>> = {
  pg_stat_activity: ["query"],
  pg_stat_statements: ["query"],
  pg_prepared_statements: ["statement"],
  pg_cursors: ["statement"],
};

/** Opens a relation by its name, in whatever schema it stands; null where there is none of that name. */
export function openRelation(walk: Walk, range: RangeVar): Item | null {
  const name = range.relname ?? "";
  const schema = range.schemaname ?? null;
  // Without a schema PostgreSQL looks into its own first, whatever else has the name.
  if (forbidden.has(name) && schema === null) flag(walk, "forbidden-relation", name);
  const candidates = findRelations(walk, schema, name);
  if (candidates.length === 0) return null;
  const since = nextSerial(walk);
  const carrier = freshCarrier(walk);
  const shapes = candidates.map((relation) => {
    const shape = openOne(walk, relation);
    return shape.map((one) => ({ name: one.name, cell: withCarrier(one.cell, carrier) }));
  });
  const [columns, star] = mergeCandidates(walk, shapes, since);
  return { name, aliased: false, schema, columns, star };
}

/** All relations that a name may mean: names are resolved without search_path, which may change. */
export function findRelations(walk: Walk, schema: string | null, name: string): readonly Relation[] {
  const named = walk.index.relations.get(name) ?? [];
  const found = schema === null ? named : named.filter((relation) => relation.schema === schema);
  if (found.length === 0) return unlistedRelations(walk, schema, name);
  return found;
}

function unlistedRelations(walk: Walk, schema: string | null, name: string): readonly Relation[] {
  if (schema?.startsWith("pg_toast") === true) {
    flag(walk, "forbidden-relation", `${schema}.${name} holds bytes of other tables`);
    return [];
  }
  if (schema !== "pg_catalog" && schema !== "information_schema") return [];
  return [{ schema, name, kind: "system", columns: [], definition: null }];
}

function mergeCandidates(walk: Walk, shapes: readonly Shape[], since: number): [Shape, Shape] {
  const [first, ...rest] = shapes as [Shape, ...Shape[]];
  if (rest.length === 0) return [first, first];
  const names = [...new Set(shapes.flatMap((shape) => shape.map(({ name }) => name)))];
  const aligned = shapes.map((shape) =>
    names.map((name) => ({ name, cell: shape.find((one) => one.name === name)?.cell ?? plainCell })),
  );
  const columns = mergeBranches(walk, aligned, since);
  const same = rest.every(
    (shape) => shape.map(({ name }) => name).join() === first.map(({ name }) => name).join(),
  );
  if (same) return [columns, columns];
  // A column that one candidate lacks may be meant of an outer level: then it is that one's cell too.
  const all = mixAll(columns.map(({ cell }) => cell));
  const everywhere = columns.filter(({ name }) =>
    shapes.every((shape) => shape.some((one) => one.name === name)),
  );
  const wide = { name: "", cell: { ...all, wide: true } };
  return [[...everywhere, wide], [wide]];
}

function openOne(walk: Walk, relation: Relation): Shape {
  if (relation.kind === "system" || relation.schema === "pg_catalog") {
    if (forbidden.has(relation.name)) flag(walk, "forbidden-relation", `${relation.schema}.${relation.name}`);
    if (!relation.columns.some((column) => column.personal !== null)) return openSystem(walk, relation);
  }
  if (relation.schema.startsWith("pg_toast")) {
    flag(walk, "forbidden-relation", `${relation.schema}.${relation.name} holds bytes of other tables`);
  }
  if (relation.name in statementTexts && relation.kind === "view") return openSystem(walk, relation);
  if (relation.definition !== null) return openView(walk, relation);
  if (relation.columns.length === 0) return [{ name: "", cell: wideCell }];
  return openTable(walk, relation);
}

function openSystem(walk: Walk, relation: Relation): Shape {
  const texts = statementTexts[relation.name] ?? [];
  const told = new Set<Taint>();
  if (texts.length > 0) {
    const source = freshSource(walk, { relation: relation.name });
    const origin = { relation: relation.name, column: texts[0] as string, kind: "free-text" } as const;
    told.add({ source, origin });
  }
  const cellOf = (name: string): Cell => (texts.includes(name) ? withTaints(plainCell, told) : plainCell);
  const listed = relation.columns.map(({ name }) => ({ name, cell: cellOf(name) }));
  if (relation.kind !== "system" && listed.length > 0) return listed;
  const missing = texts.filter((name) => !listed.some((one) => one.name === name));
  // Not all columns may be listed. The part of unknown width goes first: places behind it are not known.
  return [{ name: "", cell: wideCell }, ...listed, ...missing.map((name) => ({ name, cell: cellOf(name) }))];
}

function openTable(walk: Walk, relation: Relation): Shape {
  const values = relation.columns.map((column) => newValue(nextSerial(walk), column.type));
  const keys = relation.columns.flatMap((column, place) => (column.customerKey ? [place] : []));
  const label = `${relation.schema}.${relation.name}`;
  const personal = relation.columns.some((column) => column.personal !== null);
  // A row with two keys shows two customers: its personal columns are of both.
  const sources = !personal
    ? []
    : (keys.length === 0 ? [-1] : keys).map((place) => {
        const key = values[place];
        const neverNull = relation.columns[place]?.notNull === true && key !== undefined ? [key] : [];
        return freshSource(walk, { relation: label, keys: key === undefined ? [] : [key], neverNull });
      });
  return relation.columns.map((column, place) => ({
    name: column.name,
    cell: {
      ...plainCell,
      taints:
        column.personal === null ? plainCell.taints : taintsOfColumn(walk, relation, { column, sources }),
      value: values[place] ?? null,
      typeOid: column.typeOid,
    },
  }));
}

function taintsOfColumn(
  walk: Walk,
  relation: Relation,
  { column, sources }: { column: Column; sources: readonly Source[] },
): ReadonlySet<Taint> {
  const origin = originOf(walk.index, relation, column);
  return new Set(sources.map((source) => ({ source, origin })));
}

function openView(walk: Walk, relation: Relation): Shape {
  const template = viewTemplate(walk, relation);
  if (template === null) {
    flag(walk, "cannot-resolve", `the definition of ${relation.schema}.${relation.name} cannot be read`);
    return openTable(walk, relation);
  }
  for (const finding of template.findings) flag(walk, finding.code, finding.detail, finding.class);
  for (const origin of template.touched) walk.touched.add(origin);
  walk.conditions += template.conditions;
  const shape = unpack(walk, template.packed);
  if (shape.length !== relation.columns.length || shape.some(({ cell }) => cell.wide)) {
    flag(
      walk,
      "cannot-resolve",
      `the columns of ${relation.schema}.${relation.name} are not those of its text`,
    );
    return openTable(walk, relation);
  }
  // People may have said of a view's column what its text does not show.
  const said = openTable(walk, relation);
  return relation.columns.map((column, place) => {
    const { cell } = shape[place] as NamedCell;
    const typeOid = column.typeOid;
    if (column.personal === null || taintsOf(cell).size > 0)
      return { name: column.name, cell: { ...cell, typeOid } };
    return { name: column.name, cell: { ...cell, typeOid, taints: (said[place] as NamedCell).cell.taints } };
  });
}

function viewTemplate(walk: Walk, relation: Relation): ViewTemplate {
  let kept = walk.index.views.get(walk.known);
  if (kept === undefined) {
    kept = new Map();
    walk.index.views.set(walk.known, kept);
  }
  const known = kept.get(relation);
  if (known !== undefined) return known;
  if (walk.viewDepth >= limits.viewDepthMax) return null;
  // A view cannot be defined by itself; should a catalog say so, the inner one is not readable.
  kept.set(relation, null);
  try {
    const template = readView(walk, relation.definition ?? "");
    kept.set(relation, template);
    return template;
  } catch (error) {
    // Too deep here: elsewhere it may be read.
    kept.delete(relation);
    throw error;
  }
}

function readView(outer: Walk, text: string): ViewTemplate {
  const walk = startWalk(outer.index, outer.known);
  walk.viewDepth = outer.viewDepth + 1;
  walk.depth = outer.depth;
  walk.stepsLeft = outer.stepsLeft;
  let tree: unknown;
  try {
    tree = parseSync(text).stmts?.[0]?.stmt;
  } catch {
    return null;
  }
  if (!isSelect(tree)) return null;
  const packed = pack(readQuery(walk, tree.SelectStmt, null), 0);
  outer.stepsLeft = walk.stepsLeft;
  return { packed, findings: walk.findings, touched: walk.touched, conditions: walk.conditions };
}
