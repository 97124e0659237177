import type { Duck } from "../../src/lib/openDuck.ts";
import { quoteSql } from "../../src/lib/openDuck.ts";
import type { TruthPaths } from "./scoreLinks.ts";

/** How well clusters are those of the truth. */
export type ClusterScores = {
  members: number;
  clusters: number;
  trueClusters: number;
  pairwise: { precision: number; recall: number };
  bCubed: { precision: number; recall: number };
};

export type PersonScores = {
  /** Records of the leak. Rows that no record was found for are clusters of their own. */
  records: ClusterScores;
  /** The same without the rows that nobody could tell the person of. */
  determinableRecords: ClusterScores;
  /** Rows of the customer table that are in any person of the tool. */
  customers: ClusterScores;
  /** Persons that the tool counts, and that there are: in the leak, and of them those who are customers. */
  personsFound: number;
  personsTrue: number;
  customersFound: number;
  customersTrue: number;
};

/**
 * Scores persons: `members` are (item, cluster, person), each item once. Pairwise counts pairs of one
 * cluster, B³ (Bagga and Baldwin, 1998) the mean share of an item's cluster (person) that is of its person
 * (cluster).
 */
export async function scoreClusters(duck: Duck, members: string): Promise<ClusterScores> {
  await duck.run(
    `CREATE OR REPLACE TABLE cells AS SELECT cluster, person, count(*)::DOUBLE AS n FROM (${members})
     GROUP BY cluster, person`,
  );
  const [row = {}] = await duck.rows<Record<string, number>>(
    `WITH clusters AS (SELECT cluster, sum(n) AS size FROM cells GROUP BY cluster),
       persons AS (SELECT person, sum(n) AS size FROM cells GROUP BY person),
       both_sides AS (
         SELECT sum(n) AS members, sum(n * (n - 1) / 2) AS agreed, sum(n * n / clusters.size) AS precise,
           sum(n * n / persons.size) AS recalled
         FROM cells JOIN clusters USING (cluster) JOIN persons USING (person))
     SELECT members, agreed, precise, recalled,
       (SELECT count(*) FROM clusters) AS clusters, (SELECT count(*) FROM persons) AS persons,
       (SELECT sum(size * (size - 1) / 2) FROM clusters) AS joined,
       (SELECT sum(size * (size - 1) / 2) FROM persons) AS meant
     FROM both_sides`,
  );
  const number = (name: string): number => row[name] ?? 0;
  const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);
  return {
    members: number("members"),
    clusters: number("clusters"),
    trueClusters: number("persons"),
    pairwise: {
      precision: share(number("agreed"), number("joined")),
      recall: share(number("agreed"), number("meant")),
    },
    bCubed: {
      precision: share(number("precise"), number("members")),
      recall: share(number("recalled"), number("members")),
    },
  };
}

/** Scores persons.parquet; needs the tables that joinTruth() made. */
export async function scorePersons(duck: Duck, paths: TruthPaths, found: string): Promise<PersonScores> {
  await duck.run(
    `CREATE TABLE clustered AS SELECT row, min(person_id) AS cluster
     FROM (SELECT person_id, unnest(record_ids) AS record_id FROM ${quoteSql(found)})
     JOIN placed USING (record_id)
     GROUP BY row`,
  );
  const rows = `SELECT truth.row, coalesce(cluster::HUGEINT, -truth.row) AS cluster, person
    FROM truth LEFT JOIN clustered USING (row)`;
  const records = await scoreClusters(duck, rows);
  const determinableRecords = await scoreClusters(duck, `${rows} WHERE determinable`);
  const customers = await scoreClusters(
    duck,
    `SELECT customer_id, min(person_id) AS cluster, any_value(person) AS person
     FROM (SELECT person_id, unnest(customer_ids) AS customer_id FROM ${quoteSql(found)})
     JOIN ${quoteSql(paths.persons)} USING (customer_id) GROUP BY customer_id`,
  );
  const [counts = {}] = await duck.rows<Record<string, number>>(
    `SELECT (SELECT count(*) FROM ${quoteSql(found)} WHERE len(record_ids) > 0) AS found,
       (SELECT count(*) FROM ${quoteSql(found)}
         WHERE len(record_ids) > 0 AND len(customer_ids) > 0) AS customers,
       (SELECT count(DISTINCT person) FROM truth) AS persons,
       (SELECT count(DISTINCT person) FROM truth WHERE customer) AS meant`,
  );
  return {
    records,
    determinableRecords,
    customers,
    personsFound: counts["found"] ?? 0,
    personsTrue: counts["persons"] ?? 0,
    customersFound: counts["customers"] ?? 0,
    customersTrue: counts["meant"] ?? 0,
  };
}
