import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { limits } from "../match/findPairs.ts";
import { Frequencies } from "../match/frequencies.ts";
import { SignatureTable, wordOf, wordsOfRow, type WideColumn } from "../signatures/columns.ts";
import { countingTasks, type MatchPool } from "./matchPool.ts";
import { loadMatched, matchRecords, problemsOfMatching, saveMatched } from "./matchRecords.ts";
import { doMatch } from "./matchTask.ts";

const pool: MatchPool = { work: async (asked) => asked.map(doMatch) };

function tableOf(rows: readonly Partial<Record<WideColumn, number>>[]): SignatureTable {
  const table = new SignatureTable(rows.length);
  for (const [row, values] of rows.entries())
    for (const [name, value] of Object.entries(values))
      table.words[row * wordsOfRow + wordOf[name as WideColumn]] = value;
  return table;
}

test("a record with more candidates than are compared is told as a problem", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-match-"));
  try {
    const record = { sound: 1, kanji: 2, roman: 3, birth: 99, phone: 98, address: 97 };
    // Pairs of columns of which each rule asks for two: none alone is shared by too many.
    const pairs: [keyof typeof record, keyof typeof record][] = [];
    for (const name of ["sound", "kanji", "roman"] as const)
      for (const other of ["birth", "phone", "address"] as const) pairs.push([name, other]);
    const share = 290;
    const customers = pairs.flatMap(([one, other]) =>
      Array.from({ length: share }, () => ({ [one]: record[one], [other]: record[other] })),
    );
    const [table, records] = [tableOf(customers), tableOf([record, { email: 7 }])];
    const frequencies = new Frequencies(table.rows);
    await pool.work(countingTasks(table, frequencies));
    const none = new Int32Array(0);
    const matched = await matchRecords({
      pool,
      index: { rows: table.rows, table, frequencies, edges: { certain: none, probable: none } },
      records,
      recordFrequencies: new Frequencies(records.rows),
      keys: join(folder, "keys.parquet"),
      onProgress: () => {},
    });
    assert.equal(matched.full, 1);
    assert.equal(matched.pairs, limits.candidatesMax);
    assert.match(
      problemsOfMatching(matched)[0]?.message ?? "",
      /^candidates of 1 records beyond the first 2,048/,
    );
    assert.deepEqual(problemsOfMatching({ ...matched, full: 0 }), []);
    saveMatched(join(folder, "matched.bin"), matched);
    const loaded = loadMatched(join(folder, "matched.bin"));
    assert.deepEqual(
      [loaded.full, loaded.pairs, [...loaded.links.row]],
      [1, matched.pairs, [...matched.links.row]],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
