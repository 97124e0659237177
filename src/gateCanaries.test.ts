import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CanaryFinder, canaryPlaceOf, writeCanaryTokens } from "./gateCanaries.ts";
import { Keyring } from "./ledger/keyring.ts";
import { realDisk } from "./lib/disk.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-canaries-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const canary = { email: "Hanako.Sato12@travel.example", phone: "090-0123-4567", passport: "XT0123456" };

test("CanaryFinder finds a canary however she is written, and nobody else", async () => {
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  const finder = new CanaryFinder(canaryPlaceOf(folder, keyring));
  assert.deepEqual(finder.find(canary.email), [], "before any was planted");
  await writeCanaryTokens(folder, keyring, [canary]);
  const rings: [string, string[]][] = [
    ["To: <hanako.sato12@travel.example>", ["email"]],
    ["佐藤花子,090-0123-4567,東京", ["phone"]],
    ["0900123 4567 / 09001234567", ["phone"]],
    ["+81-90-0123-4567", ["phone"]],
    ["０９０−０１２３−４５６７", ["phone"]],
    ["旅券 xt0123456。", ["passport"]],
    ["hanako.sato12@travel.example 09001234567 XT0123456", ["email", "phone", "passport"]],
    ["hanako.sato1@travel.example 090-0123-4568 XT0123457 109001234567", []],
    ["佐藤 花子", []],
  ];
  for (const [text, kinds] of rings)
    assert.deepEqual(
      finder.find(text).map(({ kind }) => kind),
      kinds,
      text,
    );
  const deep = `${"1 ".repeat(700_000)}${canary.email}`;
  for (const before of [0, 5, 9, 400])
    assert.equal(finder.find(deep.slice(1_400_000 - 1_048_576 + before)).length, 1, "across two pieces");
  const tokens = readFileSync(join(folder, "canaries.tokens"), "utf8");
  for (const word of ["hanako", "travel", "4567", "XT"]) assert.equal(tokens.includes(word), false);
  const other = await Keyring.open(realDisk, join(folder, "other"));
  assert.deepEqual(new CanaryFinder(canaryPlaceOf(folder, other)).find(canary.email), []);
});

test("CanaryFinder is quick with what was made to be slow", async () => {
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  await writeCanaryTokens(folder, keyring, [canary]);
  const finder = new CanaryFinder(canaryPlaceOf(folder, keyring));
  for (const piece of ["a.", "0-", "0 (", "a@a.", "+81", "AA1234567 ", "a@"])
    assert.deepEqual(finder.find(piece.repeat(400_000)), []);
});
