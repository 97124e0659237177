import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { ScopeInput } from "../read/record.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";
import { ThreadPool } from "./threadPool.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-pool-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const data = { key: { k0: 1, k1: 2 }, today: "2016-06-14" };

function input(name: string, content: string): ScopeInput {
  const file = join(folder, name);
  if (content !== "") writeFileSync(file, content);
  return { id: 0, source: name, file, bytes: content.length, how: "text" };
}

test("ThreadPool hashes inputs in their order, while other work goes first", async () => {
  await using pool = new ThreadPool(1, data);
  const contents = ["one", "two", "three", "four"];
  const over: string[] = [];
  const hashing = pool.hash(contents.map((content, at) => input(`${at}.csv`, content)));
  const groupOf = new Int32Array(sharedBytes(16));
  groupOf.set([2, 0, 1, 2]);
  const grouping = pool.write([{ do: "write", what: "groups", groupOf, count: 2 }]);
  const notes = [hashing.then(() => over.push("hashes")), grouping.then(() => over.push("groups"))];
  await Promise.all(notes);
  assert.deepEqual(over, ["groups", "hashes"]);
  assert.deepEqual(
    await hashing,
    contents.map((content) => createHash("sha256").update(content).digest("hex")),
  );
  const [answer] = await grouping;
  assert.ok(answer?.what === "groups");
  assert.deepEqual([...answer.grouped.starts], [0, 0, 1, 3]);
  assert.deepEqual([...answer.grouped.members], [2, 0, 3]);
});

test("ThreadPool names what it cannot read, and goes on with other tasks", async () => {
  await using pool = new ThreadPool(1, data);
  const inputs = [input("there.csv", "x"), input("gone.csv", ""), input("behind.csv", "y")];
  await assert.rejects(pool.hash(inputs), { code: "input-unreadable", message: /^Cannot read gone\.csv: / });
  assert.equal((await pool.hash([inputs[0] as ScopeInput])).length, 1);
  assert.deepEqual(await pool.write([]), []);
});
