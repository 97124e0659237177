import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { linkState } from "../match/decideLinks.ts";
import { gatherPersons } from "./gatherPersons.ts";

type Pair = readonly [number, number];
type Case = {
  customers: number;
  /** Of each record its customer and state; −1: none. */
  links: readonly (readonly [row: number, state: number])[];
  edges: Record<"customers" | "records", { certain: readonly Pair[]; probable: readonly Pair[] }>;
};

const cases: fc.Arbitrary<Case> = fc
  .record({ customers: fc.integer({ min: 1, max: 12 }), records: fc.integer({ min: 1, max: 16 }) })
  .chain(({ customers, records }) => {
    const pairs = (count: number) =>
      fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 5 });
    const sides = (count: number) => fc.record({ certain: pairs(count), probable: pairs(count) });
    const link = fc.oneof(
      fc.constant([-1, 0] as const),
      fc.tuple(fc.nat(customers - 1), fc.constantFrom(linkState.review, linkState.certain)),
    );
    return fc.record({
      customers: fc.constant(customers),
      links: fc.array(link, { minLength: records, maxLength: records }),
      edges: fc.record({ customers: sides(customers), records: sides(records) }),
    });
  });

/** Who belongs to whom, as slowly and plainly as can be: of each node, all nodes of its set. */
function setsOf(nodes: number, pairs: readonly Pair[]): number[][] {
  let sets = Array.from({ length: nodes }, (_, node) => [node]);
  for (const [one, other] of pairs) {
    const [a, b] = [one, other].map((node) => sets.find((set) => set.includes(node)) as number[]) as [
      number[],
      number[],
    ];
    if (a !== b) sets = [...sets.filter((set) => set !== a && set !== b), [...a, ...b]];
  }
  return sets;
}

test("gatherPersons() says who is one person, and how many at least, as a plain model does", () => {
  fc.assert(
    fc.property(cases, ({ customers, links, edges }) => {
      const numbers = (pairs: readonly Pair[]): Int32Array => Int32Array.from(pairs.flat());
      const side = ({ certain, probable }: Case["edges"]["records"]) => ({
        certain: numbers(certain),
        probable: numbers(probable),
      });
      const persons = gatherPersons(
        {
          row: Int32Array.from(links, ([row]) => row),
          state: Uint8Array.from(links, ([, state]) => state),
        },
        { customers, customerEdges: side(edges.customers), recordEdges: side(edges.records) },
      );
      const nodes = customers + links.length;
      const shifted = (pairs: readonly Pair[]): Pair[] =>
        pairs.map(([one, other]) => [one + customers, other + customers]);
      const linked = (wanted: number): Pair[] =>
        links.flatMap(([row, state], record): Pair[] =>
          state === wanted ? [[row, customers + record]] : [],
        );
      const certain = [
        ...linked(linkState.certain),
        ...edges.customers.certain,
        ...shifted(edges.records.certain),
      ];
      const isPerson = (set: readonly number[]): boolean => set.some((node) => node >= customers);
      const sets = setsOf(nodes, certain).filter(isPerson);
      assert.equal(persons.count, sets.length);
      for (const set of sets) {
        const said = set.map((node) =>
          node < customers ? persons.ofCustomer[node] : persons.ofRecord[node - customers],
        );
        assert.equal(new Set(said).size, 1);
        assert.ok((said[0] as number) > 0);
      }
      assert.equal(new Set(persons.ofRecord).size, sets.length);
      assert.equal(persons.ofRecord[0], 1);
      const found = new Set(sets.flat());
      for (let customer = 0; customer < customers; customer += 1) {
        assert.equal((persons.ofCustomer[customer] as number) > 0, found.has(customer));
        const direct = links.some(([row, state]) => state === linkState.certain && row === customer);
        assert.equal(persons.linked[customer], direct ? 1 : 0);
      }
      assert.equal(persons.unmatched, sets.filter((set) => set.every((node) => node >= customers)).length);
      const loose = [
        ...certain,
        ...linked(linkState.review),
        ...edges.customers.probable,
        ...shifted(edges.records.probable),
      ];
      const largest = setsOf(nodes, loose).filter(isPerson);
      assert.equal(persons.fewest, largest.length);
    }),
    { seed: 2016, numRuns: 500 },
  );
});
