import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { startTestPostgres } from "../src/lib/sql/testStores.ts";
import { Hotline } from "../src/notice/hotline/hotline.ts";
import { importList } from "../src/notice/list/importList.ts";
import type { ListedPerson } from "../src/notice/list/person.ts";
import { takeCampaign } from "../src/notice/store/campaign.ts";
import { listOf, openTestRoom, testPerson } from "../src/notice/testNotices.ts";

/**
 * How long an agent of the hotline waits: two things that a caller says are looked up among so many persons,
 * and the look-up is in the ledger before the answer is shown.
 *
 *   node bench/hotline.ts [persons] [look-ups]
 */
const [persons = "7000000", lookUps = "5000"] = process.argv.slice(2);
const count = Number(persons);
/** So many are taken by the import; the others are rows of the same width that the store makes itself. */
const real = Math.min(count, 20_000);
const folder = mkdtempSync(join(tmpdir(), "sekisho-bench-hotline-"));
const postgres = startTestPostgres({
  settings: "-c shared_buffers=2GB -c synchronous_commit=off -c max_wal_size=8GB -c work_mem=64MB",
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function* made(): Generator<ListedPerson> {
  for (let number = 1; number <= real; number += 1) yield personOf(number);
}

function personOf(number: number): ListedPerson {
  const digits = String(number).padStart(8, "0");
  return testPerson(number, { phones: [`090-${digits.slice(0, 4)}-${digits.slice(4)}`] });
}

function quantile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(2);
}

/** Persons with four keys each, as the import writes them; nobody can be found by a random key. */
async function fill(campaign: number): Promise<void> {
  const { db } = room;
  await sql`alter table notice_key drop constraint notice_key_pkey`.execute(db);
  for (let from = real; from < count; from += 1_000_000) {
    const to = Math.min(count, from + 1_000_000);
    await sql`with made as (
        insert into notice_person (campaign, person, digest, sealed)
        select ${campaign}, 'f' || n, decode(md5(n::text), 'hex'),
          decode(repeat(md5(n::text), 14), 'hex')
        from generate_series(${from + 1}::integer, ${to}::integer) n returning number),
      sent as (
        insert into notice_send (number, campaign, grp, lane, state, step, next_at)
        select number, ${campaign}, 1, number % 64, 'sent', 1, now() from made)
      insert into notice_key (hash, number)
        select (('x' || substr(md5(number || ' ' || kind), 1, 16))::bit(64))::bigint, number
        from made, generate_series(1, 4) kind`.execute(db);
    say(`${to} persons`);
  }
  await sql`alter table notice_key add primary key (hash, number)`.execute(db);
  for (const table of ["notice_person", "notice_send", "notice_key"])
    await sql`analyze ${sql.table(table)}`.execute(db);
}

const room = await openTestRoom({ folder, databaseUrl: await postgres.newDatabase() });
try {
  const campaign = await takeCampaign(room, "main");
  const began = performance.now();
  await importList(room, campaign, listOf(made()), {
    source: { name: "made", sha256: "ab".repeat(32) },
    onBad: ({ problem }) => {
      throw new Error(problem);
    },
  });
  await fill(campaign.id);
  say(`${count} persons in the store after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  const times: number[] = [];
  let affected = 0;
  let agent = 0;
  let hotline = new Hotline(room, "bench");
  for (let at = 0; at < Number(lookUps); at += 1) {
    // Each agent may ask sixty times in ten minutes.
    if (at % 50 === 0) hotline = new Hotline(room, `bench ${(agent += 1)}`);
    const number = 1 + Math.floor(Math.random() * real);
    const { emails, phones } = personOf(number);
    // One in ten is nobody's.
    const missing = at % 10 === 0 ? "x" : "";
    const call = performance.now();
    const answer = await hotline.ask({
      proofs: [
        { kind: "email", value: `${missing}${emails[0] ?? ""}` },
        { kind: "phone", value: phones[0] ?? "" },
      ],
      note: "",
      agent: `agent ${agent}`,
    });
    times.push(performance.now() - call);
    if (answer.outcome === "affected") affected += 1;
  }
  const sorted = times.slice(Math.min(50, times.length >> 2)).toSorted((one, other) => one - other);
  say(`${lookUps} look-ups among ${count} persons, ${affected} affected; with their ledger entries, ms:`);
  say(`p50 ${quantile(sorted, 0.5)}  p99 ${quantile(sorted, 0.99)}  most ${quantile(sorted, 1)}`);
} finally {
  await room.close();
  postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
