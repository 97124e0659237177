import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gatherPersons } from "../persons/gatherPersons.ts";
import { CountRange, ruledLinks, type Graph, type Ruling } from "./countRange.ts";

const customers = 12;
const records = 14;

const edges = (count: number) =>
  fc
    .array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 5 })
    .map((pairs) => Int32Array.from(pairs.filter(([one, other]) => one !== other).flat()));

const graphs: fc.Arbitrary<Graph> = fc
  .record({
    links: fc.array(fc.tuple(fc.nat(customers - 1), fc.nat(2)), { minLength: records, maxLength: records }),
    certainCustomers: edges(customers),
    probableCustomers: edges(customers),
    certainRecords: edges(records),
    probableRecords: edges(records),
  })
  .map(({ links, certainCustomers, probableCustomers, certainRecords, probableRecords }) => ({
    links: {
      row: Int32Array.from(links, ([row, state]) => (state === 0 ? -1 : row)),
      state: Uint8Array.from(links, ([, state]) => state),
      weight: new Float32Array(records),
      probability: new Float32Array(records),
      pattern: new Int32Array(records),
    },
    customers,
    customerEdges: { certain: certainCustomers, probable: probableCustomers },
    recordEdges: { certain: certainRecords, probable: probableRecords },
  }));

const steps = fc.array(
  fc.record({
    record: fc.nat(records - 1),
    verdict: fc.constantFrom("same", "another", "unclear", null),
    proposed: fc.boolean(),
    row: fc.integer({ min: -1, max: customers - 1 }),
  }),
  { minLength: 1, maxLength: 20 },
);

function counted(graph: Graph, rulings: ReadonlyMap<number, Ruling>): { fewest: number; most: number } {
  const { fewest, count } = gatherPersons(ruledLinks(graph.links, rulings), graph);
  return { fewest, most: count };
}

test("rule() counts as gatherPersons() does, after any decisions and withdrawals", () => {
  fc.assert(
    fc.property(graphs, steps, (graph, asked) => {
      const range = new CountRange(graph);
      const rulings = new Map<number, Ruling>();
      assert.deepEqual(range.range, counted(graph, rulings));
      for (const { record, verdict, proposed, row } of asked) {
        const machine = graph.links.row[record] as number;
        const chosen = proposed ? machine : row;
        if (verdict === null) rulings.delete(record);
        else if (verdict !== "same" || chosen >= 0) rulings.set(record, { verdict, row: chosen });
        else continue;
        const ruling = rulings.get(record) ?? null;
        const before = range.range;
        const effect = ruling === null ? null : range.effect(record, ruling);
        const now = range.rule(record, ruling);
        assert.deepEqual(now, counted(graph, rulings));
        if (effect === null) continue;
        assert.deepEqual(effect, { fewest: now.fewest - before.fewest, most: now.most - before.most });
      }
      assert.deepEqual(new CountRange(graph, rulings).range, range.range);
    }),
    { seed: 2016, numRuns: 600 },
  );
});

test("two records that may be of one customer nobody else points to may be one person", () => {
  const links = {
    row: Int32Array.of(3, 3),
    state: Uint8Array.of(1, 1),
    weight: new Float32Array(2),
    probability: new Float32Array(2),
    pattern: new Int32Array(2),
  };
  const none = { certain: new Int32Array(), probable: new Int32Array() };
  const graph = { links, customers: 5, customerEdges: none, recordEdges: none };
  const range = new CountRange(graph);
  assert.deepEqual(range.range, { fewest: 1, most: 2 });
  assert.deepEqual(range.rule(0, { verdict: "same", row: 3 }), { fewest: 1, most: 2 });
  assert.deepEqual(range.effect(1, { verdict: "same", row: 3 }), { fewest: 0, most: -1 });
  assert.deepEqual(range.rule(1, { verdict: "another", row: 3 }), { fewest: 2, most: 2 });
});
