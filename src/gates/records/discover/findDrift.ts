import type { Catalog } from "../catalog.ts";
import type { PersonalKind } from "../../../personal/kinds.ts";
import { classifyColumn } from "../../../personal/classifyColumn.ts";
import type { Said } from "../../../gate.ts";
import { catalogOf, type SaidOfTables } from "./loadCatalog.ts";
import { fullName, rowsBelieved, tablesToLookAt } from "./proposeTables.ts";
import { inSnapshot, readCatalog, type CatalogRows, type Query } from "./readCatalog.ts";
import { sampleColumns } from "./sampleColumns.ts";

export type Drift = {
  /** schema.table */
  relation: string;
  column: string;
  /** What it looks like, or what the settings say. */
  kind: PersonalKind | null;
  confidence: number;
  what: "new-column" | "looks-personal" | "vanished" | "type-changed";
  because: Said;
};

export type DriftOptions = {
  settings: SaidOfTables;
  /** The catalog of last time; null at the first look: then no column is new, and none has changed. */
  before: Catalog | null;
  /** new: only columns that are new or of a new type; all: every column that nobody has said anything of. */
  look: "new" | "all";
  today: Temporal.PlainDate;
};

/** Less is guessing: people would stop reading. */
const confidenceMin = 0.6;

/**
 * Reads the catalog again, and says how it has drifted away from the settings: columns that look personal and
 * of which nobody has said so, and columns that the settings name and that are not there any more.
 */
export async function findDrift(
  query: Query,
  options: DriftOptions,
): Promise<{ catalog: Catalog; drift: Drift[] }> {
  return inSnapshot(query, async () => {
    await query("set local datestyle = 'ISO, YMD'");
    const rows = await readCatalog(query);
    const catalog = catalogOf(rows, options.settings);
    const types = typesOf(options.before);
    const drift = [...vanished(catalog, options), ...changed(catalog, types, options)];
    drift.push(...(await lookAtColumns(query, { rows, catalog, types, options })));
    return { catalog, drift };
  });
}

type Types = ReadonlyMap<string, ReadonlyMap<string, string>>;

function typesOf(catalog: Catalog | null): Types | null {
  if (catalog === null) return null;
  return new Map(
    catalog.relations.map((relation) => [
      fullName(relation),
      new Map(relation.columns.map(({ name, type }) => [name, type])),
    ]),
  );
}

/** What the settings say of each column, key and all. */
function* configured({ tables, customers }: SaidOfTables): Generator<{
  table: string;
  column: string;
  kind: PersonalKind | null;
}> {
  for (const { table, key, personal } of tables) {
    for (const [column, kind] of Object.entries(personal)) yield { table, column, kind };
    if (key !== undefined && !Object.hasOwn(personal, key)) yield { table, column: key, kind: null };
  }
  const named = tables.some(({ table, key }) => table === customers?.table && key === customers?.key);
  if (customers !== undefined && !named) yield { table: customers.table, column: customers.key, kind: null };
}

function vanished(catalog: Catalog, { settings }: DriftOptions): Drift[] {
  const types = typesOf(catalog) as Types;
  return [...configured(settings)]
    .filter(({ table, column }) => types.get(table)?.has(column) !== true)
    .map(({ table, column, kind }) => ({
      relation: table,
      column,
      kind,
      confidence: 1,
      what: "vanished",
      because: {
        en: `the settings name it; the ${types.has(table) ? "table has it no more" : "whole table is gone"}`,
        ja: types.has(table) ? "設定にあるが、表にはもうない" : "設定にある表がもうない",
      },
    }));
}

function changed(catalog: Catalog, types: Types | null, { settings }: DriftOptions): Drift[] {
  const now = typesOf(catalog) as Types;
  return [...configured(settings)].flatMap(({ table, column, kind }) => {
    const [before, after] = [types?.get(table)?.get(column), now.get(table)?.get(column)];
    if (before === undefined || after === undefined || before === after) return [];
    const because = {
      en: `its type was ${before} and is ${after}`,
      ja: `型が ${before} から ${after} に変わった`,
    };
    return [{ relation: table, column, kind, confidence: 1, what: "type-changed", because }];
  });
}

type Looking = { rows: CatalogRows; catalog: Catalog; types: Types | null; options: DriftOptions };

async function lookAtColumns(query: Query, { rows, catalog, types, options }: Looking): Promise<Drift[]> {
  const settled = new Map(options.settings.tables.map((one) => [one.table, new Set(one.notPersonal)]));
  const known = new Map(catalog.relations.map((relation) => [fullName(relation), relation]));
  const drift: Drift[] = [];
  for (const relation of tablesToLookAt(rows)) {
    const table = fullName(relation);
    const before = types?.get(table);
    const columns = relation.columns.filter(({ name, type }) => {
      const column = known.get(table)?.columns.find((one) => one.name === name);
      if (column === undefined || column.personal !== null) return false;
      if (settled.get(table)?.has(name) === true) return false;
      return options.look === "all" || (types !== null && before?.get(name) !== type);
    });
    if (columns.length === 0) continue;
    const believed = rowsBelieved(relation, rows);
    const { values } = await sampleColumns(query, relation, { columns, rowsBelieved: believed });
    for (const { name, type } of columns) {
      const found = classifyColumn(values.get(name) ?? [], { name, type }, options.today);
      if (found.kind === null || found.confidence < confidenceMin) continue;
      const isNew = types !== null && before?.has(name) !== true;
      drift.push({ ...found, relation: table, column: name, what: isNew ? "new-column" : "looks-personal" });
    }
  }
  return drift;
}
