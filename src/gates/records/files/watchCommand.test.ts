import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { makePerson, seededRandom } from "../../../personal/generatePersons.ts";

const module = new URL("./watchCommand.ts", import.meta.url).href;
const script = `const { watchCommand } = await import(${JSON.stringify(module)});
  process.exitCode = await watchCommand(process.argv.slice(1)).catch((error) => {
    process.stderr.write(error.message + " | " + error.hint);
    return 2;
  });`;
const parametersOf = (argv: string[]): string[] => [
  "--disable-warning=ExperimentalWarning",
  "--input-type=module",
  "-e",
  script,
  "--",
  ...argv,
];
const run = (...argv: string[]): Promise<{ stdout: string; stderr: string; code: number }> =>
  promisify(execFile)(process.execPath, parametersOf(argv)).then(
    (done) => ({ ...done, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );

const random = seededRandom(2016);
const csv = Array.from({ length: 100 }, () => makePerson(random))
  .map((p) => [p.name, p.email, p.phone].join(","))
  .join("\n");

test("sekisho records watch keeps a deleted file encrypted, and opens it", async (context) => {
  const root = mkdtempSync(join(tmpdir(), "sekisho-watching-"));
  const [folder, keep] = [join(root, "srv"), join(root, "keep")];
  mkdirSync(folder);
  const watching = spawn(process.execPath, parametersOf(["--folder", folder, "--keep", keep, "--json"]));
  context.after(() => {
    watching.kill();
    rmSync(root, { recursive: true, force: true });
  });
  await new Promise((resolve) => watching.stderr.once("data", resolve));
  writeFileSync(join(folder, "x"), csv);
  // Within the second; how soon it may be at the soonest is tried in watchFiles.test.ts.
  await sleep(600);
  unlinkSync(join(folder, "x"));
  let file: { occasion: string; evidence: { parts: string[] } } | undefined;
  for await (const line of createInterface({ input: watching.stdout })) {
    const read = JSON.parse(line) as { file?: typeof file };
    if (read.file === undefined) continue;
    file = read.file;
    break;
  }
  assert.equal(file?.occasion, "deleted");
  watching.kill("SIGTERM");
  const code = await new Promise((resolve) => watching.once("exit", resolve));
  assert.equal(code, 0);
  const opened = await run("--keep", keep, "--open", ...(file?.evidence.parts ?? []));
  assert.equal(opened.stdout, csv);
  // Nothing is left in clear text.
  for (const name of readdirSync(keep, { recursive: true, encoding: "utf8" })) {
    if (!/evidence\/..\/[0-9a-f]{64}$/.test(name)) continue;
    assert.ok(!readFileSync(join(keep, name)).includes(csv.slice(0, 30)));
  }
  assert.deepEqual(
    [...readdirSync(join(keep, "work", "links")), ...readdirSync(join(keep, "work", "copies"))],
    [],
  );
});

test("sekisho records watch says what is missing", async () => {
  const keep = join(tmpdir(), "sekisho-watch-none");
  assert.match((await run()).stderr, /^Cannot watch without a folder for evidence \| try: /);
  assert.match((await run("--keep", keep)).stderr, /^Cannot watch nothing/);
  assert.match((await run("--keep", keep, "--open", "abc")).stderr, /^Cannot open "abc"/);
  assert.match((await run("--keep", keep, "--folder", "/tmp", "--min", "x")).stderr, /whole number/);
  assert.match((await run("--help")).stdout, /^sekisho records watch/);
  rmSync(keep, { recursive: true, force: true });
});
