import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PersonalKind } from "./kinds.ts";
import { makePerson, seededRandom } from "./generatePersons.ts";
import { scanText, type TextScan } from "./scanText.ts";

const today = Temporal.PlainDate.from("2016-06-14");
const random = seededRandom(2016);
const people = Array.from({ length: 1_000 }, () => makePerson(random));
const csv = (delimiter: string): string =>
  `氏名${delimiter}カナ${delimiter}誕生日${delimiter}mail${delimiter}tel${delimiter}〒${delimiter}住所\n` +
  people
    .map((p) => [p.name, p.kana, p.birthDate, p.email, p.phone, p.postalCode, p.address].join(delimiter))
    .join("\n");

const counts = (scan: TextScan): Partial<Record<PersonalKind, number>> =>
  Object.fromEntries(Object.entries(scan.byKind).filter(([, count]) => count > 0));
const prices = people.map((_, id) => `${id}\t198`).join("\n");
const times = people.map((_, id) => `${id},カメラ,19800,2016-03-21 10:2${id % 10}:00`).join("\n");
const tuples = people.map((p) => `('${p.name}',NULL,'it''s, (ok)','${p.phone}')`).join(",");
const full = {
  name: 1_000,
  kana: 1_000,
  "birth-date": 1_000,
  email: 1_000,
  phone: 1_000,
  "postal-code": 1_000,
  address: 1_000,
};

/** What is written, how it is read, records, items, and what is counted. */
const rows: [what: string, text: string, format: string, records: number, items: number, kinds: object][] = [
  ["CSV with a header", csv(","), "delimited", 1_000, 0, full],
  ["TSV", csv("\t"), "delimited", 1_000, 0, full],
  ["semicolons", csv(";"), "delimited", 1_000, 0, full],
  ["CSV without a header", csv(",").split("\n").slice(1).join("\r\n"), "delimited", 1_000, 0, full],
  [
    "quoted cells with delimiters, quotes and line breaks in them",
    people.map((p, id) => `${id},"${p.name}","say ""hi"", ok\nand more","${p.email}"`).join("\r\n"),
    "delimited",
    1_000,
    0,
    { name: 1_000, email: 1_000 },
  ],
  [
    "JSON of nested objects",
    JSON.stringify({
      customers: people.map((p, id) => ({
        id,
        name: { kanji: p.name, kana: p.kana },
        contact: { mail: p.email },
      })),
    }),
    "json",
    1_000,
    0,
    { name: 1_000, kana: 1_000, email: 1_000 },
  ],
  [
    "JSON with customers by their number",
    JSON.stringify(Object.fromEntries(people.map((p, id) => [`c${id}`, { n: p.name, tel: p.phone }]))),
    "json",
    1_000,
    0,
    { name: 1_000, phone: 1_000 },
  ],
  [
    "JSON lines",
    people.map((p) => JSON.stringify({ shimei: p.name, tel: p.phone })).join("\n"),
    "json",
    1_000,
    0,
    { name: 1_000, phone: 1_000 },
  ],
  [
    "INSERT of one row each",
    people.map((p, id) => `INSERT INTO c (id, n, m) VALUES (${id}, N'${p.name}', '${p.email}');`).join("\n"),
    "sql",
    1_000,
    0,
    { name: 1_000, email: 1_000 },
  ],
  [
    "INSERT of many rows, quotes doubled and NULL",
    `insert into \`c\` values ${tuples};`,
    "sql",
    1_000,
    0,
    { name: 1_000, phone: 1_000 },
  ],
  [
    "pg_dump: customers and orders",
    `COPY public.c (id, name, mail) FROM stdin;\n${people
      .map((p, id) => `${id}\t${p.name}\t${id % 2 === 0 ? p.email : "\\N"}`)
      .join("\n")}\n\\.\n\nCOPY public.o (id, price) FROM stdin;\n${prices}\n\\.\n`,
    "sql",
    500,
    0,
    { name: 1_000, email: 500 },
  ],
  [
    "a list of mail addresses",
    people.map((p) => p.email).join("\n"),
    "delimited",
    0,
    1_000,
    { email: 1_000 },
  ],
  [
    "running text",
    people.map((p, id) => (id % 2 === 0 ? "本日は晴天なり" : `${p.phone} ${p.email}へ`)).join("\n"),
    "text",
    500,
    0,
    { email: 500, phone: 500 },
  ],
  ["orders without persons", `id,product,price,at\n${times}`, "delimited", 0, 0, {}],
  [
    "an access log",
    people
      .map((_, id) => `10.0.0.1 - - [21/Mar/2016:10:00:00 +0900] "GET /t/${id} HTTP/1.1" 200 12`)
      .join("\n"),
    "text",
    0,
    0,
    {},
  ],
  [
    "shops with post codes and addresses",
    people.map((p, id) => `${id}\t${p.postalCode}\t${p.address}`).join("\n"),
    "delimited",
    0,
    0,
    { "postal-code": 1_000, address: 1_000 },
  ],
  ["nothing", "", "text", 0, 0, {}],
];

for (const [what, text, format, records, items, kinds] of rows) {
  test(`scanText() counts ${records} records and ${items} items in ${what}`, () => {
    const scan = scanText(text, { today });
    assert.deepEqual([scan.format, scan.records, scan.items], [format, records, items]);
    const found = counts(scan);
    // A running text holds what it holds; what was settled as a column is counted to the cell.
    assert.deepEqual(found, kinds);
  });
}

test("scanText() goes on in a later part of a file by what its head was found to be", () => {
  const text = csv(",");
  const middle = Math.floor(text.length / 2);
  const head = scanText(text.slice(0, middle), { today, cutAfter: true });
  const tail = scanText(text.slice(middle), { today, layout: head.layout, cutBefore: true });
  assert.equal(head.records + tail.records, 999); // The row in which the text was cut is in neither.
});

test("scanText() reads the middle of a dump, whose statement stands before it", () => {
  const copy = people.map((p, id) => `${id}\t${p.name}\t${p.email}`).join("\n");
  const dump = `COPY c (id, name, mail) FROM stdin;\n${copy}\n\\.\n`;
  const head = scanText(dump.slice(0, 20_000), { today, cutAfter: true });
  const rest = scanText(dump.slice(20_000), { today, layout: head.layout, cutBefore: true });
  assert.equal(head.records + rest.records, 999);
  const insert = `INSERT INTO c VALUES ${people.map((p) => `('${p.name}','${p.email}')`).join(",")};`;
  const first = scanText(insert.slice(0, 20_000), { today, cutAfter: true });
  const second = scanText(insert.slice(20_000), { today, layout: first.layout, cutBefore: true });
  assert.ok(first.records + second.records >= 998, `${first.records} + ${second.records}`);
});

test("scanText() bears any text, and any part of any text", () => {
  const whole = rows.map(([, text]) => text.slice(0, 3_000));
  const pieces = fc.constantFrom(
    '"',
    "'",
    ",",
    "\n",
    "(",
    ")",
    "{",
    "}",
    "[",
    ":",
    "\\",
    "COPY a (b) FROM stdin;\n",
  );
  const hostile = fc.array(fc.oneof(pieces, fc.string({ unit: "binary" }))).map((parts) => parts.join(""));
  const torn = fc
    .tuple(fc.constantFrom(...whole), fc.nat(3_000), fc.nat(3_000), hostile)
    .map(([text, from, to, bad]) => text.slice(from, to) + bad + text.slice(to));
  fc.assert(
    fc.property(fc.oneof(hostile, torn), fc.boolean(), fc.boolean(), (text, cutBefore, cutAfter) => {
      const scan = scanText(text, { today, cutBefore, cutAfter });
      assert.ok(scan.records + scan.items <= scan.rows);
    }),
    { seed: 2016, numRuns: 1_500 },
  );
});

test("scanText() ends soon with what is built to be slow", () => {
  for (const text of [
    "[".repeat(1_000_000),
    '"'.repeat(1_000_000),
    "(".repeat(1_000_000),
    "a@".repeat(500_000),
  ]) {
    assert.equal(scanText(text, { today }).records, 0);
    assert.equal(scanText(`INSERT INTO a VALUES ${text}`, { today }).records, 0);
  }
});
