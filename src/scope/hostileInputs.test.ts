import assert from "node:assert/strict";
import { mkdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ScopeResult } from "./job/runScope.ts";
import { zipOf } from "./read/testSheets.ts";
import { noise } from "./read/testText.ts";
import { runScopeCommand } from "./testCommand.ts";
import { TestJob } from "./testJob.ts";

const memoryBytesMax = 2 * 1024 ** 3;

function encrypted(archive: Buffer): Buffer {
  const at = [archive.indexOf("PK\u0003\u0004", 0, "latin1"), archive.indexOf("PK\u0001\u0002", 0, "latin1")];
  archive[(at[0] as number) + 6] = 1;
  archive[(at[1] as number) + 8] = 1;
  return archive;
}

/** One row of so many cells. */
function wideWorkbook(columns: number): Buffer {
  const cells = Array.from({ length: columns }, () => `<c t="inlineStr"><is><t>a@example.jp</t></is></c>`);
  const row = `<row r="1">${cells.join("")}</row>`;
  const target = `<Relationship Id="rId1" Target="worksheets/sheet1.xml"/>`;
  return zipOf({
    "[Content_Types].xml": "<Types/>",
    "xl/workbook.xml": `<workbook><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships>${target}</Relationships>`,
    "xl/worksheets/sheet1.xml": `<worksheet><sheetData>${row}</sheetData></worksheet>`,
  });
}

function writeHostile(job: TestJob): void {
  job.write("leak/good.csv", job.rows(0, 300));
  job.write("leak/bomb.zip", zipOf({ "zeros.csv": Buffer.alloc(300 * 1024 ** 2, "a,") }));
  job.write("leak/locked.zip", encrypted(zipOf({ "customers.csv": job.rows(0, 10) })));
  job.write("leak/wide.xlsx", wideWorkbook(1_000_000));
  job.write("leak/random.dd", noise(16 * 1024 ** 2, 3));
  job.write("leak/line.csv", Buffer.alloc(64 * 1024 ** 2, "山田太郎,"));
  truncateSync(job.write("leak/sparse.txt", `${"a".repeat(70_000)},taro@example.jp`), 2 * 1024 ** 3);
  job.write("leak/cut.xlsx", wideWorkbook(10).subarray(0, 500));
  job.write("leak/empty.csv", "");
}

test("sekisho scope names what is hostile, holds no more memory for it, and does the rest", async () => {
  using job = new TestJob(600);
  writeHostile(job);
  const out = join(job.folder, "out");
  const words = [join(job.folder, "leak"), "--customers", job.table, "--out", out, "--json"];
  const ran = await runScopeCommand(...words);
  assert.equal(ran.status, 1, ran.err);
  const result = JSON.parse(ran.out) as ScopeResult;
  const codes = (name: string): string[] =>
    result.problems.filter(({ source }) => source.endsWith(name)).map(({ code }) => code);
  assert.ok(codes("bomb.zip").includes("too-large"), JSON.stringify(result.problems));
  assert.deepEqual(codes("locked.zip"), ["encrypted"]);
  assert.ok(codes("wide.xlsx").includes("too-many"), JSON.stringify(result.problems));
  assert.ok(codes("line.csv").includes("line-too-long"), JSON.stringify(result.problems));
  assert.ok(codes("cut.xlsx").length > 0, JSON.stringify(result.problems));
  assert.deepEqual([codes("good.csv"), codes("random.dd")], [[], []]);
  assert.ok(result.persons.matched >= 300 && result.links.certain >= 300, ran.out);
  assert.ok(ran.bytesMax < memoryBytesMax, `${ran.bytesMax} bytes of memory`);
});

test("sekisho scope says what is wrong with an order it cannot carry out", async (t) => {
  using job = new TestJob(300);
  const leak = job.write("leak.csv", job.rows(0, 100));
  const out = join(job.folder, "out");
  const say = async (...words: string[]): Promise<{ status: number | null; err: string }> => {
    const { status, err } = await runScopeCommand(...words, "--out", out);
    return { status, err };
  };
  const orders: [string, string[], number, RegExp][] = [
    ["no customers", [leak, "--customers", job.write("empty.csv", "")], 2, /Cannot /],
    ["a picture for customers", [leak, "--customers", job.write("c.csv", noise(9_000, 5))], 2, /Cannot /],
    [
      "a table of something else",
      [leak, "--customers", job.write("p.csv", "plan,price\na,1\n")],
      2,
      /Cannot /,
    ],
    ["customers that are not there", [leak, "--customers", join(job.folder, "none.csv")], 1, /Cannot find/],
    ["an input that is not there", [join(job.folder, "none"), "--customers", job.table], 1, /Cannot read/],
  ];
  for (const [name, words, status, message] of orders) {
    await t.test(name, async () => {
      const said = await say(...words, "--again");
      assert.match(said.err, message);
      assert.doesNotMatch(said.err, /at .*\.ts:\d+/, "no stack");
      assert.equal(said.status, status, said.err);
    });
  }
  await t.test("an empty folder", async () => {
    mkdirSync(join(job.folder, "nothing"));
    const said = await say(join(job.folder, "nothing"), "--customers", job.table, "--again");
    assert.match(said.err, /Cannot find anything to read/);
    assert.equal(said.status, 1);
  });
  await t.test("another job's folder", async () => {
    assert.equal((await say(leak, "--customers", job.table, "--again")).status, 0);
    const other = job.write("other.csv", job.rows(100, 200));
    const said = await say(other, "--customers", job.table);
    assert.match(said.err, /holds another job/);
    assert.equal(said.status, 1);
  });
});
