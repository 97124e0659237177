import { existsSync } from "node:fs";
import { join } from "node:path";
import { openDuck, quoteSql, type Duck } from "../../lib/openDuck.ts";
import { thresholds } from "../match/decideLinks.ts";
import { explain } from "../match/explain.ts";

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

export const chanceClasses = [0, 0.5, 0.8, thresholds.certain, 0.99, 0.999, 0.9999] as const;
export const limits = { evidenceMax: 40, weightStep: 4, recordsOfPersonMax: 8 } as const;

/**
 * Reads the figures from the lists in a job's folder; null where these are sealed, erased or not there yet.
 */
export async function readLinkFigures(out: string): Promise<LinkFigures | null> {
  const [links, persons] = [join(out, "links.parquet"), join(out, "persons.parquet")];
  if (!existsSync(links) || !existsSync(persons)) return null;
  return figuresOfWritten({ links: Promise.resolve(links), persons: Promise.resolve(persons) });
}

/** The same from lists that are still being written: of each, its file once it is whole. */
export async function figuresOfWritten(lists: {
  links: Promise<string>;
  persons: Promise<string>;
}): Promise<LinkFigures> {
  const links = await lists.links;
  const duck = await openDuck();
  const table = (file: string): string => `read_parquet(${quoteSql(file)})`;
  try {
    const sure = await linksOf(duck, table(links));
    return { ...sure, ...(await personsOf(duck, table(await lists.persons))) };
  } finally {
    await duck.close();
  }
}

/** The same from tables, as they stand in SQL after FROM. */
export async function figuresOf(
  duck: Duck,
  { links, persons }: { links: string; persons: string },
): Promise<LinkFigures> {
  return { ...(await linksOf(duck, links)), ...(await personsOf(duck, persons)) };
}

type PersonFigures = Pick<LinkFigures, "certainty" | "sizes">;

async function personsOf(duck: Duck, persons: string): Promise<PersonFigures> {
  const groups = (column: string): Promise<{ name: string | number; persons: number }[]> =>
    duck.rows(`SELECT ${column} AS name, count(*) AS persons FROM ${persons} GROUP BY 1 ORDER BY 1`);
  const certainty = await groups("certainty");
  const sizes = await groups(`least(records, ${limits.recordsOfPersonMax})`);
  return {
    certainty: Object.fromEntries(certainty.map(({ name, persons: count }) => [name, count])),
    sizes: sizes.map(({ name, persons: count }) => ({ records: Number(name), persons: count })),
  };
}

async function linksOf(duck: Duck, links: string): Promise<Omit<LinkFigures, keyof PersonFigures>> {
  const classes = chanceClasses.map((low) => `WHEN probability >= ${low} THEN ${low}`).reverse();
  // What reviewers took away is no link; what they added has no weight.
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE link_class AS
         SELECT pattern,
           CAST(floor(weight / ${limits.weightStep}) * ${limits.weightStep} AS INTEGER) AS weight,
           CAST(CASE ${classes.join(" ")} ELSE 0 END AS DOUBLE) AS chance, state = 'certain' AS certain,
           count(*) AS links, min(probability) AS least, sum(1 - probability) AS wrong
         FROM ${links} WHERE state <> 'removed' AND weight IS NOT NULL GROUP BY ALL`,
  );
  const countsBy = (column: "weight" | "chance"): Promise<{ from: number; links: number }[]> =>
    duck.rows(
      `SELECT ${column} AS "from", sum(links)::BIGINT AS links FROM link_class GROUP BY 1 ORDER BY 1`,
    );
  const evidence = await duck.rows<{ pattern: number; certain: number; review: number; least: number }>(
    `SELECT pattern, coalesce(sum(links) FILTER (certain), 0)::BIGINT AS certain,
         coalesce(sum(links) FILTER (NOT certain), 0)::BIGINT AS review, min(least) AS least
       FROM link_class GROUP BY pattern ORDER BY sum(links) DESC, pattern LIMIT ${limits.evidenceMax}`,
  );
  const [sums] = await duck.rows<{ kinds: number; wrong: number }>(
    `SELECT count(DISTINCT pattern) AS kinds, coalesce(sum(wrong) FILTER (certain), 0) AS wrong
     FROM link_class`,
  );
  return {
    weights: await countsBy("weight"),
    chances: await countsBy("chance"),
    evidence: evidence.map(({ pattern, ...counts }) => ({ ...explain(pattern), ...counts })),
    evidenceKinds: sums?.kinds ?? 0,
    expectedWrong: sums?.wrong ?? 0,
  };
}
