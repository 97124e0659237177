import assert from "node:assert/strict";
import { test } from "node:test";
import { TestJob } from "../testJob.ts";
import { SignatureTable, wordOf, wordsOfRow } from "../signatures/columns.ts";
import { equalRecords } from "./equalRecords.ts";

function tableOf(rows: readonly Partial<Record<keyof typeof wordOf, number>>[]): SignatureTable {
  const table = new SignatureTable(rows.length);
  for (const [row, values] of rows.entries())
    for (const [name, value] of Object.entries(values))
      table.words[row * wordsOfRow + wordOf[name as keyof typeof wordOf]] = value;
  return table;
}

test("equalRecords() joins rows that are equal, each with the first", () => {
  const taro = { email: 7, sound: 9, items: 1 };
  const table = tableOf([taro, { email: 8 }, { ...taro, items: 3 }, { email: 7, sound: 10 }, taro]);
  const { certain, probable } = equalRecords(table, Int32Array.of(0, 1, 2, 3, 4));
  assert.deepEqual([...certain], [0, 2, 0, 4]);
  assert.equal(probable.length, 0);
  assert.deepEqual([...equalRecords(table, Int32Array.of(1, 2, 3, 4)).certain], [2, 4]);
});

test("equalRecords() takes rows that do not say whose they are for probable only", () => {
  const { certain, probable } = equalRecords(
    tableOf([{ sound: 9 }, { sound: 9 }, {}, {}, { town: 1 }]),
    Int32Array.of(0, 1, 2, 3, 4),
  );
  assert.deepEqual([[...certain], [...probable]], [[], [0, 1]]);
});

test("a row that was found five thousand times is one person's", async () => {
  using job = new TestJob(300);
  const row = "無名 一郎,1971-05-05,nobody@example.jp,090-0999-1234\n";
  const result = await job.run([job.write("leak.csv", row.repeat(5_000) + job.rows(0, 50))]);
  assert.deepEqual([result.persons.most, result.persons.notCustomers], [51, 1]);
});
