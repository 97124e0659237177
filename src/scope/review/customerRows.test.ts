import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import pg from "pg";
import { openDuck, quoteSql } from "../../lib/openDuck.ts";
import { findPostgres, startTestPostgres } from "../../lib/sql/testStores.ts";
import type { CustomerMemo } from "../job/customerMemo.ts";
import { CustomerRows } from "./customerRows.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-rows-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const memoOf = (source: string): CustomerMemo => ({
  source,
  map: { customer_id: "No", name_kanji: 'the "name"', email: "mail" },
  index: "",
  fingerprint: "",
});
const wanted = { customer_id: "007", name_kanji: "髙橋, 一郎", email: "a@b.example" };

async function check(source: string, key = "007"): Promise<void> {
  const rows = new CustomerRows(memoOf(source));
  try {
    const { rows: found, away } = await rows.get([key, "999"]);
    assert.equal(away, null);
    assert.deepEqual([...found], [[key, { ...wanted, customer_id: key }]]);
    assert.equal((await rows.get([key])).rows.size, 1);
  } finally {
    await rows.close();
  }
}

const csv = join(folder, "customers.csv");
writeFileSync(csv, `No,"the ""name""",mail,other\n007,"髙橋, 一郎",a@b.example,1\n8,佐藤,,2\n`);

test("get() finds rows of a CSV file, keys with zeros in front too", () => check(csv));

test("get() finds rows of a Parquet file", async () => {
  const file = join(folder, "customers.parquet");
  const duck = await openDuck();
  const rows = `SELECT * FROM read_csv(${quoteSql(csv)}, all_varchar = true)`;
  await duck.run(`COPY (${rows}) TO ${quoteSql(file)} (FORMAT parquet)`);
  await duck.close();
  await check(file);
});

test("get() says why there are no rows where the source is away", async () => {
  for (const source of [join(folder, "gone.csv"), "postgres://nobody@127.0.0.1:1/none?table=customers"]) {
    const rows = new CustomerRows(memoOf(source));
    const { rows: found, away } = await rows.get(["007"]);
    assert.equal(found.size, 0);
    assert.match(away ?? "", /is not there|ECONNREFUSED/);
    await rows.close();
  }
});

test("the source is shown without a user or a password", () => {
  const rows = new CustomerRows(memoOf("postgres://reader:secret@db.example/crm?table=customers"));
  assert.equal(rows.source, "postgres://db.example/crm?table=customers");
});

const skip = findPostgres() === null ? "PostgreSQL is not installed" : false;
test("get() asks PostgreSQL by the key's own type, so that its index serves", { skip }, async () => {
  const postgres = startTestPostgres();
  try {
    const url = new URL(await postgres.newDatabase());
    const client = new pg.Client({ connectionString: url.toString() });
    await client.connect();
    await client.query(`CREATE TABLE customers ("No" bigint PRIMARY KEY, "the ""name""" text, mail text)`);
    await client.query(`INSERT INTO customers VALUES (7, '髙橋, 一郎', 'a@b.example'), (8, '佐藤', NULL)`);
    await client.end();
    url.searchParams.set("table", "public.customers");
    await check(url.toString(), "7");
  } finally {
    postgres.stop();
  }
});
