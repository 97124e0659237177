import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { RecordsStage, skip, tables } from "../testRecords.ts";
import { plantCanaries } from "./plantCanaries.ts";
import { removeCanaries } from "./removeCanaries.ts";
import { RecordsSettings } from "../settings.ts";

const stage = skip === false ? new RecordsStage(3_000) : null;
let client: pg.Client;
before(async () => {
  if (stage === null) return;
  client = new pg.Client({ connectionString: (await stage.database()).url });
  await client.connect();
});
after(async () => {
  await client?.end();
  await stage?.close();
});

const settings = RecordsSettings.parse({ customers: { table: "public.customers", key: "id" }, tables });

async function count(table: string): Promise<number> {
  return Number((await client.query(`select count(*) as n from ${table}`)).rows[0].n);
}

test(
  "plantCanaries() plants among the others in every table; nothing tells them apart",
  { skip },
  async () => {
    await client.query(`delete from bookings where customer_id % 7 = 0;
    delete from customers where id % 7 = 0;
    update customers set created_at = timestamptz '2016-01-01' + id * interval '1 hour'`);
    const [customers, bookings] = [await count("customers"), await count("bookings")];
    const canaries = await plantCanaries(client, { settings, count: 40, mailbox: "travel.example" });
    assert.equal(await count("customers"), customers + 40);
    assert.equal(await count("bookings"), bookings + 40);
    assert.equal(new Set(canaries.map(({ email }) => email)).size, 40);
    for (const { customer, email, name, phone } of canaries) {
      assert.match(email, /^[^@+]+@travel\.example$/);
      const { rows } = await client.query(
        `select c.*, c.created_at between (timestamptz '2016-01-01' + (c.id - 1) * interval '1 hour')
         and (timestamptz '2016-01-01' + (c.id + 1) * interval '1 hour') as in_order,
         c.id between 1 and 3000 as inside, b.passport_no as of_booking, b.booked_at is not null as booked
       from customers c join bookings b on b.customer_id = c.id where c.id = $1`,
        [customer],
      );
      assert.equal(rows.length, 1);
      const [row] = rows;
      assert.ok(row.in_order && row.inside && row.booked, JSON.stringify(row));
      assert.deepEqual([row.name, row.email, row.phone], [name, email, phone]);
      assert.equal(row.passport_no, row.of_booking);
      assert.match(row.name, /^[一-龠々ヶ]+ [\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+$/u);
      for (const value of Object.values(row)) assert.notEqual(value, null);
    }
    assert.equal(await removeCanaries(client, canaries), 80);
    assert.deepEqual([await count("customers"), await count("bookings")], [customers, bookings]);
  },
);

test("plantCanaries() tries everything and changes nothing in a dry run", { skip }, async () => {
  const before = await count("customers");
  const tried = await plantCanaries(client, {
    settings,
    count: 3,
    mailbox: "desk@travel.example",
    dryRun: true,
  });
  for (const { email } of tried) assert.match(email, /^desk\+.+@travel\.example$/);
  assert.equal(await count("customers"), before);
});

test(
  "plantCanaries() reaches every partition, makes keys of each kind, plants all or none",
  { skip },
  async () => {
    await client.query(
      `
    create table member (id text not null, region text not null, name text not null, mail text,
      serial_no bigint generated always as identity, twice int generated always as (length(name) * 2) stored,
      primary key (id, region)) partition by list (region)`.replace("mail text unique", "mail text"),
    );
    await client.query(`
    create table member_east partition of member for values in ('east');
    create table member_west partition of member for values in ('west');
    insert into member (id, region, name, mail) select 'M-' || lpad(n::text, 6, '0'),
      case when n % 2 = 0 then 'east' else 'west' end, '佐藤　花子', n || '@x.example'
      from generate_series(1, 50) n;
    create table device (id uuid primary key default gen_random_uuid(), owner text, note text);
    analyze`);
    const own = RecordsSettings.parse({
      customers: { table: "public.member", key: "id" },
      tables: [
        { table: "public.member", key: "id", personal: { name: "name", mail: "email" } },
        { table: "public.device", key: "owner", personal: { note: "free-text" } },
      ],
    });
    const canaries = await plantCanaries(client, { settings: own, count: 4, mailbox: "travel.example" });
    const { rows } = await client.query(
      "select id, region, name from member where mail like '%@travel.example' order by region",
    );
    assert.deepEqual(
      rows.map(({ region }) => region),
      ["east", "east", "west", "west"],
    );
    for (const { id, name } of rows) {
      assert.match(id, /^M-\d{6}$/);
      assert.match(name, /^\S+\u3000\S+$/);
    }
    assert.deepEqual(
      canaries.map((canary) => canary.rows.length),
      [1, 1, 1, 1],
      "an empty table hides nobody",
    );
    await client.query("alter table member add check (mail not like '%@broken.example')");
    const before = await count("member");
    const broken = plantCanaries(client, { settings: own, count: 2, mailbox: "broken.example" });
    await assert.rejects(broken, { code: "peer-unavailable" });
    assert.equal(await count("member"), before);
  },
);
