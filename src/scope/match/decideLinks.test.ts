import assert from "node:assert/strict";
import { test } from "node:test";
import { Comparer } from "./compare.ts";
import { decideLinks, linkState, noLinks, oddsOfPatterns, priorOf, thresholds } from "./decideLinks.ts";
import { Frequencies } from "./frequencies.ts";
import { tableOfPersons as tableOf, type TestPerson as Person } from "./testTable.ts";
import { defaultClasses, valuesOf, weighPatterns } from "./weights.ts";

/** Customers who have nothing to do with the record, so that a value that agrees says something. */
const crowd: readonly Person[] = Array.from({ length: 2_000 }, (_, at) => ({
  email: `customer${at}@mail.example`,
  phone: `0901${String(at).padStart(7, "0")}`,
}));

/** What is decided of a record whose candidates are these customers. */
function decide(record: Person, candidates: readonly Person[], strangers = 0.1) {
  const left = tableOf([record]);
  const right = tableOf([...candidates, ...crowd]);
  const frequencies = Frequencies.of(right);
  const rows = Int32Array.from(candidates, (_, row) => row);
  const comparer = new Comparer(left, right);
  const patterns = rows.map((row) => comparer.pattern(0, row));
  const codes = Uint16Array.from(rows, (row) =>
    frequencies.codesOf(row, valuesOf[patterns[row] as number] as number),
  );
  const prior = priorOf(right.rows, strangers);
  const links = noLinks(1);
  const starts = Uint32Array.of(0, candidates.length);
  decideLinks(
    {
      candidates: { asking: null, from: 0, to: 1, starts, round: 0, rows, patterns, codes },
      right,
      frequencies,
      odds: oddsOfPatterns(weighPatterns(defaultClasses()), prior),
      rounds: new Uint8Array(1),
      persons: Int32Array.from({ length: right.rows }, (_, row) => row),
    },
    links,
  );
  return {
    row: links.row[0],
    certain: links.state[0] === linkState.certain,
    probability: links.probability[0] as number,
  };
}

const home: Person = {
  email: "kato@post.example",
  phone: "080-0953-6416",
  address: "神奈川県鎌倉市浄明寺4-35-22",
};
const mother: Person = { ...home, name: "加藤 千春子", "birth-date": "1946-05-07" };
const daughter: Person = { ...home, name: "加藤 葵", "birth-date": "1974-12-25" };

test("decideLinks() is sure of the only one who has that mail, telephone and address", () => {
  const { row, certain } = decide(home, [mother]);
  assert.deepEqual([row, certain], [0, true]);
});

test("decideLinks() is not sure of somebody for the home alone, but with the name", () => {
  const { address } = home as { address: string };
  const alone = decide({ address, sex: "女" }, [{ ...mother, sex: "女" }], 0.05);
  assert.ok(alone.probability > thresholds.certain, String(alone.probability));
  assert.deepEqual([alone.row, alone.certain], [0, false]);
  assert.equal(decide({ address, name: "加藤 千春子" }, [mother]).certain, true);
});

test("decideLinks() cannot tell two of a household apart by what they share", () => {
  const { certain, probability } = decide(home, [mother, daughter]);
  assert.equal(certain, false);
  assert.ok(probability > 0.4 && probability < 0.5, String(probability));
});

test("decideLinks() leaves what a household shares to people where only the sex tells two apart", () => {
  const { row, certain } = decide({ ...home, sex: "女" }, [mother, { ...daughter, sex: "女" }]);
  assert.deepEqual([row, certain], [1, false]);
});

test("decideLinks() tells two of a household apart by the given name", () => {
  const { row, certain } = decide({ ...home, name: "加藤 葵" }, [mother, daughter]);
  assert.deepEqual([row, certain], [1, true]);
});

const once: Person = { name: "岡本 弘", email: "wot5@mail.example", address: "青森県三沢市下久保4-16-22" };
const again: Person = { name: "岡本 弘", "birth-date": "1968-04-02", email: "hiroshi@post.example" };

test("decideLinks() takes no other row of one name for a rival where nothing parts the two", () => {
  const record = { ...once, "birth-date": "1968-04-02" };
  assert.deepEqual(decide(record, [once, again]).certain, true);
});

test("decideLinks() takes it for one where their birth dates part them", () => {
  const record: Person = { name: "岡本 弘", email: "wot5@mail.example", "birth-date": "1968-04-02" };
  const other: Person = { name: "岡本 弘", email: "wot5@mail.example", "birth-date": "1991-11-30" };
  const { email: _, ...name } = record;
  assert.deepEqual(decide(record, [record, other]).row, 0);
  assert.deepEqual(decide({ name: "岡本 弘", email: "wot5@mail.example" }, [record, other]).certain, false);
  assert.deepEqual(decide(name, [record, other]).certain, true);
});
