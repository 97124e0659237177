import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openDuck, quoteSql } from "../../lib/openDuck.ts";
import { applyReview } from "./applyReview.ts";
import { findCandidates } from "./candidates.ts";
import { ReviewJob } from "./reviewJob.ts";
import { drawSample, estimate, readSample } from "./sampling.ts";
import { makeTestJob, type TestJob } from "./testJob.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-review-"));
let made: TestJob;
let job: ReviewJob;
before(async () => {
  made = await makeTestJob(folder);
  job = await ReviewJob.open(made.out);
});
after(async () => {
  await job.close();
  rmSync(folder, { recursive: true, force: true });
});

async function rowsOf<T>(sql: (file: (name: string) => string) => string): Promise<T[]> {
  const duck = await openDuck();
  try {
    return await duck.rows<T>(sql((name) => `read_parquet(${quoteSql(join(made.out, name))})`));
  } finally {
    await duck.close();
  }
}

test("queue() gives every link under review, what changes most first, by page", async () => {
  const summary = await job.summary();
  const { fewest, most } = made.result.persons;
  assert.deepEqual(summary.now, { fewest, most });
  assert.deepEqual([summary.total, summary.open], [made.result.links.review, made.result.links.review]);
  assert.ok(summary.total >= 40);
  const all = await job.queue({ state: "open", offset: 0, limit: 500 });
  const worth = all.rows.map(({ effect }) => effect.another.fewest - effect.same.most);
  assert.deepEqual(
    worth,
    worth.toSorted((one, other) => other - one),
  );
  assert.ok((worth[0] as number) > 0);
  const [first, second] = [
    await job.queue({ state: "open", offset: 0, limit: 10 }),
    await job.queue({ state: "open", offset: 10, limit: 10 }),
  ];
  assert.deepEqual(
    [...first.rows, ...second.rows].map(({ record }) => record),
    all.rows.slice(0, 20).map(({ record }) => record),
  );
  assert.equal(second.total, summary.total);
});

test("item() shows the record's place and words beside the customer's row of now", async () => {
  const { rows } = await job.queue({ state: "open", offset: 0, limit: 500 });
  for (const { record, customer, explanation } of rows.slice(0, 20)) {
    const item = await job.item(record, { along: rows.map((row) => row.record) });
    assert.equal(item.customer?.id, customer);
    assert.equal(item.link?.explanation, explanation);
    assert.equal(item.away, null);
    // The bytes at the offset are the record.
    const bytes = readFileSync(made.leak).subarray(item.record?.offset, (item.record?.offset ?? 0) + 400);
    const line = bytes.toString("utf8").split("\n")[0] ?? "";
    for (const { value } of item.record?.fields ?? []) assert.ok(line.includes(value));
    const held = readFileSync(made.customers, "utf8")
      .split("\n")
      .find((one) => one.startsWith(customer));
    for (const pair of item.pairs) if (pair.customer !== null) assert.ok(held?.includes(pair.customer));
  }
  await assert.rejects(job.item(999_999), { code: "not-found" });
});

test("item() says plainly that the customers' table is away, and shows the record", async () => {
  renameSync(made.customers, `${made.customers}.away`);
  const other = await ReviewJob.open(made.out);
  try {
    const { rows } = await other.queue({ state: "open", offset: 0, limit: 1 });
    const item = await other.item((rows[0] as { record: number }).record);
    assert.match(item.away ?? "", /is not there/);
    assert.ok((item.record?.fields.length ?? 0) > 0);
    assert.equal(item.customer?.row, null);
  } finally {
    await other.close();
    renameSync(`${made.customers}.away`, made.customers);
  }
});

test("decide() tells the count at once, to other reviewers too, and undo() takes it back", async () => {
  const other = await ReviewJob.open(made.out);
  const { rows } = await job.queue({ state: "open", offset: 0, limit: 2 });
  const [one, two] = rows as [(typeof rows)[0], (typeof rows)[0]];
  const start = (await job.summary()).now;
  const same = await job.decide({ ...said(one), verdict: "same" });
  assert.deepEqual(same.now, add(start, one.effect.same));
  const another = await other.decide({ ...said(two), verdict: "another", by: "taro" });
  assert.deepEqual((await job.summary()).now, another.now);
  assert.equal((await job.queue({ state: "decided", offset: 0, limit: 9 })).total, 2);
  await assert.rejects(job.undo(null, "nobody"), { code: "not-found" });
  await other.undo(null, "taro");
  assert.deepEqual((await job.undo(null, "hanako")).now, start);
  await other.close();
});

const said = (row: { record: number; customer: string }) =>
  ({ record: row.record, customer: row.customer, in: "queue", by: "hanako" }) as const;
const add = (one: { fewest: number; most: number }, other: { fewest: number; most: number }) => ({
  fewest: one.fewest + other.fewest,
  most: one.most + other.most,
});

test("decide() refuses a record, and a customer, that are not of this job", async () => {
  const { rows } = await job.queue({ state: "open", offset: 0, limit: 1 });
  const row = rows[0] as (typeof rows)[0];
  const verdict = "same" as const;
  await assert.rejects(job.decide({ ...said(row), verdict, record: 10 ** 12 }), { code: "not-found" });
  await assert.rejects(job.decide({ ...said(row), verdict, customer: "X9" }), { code: "not-found" });
  await assert.rejects(job.decide({ ...said(row), verdict, customer: null }), { code: "usage" });
});

test("applyReview() puts decisions into links, persons and counts; an undo takes them out", async () => {
  const counts = (): unknown => JSON.parse(readFileSync(join(made.out, "counts.json"), "utf8"));
  const before = counts() as { persons: unknown; links: unknown; byItem: unknown };
  const { rows } = await job.queue({ state: "open", offset: 0, limit: 9 });
  const verdicts = ["same", "another", "unclear"] as const;
  for (const [at, row] of rows.entries())
    await job.decide({ ...said(row), verdict: verdicts[at % 3] as "same" });
  const certain = await rowsOf<{ record_id: number; customer_id: string }>(
    (file) => `SELECT record_id, customer_id FROM ${file("links.parquet")} WHERE state = 'certain' LIMIT 1`,
  );
  const wrong = certain[0] as { record_id: number; customer_id: string };
  await job.decide({
    record: wrong.record_id,
    customer: wrong.customer_id,
    verdict: "another",
    in: "precision",
    by: "taro",
  });
  const applied = await applyReview(job);
  assert.deepEqual(
    [applied.review.confirmed, applied.review.removed, applied.review.unclear, applied.review.added],
    [3, 4, 3, 0],
  );
  const report = readFileSync(join(made.out, "report.html"), "utf8");
  assert.ok(report.includes("10 decisions of reviewers (3 confirmed, 4 removed, 0 added, 3 unclear)"));
  assert.ok(report.includes(`${applied.persons.fewest} – ${applied.persons.most}`));
  const { now } = await job.summary();
  assert.deepEqual({ fewest: applied.persons.fewest, most: applied.persons.most }, now);
  const states = await rowsOf<{ state: string; review: string | null; n: number }>(
    (file) => `SELECT state, review, count(*) AS n FROM ${file("links.parquet")} GROUP BY ALL ORDER BY ALL`,
  );
  const { certain: sure, review } = made.result.links;
  assert.deepEqual(states, [
    { state: "certain", review: "same", n: 3 },
    { state: "certain", review: null, n: sure - 1 },
    { state: "removed", review: "another", n: 4 },
    { state: "review", review: "unclear", n: 3 },
    { state: "review", review: null, n: review - 9 },
  ]);
  const [persons] = await rowsOf<{ n: number }>(
    (file) => `SELECT count(*) AS n FROM ${file("persons.parquet")}`,
  );
  assert.equal(persons?.n, now.most);
  for (const { id } of job.log.standing()) await job.undo(id, "hanako");
  const again = await applyReview(job);
  assert.deepEqual([again.persons, again.links, again.byItem], [before.persons, before.links, before.byItem]);
});

test("drawSample() draws the same again from its seed; estimate() counts what was judged", async () => {
  const drawn = await drawSample(job, "precision", { size: 40, by: "hanako", seed: "20160614aabbccdd" });
  await assert.rejects(drawSample(job, "precision", { size: 40, by: "hanako" }), { code: "conflict" });
  await assert.rejects(drawSample(job, "precision", { size: 3, by: "hanako", again: true }), {
    code: "usage",
  });
  assert.deepEqual(await readSample(job, "precision"), drawn);
  const again = await drawSample(job, "precision", {
    size: 40,
    by: "taro",
    seed: "20160614aabbccdd",
    again: true,
  });
  assert.deepEqual(again.strata, drawn.strata);
  const sizes = drawn.strata.reduce((sum, { size }) => sum + size, 0);
  assert.equal(sizes, made.result.links.certain);
  const records = drawn.strata.flatMap(({ records }) => records);
  assert.equal(new Set(records).size, records.length);
  assert.equal((await estimate(job, "precision"))?.share, null);
  for (const [at, record] of records.entries()) {
    const customer = (await job.item(record, { along: records })).customer?.id ?? null;
    const verdict = at === 0 ? "another" : at === 1 ? "unclear" : "same";
    await job.decide({ record, customer, verdict, in: "precision", by: "hanako" });
  }
  const told = await estimate(job, "precision");
  assert.deepEqual([told?.looked, told?.mistakes, told?.unclear], [records.length - 1, 1, 1]);
  const { low = 1, high = 0 } = told?.interval ?? {};
  assert.ok(low < (told?.share ?? 0) && (told?.share ?? 0) < high);
  assert.match(told?.sentence.en ?? "", /^Of \d+ certain links checked at random, 1 were wrong; 1 more/);
  for (const { id } of job.log.standing()) await job.undo(id, "hanako");
});

test("findCandidates() offers who comes nearest; a customer taken is a link, and was a miss", async () => {
  const drawn = await drawSample(job, "recall", { size: 10, by: "hanako" });
  const records = drawn.strata.flatMap(({ records }) => records);
  assert.ok(records.length >= 10);
  // Of a record whose link was taken away, the customer who was linked comes first.
  const { rows } = await job.queue({ state: "open", offset: 0, limit: 1 });
  const { record, customer } = rows[0] as (typeof rows)[0];
  assert.ok((await findCandidates(job, record)).includes(customer));
  const chosen = "C00599";
  const { now } = await job.decide({
    record: records[0] as number,
    customer: chosen,
    verdict: "same",
    in: "recall",
    by: "hanako",
  });
  for (const one of records.slice(1))
    await job.decide({ record: one, customer: null, verdict: "another", in: "recall", by: "hanako" });
  const told = await estimate(job, "recall");
  assert.deepEqual([told?.looked, told?.mistakes], [records.length, 1]);
  assert.ok((told?.share ?? 1) < 1);
  const applied = await applyReview(job);
  assert.equal(applied.review.added, 1);
  assert.deepEqual({ fewest: applied.persons.fewest, most: applied.persons.most }, now);
  const links = await rowsOf<{ customer_id: string; state: string; explanation: string }>(
    (file) =>
      `SELECT customer_id, state, explanation FROM ${file("links.parquet")} WHERE record_id = ${records[0]}`,
  );
  assert.deepEqual(links, [{ customer_id: chosen, state: "certain", explanation: "linked by a reviewer" }]);
});

test("sekisho scope review lists, shows, decides and applies in a terminal", () => {
  const run = (...words: string[]): string =>
    execFileSync("bin/sekisho", ["scope", "review", made.out, ...words], { encoding: "utf8" });
  const { rows } = JSON.parse(run("list", "--limit", "1", "--json")) as { rows: { record: number }[] };
  const record = String(rows[0]?.record);
  assert.match(run("list"), /links wait; 0 same, 0 another, 0 unclear\n/);
  assert.match(run("show", record), /\n {2}[=≈~≠ ] name {13}\S/);
  assert.match(
    run("decide", record, "same", "--by", "taro", "--reason", "called her"),
    /^kept as .*persons → /,
  );
  assert.match(run("list", "--state", "decided"), /\[same\]/);
  assert.match(run("apply"), /1 links confirmed, 0 removed, 1 added/);
  assert.match(run("undo", "--by", "taro"), /is open again/);
  assert.match(run("estimate"), /recall \d/);
  assert.throws(() => run("decide", record, "perhaps"), /one of same, another, unclear is needed/);
});

test("open() says what is missing where no finished job is", async () => {
  await assert.rejects(ReviewJob.open(join(folder, "nothing")), { code: "not-found" });
});
