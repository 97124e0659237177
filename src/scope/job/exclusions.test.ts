import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runScopeCommand } from "../testCommand.ts";
import { ask, TestJob } from "../testJob.ts";
import { readExclusion } from "./exclusions.ts";

test("persons of whom only excluded rows were found are counted apart and marked", async () => {
  using job = new TestJob(600);
  const leak = job.write("leak.csv", job.rows(0, 300));
  const out = join(job.folder, "out");
  const exclude = [readExclusion("partner=dTravel"), readExclusion("booked_on=2015-01-11")];
  const result = await job.run([leak], "out", { exclude });
  // Of 300 customers, each third is dTravel's, each ninth booked then; none is both.
  assert.equal(result.excluded.persons, 100 + 34);
  const rows = await ask<{ n: number; partners: string }>(
    `SELECT count(*) AS n, string_agg(DISTINCT partner, ',' ORDER BY partner) AS partners
       FROM read_parquet('${out}/persons.parquet') WHERE NOT excluded`,
  );
  assert.deepEqual(rows, [{ n: 300 - 134, partners: ",=HYPERLINK(1)" }]);
  assert.equal(result.persons.most, 300, "they are among all persons");
  const report = readFileSync(join(out, "report.html"), "utf8");
  const told = /Excluded: [^<]*/.exec(report)?.[0] ?? "";
  assert.match(told, /^Excluded: partner=dTravel, booked_on=2015-01-11\. 134 /);
});

test("sekisho scope --exclude can be said anew for a finished job", async () => {
  using job = new TestJob(300);
  const leak = job.write("leak.csv", job.rows(0, 90));
  const out = join(job.folder, "out");
  const words = [leak, "--customers", job.table, "--out", out, "--json"];
  const count = async (...more: string[]): Promise<number> => {
    const ran = await runScopeCommand(...words, ...more);
    return (JSON.parse(ran.out) as { excluded: { persons: number } }).excluded.persons;
  };
  assert.equal(await count(), 0);
  assert.equal(await count("--exclude", "partner=dTravel"), 30);
  const wrong = await runScopeCommand(...words, "--exclude", "colour=red");
  assert.deepEqual([wrong.status, wrong.out], [2, ""]);
  assert.match(wrong.err, /Cannot exclude "colour=red"\n.*write --exclude service=NAME/);
});

test("persons of excluded products only are in no notice group of the hand-over", async () => {
  using job = new TestJob(300);
  const leak = job.write("leak.csv", job.rows(1, 2));
  const out = join(job.folder, "out");
  const groups = async (store: string, ...more: string[]): Promise<number> => {
    assert.equal((await runScopeCommand(leak, "--customers", job.table, "--out", out, ...more)).status, 0);
    const ran = await runScopeCommand("hand-over", out, "--to", join(job.folder, store), "--json");
    assert.equal(ran.status, 0, ran.err);
    return (JSON.parse(ran.out) as { entry: { data: { noticeGroups: number } } }).entry.data.noticeGroups;
  };
  assert.equal(await groups("first"), 1);
  assert.equal(await groups("second", "--exclude", "partner=dTravel"), 0);
});
