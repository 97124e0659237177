import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { findPostgres, startTestPostgres, type TestPostgres } from "../../../lib/sql/testStores.ts";
import type { Catalog } from "../catalog.ts";
import { loadCatalog, type SaidOfTables } from "./loadCatalog.ts";
import type { Query } from "./readCatalog.ts";

const skip = findPostgres() === null ? "PostgreSQL is not installed here (Debian: postgresql)" : false;
let postgres: TestPostgres;
let client: pg.Client;
const query: Query = (sql, values) => client.query(sql, values as unknown[]);

before(async () => {
  if (skip !== false) return;
  postgres = startTestPostgres();
  client = new pg.Client({ connectionString: await postgres.newDatabase() });
  await client.connect();
  await client.query(`
    create schema shop;
    create domain shop.mail as text check (value like '%@%');
    create table shop.customers (id bigint primary key, name text, email shop.mail, born date, gone int)
      partition by range (id);
    alter table shop.customers drop column gone;
    create table shop.customers_1 partition of shop.customers for values from (0) to (1000)
      partition by range (id);
    create table shop.customers_1a partition of shop.customers_1 for values from (0) to (500);
    create table plain (id int, tags text[]);
    create table parent (id int, phone text);
    create table child (extra text) inherits (parent);
    create view shop.v as select name from shop.customers;
    create materialized view m as select email from shop.customers;
    create temporary table scratch (t text);
    create sequence numbers;
    create function shout(text) returns text language sql as 'select upper($1)';
    create procedure quiet() language plpgsql as 'begin end';
    create aggregate gather(text) (sfunc = textcat, stype = text);
    create type pair as (a int, b int);
  `);
});
after(async () => {
  if (skip !== false) return;
  await client.end();
  postgres.stop();
});

const settings: SaidOfTables = {
  customers: { table: "shop.customers", key: "id" },
  tables: [
    { table: "shop.customers", personal: { name: "name", email: "email" }, notPersonal: [] },
    { table: "public.child", key: "id", personal: { phone: "phone", extra: "address" }, notPersonal: [] },
    { table: "public.absent", personal: { name: "name" }, notPersonal: [] },
  ],
};

const find = (catalog: Catalog, name: string) =>
  catalog.relations.find((relation) => `${relation.schema}.${relation.name}` === name);
const marks = (catalog: Catalog, name: string): string[] =>
  (find(catalog, name)?.columns ?? []).map(
    (column) => `${column.name} ${column.type} ${column.personal ?? "-"}${column.customerKey ? " key" : ""}`,
  );

test("loadCatalog() gives relations, columns and what people said of them", { skip }, async () => {
  const catalog = await loadCatalog(query, settings);
  assert.deepEqual(marks(catalog, "shop.customers"), [
    "id int8 - key",
    "name text name",
    "email text email",
    "born date -",
  ]);
  assert.deepEqual(marks(catalog, "public.plain"), ["id int4 -", "tags _text -"]);
  const kinds = ["shop.customers", "shop.v", "public.m", "public.numbers", "pg_catalog.pg_class"];
  assert.deepEqual(
    kinds.map((name) => find(catalog, name)?.kind),
    ["table", "view", "materialized-view", "sequence", "system"],
  );
  assert.deepEqual(find(catalog, "pg_catalog.pg_class")?.columns, []);
  assert.equal(find(catalog, "public.pair"), undefined);
  assert.ok(!catalog.relations.some(({ schema }) => schema.startsWith("pg_toast")));
  assert.ok(
    catalog.relations.some(({ schema, name }) => schema.startsWith("pg_temp_") && name === "scratch"),
  );
});

test("loadCatalog() carries what is personal to partitions, children and parents", { skip }, async () => {
  const catalog = await loadCatalog(query, settings);
  for (const part of ["shop.customers_1", "shop.customers_1a"]) {
    assert.deepEqual(marks(catalog, part), marks(catalog, "shop.customers"));
  }
  assert.deepEqual(marks(catalog, "public.child"), [
    "id int4 - key",
    "phone text phone",
    "extra text address",
  ]);
  // The key of one child is not the key of all: rows of the parent count one by one.
  assert.deepEqual(marks(catalog, "public.parent"), ["id int4 -", "phone text phone"]);
});

test("loadCatalog() writes out every name in views, whatever the search path is", { skip }, async () => {
  await client.query("set search_path = shop, public");
  const catalog = await loadCatalog(query, settings);
  assert.match(find(catalog, "shop.v")?.definition ?? "", /FROM shop\.customers/);
  assert.equal((await client.query("show search_path")).rows[0].search_path, "shop, public");
  await client.query("reset search_path");
});

test("loadCatalog() gives routines of users and all aggregates", { skip }, async () => {
  const { routines } = await loadCatalog(query, settings);
  const has = (schema: string, name: string, kind: string, language: string) =>
    routines.some((one) => JSON.stringify(one) === JSON.stringify({ schema, name, kind, language }));
  assert.ok(has("public", "shout", "function", "sql"));
  assert.ok(has("public", "quiet", "procedure", "plpgsql"));
  assert.ok(has("public", "gather", "aggregate", "internal"));
  assert.ok(has("pg_catalog", "string_agg", "aggregate", "internal"));
  assert.ok(!routines.some(({ schema, name }) => schema === "pg_catalog" && name === "upper"));
});

test(
  "loadCatalog() changes the version with a column, a view and what is said, and else not",
  { skip },
  async () => {
    const versions = [await loadCatalog(query, settings), await loadCatalog(query, settings)];
    assert.equal(versions[0]?.version, versions[1]?.version);
    await client.query("alter table plain add column more text");
    versions.push(await loadCatalog(query, settings));
    await client.query("create or replace view shop.v as select upper(name) as name from shop.customers");
    versions.push(await loadCatalog(query, settings));
    versions.push(await loadCatalog(query, { tables: [], customers: undefined }));
    assert.equal(new Set(versions.map(({ version }) => version)).size, 4);
  },
);

test("loadCatalog() leaves the connection usable after an error", { skip }, async () => {
  const failing: Query = (sql, values) => query(sql.includes("pg_proc") ? "select 1/0" : sql, values);
  await assert.rejects(loadCatalog(failing, settings), /division by zero/);
  assert.equal((await client.query("select 1 as one")).rows[0].one, 1);
});
