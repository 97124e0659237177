import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { encodeJapanese } from "../../mail/fixtures/encodeJapanese.ts";
import { makePerson, seededRandom } from "../../../personal/generatePersons.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-sweep-"));
const random = seededRandom(2016);
const people = Array.from({ length: 50 }, () => makePerson(random));
const csv = people.map((p) => [p.name, p.email, p.phone].join(",")).join("\n");

before(() => {
  mkdirSync(join(folder, "srv", "deep"), { recursive: true });
  writeFileSync(join(folder, "srv", "out"), encodeJapanese(csv, "shift_jis"));
  writeFileSync(join(folder, "srv", "deep", "list"), people.map((p) => p.email).join("\n"));
  writeFileSync(join(folder, "srv", "few.csv"), csv.split("\n").slice(0, 5).join("\n"));
  writeFileSync(join(folder, "srv", "readme\u202etxt.csv"), "nothing here");
  writeFileSync(join(folder, "elsewhere"), csv);
  symlinkSync(join(folder, "elsewhere"), join(folder, "srv", "link"));
  symlinkSync(folder, join(folder, "srv", "up"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function scan(...argv: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const module = new URL("./scanCommand.ts", import.meta.url).href;
  const script = `const { scanCommand } = await import(${JSON.stringify(module)});
    process.exitCode = await scanCommand(process.argv.slice(1)).catch((error) => {
      process.stderr.write(error.message + " | " + error.hint);
      return 2;
    });`;
  const parameters = [
    "--disable-warning=ExperimentalWarning",
    "--input-type=module",
    "-e",
    script,
    "--",
    ...argv,
  ];
  return promisify(execFile)(process.execPath, parameters).then(
    (done) => ({ ...done, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
}

test("sekisho records scan tells which files hold records, and never what stands in them", async () => {
  const { stdout, code } = await scan("--lang", "en", join(folder, "srv"));
  assert.equal(code, 0);
  const lines = stdout.replaceAll(folder, "").split("\n");
  assert.deepEqual(lines, [
    "/srv/out  50 records, csv shift_jis: name 50, email 50, phone 50",
    "/srv/deep/list  50 single items, text utf-8: email 50",
    `4 files (${lines[2]?.match(/\((.*) MB\)/)?.[1]} MB); 2 hold 50 records and 50 single items`,
    "  name           50",
    "  email          100",
    "  phone          50",
    "",
  ]);
  for (const { name, email } of people) assert.ok(!stdout.includes(name) && !stdout.includes(email));
});

test("sekisho records scan --json gives one object a line, with the hash if asked", async () => {
  const { stdout } = await scan(
    "--json",
    "--hash",
    "--min",
    "5",
    join(folder, "srv"),
    join(folder, "elsewhere"),
  );
  const objects = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    objects.slice(0, -1).map(({ records, items }) => [records, items]),
    [
      [5, 0],
      [50, 0],
      [0, 50],
      [50, 0],
    ],
  );
  assert.match(String(objects[0]?.["sha256"]), /^[0-9a-f]{64}$/);
  assert.equal((objects.at(-1)?.["summary"] as { files: number }).files, 5);
});

test("sekisho records scan says what it could not read", async () => {
  const absent = await scan("--lang", "en", join(folder, "absent"));
  assert.equal(absent.code, 1);
  assert.match(absent.stdout, /not read .*absent: ENOENT/);
  assert.match((await scan()).stderr, /^Cannot scan nothing/);
  assert.match((await scan("--min", "some", "/")).stderr, /whole number from 1/);
  assert.match((await scan("--help")).stdout, /^sekisho records scan/);
});
