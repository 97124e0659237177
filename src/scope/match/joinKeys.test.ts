import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  NARROW_COLUMNS,
  SignatureTable,
  WIDE_COLUMNS,
  wordOf,
  wordsOfRow,
  type WideColumn,
} from "../signatures/columns.ts";
import { Comparer } from "./compare.ts";
import { CandidateFinder, findPairsWithin, PairList, placesOf, type Rule } from "./findPairs.ts";
import { Frequencies } from "./frequencies.ts";
import { columnsOfKeys, fillColumns, keyPlaces, type HashedColumns } from "./hashKeys.ts";
import { groupByKey, joinKeys, limits, type KeyJoin } from "./joinKeys.ts";
import { FREQUENCY_VALUES } from "./weights.ts";

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

function columnsOf(
  table: SignatureTable,
  keys: readonly Int32Array[],
  only: Int32Array | null = null,
): HashedColumns {
  const columns = columnsOfKeys(keys, only ?? table.rows);
  fillColumns(columns, table);
  return columns;
}

/** Joins two tables by a rule; `only`: these rows of the left one. */
function joinBy(rule: Rule, left: SignatureTable, right: SignatureTable, only?: Int32Array): KeyJoin {
  const key = placesOf(rule);
  const ours = { columns: columnsOf(left, [key.left], only), key: key.left };
  return joinKeys(ours, { columns: columnsOf(right, [key.right]), key: key.right });
}

/** Whom a place finds. */
function matchesOf({ matches, runs }: KeyJoin, place: number): number[] {
  const match = matches[place] as number;
  if (match === 0) return [];
  if (match > 0) return [match - 1];
  return [...runs.subarray(~match + 1, ~match + 1 + (runs[~match] as number))];
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
      const frequencies = Frequencies.of(theirs);
      const joined = rules.map((rule) => ({ rule, join: joinBy(rule, ours, theirs) }));
      const finder = new CandidateFinder({ left: ours, right: theirs, frequencies }, joined);
      const comparer = new Comparer(ours, theirs);
      for (const [at, one] of left.entries()) {
        finder.clear();
        assert.equal(finder.find(at, at, null), false);
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

test("CandidateFinder asks no rule after one that settles, and begins with what it is told to keep", () => {
  const right = tableOf([{ email: 1 }, { phone: 2, birth: 3 }]);
  const left = tableOf([{ email: 1, phone: 2, birth: 3 }]);
  const joined = rules.slice(0, 2).map((rule) => ({ rule, join: joinBy(rule, left, right) }));
  const finder = new CandidateFinder({ left, right, frequencies: Frequencies.of(right) }, joined);
  finder.clear();
  assert.equal(finder.find(0, 0, new Uint8Array(200_000).fill(1)), true);
  assert.deepEqual([...finder.rows.subarray(0, finder.count)], [0]);
  const kept = { rows: Int32Array.of(1), patterns: Int32Array.of(7), codes: Uint16Array.of(9) };
  finder.clear();
  finder.keep(kept, 0, 1);
  assert.equal(finder.find(0, 0, null), false);
  assert.deepEqual([...finder.rows.subarray(0, finder.count)], [1, 0]);
  assert.deepEqual([finder.patterns[0], finder.codes[0]], [7, 9]);
});

test("findPairsWithin() makes each pair of one table once, the smaller row on the left", () => {
  const within = rules.slice(0, 3);
  fc.assert(
    fc.property(rows, (all) => {
      const table = tableOf(all);
      const frequencies = Frequencies.of(table);
      const pairs = new PairList();
      for (const [at, rule] of within.entries()) {
        const runs = groupByKey(columnsOf(table, [placesOf(rule).left]), placesOf(rule).left);
        findPairsWithin({ table, frequencies, rules: within, at, runs }, pairs);
      }
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

test("joinKeys() joins some rows in their places as it joins all, whether it sifts or not", () => {
  const rule: Rule = { keys: ["sound", "birth"] };
  fc.assert(
    fc.property(rows, rows, (all, asking) => {
      const some = Int32Array.from([...asking.keys()].filter((at) => at % 2 === 1)).toReversed();
      const join = joinBy(rule, tableOf(asking), tableOf(all), some);
      for (const [place, row] of some.entries()) {
        const expected = [...all.keys()].filter((at) => agrees(rule, asking[row] as Row, all[at] as Row));
        assert.deepEqual(matchesOf(join, place), expected);
      }
    }),
    { seed: 2016 },
  );
});

test("joinKeys() finds nobody by what too many rows share, and groupByKey() keeps it", () => {
  const many = limits.sharedMost + 1;
  const of = (shares: number): SignatureTable =>
    tableOf([...Array.from({ length: shares }, () => ({ phone: 1 })), { phone: 2 }, { phone: 0 }]);
  const key = keyPlaces(["phone"]);
  const asking = tableOf([{ phone: 1 }, { phone: 2 }, { phone: 0 }]);
  const found = (right: SignatureTable): number[][] => {
    const join = joinBy({ keys: ["phone"] }, asking, right);
    return [0, 1, 2].map((place) => matchesOf(join, place));
  };
  assert.deepEqual(found(of(many)), [[], [many], []]);
  assert.deepEqual(
    found(of(many - 1)).map((one) => one.length),
    [many - 1, 1, 0],
  );
  const runs = groupByKey(columnsOf(of(many), [key]), key);
  assert.deepEqual([...runs], [many, ...Array.from({ length: many }, (_, at) => at)]);
});

test("joinKeys() tells apart the keys of a table of many parts", () => {
  const count = 3 * limits.rowsOfPart;
  const table = tableOf(Array.from({ length: count }, (_, at) => ({ email: 1 + (at >> 1) })));
  const join = joinBy({ keys: ["email"] }, table, table);
  for (let at = 0; at < count; at += 1) assert.deepEqual(matchesOf(join, at), [at & ~1, at | 1]);
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
  assert.deepEqual([...frequencies.from(shares - 1, 2).codes], [...frequencies.codes.slice(-24, -8)]);
});

test("Frequencies laid into the rows of a table say the same, and change no column", () => {
  fc.assert(
    fc.property(rows, (all) => {
      const [table, before] = [tableOf(all), tableOf(all)];
      const frequencies = Frequencies.of(table);
      for (const row of all.keys()) frequencies.layInto(table, row);
      const within = Frequencies.within(table);
      for (const row of all.keys()) {
        for (const value of FREQUENCY_VALUES)
          assert.equal(within.count(row, value), frequencies.count(row, value));
        const places = Int32Array.from({ length: 1 << FREQUENCY_VALUES.length }, (_, values) => values);
        for (const values of places)
          assert.equal(within.codesOf(row, values), frequencies.codesOf(row, values));
      }
      for (const name of [...WIDE_COLUMNS, ...NARROW_COLUMNS])
        assert.deepEqual(table.column(name), before.column(name));
    }),
    { seed: 2016, numRuns: 20 },
  );
});
