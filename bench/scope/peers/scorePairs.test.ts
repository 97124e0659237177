import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDuck, quoteSql } from "../../../src/lib/openDuck.ts";
import { scorePairs } from "./scorePairs.ts";

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-pairs-"));
  const duck = await openDuck();
  for (const [name, values] of Object.entries(files))
    await duck.run(
      `COPY (SELECT * FROM (VALUES ${values})) TO ${quoteSql(join(folder, `${name}.parquet`))}
       (FORMAT parquet)`,
    );
  await duck.close();
  return folder;
}

test("scorePairs() counts pairs of two sides, and the best of each record", async (context) => {
  const folder = await folderOf({
    left: "('a', 1), ('b', 2), ('c', 9)) AS t(unique_id, truth_id",
    right: "('x', 1), ('y', 1), ('z', 2)) AS t(unique_id, truth_id",
    pairs:
      "('a', 'x', 0.99), ('a', 'z', 0.6), ('b', 'y', 0.95), ('b', 'z', 0.7)) " +
      "AS t(unique_id_l, unique_id_r, match_probability",
  });
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const { pairs, best } = await scorePairs(folder);
  const half = pairs.find(({ threshold }) => threshold === 0.5);
  assert.deepEqual([half?.right, half?.wrong, half?.expected], [2, 2, 3]);
  const first = best.find(({ threshold }) => threshold === 0.5);
  assert.deepEqual([first?.right, first?.wrong, first?.expected], [1, 1, 2]);
});

test("scorePairs() counts a pair within one side once, either way about", async (context) => {
  const folder = await folderOf({
    left: "('a', 1), ('b', 1), ('c', 1), ('d', 2)) AS t(unique_id, truth_id",
    pairs:
      "('a', 'b', 0.99), ('b', 'a', 0.98), ('d', 'c', 0.9)) " +
      "AS t(unique_id_l, unique_id_r, match_probability",
  });
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const { pairs, best } = await scorePairs(folder);
  assert.deepEqual([pairs[0]?.right, pairs[0]?.wrong, pairs[0]?.expected], [1, 1, 3]);
  assert.deepEqual(best, []);
});
