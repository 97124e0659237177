import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SignatureTable, wordOf, wordsOfRow, type WideColumn } from "../signatures/columns.ts";
import { Comparer } from "./compare.ts";
import { CandidateFinder, findPairsWithin, indexRules, PairList, type Rule } from "./findPairs.ts";
import { Frequencies } from "./frequencies.ts";
import { indexKeys, keyHash, keyPlaces, limits, type KeyIndex } from "./keyIndex.ts";

type Row = Partial<Record<WideColumn, number>>;
const columns = ["email", "phone", "phone2", "sound", "birth"] as const;
const rules: readonly Rule[] = [
  { keys: ["email"], hub: "email" },
  { keys: ["phone", "birth"] },
  { keys: ["sound", "birth"] },
  { keys: ["phone"], left: { phone: "phone2" } },
];

function tableOf(rows: readonly Row[]): SignatureTable {
  const table = new SignatureTable(rows.length);
  for (const [row, values] of rows.entries()) {
    for (const [name, value] of Object.entries(values)) {
      const at = row * wordsOfRow + wordOf[name as WideColumn];
      // Few low words, so that values are told apart by their high words too.
      table.words[at] = value === 0 ? 0 : 7 + (value & 1);
      table.words[at + 1] = value;
    }
  }
  return table;
}

const row = fc.record(
  Object.fromEntries(columns.map((name) => [name, fc.nat(6)])) as Record<string, fc.Arbitrary<number>>,
);
const rows = fc.array(row as fc.Arbitrary<Row>, { minLength: 1, maxLength: 40 });

function rowsWith(index: KeyIndex, hash: number): number[] {
  const bucket = hash >>> index.shift;
  const [from, to] = [index.starts[bucket] as number, index.starts[bucket + 1] as number];
  return [...index.rows.subarray(from, to)].filter((_, at) => index.tags[from + at] === (hash & 255));
}

const agrees = (rule: Rule, one: Row, other: Row): boolean =>
  rule.keys.every((key) => {
    const left = (rule.left as Record<string, WideColumn> | undefined)?.[key] ?? (key as WideColumn);
    return (one[left] ?? 0) !== 0 && one[left] === other[key as WideColumn];
  });

test("CandidateFinder finds whoever agrees by a rule, each once", () => {
  fc.assert(
    fc.property(rows, rows, (left, right) => {
      const [ours, theirs] = [tableOf(left), tableOf(right)];
      const indexes = indexRules(
        theirs,
        rules,
        rules.map(() => ({})),
      );
      const frequencies = Frequencies.of(theirs);
      const finder = new CandidateFinder(
        { left: ours, right: theirs, frequencies },
        rules.map((rule, at) => ({ rule, index: indexes[at] as KeyIndex })),
      );
      const comparer = new Comparer(ours, theirs);
      for (const [at, one] of left.entries()) {
        finder.find(at, null);
        const found = [...finder.rows.subarray(0, finder.count)];
        const expected = right.flatMap((other, place) =>
          rules.some((rule) => agrees(rule, one, other)) ? [place] : [],
        );
        assert.deepEqual(
          found.toSorted((a, b) => a - b),
          expected,
        );
        assert.deepEqual(
          [...finder.patterns.subarray(0, finder.count)],
          found.map((place) => comparer.pattern(at, place)),
        );
      }
    }),
    { seed: 2016 },
  );
});

test("findPairsWithin() makes each pair of one table once, the smaller row on the left", () => {
  const within = rules.slice(0, 3);
  fc.assert(
    fc.property(rows, (all) => {
      const table = tableOf(all);
      const indexes = indexRules(
        table,
        within,
        within.map(() => ({ keepShared: true })),
      );
      const pairs = new PairList();
      for (const at of within.keys())
        findPairsWithin(
          { table, frequencies: Frequencies.of(table), rules: within, at, index: indexes[at] as KeyIndex },
          pairs,
        );
      const found = Array.from({ length: pairs.count }, (_, at) => `${pairs.left[at]} ${pairs.right[at]}`);
      const expected = all.flatMap((one, left) =>
        all.flatMap((other, right) =>
          left < right && within.some((rule) => agrees(rule, one, other)) ? [`${left} ${right}`] : [],
        ),
      );
      assert.deepEqual(found.toSorted(), expected.toSorted());
    }),
    { seed: 2016 },
  );
});

test("indexKeys() keeps only rows whose key somebody asks for", () => {
  fc.assert(
    fc.property(rows, rows, (all, asking) => {
      const [table, asked] = [tableOf(all), tableOf(asking)];
      const places = keyPlaces(["sound", "birth"]);
      const every = Int32Array.from(asking.keys());
      const [index] = indexKeys(table, [places], [{ asked: { table: asked, rows: every, places } }]) as [
        KeyIndex,
      ];
      for (const at of asking.keys()) {
        const hash = keyHash(asked.words, at, places);
        if (hash === 0) continue;
        const expected = [...all.keys()].filter((place) => keyHash(table.words, place, places) === hash);
        assert.deepEqual(rowsWith(index, hash), expected);
      }
    }),
    { seed: 2016 },
  );
});

test("indexKeys() leaves out what too many rows share, unless it is told to keep it", () => {
  const many = limits.fullBucket + 1;
  const table = tableOf([...Array.from({ length: many }, () => ({ phone: 1 })), { phone: 2 }, { phone: 0 }]);
  const places = keyPlaces(["phone"]);
  const [common, rare] = [keyHash(table.words, 0, places), keyHash(table.words, many, places)];
  const [kept] = indexKeys(table, [places], [{ keepShared: true }]) as [KeyIndex];
  assert.deepEqual([rowsWith(kept, common).length, rowsWith(kept, rare)], [many, [many]]);
  const [index] = indexKeys(table, [places], [{}]) as [KeyIndex];
  assert.deepEqual([rowsWith(index, common), rowsWith(index, rare)], [[], [many]]);
});

test("Frequencies say how many rows share a value, and nothing of what is not there", () => {
  const shares = 100_000;
  const table = tableOf([
    ...Array.from({ length: shares }, () => ({ email: 1 })),
    { email: 2 },
    { phone: 3 },
  ]);
  const frequencies = Frequencies.of(table);
  assert.ok(
    Math.abs(frequencies.count(0, "email") / shares - 1) < 0.05,
    String(frequencies.count(0, "email")),
  );
  assert.equal(frequencies.count(shares, "email"), 1);
  assert.equal(frequencies.count(shares + 1, "phone"), 1);
});
