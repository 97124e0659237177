import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfRow, SignatureTable, wordOf, wordsOfRow } from "../signatures/columns.ts";
import { groupBy, takeCustomers, takeRecords } from "./stageColumns.ts";

test("groupBy() puts the members of each group together, in their order", () => {
  const cases = fc.integer({ min: 0, max: 100_000 }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      // Groups about those at which a part ends, the last one, and any.
      groups: fc.array(
        fc
          .oneof(fc.nat(count), fc.constantFrom(0, 1, 32_767, 32_768, 32_769, 65_536, count))
          .map((group) => Math.min(group, count)),
        { maxLength: 200 },
      ),
    }),
  );
  fc.assert(
    fc.property(cases, ({ count, groups }) => {
      const { starts, members } = groupBy(Int32Array.from(groups), count);
      assert.equal(starts.length, count + 2);
      assert.equal(starts[count + 1], members.length);
      for (const group of new Set([0, 1, count, ...groups])) {
        if (group > count) continue;
        const own = [...members.subarray(starts[group], starts[group + 1])];
        const expected = group === 0 ? [] : [...groups.keys()].filter((at) => groups[at] === group);
        assert.deepEqual(own, expected, String(group));
      }
    }),
    { seed: 2016 },
  );
});

/** A table of which nothing is real but what is written; null where not even the addresses are to be had. */
function hugeTable(rows: number): SignatureTable | null {
  try {
    return new SignatureTable(rows);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

test("columns of a table of more than 4 GiB are taken to its last row, on another thread too", (context) => {
  const rows = Math.ceil(2 ** 32 / bytesOfRow) + 2_000_000;
  const table = hugeTable(rows);
  if (table === null) return context.skip("this machine gives no 4.4 GiB at once");
  const last = (rows - 1) * wordsOfRow;
  for (const [name, value] of Object.entries({ items: 5, born: 19710505, expires: 20200101, email: 1 }))
    table.words[last + wordOf[name as keyof typeof wordOf]] = value;
  const handed = structuredClone({ rows, memory: table.memory });
  const part = { table: handed, from: rows - 2, to: rows };
  const numbers = (): Int32Array => new Int32Array(rows);
  const records = { items: new Uint32Array(rows), born: numbers(), expires: numbers() };
  const counts = takeRecords({ ...part, columns: records });
  assert.deepEqual([counts[0], counts[1], counts[2]], [1, 0, 1]);
  assert.deepEqual(
    [records.items.at(-1), records.born.at(-1), records.expires.at(-1)],
    [5, 19710505, 20200101],
  );
  const customers = { facts: numbers(), expires: numbers() };
  takeCustomers({ ...part, columns: customers });
  assert.deepEqual([customers.facts.at(-1), customers.expires.at(-1)], [(19710505 << 4) | 1, 20200101]);
});
