import { learn, SeenPatterns, type Prior } from "../match/decideLinks.ts";
import { placesOf, type Rule } from "../match/findPairs.ts";
import { Frequencies } from "../match/frequencies.ts";
import { columnsOfKeys, type HashedColumns } from "../match/hashKeys.ts";
import { FREQUENCY_VALUES } from "../match/weights.ts";
import type { SignatureTable } from "../signatures/columns.ts";
import { edgesOf, oddsOfEdges, type Edges } from "./customerEdges.ts";
import type { MatchAnswer, MatchAsked } from "./matchTask.ts";

/** Threads that match; see ThreadPool. */
export type MatchPool = { work(asked: readonly MatchAsked[]): Promise<MatchAnswer[]> };

/** What makes the counts of a table's values, one task for each. */
export function countingTasks(table: SignatureTable, frequencies: Frequencies): MatchAsked[] {
  return FREQUENCY_VALUES.map((value) => ({ do: "count", table, frequencies, value }));
}

/** Rows that a thread takes at once. */
export const rowsOfTask = 131_072;

/**
 * What hashes columns of keys, before rows are joined by them. `frequencies`: laid into the rows meanwhile,
 * for who compares them.
 */
export function columnTasks(
  table: SignatureTable,
  columns: HashedColumns,
  frequencies: Frequencies | null,
): MatchAsked[] {
  const tasks: MatchAsked[] = [];
  for (let from = 0; from < columns.count; from += rowsOfTask) {
    const to = Math.min(columns.count, from + rowsOfTask);
    tasks.push({ do: "columns", table, columns, frequencies, from, to });
  }
  return tasks;
}

/**
 * Pairs of rows of one table that are one person, by rules. `rows`: only these.
 */
export async function edgesWithin(
  pool: MatchPool,
  of: {
    table: SignatureTable;
    frequencies: Frequencies;
    rules: readonly Rule[];
    prior: Prior;
    rows?: Int32Array;
  },
): Promise<Edges> {
  const { table, frequencies, rules, rows } = of;
  const keys = rules.map((rule) => placesOf(rule).left);
  const columns = columnsOfKeys(keys, rows ?? table.rows);
  await pool.work(columnTasks(table, columns, frequencies));
  const answers = await pool.work(
    rules.map((_, at): MatchAsked => ({ do: "pairs", table, rules, at, columns })),
  );
  const pairs = answers.flatMap((answer) => (answer.done === "pairs" ? [answer.pairs] : []));
  const seen = new SeenPatterns();
  for (const one of pairs) seen.join(one.seen);
  const { weights } = learn(seen, of.prior);
  const odds = oddsOfEdges(weights, of.prior);
  return joinEdges(...pairs.map((one) => edgesOf(one, odds, frequencies)));
}

/** The edges of all. */
export function joinEdges(...all: readonly Edges[]): Edges {
  const join = (parts: readonly Int32Array[]): Int32Array => {
    const made = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      made.set(part, at);
      at += part.length;
    }
    return made;
  };
  return { certain: join(all.map((one) => one.certain)), probable: join(all.map((one) => one.probable)) };
}
