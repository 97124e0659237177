import { existsSync } from "node:fs";
import { join } from "node:path";
import { openDuck, quoteSql } from "../../lib/openDuck.ts";

/** How sure the links are; no value of any person is in it. */
export type LinkFigures = {
  /** Links by weight, four bits a class. */
  weights: { from: number; links: number }[];
  /** Links by the chance that they are right. */
  chances: { from: number; links: number }[];
  /** Links by what agrees; the commonest first. */
  evidence: { en: string; ja: string; certain: number; review: number; least: number }[];
  evidenceKinds: number;
  /** Of the certain links, so many are wrong if the chances are right. */
  expectedWrong: number;
  /** Persons by how sure it is that they are one. */
  certainty: Record<string, number>;
  /** Persons by the number of their records; the last class is "and more". */
  sizes: { records: number; persons: number }[];
};

export const chanceClasses = [0, 0.5, 0.8, 0.9, 0.97, 0.99, 0.999, 0.9999] as const;
export const limits = { evidenceMax: 40, weightStep: 4, recordsOfPersonMax: 8 } as const;

/**
 * Reads the figures from the lists in a job's folder; null where these are sealed, erased or not there yet.
 */
export async function readLinkFigures(out: string): Promise<LinkFigures | null> {
  const [links, persons] = [join(out, "links.parquet"), join(out, "persons.parquet")];
  if (!existsSync(links) || !existsSync(persons)) return null;
  const duck = await openDuck();
  // What reviewers took away is no link; what they added has no weight.
  const kept = `(SELECT * FROM read_parquet(${quoteSql(links)})
    WHERE state <> 'removed' AND weight IS NOT NULL)`;
  const from = { links: kept, persons: `read_parquet(${quoteSql(persons)})` };
  try {
    const weights = await duck.rows<{ from: number; links: number }>(
      `SELECT CAST(floor(weight / ${limits.weightStep}) * ${limits.weightStep} AS INTEGER) AS "from",
         count(*) AS links FROM ${from.links} GROUP BY 1 ORDER BY 1`,
    );
    const classes = chanceClasses.map((low) => `WHEN probability >= ${low} THEN ${low}`).reverse();
    const chances = await duck.rows<{ from: number; links: number }>(
      `SELECT CAST(CASE ${classes.join(" ")} ELSE 0 END AS DOUBLE) AS "from", count(*) AS links
         FROM ${from.links} GROUP BY 1 ORDER BY 1`,
    );
    // An explanation ends in the weight of its own link; what is before it is of the pattern.
    const evidence = await duck.rows<LinkFigures["evidence"][number]>(
      `SELECT regexp_replace(any_value(explanation), '; [-+0-9.]+$', '') AS en,
         regexp_replace(any_value(explanation_ja), '、[-+0-9.]+$', '') AS ja,
         count(*) FILTER (state = 'certain') AS certain, count(*) FILTER (state <> 'certain') AS review,
         min(probability) AS least
       FROM ${from.links} GROUP BY pattern ORDER BY count(*) DESC, en LIMIT ${limits.evidenceMax}`,
    );
    const [sums] = await duck.rows<{ kinds: number; wrong: number }>(
      `SELECT count(DISTINCT pattern) AS kinds,
         coalesce(sum(1 - probability) FILTER (state = 'certain'), 0) AS wrong FROM ${from.links}`,
    );
    const certainty = await duck.rows<{ certainty: string; persons: number }>(
      `SELECT certainty, count(*) AS persons FROM ${from.persons} GROUP BY 1 ORDER BY 1`,
    );
    const sizes = await duck.rows<{ records: number; persons: number }>(
      `SELECT least(records, ${limits.recordsOfPersonMax}) AS records, count(*) AS persons
         FROM ${from.persons} GROUP BY 1 ORDER BY 1`,
    );
    return {
      weights,
      chances,
      evidence,
      evidenceKinds: sums?.kinds ?? 0,
      expectedWrong: sums?.wrong ?? 0,
      certainty: Object.fromEntries(certainty.map((one) => [one.certainty, one.persons])),
      sizes,
    };
  } finally {
    await duck.close();
  }
}
