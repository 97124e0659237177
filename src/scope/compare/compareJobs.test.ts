import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runScopeCommand } from "../testCommand.ts";
import { ask, idOf, TestJob } from "../testJob.ts";
import { compareJobs } from "./compareJobs.ts";

test("compareJobs() says what a new fragment adds: persons, and items of those who were known", async () => {
  using job = new TestJob(900);
  const strangers = "1971-05-05,nobody@example.jp,無名 一郎\r\n1972-06-06,noone@example.jp,無名 二郎\r\n";
  const few = job.customers.slice(0, 100).map(({ name, email }) => `${name},${email}\r\n`);
  const first = job.write("first.csv", few.join("") + job.rows(100, 300) + strangers.slice(0, 46));
  const second = job.write("second.csv", job.rows(0, 400) + strangers);
  await job.run([first], "a");
  await job.run([first, second], "b");
  const [a, b] = [join(job.folder, "a"), join(job.folder, "b")];
  const list = join(job.folder, "news.parquet");
  const { persons, moreItems, records } = await compareJobs(a, b, list);
  assert.deepEqual([persons.onlyInA, persons.both], [0, 301]);
  assert.deepEqual(persons.onlyInBBy, { certain: 100, probable: 0, unmatched: 1 });
  assert.equal(moreItems.persons, 100);
  assert.deepEqual(moreItems.byItem, { address: 100, "birth-date": 100, phone: 100 });
  assert.ok(records.b > records.a);
  const rows = await ask<{ new_person: boolean; customer: string }>(
    `SELECT new_person, unnest(customer_ids) AS customer FROM read_parquet('${list}') ORDER BY customer`,
  );
  assert.deepEqual(
    rows.map(({ customer }) => customer),
    [
      ...Array.from({ length: 100 }, (_, at) => idOf(at)),
      ...Array.from({ length: 100 }, (_, at) => idOf(300 + at)),
    ],
  );
  assert.deepEqual([rows[0]?.new_person, rows[199]?.new_person], [false, true]);
});

test("sekisho scope compare tells it, and says which job has no lists", async () => {
  using job = new TestJob(300);
  await job.run([job.write("leak.csv", job.rows(0, 50))], "a");
  await job.run([job.write("more.csv", job.rows(0, 80))], "b");
  const [a, b] = [join(job.folder, "a"), join(job.folder, "b")];
  const told = await runScopeCommand("compare", a, b);
  assert.match(told.out, /^30 persons are only in B \(30 certain, 0 probable, 0 in no customer table\)$/m);
  assert.equal(told.status, 0);
  const nothing = await runScopeCommand("compare", a, job.folder);
  assert.match(nothing.err, /Cannot compare .*: persons.parquet is not there/);
  assert.equal(nothing.status, 1);
});
