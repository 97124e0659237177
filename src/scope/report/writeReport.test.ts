import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TestJob } from "../testJob.ts";
import { writeReport } from "./writeReport.ts";

test("writeReport() tells the counts in two languages and nothing of any person", async () => {
  using job = new TestJob(600);
  const leak = job.write("<img src=x onerror=alert(1)>.csv", job.rows(100, 400));
  const result = await job.run([leak]);
  const file = join(job.folder, "out", "report.html");
  const text = readFileSync(file, "utf8");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const persons = /<p class="range">([^<]*)/.exec(text)?.[1] ?? "";
  assert.ok(persons.includes(String(result.persons.most)), persons);
  for (const word of ["含まれていた項目", "Items that were in it", "What was searched", "調べたもの"])
    assert.ok(text.includes(word), word);
  const sha256 = createHash("sha256").update(job.rows(100, 400)).digest("hex");
  assert.ok(text.includes(sha256));
  assert.ok(!text.includes("<img"), "the name of an input is text");
  assert.match(text, /same e-mail, telephone, name, birth date and address/);
  for (const { email, phone, name, address, birthDate } of job.customers.slice(100, 400))
    for (const value of [email, phone, name, address, birthDate]) assert.ok(!text.includes(value), value);
});

test("writeReport() makes a page that asks for nothing from elsewhere and runs nothing", async () => {
  using job = new TestJob(300);
  await job.run([job.write("leak.csv", job.rows(0, 200))]);
  const text = readFileSync(join(job.folder, "out", "report.html"), "utf8");
  assert.doesNotMatch(text, /<script|<link|<img|<iframe|src=|url\(|https?:|style="/);
  const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  assert.ok(text.includes(`content="default-src 'none'; style-src 'sha256-${hash}'`));
});

test("writeReport() leaves out how sure the links are, when the lists are gone", async () => {
  using job = new TestJob(300);
  const result = await job.run([job.write("leak.csv", job.rows(0, 200))]);
  const out = join(job.folder, "out");
  for (const name of ["links", "persons", "records"]) rmSync(join(out, `${name}.parquet`));
  await writeReport(out, result);
  const text = readFileSync(join(out, "report.html"), "utf8");
  assert.ok(text.includes("Items that were in it"));
  assert.ok(!text.includes("How sure it is"));
});

test("counts.csv holds the same numbers, and no cell that a spreadsheet would run", async () => {
  using job = new TestJob(300);
  const result = await job.run([job.write("leak.csv", job.rows(0, 200))]);
  const lines = readFileSync(join(job.folder, "out", "counts.csv"), "utf8").split("\r\n");
  assert.equal(lines[0], "\ufeffsection,name,records,persons");
  assert.ok(lines.includes(`persons,most,,${result.persons.most}`));
  assert.ok(
    lines.includes(`item,email,${result.byItem["email"]?.records},${result.byItem["email"]?.persons}`),
  );
  const formula = lines.filter((line) => line.includes("HYPERLINK"));
  assert.deepEqual(formula, [`partner,'=HYPERLINK(1),,${result.by["partner"]?.["=HYPERLINK(1)"]}`]);
});
