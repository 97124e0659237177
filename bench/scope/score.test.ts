import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openDuck, quoteSql } from "../../src/lib/openDuck.ts";
import { printScores, scoreScope, type Scores } from "./score.ts";
import { comparable } from "./scoreFields.ts";

// Persons 1 (customers A and B), 2 (C), 3 (D), 4 (E); 9 is no customer. Rows 0 to 7 at offsets 0, 10 … 70.
const truth = `
  (0, 1, ['A','B'], 1, true), (10, 1, ['A','B'], 2, true), (20, 2, ['C'], 0, true), (30, 2, ['C'], 0, true),
  (40, 3, ['D'], 3, true), (50, 3, ['D'], 0, false), (60, 9, [], 0, false), (70, 4, ['E'], 0, true)`;
// Record 5 (row 50) is not found. Row 10 is linked to the other row of its person, row 30 to somebody else's,
// row 60 though it is nobody's, row 70 not at all.
const links = `
  (0, 'A', 30.0, 'certain'), (0, 'C', 2.0, 'review'), (1, 'B', 20.0, 'review'), (2, 'C', 25.0, 'certain'),
  (3, 'D', 12.0, 'review'), (4, 'D', 28.0, 'certain'), (6, 'E', 11.0, 'review')`;
// Person 10 has records 0, 1 and 3: the last is wrong.
const persons = `
  (10, ['A','B'], [0, 1, 3]), (11, ['C'], [2]), (12, ['D'], [4]), (13, ['E'], [6])`;

let folder = "";
let scores: Scores;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "sekisho-score-"));
  const duck = await openDuck();
  const write = (sql: string, name: string): Promise<void> =>
    duck.run(`COPY (${sql}) TO ${quoteSql(join(folder, name))} (FORMAT parquet)`);
  await write(
    `SELECT 'f.csv' AS file, o::BIGINT AS "offset", o::BIGINT AS line, p::BIGINT AS person,
       c::VARCHAR[] AS customer_ids, k::BIGINT AS classes, '' AS items, d AS determinable
     FROM (VALUES ${truth}) AS t(o, p, c, k, d)`,
    "truth.parquet",
  );
  await write("SELECT * FROM (VALUES (0, 'moved'), (1, 'married')) AS t(bit, name)", "classes.parquet");
  await write(
    `SELECT * FROM (VALUES ('A', 1::BIGINT), ('B', 1), ('C', 2), ('D', 3), ('E', 4))
       AS t(customer_id, person)`,
    "persons.parquet",
  );
  await write(
    `SELECT 'f.csv' AS file, o::BIGINT AS "offset", f AS field, k AS kind, v AS normalised
     FROM (VALUES (0, 0, 'name', '髙橋花子'), (0, 1, 'birth-date', '1985-03-02'), (20, 0, 'phone', '0312345678'),
       (20, 1, 'service', '国内宿泊')) AS t(o, f, k, v)`,
    "fields.parquet",
  );
  await write(
    `SELECT i::BIGINT AS record_id, '/data/leak/f.csv' AS source, '' AS path, (i * 10)::BIGINT AS "offset",
       'utf-8' AS encoding,
       f AS field,
       CASE WHEN i = 0 AND f = 0 THEN 'name' WHEN i = 0 THEN 'other'
         WHEN i = 2 AND f = 0 THEN 'phone' ELSE 'free-text' END AS kind, '' AS value,
       CASE WHEN i = 0 THEN '高橋 花子' ELSE '+81-3-1234-5678' END AS normalised
     FROM range(8) AS r(i), range(2) AS s(f) WHERE i <> 5`,
    "records.parquet",
  );
  await write(
    `SELECT r::BIGINT AS record_id, c AS customer_id, w::DOUBLE AS weight, 1.0 AS probability, 0 AS pattern,
       '' AS explanation, s AS state FROM (VALUES ${links}) AS t(r, c, w, s)`,
    "links.parquet",
  );
  await write(
    `SELECT p::BIGINT AS person_id, c::VARCHAR[] AS customer_ids, r::BIGINT[] AS record_ids,
       []::VARCHAR[] AS items, 'certain' AS certainty FROM (VALUES ${persons}) AS t(p, c, r)`,
    "found.parquet",
  );
  await duck.close();
  const counts = { persons: { fewest: 4, most: 6 } };
  writeFileSync(join(folder, "counts.json"), JSON.stringify(counts));
  scores = await scoreScope({
    truth: folder,
    links: join(folder, "links.parquet"),
    records: join(folder, "records.parquet"),
    persons: join(folder, "found.parquet"),
    counts: join(folder, "counts.json"),
    image: false,
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("scoreScope() takes a link to any row of the person as right, and one of a stranger as wrong", () => {
  const { determinable, certain, strangersLinked, rows, rowsFound } = scores.links;
  // Linked: rows 0, 10, 20 and 40 right, 30 and 60 wrong. To be told: 0, 10, 20, 30, 40 and 70.
  assert.deepEqual([determinable.right, determinable.wrong, determinable.expected], [4, 2, 6]);
  assert.equal(determinable.precision, 4 / 6);
  assert.equal(determinable.recall, 4 / 6);
  assert.equal(certain.precision, 1);
  assert.equal(certain.recall, 3 / 6);
  assert.equal(strangersLinked, 1);
  assert.deepEqual([rows, rowsFound], [8, 7]);
});

test("scoreScope() counts for recall of all customers' rows what cannot be told, too", () => {
  assert.equal(scores.links.all.expected, 7);
  assert.equal(scores.links.all.recall, 4 / 7);
});

test("scoreScope() scores each class by its rows", () => {
  const classes = Object.fromEntries(scores.links.classes.map((one) => [one.name, one]));
  assert.deepEqual([classes["moved"]?.rows, classes["moved"]?.recall], [2, 1]);
  assert.deepEqual([classes["married"]?.rows, classes["married"]?.recall], [2, 1]);
});

test("scoreScope() scores persons by pairs and by B³, a row not found being alone", () => {
  const { records, customers, personsFound, personsTrue } = scores.persons;
  // Clusters {0, 10, 30}, {20}, {40}, {60}, {50}, {70}; persons {0, 10}, {20, 30}, {40, 50}, {60}, {70}.
  assert.equal(records.pairwise.precision, 1 / 3);
  assert.equal(records.pairwise.recall, 1 / 3);
  assert.ok(Math.abs(records.bCubed.precision - (2 / 3 + 2 / 3 + 1 / 3 + 5) / 8) < 1e-9);
  assert.ok(Math.abs(records.bCubed.recall - (1 + 1 + 4 * 0.5 + 1 + 1) / 8) < 1e-9);
  assert.deepEqual([customers.pairwise.precision, customers.pairwise.recall], [1, 1]);
  assert.deepEqual([personsFound, personsTrue], [4, 5]);
  assert.equal(scores.rangeHolds, true);
});

test("scoreScope() asks for each field's kind, and compares what its value means", () => {
  const kinds = Object.fromEntries((scores.fields?.kinds ?? []).map((one) => [one.kind, one]));
  assert.deepEqual([kinds["name"]?.kindRight, kinds["name"]?.valueRight], [1, 1]);
  assert.deepEqual([kinds["birth-date"]?.kindRight, kinds["birth-date"]?.valueRight], [0, 0]);
  assert.deepEqual([kinds["phone"]?.kindRight, kinds["phone"]?.valueRight], [1, 1]);
  assert.equal(kinds["service"]?.kindRight, 1);
  assert.deepEqual(scores.fields?.mistakes, [{ kind: "birth-date", said: "other", count: 1 }]);
});

test("printScores() tells the figures in lines", () => {
  const text = printScores(scores);
  assert.match(text, /all links +0\.66667 {2}0\.66667/);
  assert.match(text, /the range of counts.json holds: yes/);
});

const same = [
  ["name", "髙橋　一郎", "高橋一郎"],
  ["kana", "ｻﾄｳ ﾊﾅｺ", "さとうはなこ"],
  ["roman-name", "Hanako SATO", "SATO HANAKO"],
  ["phone", "+81 90-0123-4567", "09001234567"],
  ["address", "東京都千代田区丸の内一丁目2番3号 コーポ青葉201", "千代田区丸の内1-2-3"],
  ["sex", "男性", "male"],
] as const;
for (const [kind, one, other] of same) {
  test(`comparable() is one for two writings of one ${kind}`, () => {
    assert.equal(comparable(kind, one), comparable(kind, other));
  });
}

test("comparable() is another for another address", () => {
  assert.notEqual(comparable("address", "千代田区丸の内1-2-3"), comparable("address", "千代田区丸の内1-3-3"));
});
