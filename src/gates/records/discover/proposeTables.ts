import type { Said } from "../../../gate.ts";
import type { PersonalKind } from "../../../personal/kinds.ts";
import { classifyColumn } from "../../../personal/classifyColumn.ts";
import { proposeCustomers, proposeKeys, type ProposedCustomers, type ProposedKey } from "./proposeKeys.ts";
import {
  inSnapshot,
  readCatalog,
  readForeignKeys,
  readUniqueKeys,
  readViewUses,
  type CatalogRelation,
  type CatalogRows,
  type Query,
} from "./readCatalog.ts";
import { sampleColumns } from "./sampleColumns.ts";
import { commonShapes } from "./shapeOf.ts";

export type ProposedColumn = {
  name: string;
  type: string;
  kind: PersonalKind;
  confidence: number;
  because: Said;
  /** What its values look like; never a value. */
  shapes: string[];
};
export type ProposedTable = {
  /** schema.table */
  table: string;
  /** As PostgreSQL believes; -1: it has never counted. */
  rows: number;
  columns: ProposedColumn[];
  key: ProposedKey | null;
};
export type Proposal = {
  customers: ProposedCustomers | null;
  /** Those with personal columns, and those that carry the customers' key. */
  tables: ProposedTable[];
  /** Views that rest on personal columns: the gate follows their definition; nothing need be said of them. */
  views: { view: string; uses: string[] }[];
  /** How many tables were looked at, and of which nothing can be said. */
  looked: number;
  problems: { table: string; problem: string }[];
};

export type ProposeOptions = {
  today: Temporal.PlainDate;
  /** Rows of each table. */
  rows?: number;
  /** After so long no further table is sampled. */
  secondsMax?: number;
  onProgress?: (done: number, all: number) => void;
};

/** A proposal of less is not made. */
export const confidenceMin = 0.4;

/**
 * Looks at every table of a database, samples its columns and proposes which hold personal data, which table
 * is the customers', and which columns carry their key. One read-only transaction, bounded in rows and time.
 */
export async function proposeTables(query: Query, options: ProposeOptions): Promise<Proposal> {
  return inSnapshot(query, async () => {
    await query("set local datestyle = 'ISO, YMD'");
    const rows = await readCatalog(query);
    const foreignKeys = await readForeignKeys(query);
    const uniqueKeys = await readUniqueKeys(query);
    const uses = await readViewUses(query);
    const { found, problems, looked } = await lookAtAll(query, rows, options);
    const customers = proposeCustomers({ rows, found, foreignKeys, uniqueKeys });
    const keys =
      customers === null ? new Map() : await proposeKeys(query, { rows, customers, foreignKeys, found });
    const tables = [...found]
      .filter(([oid, columns]) => columns.length > 0 || keys.has(oid))
      .map(([oid, columns]) => {
        const relation = rows.relations.get(oid) as CatalogRelation;
        return { table: fullName(relation), rows: relation.rows, columns, key: keys.get(oid) ?? null };
      });
    const views = viewsOf(rows, found, uses);
    return { customers: customers?.proposed ?? null, tables, views, looked, problems };
  });
}

export function fullName({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`;
}

/** Tables with rows of their own; partitions are looked at through the whole. */
export function tablesToLookAt({ relations, inherits }: CatalogRows): CatalogRelation[] {
  const partitions = new Set(
    inherits.filter(({ parent }) => relations.get(parent)?.relkind === "p").map(({ child }) => child),
  );
  return [...relations.values()].filter(
    ({ oid, schema, relkind }) =>
      ["r", "p", "f"].includes(relkind) &&
      !partitions.has(oid) &&
      !/^(?:pg_catalog|information_schema|pg_temp_\d+)$/.test(schema),
  );
}

/** Rows of a table with those of its partitions. */
export function rowsBelieved(relation: CatalogRelation, { relations, inherits }: CatalogRows): number {
  let sum = 0;
  const waiting = [relation.oid];
  const seen = new Set<number>();
  while (waiting.length > 0) {
    const oid = waiting.pop() as number;
    if (seen.has(oid)) continue;
    seen.add(oid);
    const one = relations.get(oid);
    if (one !== undefined && one.relkind !== "p") sum += Math.max(0, one.rows);
    for (const { child, parent } of inherits) if (parent === oid) waiting.push(child);
  }
  return sum;
}

type Looked = {
  found: Map<number, ProposedColumn[]>;
  problems: Proposal["problems"];
  looked: number;
};

async function lookAtAll(query: Query, rows: CatalogRows, options: ProposeOptions): Promise<Looked> {
  const tables = tablesToLookAt(rows);
  const until = performance.now() + (options.secondsMax ?? 600) * 1_000;
  const found: Looked["found"] = new Map();
  const problems: Looked["problems"] = [];
  let looked = 0;
  for (const relation of tables) {
    options.onProgress?.(looked, tables.length);
    if (performance.now() > until) {
      problems.push({ table: fullName(relation), problem: "not looked at: the time was up" });
      continue;
    }
    const samples = await sampleColumns(query, relation, {
      columns: relation.columns,
      rowsBelieved: rowsBelieved(relation, rows),
      ...(options.rows === undefined ? {} : { rows: options.rows }),
    });
    if (samples.problem !== null) problems.push({ table: fullName(relation), problem: samples.problem });
    looked += 1;
    found.set(
      relation.oid,
      relation.columns.flatMap(({ name, type }) => {
        const values = samples.values.get(name) ?? [];
        const { kind, confidence, because } = classifyColumn(values, { name, type }, options.today);
        if (kind === null || confidence < confidenceMin) return [];
        return [{ name, type, kind, confidence, because, shapes: commonShapes(values) }];
      }),
    );
  }
  return { found, problems, looked };
}

function viewsOf(
  { relations }: CatalogRows,
  found: ReadonlyMap<number, ProposedColumn[]>,
  uses: { view: number; relation: number; column: string }[],
): Proposal["views"] {
  // A view of a view: what the one below uses reaches the one above by that column's name.
  const personal = new Map<number, Set<string>>(
    [...found].map(([oid, columns]) => [oid, new Set(columns.map(({ name }) => name))]),
  );
  const views = new Map<number, Set<string>>();
  for (let grown = true, rounds = 0; grown && rounds < 32; rounds += 1) {
    grown = false;
    for (const { view, relation, column } of uses) {
      const below = relations.get(relation);
      if (below === undefined || personal.get(relation)?.has(column) !== true) continue;
      const source = `${fullName(below)}.${column}`;
      const known = views.get(view) ?? new Set();
      if (known.has(source)) continue;
      views.set(view, known.add(source));
      personal.set(view, (personal.get(view) ?? new Set()).add(column));
      grown = true;
    }
  }
  return [...views].flatMap(([oid, sources]) => {
    const view = relations.get(oid);
    return view === undefined ? [] : [{ view: fullName(view), uses: [...sources].sort() }];
  });
}
