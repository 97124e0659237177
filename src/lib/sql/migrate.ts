import assert from "node:assert/strict";
import { sql, type Kysely } from "kysely";
import { SekishoError } from "../error.ts";

/** One numbered step of the tables. A step that was ever released is never changed. */
export type Migration = {
  number: number;
  name: string;
  up(db: Kysely<any>): Promise<void>;
};

/** Any number will do, as long as all of our processes take the same one. */
const LOCK_NUMBER = 7_302_016_0315n;

/**
 * Brings the tables to the newest step, all missing steps in one transaction, so that a step that fails
 * leaves nothing behind. Two processes at once wait for each other. Returns the names of the steps done now.
 */
export async function migrate(db: Kysely<any>, migrations: readonly Migration[]): Promise<string[]> {
  const steps = inOrder(migrations);
  const table = sql`create table if not exists migration (
    number integer primary key, name text not null, done_at timestamptz not null default now()
  )`;
  await table.execute(db).catch(ignoreRace);
  return db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${LOCK_NUMBER.toString()}::bigint)`.execute(transaction);
    const query = transaction.selectFrom("migration").select(["number", "name"]).orderBy("number");
    const done = (await query.execute()) as { number: number; name: string }[];
    refuseUnknown(done, steps);
    const names: string[] = [];
    for (const step of steps.slice(done.length)) {
      await step.up(transaction);
      await transaction.insertInto("migration").values({ number: step.number, name: step.name }).execute();
      names.push(step.name);
    }
    return names;
  });
}

function inOrder(migrations: readonly Migration[]): Migration[] {
  const steps = migrations.toSorted((one, other) => one.number - other.number);
  steps.forEach((step, index) => {
    assert(step.number === index + 1, `migration numbers have a gap or a double at ${step.number}`);
  });
  return steps;
}

function refuseUnknown(done: { number: number; name: string }[], steps: Migration[]): void {
  for (const [index, { number, name }] of done.entries()) {
    if (steps[index]?.number === number && steps[index].name === name) continue;
    throw new SekishoError("state-newer", `Cannot use the state store: it holds step ${number} "${name}"`, {
      hint: "this version does not know that step: start the version that made it, or a newer one",
    });
  }
}

/** "create table if not exists" is not safe against itself: the loser sees a unique violation. */
function ignoreRace(error: unknown): void {
  const code = (error as { code?: string }).code;
  if (code !== "23505" && code !== "42P07") throw error;
}
