import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../cli.ts", import.meta.url));

function law(...argv: string[]): { status: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", cli, "law", ...argv], {
    encoding: "utf8",
  });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

test("sekisho law clocks gives both deadlines of 2016 until somebody has settled the day", () => {
  const { status, out } = law(
    "clocks",
    "--law",
    "jp-appi",
    "--json",
    "improper-purpose=true",
    "high-grade-encryption=no",
    "we-process-for-others=false",
    "knew=2016-04-01",
    "knew=2016-05-13",
    "persons=6,788,334",
  );
  assert.equal(status, 0);
  const clocks = JSON.parse(out) as { duty: string; lastDay: string | null; answer: string }[];
  assert.deepEqual(
    clocks.filter(({ lastDay }) => lastDay !== null).map(({ duty, lastDay }) => `${duty} ${lastDay}`),
    [
      "preliminary 2016-04-05",
      "preliminary 2016-05-17",
      "final-improper-purpose 2016-05-30",
      "final-improper-purpose 2016-07-11",
    ],
  );
});

test("sekisho law clocks says in the reader's language what is due, what may be, and what is open", () => {
  const { status, out } = law(
    "clocks",
    "knew=2026-06-01",
    "persons<=5000",
    "--lang",
    "ja",
    "--law",
    "jp-appi",
  );
  assert.equal(status, 0);
  assert.match(out, /2026-06-05 {2}義務の可能性 {2}速報/);
  assert.match(out, /未判明の事実: .*鍵も漏れていないか/);
});

test("sekisho law list and facts name every law and fact, and the day of check", () => {
  assert.match(law("list", "--lang", "en").out, /eu-gdpr {2}EU: GDPR.* checked 2026-10-09/);
  assert.match(law("facts", "--lang", "en").out, /^knew {2}moment {2}When any department knew/m);
});

const wrong: readonly [argv: string[], says: RegExp][] = [
  [["clocks", "weather=good"], /Cannot read "weather=good": FACT=VALUE of a known fact/],
  [["clocks", "persons=many"], /a whole number of persons is needed/],
  [["clocks", "knew=2016-02-30"], /a day \(2016-04-01\)/],
  [["clocks", "knew=2016-04-01", "--law", "none"], /Cannot count by "none"/],
  [["burn"], /there is no such command/],
];
for (const [argv, says] of wrong) {
  test(`sekisho law ${argv.join(" ")} says what is wrong`, () => {
    const { status, err } = law(...argv);
    assert.equal(status, 2);
    assert.match(err, says);
  });
}
