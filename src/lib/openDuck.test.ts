import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";
import { openDuck } from "./openDuck.ts";

test("rows() gives numbers for integers that fit and microseconds for times, also inside lists", async () => {
  const duck = await openDuck();
  const [row] = await duck.rows(
    `SELECT 5::BIGINT AS small, 9007199254740993::BIGINT AS large,
       make_timestamp(1458000000123456) AS seen_at,
       [1::BIGINT, NULL] AS list, sum(2::BIGINT) AS total, $1 AS said`,
    ["it's"],
  );
  assert.deepEqual(row, {
    small: 5,
    large: 9_007_199_254_740_993n,
    seen_at: 1_458_000_000_123_456,
    list: [1, null],
    total: 2,
    said: "it's",
  });
  await duck.close();
});

test("stream() gives every row while another statement runs", async () => {
  const duck = await openDuck();
  let count = 0;
  for await (const rows of duck.stream<{ i: number }>("SELECT i FROM range(100000) t(i)")) {
    count += rows.length;
    await duck.rows("SELECT 1");
  }
  assert.equal(count, 100_000);
  await duck.close();
});

test("close() takes the folder away", async () => {
  const duck = await openDuck();
  assert.equal(existsSync(duck.folder), true);
  await duck.close();
  assert.equal(existsSync(duck.folder), false);
});
