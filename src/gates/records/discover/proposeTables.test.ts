import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import pg from "pg";
import { parse } from "yaml";
import { findPostgres, startTestPostgres, type TestPostgres } from "../../../lib/sql/testStores.ts";
import { makePerson, seededRandom } from "../../../personal/generatePersons.ts";
import { RecordsSettings } from "../settings.ts";
import { findDrift, type Drift } from "./findDrift.ts";
import { loadCatalog } from "./loadCatalog.ts";
import { settingsOf } from "./printProposal.ts";
import { proposeTables } from "./proposeTables.ts";
import type { Query } from "./readCatalog.ts";
import { shapeOf } from "./shapeOf.ts";

const skip = findPostgres() === null ? "PostgreSQL is not installed here (Debian: postgresql)" : false;
const today = Temporal.PlainDate.from("2016-06-14");
let postgres: TestPostgres;
let client: pg.Client;
let url: string;
const query: Query = (sql, values) => client.query(sql, values as unknown[]);
const random = seededRandom(2016);
const people = Array.from({ length: 3_000 }, () => makePerson(random));

before(async () => {
  if (skip !== false) return;
  postgres = startTestPostgres();
  url = await postgres.newDatabase();
  client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    create table customers (id bigint primary key, shimei text, f2 text, born date, f4 text, tel text,
      zip text, f7 text,
      passport text, plan text, created_at timestamptz default now(), secret bytea);
    create table bookings (id bigint primary key, customer_id bigint references customers, tour_name
      text, price int,
      guest text, leaves date);
    create table payments (id bigint primary key, booking_id bigint references bookings, card text,
      amount int);
    create table inquiries (id bigint primary key, customer_id bigint, body text);
    create table logs (at timestamptz, ip inet, line text);
    create table members_2015 (id bigint, mail text) partition by range (id);
    create table members_2015_a partition of members_2015 for values from (0) to (100000);
    create view mailing as select shimei, f4 from customers;
    create view above as select f4 from mailing;
    create table hidden (phone text);
  `);
  const rows = people.map((person, id) => ({
    ...person,
    id,
    tour: ["京都清水寺ツアー", "北海道周遊", "ハワイ五日間"][id % 3],
    body: id % 4 === 0 ? `到着後に${person.phone}へ電話をください` : "窓側の席を希望します",
  }));
  const data = JSON.stringify(rows);
  await client.query(
    `insert into customers select id, name, kana, "birthDate", email, phone, "postalCode", address,
      passport, 'gold'
       from json_to_recordset($1) as x(id bigint, name text, kana text, "birthDate" date, email text,
         phone text,
            "postalCode" text, address text, passport text)`,
    [data],
  );
  await client.query(
    `insert into bookings select id, id, tour, 19800, roman, date '2016-07-01' + (id % 30)::int
       from json_to_recordset($1) as x(id bigint, tour text, roman text)`,
    [data],
  );
  await client.query(
    `insert into inquiries select id, id, body from json_to_recordset($1) as x(id bigint, body text)`,
    [data],
  );
  await client.query(
    `insert into members_2015 select id, email from json_to_recordset($1) as x(id bigint, email text)`,
    [data],
  );
  await client.query(
    "insert into logs select now(), '10.0.0.1', 'GET /tours/' || n from generate_series(1, 500) n",
  );
  await client.query("analyze");
});
after(async () => {
  if (skip !== false) return;
  await client.end();
  postgres.stop();
});

test(
  "proposeTables() finds what is personal, the customers and the keys that lead to them",
  { skip },
  async () => {
    const proposal = await proposeTables(query, { today });
    const kinds = Object.fromEntries(
      proposal.tables.map(({ table, columns }) => [
        table.replace("public.", ""),
        Object.fromEntries(columns.map(({ name, kind }) => [name, kind])),
      ]),
    );
    assert.deepEqual(kinds, {
      bookings: { guest: "roman-name" },
      customers: {
        shimei: "name",
        f2: "kana",
        born: "birth-date",
        f4: "email",
        tel: "phone",
        zip: "postal-code",
        f7: "address",
        passport: "passport",
      },
      hidden: { phone: "phone" },
      inquiries: { body: "free-text" },
      members_2015: { mail: "email" },
    } satisfies typeof kinds);
    assert.deepEqual([proposal.customers?.table, proposal.customers?.key], ["public.customers", "id"]);
    const keys = proposal.tables.map(({ table, key }) => [table.replace("public.", ""), key?.column ?? null]);
    assert.deepEqual(Object.fromEntries(keys), {
      bookings: "customer_id",
      customers: "id",
      hidden: null,
      inquiries: "customer_id",
      members_2015: null,
    });
    assert.deepEqual(proposal.views, [
      { view: "public.mailing", uses: ["public.customers.f4", "public.customers.shimei"] },
      { view: "public.above", uses: ["public.mailing.f4"] },
    ]);
  },
);

test("proposeTables() says of what it may not read, and goes on", { skip }, async () => {
  await client.query("create role peeper login; grant select on customers to peeper");
  await client.query("set role peeper");
  try {
    const proposal = await proposeTables(query, { today });
    // What it may not read is proposed by names and foreign keys alone.
    const tables = proposal.tables.map(({ table }) => table.replace("public.", ""));
    assert.deepEqual(tables, ["bookings", "customers", "hidden", "members_2015"]);
    assert.ok(
      proposal.problems.some(({ table, problem }) => table === "public.bookings" && /denied/.test(problem)),
    );
  } finally {
    await client.query("reset role");
  }
});

test("proposeTables() changes nothing, and its samples are bounded", { skip }, async () => {
  const seen: string[] = [];
  const watching: Query = (sql, values) => {
    seen.push(sql);
    return query(sql, values);
  };
  await proposeTables(watching, { today, rows: 50 });
  assert.equal(seen[0], "begin isolation level repeatable read read only");
  const samples = seen.filter((sql) => sql.startsWith("select left("));
  assert.ok(samples.length > 0 && samples.every((sql) => sql.endsWith("limit 50")));
  assert.ok(samples.some((sql) => sql.includes("tablesample system")));
});

async function discover(...argv: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const module = new URL("./discoverCommand.ts", import.meta.url).href;
  const script = `const { discoverCommand } = await import(${JSON.stringify(module)});
    process.exitCode = await discoverCommand(process.argv.slice(1)).catch((error) => {
      process.stderr.write(error.message + " | " + error.hint);
      return 2;
    });`;
  const parameters = [
    "--disable-warning=ExperimentalWarning",
    "--input-type=module",
    "-e",
    script,
    "--",
    ...argv,
  ];
  return promisify(execFile)(process.execPath, parameters).then(
    (done) => ({ ...done, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
}
const where = (): string[] => {
  const { pathname, searchParams } = new URL(url);
  return ["--host", searchParams.get("host") ?? "", "--database", pathname.slice(1), "--lang", "en"];
};

test("sekisho records discover prints shapes and never a value", { skip }, async () => {
  const { stdout, code } = await discover(...where());
  assert.equal(code, 0);
  assert.match(stdout, /shimei +name +99 % +漢漢 漢漢/);
  assert.match(stdout, /f4 +email +99 % +x+[^ ]*@xxxx\.example/);
  assert.match(stdout, /customers: public\.customers, id/);
  for (const person of people) {
    for (const value of [person.name, person.email, person.phone, person.passport, person.surname]) {
      assert.ok(!stdout.includes(value), value);
    }
  }
});

test("sekisho records discover --yaml prints what the settings take", { skip }, async () => {
  const { stdout } = await discover(...where(), "--yaml");
  const read = RecordsSettings.parse(parse(stdout));
  assert.deepEqual(read.customers, { table: "public.customers", key: "id" });
  assert.equal(read.tables.find(({ table }) => table === "public.customers")?.personal["f7"], "address");
  assert.deepEqual(
    read.tables,
    settingsOf(await proposeTables(query, { today: Temporal.Now.plainDateISO() })).tables,
  );
});

test("sekisho records discover says what is wrong and what to do", { skip }, async () => {
  assert.match((await discover()).stderr, /^Cannot discover without a database \| add --database NAME/);
  const [, host = ""] = where();
  const absent = await discover("--host", host, "--database", "nowhere");
  assert.match(absent.stderr, /database "nowhere" does not exist \| see --database; psql -l/);
  const closed = await discover("--host", "/nonexistent", "--database", "x");
  assert.match(closed.stderr, /^Cannot sign in to PostgreSQL at \/nonexistent .* \| see --host and --port/);
  assert.match(
    (await discover("--sample", "all", "--database", "x")).stderr,
    /whole number from 10 to 100000/,
  );
  assert.match((await discover("--help")).stdout, /^sekisho records discover/);
});

test("findDrift() tells of new, overlooked, vanished and changed columns", { skip }, async () => {
  const settings = settingsOf(await proposeTables(query, { today }));
  const look = async (
    options: Pick<Parameters<typeof findDrift>[1], "before" | "look">,
  ): Promise<string[]> => {
    const { drift } = await findDrift(query, { settings, today, ...options });
    return drift.map(({ relation, column, what, kind }: Drift) => `${what} ${relation}.${column} ${kind}`);
  };
  const before = await loadCatalog(query, settings);
  assert.deepEqual(await look({ before, look: "all" }), []);
  await client.query(`
    alter table bookings add column note text, add column contact text;
    update bookings set contact = (select tel from customers where id = bookings.customer_id);
    alter table logs alter column line type varchar(200);
    update logs set line = (select name from inquiries, lateral (select shimei as name from customers
      limit 1) c limit 1);
    alter table customers rename column tel to denwa;
    alter table hidden alter column phone type varchar(20);
    drop table members_2015;
  `);
  assert.deepEqual(await look({ before, look: "new" }), [
    "vanished public.customers.tel phone",
    "vanished public.members_2015.mail email",
    "type-changed public.hidden.phone phone",
    "new-column public.bookings.contact phone",
    "new-column public.customers.denwa phone",
    "looks-personal public.logs.line name",
  ]);
  // Whoever looked at it and found nothing is believed.
  settings.tables.push({ table: "public.logs", personal: {}, notPersonal: ["line"] });
  assert.deepEqual(await look({ before: null, look: "all" }), [
    "vanished public.customers.tel phone",
    "vanished public.members_2015.mail email",
    "looks-personal public.bookings.contact phone",
    "looks-personal public.customers.denwa phone",
  ]);
});

for (const [text, shape] of [
  ["佐藤 花子", "漢漢 漢漢"],
  ["ｻﾄｳ ﾊﾅｺ", "ｱｱｱ ｱｱｱ"],
  ["さとうハナ", "あああアア"],
  ["hanako.sato@mail.example", "xxxxxx.xxxx@xxxx.example"],
  ["090-0123-4567", "999-9999-9999"],
  ["X1\u0000é𠮷", "X9·x漢"],
  ["김철수", "字字字"],
] as const) {
  test(`shapeOf() shows "${shape}" for a value like it`, () => assert.equal(shapeOf(text), shape));
}
