import { textOfError } from "../../../lib/error.ts";
import type { CatalogColumn, CatalogRelation, Query } from "./readCatalog.ts";

export const limits = {
  rows: 500,
  /** Columns asked for in one statement. */
  columnsMax: 100,
  valueCharactersMax: 320,
  secondsPerTable: 5,
} as const;

export type Samples = {
  /** Values as PostgreSQL writes them, by column; NULLs are left out. */
  values: Map<string, string[]>;
  /** Why there are none, or not all; null: all is well. */
  problem: string | null;
};

/** Types whose values say nothing of a person: they are not even asked for. */
const unasked =
  /^_?(?:bool|uuid|inet|cidr|macaddr8?|oid|interval|money|bytea|float[48]|tsvector|xid8?|point|box)$/;

/**
 * Some values of a relation's columns, from all over it where it is large. Within a transaction: a failure
 * goes back to a savepoint and is a `problem`. Reads only; ends by itself after some seconds.
 */
export async function sampleColumns(
  query: Query,
  relation: CatalogRelation,
  options: { columns: readonly CatalogColumn[]; rows?: number; rowsBelieved: number },
): Promise<Samples> {
  const rows = options.rows ?? limits.rows;
  const columns = options.columns.filter(({ type }) => !unasked.test(type));
  const samples: Samples = { values: new Map(columns.map(({ name }) => [name, []])), problem: null };
  for (let from = 0; from < columns.length; from += limits.columnsMax) {
    const part = columns.slice(from, from + limits.columnsMax);
    try {
      await sampleOnce(query, samples.values, {
        relation,
        columns: part,
        rows,
        believed: options.rowsBelieved,
      });
    } catch (error) {
      samples.problem = textOfError(error);
      if (!/statement timeout|permission denied/.test(samples.problem)) continue;
      return samples;
    }
  }
  return samples;
}

type Part = { relation: CatalogRelation; columns: readonly CatalogColumn[]; rows: number; believed: number };

async function sampleOnce(query: Query, into: Map<string, string[]>, part: Part): Promise<void> {
  const { relation, columns, rows, believed } = part;
  const list = columns.map(({ name }, place) => {
    return `left(${quoteName(name)}::text, ${limits.valueCharactersMax}) as c${place}`;
  });
  const select = `select ${list.join(", ")} from ${nameOf(relation)}`;
  const large = ["r", "p", "m"].includes(relation.relkind) && believed > rows * 20;
  await query("savepoint sekisho_sample");
  try {
    await query(`set local statement_timeout = '${limits.secondsPerTable}s'`);
    const percent = Math.min(100, Math.max(0.001, (rows * 500) / Math.max(1, believed)));
    const sample = `tablesample system (${percent.toFixed(4)}) repeatable (2016) limit ${rows}`;
    let found = large ? (await query(`${select} ${sample}`)).rows : [];
    if (found.length < rows / 10) found = (await query(`${select} limit ${rows}`)).rows;
    for (const [place, { name, type }] of columns.entries()) {
      const values = found.map((row) => row[`c${place}`]).filter((value) => typeof value === "string");
      into.set(name, type.startsWith("_") ? values.flatMap(elementsOf) : values);
    }
    await query("release savepoint sekisho_sample");
  } catch (error) {
    await query("rollback to savepoint sekisho_sample");
    throw error;
  }
}

/** Elements of an array as PostgreSQL writes it, well enough to see what they look like. */
function elementsOf(text: string): string[] {
  return text
    .replace(/^\{|\}$/g, "")
    .split(",")
    .map((one) => one.replace(/^"|"$/g, ""));
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function nameOf({ schema, name }: { schema: string; name: string }): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}
