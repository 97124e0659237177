import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

/** A breach that happened outside the gates, on the command line alone. */
describe("sekisho incident", () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-by-hand-"));
  const config = join(folder, "sekisho.yaml");
  writeFileSync(config, "organisation: By hand\n");
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(...words: string[]): { status: number | null; out: string; problem: string } {
    const done = spawnSync("bin/sekisho", ["incident", ...words, "--config", config], { encoding: "utf8" });
    return { status: done.status, out: done.stdout, problem: done.stderr };
  }

  test("an incident is opened with facts, and its clocks run", () => {
    const facts = ["knew=2016-04-01", "knew=2016-05-13", "improper-purpose=true", "persons<=7930000"];
    const known = ["high-grade-encryption=false", "we-process-for-others=false"];
    const source = ["--source", "調査会社の報告", "--as", "Hanako"];
    const { status, out, problem } = run("new", "--title", "DBサーバーのCSV", ...facts, ...known, ...source);
    assert.equal(status, 0, problem);
    for (const day of ["2016-04-05", "2016-05-17", "2016-05-30", "2016-07-11"])
      assert.match(out, new RegExp(day));
    assert.match(out, /≤ 7930000 \(administrator\/Hanako\)/);
  });

  test("what is known later is added, and stands in a report", () => {
    const event = ["--what", "CSVが作られて消された", "--happened", "2016-03-21", "--known", "2016-03-29"];
    assert.equal(run("event", "1", ...event, "--to", "調査会社").status, 0);
    assert.match(run("follow", "1", "clean-up-2016", "--lang", "ja").out, /作業6件/);
    const view = JSON.parse(run("show", "1", "--json").out) as { clocks: unknown[]; number: number };
    assert.ok(view.clocks.length > 4);
    assert.equal((JSON.parse(run("list", "--json").out) as unknown[]).length, 1);
    const report = spawnSync("bin/sekisho", [
      "report",
      "appi",
      "--incident",
      "1",
      "--lang",
      "ja",
      "--config",
      config,
    ]);
    assert.match(String(report.stdout), /CSVが作られて消された/);
  });

  const mistakes: [words: string[], problem: RegExp, status?: number][] = [
    [["new"], /--title/],
    [["new", "--title", "x", "knew=2016-04-01"], /--source/],
    [["claim", "1", "weather=fine", "--source", "x"], /weather=fine/],
    [["claim", "1", "--source", "x"], /nothing/],
    [["claim", "7", "knew=2016-04-01", "--source", "x"], /incident 7/, 1],
    [["event", "1", "--what", "x"], /--happened/],
    [["event", "1", "--what", "x", "--happened", "soon", "--known", "2016-03-29", "--to", "y"], /soon/],
    [["follow", "1", "none"], /playbook none/, 1],
    [["erase"], /no such command/],
  ];
  for (const [words, problem, status = 2] of mistakes) {
    test(`"incident ${words.join(" ")}" is a mistake that says what to mend`, () => {
      const done = run(...words);
      assert.equal(done.status, status, done.out);
      assert.match(done.problem, problem);
    });
  }
});
