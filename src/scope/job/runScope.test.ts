import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openDuck, quoteSql } from "../../lib/openDuck.ts";
import { findPostgres, startTestPostgres } from "../../lib/sql/testStores.ts";
import { makePerson, seededRandom, type GeneratedPerson } from "../../personal/generatePersons.ts";
import { runScope, type ScopeOptions, type ScopeResult } from "./runScope.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-scope-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const customers = 2_000;
const leaked = 1_200;
const random = seededRandom(2016);
const persons: GeneratedPerson[] = Array.from({ length: customers + 100 }, () => makePerson(random));
const services = ["国内旅行", "海外旅行"];
const head =
  "customer_id,name_kanji,name_kana,sex,birth_date,email,postal_code,address,phone,service,language,partner";
const line = (person: GeneratedPerson, at: number): string =>
  [
    `C${at}`,
    person.name,
    person.kana,
    person.sex,
    person.birthDate,
    person.email,
    person.postalCode,
    person.address,
    person.phone,
    services[at % 2],
    at % 10 === 0 ? "en" : "ja",
    at % 3 === 0 ? "docomo" : "",
  ].join(",");

/** A leaked row: what is in it and in which order hangs on its number. */
function leak(person: GeneratedPerson, at: number): string {
  const fields = [person.name, person.kana, person.birthDate, person.email, person.phone, person.address];
  const turned = [...fields.slice(at % 6), ...fields.slice(0, at % 6)];
  return turned.filter((_, place) => place !== at % 7).join(",");
}

before(() => {
  mkdirSync(join(folder, "leak"));
  const table = persons.slice(0, customers).map(line);
  writeFileSync(join(folder, "customers.csv"), `${head}\n${table.join("\n")}\n`);
  // Every other customer, two rows of each tenth, and a hundred persons who are no customers.
  const rows = Array.from({ length: leaked }, (_, at) =>
    at < 1_000
      ? leak(persons[at * 2] as GeneratedPerson, at)
      : at < 1_100
        ? leak(persons[(at - 1_000) * 20] as GeneratedPerson, at + 3)
        : leak(persons[customers + at - 1_100] as GeneratedPerson, at),
  );
  writeFileSync(join(folder, "leak", "one.csv"), `${rows.slice(0, 700).join("\n")}\n`);
  writeFileSync(join(folder, "leak", "two.txt"), `${rows.slice(700).join("\r\n")}\r\n`);
});

const options = (out: string, more: Partial<ScopeOptions> = {}): ScopeOptions => ({
  inputs: [join(folder, "leak")],
  customers: join(folder, "customers.csv"),
  map: null,
  index: null,
  out: join(folder, out),
  at: Temporal.PlainDate.from("2016-06-14"),
  again: false,
  threads: 2,
  onProgress: () => {},
  ...more,
});

/** customer_id of each certain link, by where its record stands. */
async function linked(out: string): Promise<Record<string, string>> {
  const duck = await openDuck();
  const file = (name: string): string => `read_parquet(${quoteSql(join(folder, out, `${name}.parquet`))})`;
  const rows = await duck.rows<{ place: string; customer_id: string }>(
    `SELECT DISTINCT regexp_extract(r.source, '[^/]+$') || ':' || r."offset" AS place, l.customer_id
       FROM ${file("links")} l JOIN ${file("records")} r USING (record_id) WHERE l.state = 'certain'`,
  );
  await duck.close();
  return Object.fromEntries(rows.map((row) => [row.place, row.customer_id]));
}

let first: ScopeResult;

test("runScope() finds whose each record is, and counts persons", async () => {
  first = await runScope(options("first"));
  assert.equal(first.records.found, leaked);
  assert.equal(first.customers.rows, customers);
  assert.deepEqual(first.problems, []);
  assert.ok(first.persons.fewest <= 1_100 && first.persons.most >= 1_100, JSON.stringify(first.persons));
  assert.ok(first.persons.most <= 1_110, JSON.stringify(first.persons));
  const links = await linked("first");
  let right = 0;
  for (const name of ["one.csv", "two.txt"]) {
    const text = readFileSync(join(folder, "leak", name));
    for (const [place, customer] of Object.entries(links)) {
      if (!place.startsWith(name)) continue;
      const offset = Number(place.split(":")[1]);
      const row = text.subarray(offset, text.indexOf("\n", offset)).toString();
      const person = persons[Number(customer.slice(1))] as GeneratedPerson;
      const holds = [person.email, person.phone, person.kana].filter((value) => row.includes(value)).length;
      assert.ok(holds >= 2, `${place} is not of ${customer}`);
      right += 1;
    }
  }
  assert.ok(right >= 1_095, String(right));
  assert.equal(first.by["language"]?.["en"], 200);
});

test("runScope() writes every field with its place, and files that only their owner reads", async () => {
  const duck = await openDuck();
  const file = quoteSql(join(folder, "first", "records.parquet"));
  const rows = await duck.rows<{ source: string; offset: number; value: string }>(
    `SELECT source, "offset", value FROM read_parquet(${file})
       WHERE kind = 'email' AND source LIKE '%one.csv' LIMIT 50`,
  );
  const text = readFileSync(join(folder, "leak", "one.csv"));
  assert.equal(rows.length, 50);
  for (const { offset, value } of rows)
    assert.ok(text.subarray(offset, text.indexOf("\n", offset)).toString().includes(value));
  await duck.close();
  for (const name of ["counts.json", "records.parquet"])
    assert.equal(statSync(join(folder, "first", name)).mode & 0o77, 0, name);
});

test("runScope() goes on where it was: a finished job gives the same without reading again", async () => {
  const read = join(folder, "first", "work", "read");
  const times = readdirSync(read).map((name) => statSync(join(read, name)).mtimeMs);
  const again = await runScope(options("first"));
  assert.deepEqual({ ...again, seconds: {} }, { ...first, seconds: {} });
  assert.deepEqual(
    readdirSync(read).map((name) => statSync(join(read, name)).mtimeMs),
    times,
  );
});

test("runScope() refuses a folder that holds another job", async () => {
  await assert.rejects(
    runScope(options("first", { at: Temporal.PlainDate.from("2016-06-15") })),
    /another job/,
  );
});

test("runScope() uses an index made before, and makes it anew when the table has changed", async () => {
  const index = join(folder, "index");
  await runScope(options("indexed", { index }));
  const made = statSync(join(index, "now", "index.json")).mtimeMs;
  const second = await runScope(options("indexed-again", { index }));
  assert.equal(statSync(join(index, "now", "index.json")).mtimeMs, made);
  assert.deepEqual(second.persons, first.persons);
  assert.deepEqual(await linked("indexed-again"), await linked("first"));
  // Nothing of a customer but the key stands in it.
  for (const name of readdirSync(join(index, "now"))) {
    const bytes = readFileSync(join(index, "now", name));
    for (const value of [persons[0]?.email, persons[0]?.name, persons[0]?.phone])
      assert.ok(!bytes.includes(Buffer.from(value as string)), name);
  }
  const grown = join(folder, "grown.csv");
  const before = readFileSync(join(folder, "customers.csv"), "utf8");
  writeFileSync(grown, `${before}${line(persons[customers] as GeneratedPerson, customers)}\n`);
  const third = await runScope(options("grown", { index, customers: grown }));
  assert.equal(third.customers.rows, customers + 1);
  assert.equal(third.persons.matched, first.persons.matched + 1);
});

test("runScope() reads customers from Parquet with a map", async () => {
  const duck = await openDuck();
  const file = join(folder, "renamed.parquet");
  await duck.run(
    `COPY (SELECT customer_id AS no, name_kanji AS a, name_kana AS b, birth_date AS c, email AS d, phone AS e,
       address AS f FROM read_csv(${quoteSql(join(folder, "customers.csv"))}, all_varchar = true))
       TO ${quoteSql(file)}`,
  );
  await duck.close();
  const map = {
    customer_id: "no",
    name_kanji: "a",
    name_kana: "b",
    birth_date: "c",
    email: "d",
    phone: "e",
    address: "f",
  };
  const result = await runScope(options("parquet", { customers: file, map }));
  assert.equal(result.persons.matched, first.persons.matched);
  await assert.rejects(runScope(options("parquet-no-map", { customers: file })), /customer's key/);
});

test(
  "runScope() reads customers from PostgreSQL by cursor",
  { skip: findPostgres() === null ? "PostgreSQL is not installed" : false },
  async (context) => {
    const postgres = startTestPostgres();
    context.after(() => postgres.stop());
    const url = new URL(await postgres.newDatabase());
    const pg = (await import("pg")).default;
    const client = new pg.Client({ connectionString: url.toString() });
    await client.connect();
    await client.query(
      `CREATE TABLE customers (${head
        .split(",")
        .map((name) => `${name} text`)
        .join(", ")})`,
    );
    const columns = head.split(",");
    for (let at = 0; at < customers; at += 100) {
      const values = persons
        .slice(at, at + 100)
        .flatMap((person, place) => line(person, at + place).split(","));
      const rows = Array.from(
        { length: 100 },
        (_, row) => `(${columns.map((_name, column) => `$${row * columns.length + column + 1}`).join(",")})`,
      );
      await client.query(`INSERT INTO customers VALUES ${rows.join(",")}`, values);
    }
    await client.end();
    url.searchParams.set("table", "public.customers");
    const result = await runScope(options("postgres", { customers: url.toString() }));
    assert.equal(result.customers.rows, customers);
    assert.equal(result.persons.matched, first.persons.matched);
    assert.ok(!readdirSync(join(folder, "postgres", "work")).includes("customers.csv"));
  },
);
