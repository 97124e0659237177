import pg from "pg";
import { findPostgres, startTestPostgres, type TestPostgres } from "../lib/sql/testStores.ts";
import { makePerson, seededRandom } from "../personal/generatePersons.ts";

export const limits = { customers: 100_000, batch: 5_000 } as const;

/** The results database of 2016: customers who do not exist, in a PostgreSQL of its own. */
export type ResultsDatabase = {
  host: string;
  name: string;
  /** As the administrator connects. */
  url: string;
  customers: number;
  /** A connection of the administrator, past the gate. */
  connect(): Promise<pg.Client>;
  close(): void;
};

/** Accounts: the operator, the BI tool, and the gate's own eyes. */
const schema = `
  create table customers (
    id bigint primary key, name text not null, kana text not null, roman text not null, sex text,
    birth_date date, email text, phone text, postal_code text, address text, passport_no text,
    passport_issued date, created_at timestamptz not null default now());
  create table bookings (
    id bigint primary key, customer_id bigint not null references customers, product text not null,
    site text not null, partner text, booked_at timestamptz not null);
  create role operator_tanaka login; create role bi_report login; create role sekisho_watcher login;
  grant pg_read_all_data to operator_tanaka, bi_report, sekisho_watcher;`;

/** Starts it and fills it; a sentence says why it cannot be had here. */
export async function openResultsDatabase(): Promise<ResultsDatabase | string> {
  if (findPostgres() === null) return "PostgreSQL is not installed here (Debian: postgresql)";
  let postgres: TestPostgres;
  try {
    postgres = startTestPostgres();
  } catch (error) {
    return `PostgreSQL does not start: ${String((error as Error).message)}`;
  }
  const url = await postgres.newDatabase();
  const place = new URL(url);
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  };
  const client = await connect();
  await client.query(schema);
  await fill(client);
  await client.end();
  return {
    host: place.searchParams.get("host") ?? "",
    name: place.pathname.slice(1),
    url,
    customers: limits.customers,
    connect,
    close: () => postgres.stop(),
  };
}

async function fill(client: pg.Client): Promise<void> {
  const random = seededRandom(2016);
  await client.query("begin");
  for (let from = 1; from <= limits.customers; from += limits.batch) {
    const columns: (string | number)[][] = Array.from({ length: 12 }, () => []);
    for (let id = from; id < from + limits.batch; id++) {
      const person = makePerson(random);
      const { name, kana, roman, sex, birthDate, email, phone, postalCode, address, passport } = person;
      const issued = passportIssuedOn(id);
      const row = [
        id,
        name,
        kana,
        roman,
        sex,
        birthDate,
        email,
        phone,
        postalCode,
        address,
        passport,
        issued,
      ];
      for (const [at, value] of row.entries()) columns[at]?.push(value);
    }
    await client.query(
      `insert into customers (id, name, kana, roman, sex, birth_date, email, phone, postal_code, address,
         passport_no, passport_issued)
       select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[],
         $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::date[])`,
      columns,
    );
  }
  await client.query(
    `insert into bookings select id, id, 'tour ' || id % 40, 'rurubu', null,
       timestamptz '2007-09-28' + id * interval '44.5 min' from customers`,
  );
  for (const { name, every, from } of partners)
    await client.query("update bookings set partner = $1 where id % $2 = $3", [name, every, from]);
  await client.query("commit");
  await client.query("analyze");
}

/** Of 7.93 million records about 330,000 were of dTravel, 6,562 of DeNA Travel, 4,462 of au Travel. */
const partners: readonly { name: string; every: number; from: number }[] = [
  { name: "Yahoo! Travel", every: 48, from: 5 },
  { name: "au Travel by DeNA", every: 1_777, from: 11 },
  { name: "DeNA Travel", every: 1_208, from: 7 },
  { name: "NTT docomo dTravel", every: 24, from: 1 },
];

/** The partner through whom a customer booked; "" for most. */
export function partnerOf(customer: number): string {
  return partners.findLast(({ every, from }) => customer % every === from)?.name ?? "";
}

/** The day on which a customer's passport was issued: of 9,154 passports 4,359 were still valid. */
export function passportIssuedOn(customer: number): string {
  const days = ((customer * 7_919) % 7_300) + 1;
  return Temporal.PlainDate.from("2016-03-21").subtract({ days }).toString();
}
