import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openDuck, quoteSql, type Duck } from "../lib/openDuck.ts";
import { runScopeCommand } from "./testCommand.ts";
import { TestJob } from "./testJob.ts";

const job = new TestJob(200);
let duck: Duck;
before(async () => (duck = await openDuck()));
after(async () => {
  await duck.close();
  job[Symbol.dispose]();
});

test("sekisho scope keys writes records and customers that join by equal keys", async () => {
  const [out, index] = [join(job.folder, "out"), join(job.folder, "index")];
  const leak = job.write("leak.csv", job.rows(0, 50));
  const words = [leak, "--customers", job.table, "--index", index, "--out", out];
  assert.equal((await runScopeCommand(...words)).status, 0);
  const files = [out, index].map((folder, at) => ({ folder, file: join(job.folder, `keys${at}.parquet`) }));
  for (const { folder, file } of files) {
    const ran = await runScopeCommand("keys", folder, "--out", file);
    assert.equal(ran.status, 0, ran.err);
  }
  const [ours, theirs] = files.map(({ file }) => `read_parquet(${quoteSql(file)})`);
  const found = await duck.rows(
    `SELECT (SELECT count(*)::INTEGER FROM ${ours}) AS records,
       (SELECT count(*)::INTEGER FROM ${theirs}) AS customers, count(DISTINCT r.row)::INTEGER AS joined
     FROM ${ours} r JOIN ${theirs} c ON r.email = c.email AND r.email <> 0`,
  );
  assert.deepEqual(found, [{ records: 50, customers: 200, joined: 50 }]);
});

test("sekisho scope keys says what is missing, and overwrites nothing", async () => {
  const file = job.write("there.parquet", "");
  const there = await runScopeCommand("keys", job.folder, "--out", file);
  assert.match(there.err, /Cannot write keys to .*there\.parquet: it is there already/);
  const none = await runScopeCommand("keys", job.folder, "--out", join(job.folder, "none.parquet"));
  assert.match(none.err, /Cannot find the records of a job in /);
  assert.deepEqual([there.status, none.status], [1, 1]);
  assert.equal((await runScopeCommand("keys", job.folder)).status, 2);
});
