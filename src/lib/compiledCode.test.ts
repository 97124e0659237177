import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "sekisho-compiled-"));
after(() => rmSync(folder, { recursive: true }));

const cli = join(import.meta.dirname, "..", "cli.ts");

/** Prints the help of a command in an environment of its own. */
function help(environment: Record<string, string>): string {
  const { PATH = "" } = process.env;
  const argv = ["--disable-warning=ExperimentalWarning", cli, "law", "--help"];
  return execFileSync(process.execPath, argv, { env: { PATH, ...environment }, encoding: "utf8" });
}

test("compiled code is kept where only the user writes, and used again", () => {
  const first = help({ XDG_CACHE_HOME: folder });
  const kept = join(folder, "sekisho", "compiled");
  const files = readdirSync(kept, { recursive: true });
  assert.ok(files.length > 3, files.join(" "));
  assert.equal(statSync(kept).mode & 0o022, 0);
  assert.equal(help({ XDG_CACHE_HOME: folder }), first);
});

test("without a folder for it, a command does the same", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const expected = help({ NODE_DISABLE_COMPILE_CACHE: "1", XDG_CACHE_HOME: join(folder, "none") });
  assert.equal(help({ XDG_CACHE_HOME: file }), expected);
  assert.equal(existsSync(join(folder, "none")), false);
  // Nobody's home.
  assert.equal(help({}), expected);
  assert.match(expected, /law/);
});
