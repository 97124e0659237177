import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runScopeCommand, startScope } from "./testCommand.ts";
import { ask, TestJob } from "./testJob.ts";

const files = 24;
const rowsOfFile = 1_500;

/** The folder of a job that has not begun; its key is given, so that all jobs hash alike. */
function folderOf(job: TestJob, name: string): string {
  const out = join(job.folder, name);
  mkdirSync(join(out, "work", "read"), { recursive: true });
  writeFileSync(join(out, "work", "key"), "20160315deadbeef\n");
  return out;
}

/** Who was found in which row, and with whom together: what must not hang on any stop. */
async function listOf(out: string): Promise<unknown[]> {
  const file = (name: string): string => `read_parquet('${join(out, name)}.parquet')`;
  return [
    await ask(`SELECT count(*) AS n, bit_xor(hash(l)) AS all_of FROM ${file("links")} l`),
    await ask(`SELECT count(*) AS n, bit_xor(hash(r)) AS all_of FROM ${file("records")} r`),
    await ask(
      `SELECT count(*) AS n,
         bit_xor(hash(list_sort(customer_ids), list_sort(record_ids), items, certainty)) AS all_of
       FROM ${file("persons")}`,
    ),
  ];
}

/** Starts a job and ends it with SIGKILL as soon as `reached` says so; whether it came to that. */
async function killWhen(words: readonly string[], reached: () => boolean): Promise<boolean> {
  const child = startScope(words);
  child.stdout?.resume();
  child.stderr?.resume();
  const over = new Promise<void>((resolve) => child.once("close", () => resolve()));
  while (child.exitCode === null && !reached()) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill("SIGKILL");
  await over;
  return child.signalCode === "SIGKILL";
}

const phaseOf = (out: string): string => {
  const file = join(out, "work", "job.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { phase: string }).phase : "";
};

const finishedTasks = (out: string): Map<string, number> => {
  const folder = join(out, "work", "read");
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(names.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
};

const moments: Record<string, (out: string) => boolean> = {
  "while the index is made": (out) => existsSync(join(out, "work", "index", "fresh")),
  "after the first tasks are read": (out) => finishedTasks(out).size >= 3,
  "when matching begins": (out) => phaseOf(out) === "match",
  "when persons are put together": (out) => phaseOf(out) === "persons",
  "while the lists are written": (out) => existsSync(join(out, "links.parquet.part")),
};

test("sekisho scope killed at any moment goes on, and gives the same list", async (t) => {
  using job = new TestJob(12_000);
  for (let at = 0; at < files; at += 1)
    job.write(`leak/${String(at).padStart(2, "0")}.csv`, job.rows(at * 400, at * 400 + rowsOfFile));
  const wordsOf = (out: string): string[] => {
    const where = [join(job.folder, "leak"), "--customers", job.table, "--out", out];
    return [...where, "--at", "2016-06-14", "--threads", "1"];
  };
  const whole = folderOf(job, "whole");
  assert.equal((await runScopeCommand(...wordsOf(whole))).status, 0);
  const expected = await listOf(whole);
  for (const [name, reached] of Object.entries(moments)) {
    await t.test(name, async () => {
      const out = folderOf(job, name.replaceAll(" ", "-"));
      assert.ok(await killWhen(wordsOf(out), () => reached(out)), "the job was over before the moment came");
      assert.ok(!existsSync(join(out, "counts.json")), "no counts before the end");
      const done = finishedTasks(out);
      const again = await runScopeCommand(...wordsOf(out));
      assert.equal(again.status, 0, again.err);
      assert.deepEqual(await listOf(out), expected);
      const after = finishedTasks(out);
      assert.equal(after.size, files);
      for (const [file, time] of done) assert.equal(after.get(file), time, `${file} was read again`);
      assert.ok(!existsSync(join(out, "work", "read", "records.parquet")), "records lie there twice");
    });
  }
});

test("sekisho scope on a finished job says the same again, and reads nothing anew", async () => {
  using job = new TestJob(500);
  const leak = job.write("leak.csv", job.rows(0, 300));
  const out = join(job.folder, "out");
  const words = [leak, "--customers", job.table, "--out", out, "--json", "--at", "2016-06-14"];
  const first = await runScopeCommand(...words);
  const done = finishedTasks(out);
  const second = await runScopeCommand(...words);
  const { seconds: _, ...one } = JSON.parse(first.out) as Record<string, unknown>;
  const { seconds: __, ...other } = JSON.parse(second.out) as Record<string, unknown>;
  assert.deepEqual(other, one);
  assert.deepEqual(finishedTasks(out), done);
});
