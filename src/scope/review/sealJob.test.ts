import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makePerson, seededRandom } from "../../personal/generatePersons.ts";
import { applyReview } from "./applyReview.ts";
import { ReviewJob } from "./reviewJob.ts";
import { drawSample, estimate } from "./sampling.ts";
import { listFiles, sealJob } from "./sealJob.ts";
import { makeTestJob, type TestJob } from "./testJob.ts";

const skip = existsSync("/dev/shm") ? false : "no tmpfs at /dev/shm here";
const folder = mkdtempSync(join(tmpdir(), "sekisho-seal-"));
const key = join(folder, "key");
let made: TestJob;
let open: { fewest: number; most: number };
before(async () => {
  made = await makeTestJob(folder);
  const job = await ReviewJob.open(made.out);
  const { rows } = await job.queue({ state: "open", offset: 0, limit: 1 });
  const { record, customer } = rows[0] as (typeof rows)[0];
  await job.decide({ record, customer, verdict: "same", in: "queue", by: "hanako", reason: "電話で確認" });
  open = (await job.summary()).now;
  await job.close();
});
after(() => rmSync(folder, { recursive: true, force: true }));

const inMemory = (): string[] => readdirSync("/dev/shm").filter((name) => name.startsWith("sekisho-scope-"));

test("sealJob() refuses a key in the folder that it seals", { skip }, async () => {
  await assert.rejects(sealJob(made.out, join(made.out, "key")), { code: "usage" });
});

test("sealJob() leaves nothing of a person in the folder", { skip }, async () => {
  const { files } = await sealJob(made.out, key);
  assert.ok(files >= 10);
  assert.equal(statSync(key).mode & 0o777, 0o600);
  const random = seededRandom(2016);
  const persons = Array.from({ length: 60 }, () => makePerson(random));
  const words = persons.flatMap(({ email, phone, surname, givenName }) => [
    email,
    phone,
    surname + givenName,
  ]);
  for (const name of listFiles(made.out)) {
    const bytes = readFileSync(join(made.out, name));
    // Parquet packs its values: its own name must not stand there either.
    assert.notEqual(bytes.subarray(0, 4).toString("latin1"), "PAR1", name);
    for (const word of [...words, "電話で確認", "C00007"]) assert.ok(!bytes.includes(word), name);
  }
  assert.ok(!existsSync(join(made.out, "work")));
});

test("a sealed job opens with its key only", { skip }, async () => {
  await assert.rejects(ReviewJob.open(made.out), { code: "key-missing" });
  await assert.rejects(ReviewJob.open(made.out, { key: join(folder, "none") }), { code: "key-missing" });
  const wrong = join(folder, "wrong");
  writeFileSync(wrong, `${Buffer.alloc(32, 7).toString("base64")}\n`);
  await assert.rejects(ReviewJob.open(made.out, { key: wrong }), { code: "key-missing" });
});

test(
  "a sealed job is reviewed, sampled and applied, and nothing is left in memory or in clear",
  { skip },
  async () => {
    const others = inMemory();
    const job = await ReviewJob.open(made.out, { key });
    const summary = await job.summary();
    assert.deepEqual([summary.now, summary.decided.same, summary.broken], [open, 1, 0]);
    const { rows } = await job.queue({ state: "open", offset: 0, limit: 1 });
    const { record, customer } = rows[0] as (typeof rows)[0];
    const item = await job.item(record);
    assert.ok((item.record?.fields.length ?? 0) > 0 && item.customer?.row !== null);
    await job.decide({ record, customer, verdict: "another", in: "queue", by: "taro", reason: "双子" });
    await drawSample(job, "precision", { size: 20, by: "taro" });
    assert.equal((await estimate(job, "precision"))?.looked, 0);
    const applied = await applyReview(job);
    assert.deepEqual([applied.review.confirmed, applied.review.removed], [1, 1]);
    await job.close();
    assert.deepEqual(inMemory(), others);
    for (const name of listFiles(made.out)) {
      const bytes = readFileSync(join(made.out, name));
      assert.notEqual(bytes.subarray(0, 4).toString("latin1"), "PAR1", name);
      assert.ok(!bytes.includes("双子"), name);
    }
    const again = await ReviewJob.open(made.out, { key });
    assert.equal((await again.summary()).decided.another, 1);
    const counts = JSON.parse(readFileSync(await again.files.path("counts.json"), "utf8"));
    assert.deepEqual(counts.review.confirmed, 1);
    await again.close();
  },
);

test("sealJob() goes on where it was stopped, and does no harm when run again", { skip }, async () => {
  writeFileSync(join(made.out, "left.parquet"), "PAR1 left by a stop");
  await sealJob(made.out, key);
  assert.ok(!existsSync(join(made.out, "left.parquet")));
  const job = await ReviewJob.open(made.out, { key });
  assert.equal((await job.summary()).decided.same, 1);
  await job.close();
});
