import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runScopeCommand } from "./testCommand.ts";
import { TestJob } from "./testJob.ts";

test("sekisho scope index makes, keeps and refreshes an index that scope then uses", async () => {
  using job = new TestJob(400);
  const index = join(job.folder, "index");
  const words = ["index", "--customers", job.table, "--index", index];
  const before = await runScopeCommand(...words, "--check");
  assert.deepEqual([before.status, before.out], [1, "not current: there is none yet\n"]);
  assert.match((await runScopeCommand(...words)).out, /^made, as there is none yet: .* 400 rows$/m);
  assert.equal(statSync(`${index}.key`).mode & 0o777, 0o600);
  const made = readFileSync(join(index, "now", "index.json"), "utf8");
  assert.match((await runScopeCommand(...words)).out, /^current: .* 400 rows$/m);
  const leak = job.write("leak.csv", job.rows(0, 50));
  const out = join(job.folder, "out");
  const ran = await runScopeCommand(leak, "--customers", job.table, "--index", index, "--out", out);
  assert.equal(ran.status, 0, ran.err);
  assert.equal(readFileSync(join(index, "now", "index.json"), "utf8"), made, "it was used as it was");
  assert.ok(!existsSync(join(out, "work", "index")));
  appendFileSync(job.table, "C999999,新規 登録,シンキ トウロク,,,,,,,,,,,\n");
  const stale = await runScopeCommand(...words, "--check");
  assert.deepEqual([stale.status, stale.out], [1, "not current: the customer table has changed since\n"]);
  assert.match(
    (await runScopeCommand(...words)).out,
    /^made, as the customer table has changed since: .* 401 rows$/m,
  );
});

test("the index holds no name, address, number or mail of any customer", async () => {
  using job = new TestJob(400);
  const index = join(job.folder, "index");
  await runScopeCommand("index", "--customers", job.table, "--index", index);
  const keys = await runScopeCommand("keys", index, "--out", join(index, "now", "keys.parquet"));
  assert.match(keys.out, /^written: .*keys\.parquet, 400 rows$/m);
  const files = ["attributes.parquet", "edges.bin", "index.json", "keys.parquet", "000000.signatures"];
  for (const file of files) {
    const bytes = readFileSync(join(index, "now", file));
    for (const { name, email, phone, address } of job.customers)
      for (const value of [name, email, phone, address])
        assert.ok(!bytes.includes(value), `${file}: ${value}`);
  }
});
