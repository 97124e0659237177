import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePerson, seededRandom, type GeneratedPerson } from "../../personal/generatePersons.ts";
import { runScope, type ScopeResult } from "../job/runScope.ts";

/** A small finished job with links of every kind, and where its parts lie. For tests. */
export type TestJob = { out: string; customers: string; leak: string; result: ScopeResult };

const head = [
  "customer_id,name_kanji,name_kana,name_roman,sex,birth_date,email,postal_code,address,phone",
  "passport_number,service,partner,language",
].join(",");

/**
 * Makes customers and a leak of them in `folder`, some rows whole and some with little left, and runs the
 * job.
 */
export async function makeTestJob(
  folder: string,
  options: { customers?: number; name?: string; out?: string } = {},
): Promise<TestJob> {
  const count = options.customers ?? 600;
  const random = seededRandom(2016);
  const persons = Array.from({ length: count }, () => makePerson(random));
  const strangers = Array.from({ length: Math.ceil(count / 20) }, () => makePerson(random));
  const base = join(folder, options.name ?? "job");
  mkdirSync(join(base, "leak"), { recursive: true });
  const table = persons.map((person, at) => lineOf(person, at));
  const customers = join(base, "customers.csv");
  writeFileSync(customers, `${head}\n${table.join("\n")}\n`);
  const rows = [
    ...persons
      .slice(0, count / 2)
      .map((person, at) => damaged(person, persons[at + 1] as GeneratedPerson, at)),
    ...persons
      .slice(0, count / 10)
      .map((person, at) => damaged(person, persons[at + 3] as GeneratedPerson, at + 5)),
    ...strangers.map(wholeRow),
  ];
  const leak = join(base, "leak", "part.csv");
  writeFileSync(leak, `${rows.join("\n")}\n`);
  const out = options.out ?? join(base, "out");
  const result = await runScope({
    inputs: [join(base, "leak")],
    customers,
    map: null,
    index: null,
    out,
    at: Temporal.PlainDate.from("2016-06-14"),
    again: false,
    threads: 1,
    onProgress: () => {},
  });
  return { out, customers, leak, result };
}

function lineOf(person: GeneratedPerson, at: number): string {
  const { name, kana, roman, sex, birthDate, email, postalCode, address, phone, passport } = person;
  return [
    `C${String(at).padStart(5, "0")}`,
    ...[name, kana, roman, sex, birthDate, email, postalCode, address, phone],
    at % 4 === 0 ? passport : "",
    at % 2 === 0 ? "国内旅行" : "海外旅行",
    at % 5 === 0 ? "通信会社" : "",
    at % 10 === 0 ? "en" : "ja",
  ].join(",");
}

const wholeRow = ({
  name,
  kana,
  birthDate,
  email,
  postalCode,
  address,
  phone,
  passport,
}: GeneratedPerson): string => [name, kana, birthDate, email, postalCode, address, phone, passport].join(",");

/**
 * Every third row is whole; of the others little is left, or something is another's: these are for people.
 */
function damaged(person: GeneratedPerson, other: GeneratedPerson, at: number): string {
  const { name, kana, birthDate, email, postalCode, address, phone, passport, surname } = person;
  switch (at % 9) {
    case 1:
      return [kana, postalCode, "東京都千代田区丸の内1-1-1"].join(",");
    case 2:
      return [kana, other.birthDate, other.email, postalCode].join(",");
    case 4:
      return [`${surname} ${other.givenName}`, email, other.phone].join(",");
    case 5:
      return [name, other.email, other.birthDate, other.phone].join(",");
    case 7:
      return [name, postalCode].join(",");
    default:
      return [name, kana, birthDate, email, postalCode, address, phone, at % 4 === 0 ? passport : ""].join(
        ",",
      );
  }
}
