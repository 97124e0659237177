import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import pg from "pg";
import { findPostgres, startTestPostgres, type TestPostgres } from "../../../lib/sql/testStores.ts";
import { indexCatalog, judgeText, readyJudge } from "../judge.ts";
import type { JudgedStatement } from "../verdict.ts";
import { testCatalog } from "./testCatalog.ts";
import { StatementMaker, testDataSql } from "./testStatements.ts";

/**
 * Verdicts against what PostgreSQL shows: each personal cell of the test data holds its customer's number, so
 * each row says whom it shows.
 */

const skip = findPostgres() === null ? "PostgreSQL is not installed here (Debian: postgresql)" : false;
const statementsCount = 3_000;
const index = indexCatalog(testCatalog);
let postgres: TestPostgres | null = null;
let client: pg.Client;

before(async () => {
  await readyJudge();
  if (skip !== false) return;
  postgres = startTestPostgres();
  client = new pg.Client({ connectionString: await postgres.newDatabase() });
  await client.connect();
  await client.query(`${testDataSql} analyze; set jit = off`);
});

after(async () => {
  if (postgres === null) return;
  await client.end();
  postgres.stop();
});

/** The rows that a statement gives, as text; null where PostgreSQL refuses it. */
async function rowsOf(sql: string): Promise<(string | null)[][] | null> {
  // Only the statement itself may take too long.
  await client.query("begin; set local statement_timeout = 50");
  try {
    const types = { getTypeParser: () => (value: string) => value };
    const { rows } = await client.query<(string | null)[]>({ text: sql, rowMode: "array", types });
    return rows;
  } catch {
    return null;
  } finally {
    await client.query("rollback");
  }
}

/** How many customers of a row the verdict does not count; 0 or less is right. */
function uncounted(row: readonly (string | null)[], judged: JudgedStatement): number {
  const shown = new Set([...JSON.stringify(row).matchAll(/u(\d+)x/gi)].map((match) => match[1] as string));
  if (judged.class === "pass") return shown.size;
  let room = judged.keyless;
  for (const [at, place] of judged.keys.entries()) {
    const key = row[place];
    if (key === null || key === undefined) room += judged.nullCounts[at] ?? 0;
    else shown.delete(key);
  }
  return shown.size - room;
}

test("judgeText() counts every customer that a row shows, for random statements", { skip }, async () => {
  const numbers = fc.sample(fc.noBias(fc.integer({ min: 0, max: 2 ** 30 - 1 })), {
    seed: 2016,
    numRuns: 200_000,
  });
  let at = 0;
  const maker = new StatementMaker(() => (numbers[(at += 1) % numbers.length] as number) / 2 ** 30);
  const seen = { count: 0, pass: 0, bulk: 0, unknown: 0 };
  for (let made = 0; made < statementsCount; made += 1) {
    const sql = maker.statement();
    const [judged] = judgeText(sql, index).statements;
    assert.ok(judged !== undefined);
    const rows = await rowsOf(sql);
    if (rows === null) continue;
    seen[judged.class] += 1;
    if (judged.class === "bulk" || judged.class === "unknown") continue;
    for (const row of rows) {
      const verdict: string = `${judged.class}, keys ${judged.keys.join()}, keyless ${judged.keyless}`;
      assert.ok(uncounted(row, judged) <= 0, `${verdict}: ${sql}\n${JSON.stringify(row)}`);
    }
  }
  // The comparison says something only if many statements run and show customers.
  assert.ok(seen.count > statementsCount / 4, JSON.stringify(seen));
  assert.ok(seen.pass > statementsCount / 10 && seen.bulk > statementsCount / 20, JSON.stringify(seen));
  assert.equal(seen.unknown, 0);
});
