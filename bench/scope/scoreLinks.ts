import type { Duck } from "../../src/lib/openDuck.ts";
import { quoteSql } from "../../src/lib/openDuck.ts";

/** Precision and recall of a list of rows. */
export type Scored = {
  right: number;
  wrong: number;
  expected: number;
  precision: number;
  recall: number;
  f1: number;
};

export function scoredOf(right: number, wrong: number, expected: number): Scored {
  const precision = right + wrong === 0 ? 1 : right / (right + wrong);
  const recall = expected === 0 ? 1 : right / expected;
  return {
    right,
    wrong,
    expected,
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
  };
}

export type LinkScores = {
  /** Every row: a row is right if its best link is to a row of its own person. */
  all: Scored;
  /** Rows that are determinable count for recall, all linked rows for precision. */
  determinable: Scored;
  /** The same of links whose state is "certain". */
  certain: Scored;
  /** Rows of nobody in the table that were linked all the same. */
  strangersLinked: number;
  /** Rows of the truth for which a record was found. */
  rowsFound: number;
  rows: number;
  classes: ClassScore[];
};

export type ClassScore = Scored & { name: string; rows: number; determinableRows: number; found: number };

export type TruthPaths = { truth: string; classes: string; persons: string };

/**
 * Joins what a tool found with the truth, into the tables `truth` (one row each, with `row`), `found`
 * (record to row) and `outcome` (row, linked person, whether certain). Records are known by file and offset
 * alone, but for lines that hold two rows: there by the line.
 */
export async function joinTruth(
  duck: Duck,
  paths: TruthPaths,
  { records, links }: { records: string; links: string },
): Promise<void> {
  await duck.run(
    `CREATE TABLE truth AS SELECT row_number() OVER () AS row, file, "offset", line, person, classes,
       determinable, len(customer_ids) > 0 AS customer FROM ${quoteSql(paths.truth)}`,
  );
  // A record has a row for each of its fields; its place is the same in all of them.
  await duck.run(
    `CREATE TABLE record AS
       SELECT record_id, regexp_extract(any_value(source), '[^/]+$') AS file, any_value("offset") AS "offset"
       FROM ${quoteSql(records)} GROUP BY record_id`,
  );
  // Where a line holds two rows, nobody can tell to the byte where one ends: records are of any row of it.
  await duck.run(
    `CREATE TABLE shared AS SELECT * FROM (
       SELECT file, line, min("offset") AS begins, count(*) AS rows,
         lead(min("offset")) OVER (PARTITION BY file ORDER BY min("offset")) AS ends
       FROM truth GROUP BY file, line) WHERE rows > 1`,
  );
  await duck.run(
    `CREATE TABLE on_shared AS SELECT record_id, shared.file, line FROM record JOIN shared
       ON record.file = shared.file AND "offset" >= begins AND "offset" < coalesce(ends, 9e18::BIGINT)`,
  );
  await duck.run(
    `CREATE TABLE found AS
       SELECT record_id, row, false AS shared FROM record JOIN truth USING (file, "offset")
       WHERE record_id NOT IN (SELECT record_id FROM on_shared)
     UNION ALL
       SELECT record_id, row, true FROM on_shared JOIN truth USING (file, line)`,
  );
  const columns = await duck.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM ${quoteSql(links)}`);
  const hasState = columns.some(({ column_name }) => column_name === "state");
  await duck.run(
    `CREATE TABLE best AS
     SELECT record_id, linked.person, certain FROM (
       SELECT record_id, arg_max(customer_id, weight) AS customer_id,
         ${hasState ? "arg_max(state, weight) = 'certain'" : "true"} AS certain
       FROM ${quoteSql(links)} GROUP BY record_id)
     JOIN ${quoteSql(paths.persons)} AS linked USING (customer_id)`,
  );
  await duck.run(
    `CREATE TABLE outcome AS
     SELECT row, arg_max(best.person, best.person = truth.person) AS linked, bool_or(certain) AS certain,
       count(DISTINCT best.person) AS persons
     FROM best JOIN found USING (record_id) JOIN truth USING (row)
     -- On a shared line a link to another row's person says nothing of this row.
     WHERE NOT shared OR best.person = truth.person OR best.person NOT IN (
       SELECT other.person FROM truth AS other WHERE other.file = truth.file AND other.line = truth.line)
     GROUP BY row`,
  );
  // Which record is which row, for clusters.
  await duck.run(
    `CREATE TABLE placed AS SELECT record_id, row FROM found WHERE NOT shared
     UNION ALL SELECT record_id, row FROM found JOIN truth USING (row) JOIN best USING (record_id)
       WHERE shared AND best.person = truth.person`,
  );
}

/** Record to customer: what was linked, and to whom. */
export async function scoreLinks(duck: Duck, paths: TruthPaths): Promise<LinkScores> {
  await duck.run(
    `CREATE TABLE judged AS SELECT truth.row, truth.classes, customer, determinable,
       linked IS NOT NULL AS linked, coalesce(linked = person AND customer, false) AS good,
       coalesce(certain, false) AS certain, seen.row IS NOT NULL AS was_found
     FROM truth LEFT JOIN outcome USING (row)
     LEFT JOIN (SELECT DISTINCT row FROM found) AS seen ON seen.row = truth.row`,
  );
  const figures = (filter: string): string => `
    count(*) FILTER (good AND ${filter}) AS good, count(*) FILTER (linked AND NOT good AND ${filter}) AS bad,
    count(*) FILTER (good AND determinable AND ${filter}) AS told`;
  type Row = Record<string, number>;
  const [all = {}] = await duck.rows<Row>(
    `SELECT ${figures("true")}, count(*) FILTER (customer) AS customers,
       count(*) FILTER (customer AND determinable) AS determinable,
       count(*) FILTER (linked AND NOT customer) AS strangers, count(*) AS rows,
       count(*) FILTER (was_found) AS found FROM judged`,
  );
  const [certain = {}] = await duck.rows<Row>(`SELECT ${figures("certain")} FROM judged`);
  // Rows of the same classes first: each class is then looked for in far fewer sets than there are rows.
  const perClass = await duck.rows<Row & { name: string }>(
    `WITH sets AS (
       SELECT classes, ${figures("true")}, count(*) AS rows, count(*) FILTER (determinable) AS determinable,
         count(*) FILTER (was_found) AS found
       FROM judged GROUP BY classes)
     SELECT name, sum(good) AS good, sum(bad) AS bad, sum(told) AS told, sum(rows) AS rows,
       sum(determinable) AS determinable, sum(found) AS found
     FROM sets JOIN ${quoteSql(paths.classes)} AS names ON (sets.classes >> names.bit) & 1 = 1
     GROUP BY names.bit, name ORDER BY names.bit`,
  );
  const number = (row: Row, name: string): number => row[name] ?? 0;
  return {
    all: scoredOf(number(all, "good"), number(all, "bad"), number(all, "customers")),
    determinable: determinableOf(all, number(all, "determinable")),
    certain: determinableOf(certain, number(all, "determinable")),
    strangersLinked: number(all, "strangers"),
    rowsFound: number(all, "found"),
    rows: number(all, "rows"),
    classes: perClass.map((row) => ({
      name: row.name,
      rows: number(row, "rows"),
      determinableRows: number(row, "determinable"),
      found: number(row, "found"),
      ...determinableOf(row, number(row, "determinable")),
    })),
  };
}

/** Precision over all that is linked, recall over what can be. */
function determinableOf(row: Record<string, number>, expected: number): Scored {
  const [good, bad, told] = [row["good"] ?? 0, row["bad"] ?? 0, row["told"] ?? 0];
  const precision = good + bad === 0 ? 1 : good / (good + bad);
  const recall = expected === 0 ? 1 : told / expected;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { right: told, wrong: bad, expected, precision, recall, f1 };
}
