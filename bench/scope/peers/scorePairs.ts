import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openDuck, quoteSql } from "../../../src/lib/openDuck.ts";
import { scoredOf, type Scored } from "../scoreLinks.ts";

export type PairScores = {
  /** All pairs of one person, by the least probability that counts. */
  pairs: (Scored & { threshold: number })[];
  /** The most probable pair of each record of the left, where there are two sides. */
  best: (Scored & { threshold: number })[];
};

const thresholds = [0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999] as const;

/**
 * Scores pairs.parquet (unique_id_l, unique_id_r, match_probability) against the truth_id of left.parquet and
 * right.parquet in the same folder; without the latter the pairs are within the former.
 */
export async function scorePairs(
  folder: string,
  pairsFile = join(folder, "pairs.parquet"),
): Promise<PairScores> {
  const duck = await openDuck({ memoryBytesMax: 4 * 1024 ** 3, threads: 2 });
  const left = quoteSql(join(folder, "left.parquet"));
  const two = existsSync(join(folder, "right.parquet"));
  const right = two ? quoteSql(join(folder, "right.parquet")) : left;
  try {
    // Within one side a pair may stand either way about, and twice.
    const ends = two
      ? "unique_id_l AS a, unique_id_r AS b"
      : "least(unique_id_l, unique_id_r) AS a, greatest(unique_id_l, unique_id_r) AS b";
    await duck.run(
      `CREATE TABLE pairs AS SELECT a, b, max(probability) AS probability, any_value(good) AS good FROM (
         SELECT ${ends}, match_probability AS probability, l.truth_id = r.truth_id AS good
         FROM ${quoteSql(pairsFile)} AS p JOIN ${left} AS l ON l.unique_id = p.unique_id_l
           JOIN ${right} AS r ON r.unique_id = p.unique_id_r)
       GROUP BY a, b`,
    );
    const [expected = { pairs: 0, records: 0 }] = await duck.rows<{ pairs: number; records: number }>(
      two
        ? `SELECT sum(l.n * r.n)::BIGINT AS pairs, sum(l.n)::BIGINT AS records
           FROM (SELECT truth_id, count(*) AS n FROM ${left} GROUP BY truth_id) AS l
           JOIN (SELECT truth_id, count(*) AS n FROM ${right} GROUP BY truth_id) AS r USING (truth_id)`
        : `SELECT sum(n * (n - 1) / 2)::BIGINT AS pairs, 0 AS records
           FROM (SELECT truth_id, count(*) AS n FROM ${left} GROUP BY truth_id)`,
    );
    const scores: PairScores = { pairs: [], best: [] };
    for (const threshold of thresholds) {
      const count = async (from: string, all: number): Promise<Scored & { threshold: number }> => {
        const [row = { good: 0, bad: 0 }] = await duck.rows<{ good: number; bad: number }>(
          `SELECT count(*) FILTER (good) AS good, count(*) FILTER (NOT good) AS bad FROM ${from}
           WHERE probability >= ${threshold}`,
        );
        return { threshold, ...scoredOf(row.good, row.bad, all) };
      };
      scores.pairs.push(await count("pairs", expected.pairs));
      if (!two) continue;
      const best =
        "(SELECT a, max(probability) AS probability, arg_max(good, probability) AS good " +
        "FROM pairs GROUP BY a)";
      scores.best.push(await count(best, expected.records));
    }
    return scores;
  } finally {
    await duck.close();
  }
}

function print(scores: PairScores): string {
  const lines = (["pairs", "best"] as const).flatMap((name) =>
    scores[name].map(
      (one) =>
        `${name.padEnd(6)} p ≥ ${String(one.threshold).padEnd(7)} precision ${one.precision.toFixed(5)}  ` +
        `recall ${one.recall.toFixed(5)}  F1 ${one.f1.toFixed(5)}  ` +
        `(${one.right} right, ${one.wrong} wrong of ${one.expected})`,
    ),
  );
  return `${lines.join("\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [folder = ".", pairs] = process.argv.slice(2);
  process.stdout.write(print(await scorePairs(folder, pairs)));
}
