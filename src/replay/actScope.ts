import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePerson, seededRandom } from "../personal/generatePersons.ts";
import { runScope, type ScopeResult } from "../scope/job/runScope.ts";
import type { Act, ActResult, Stage } from "./act.ts";
import { makeDamagedImage, overwritten, type DamagedImage } from "./damagedImage.ts";
import { passportIssuedOn, partnerOf } from "./resultsDatabase.ts";
import { scoreList, type Score } from "./scoreList.ts";
import { stageRows, type StagedCustomer, type StagedFile } from "./stagedRows.ts";

/**
 * Act four: 2016-03-29 to 06-20. In 2016 three deleted files were recovered from the product-information
 * server, partly destroyed, with names and birth dates at random places; to normalise them took 34 days, and
 * the first number was of records. Here the server's disk becomes the list of persons while the reader looks.
 */
export const actScope: Act = { name: "scope", title: "2016-03-29 to 06-20: who was in the files?", play };

export const limits = { rows: 20_000, customersWithoutDatabase: 100_000 } as const;

/** What the list must be worth; below it the act has failed. */
export const wanted = { precision: 0.999, recall: 0.98, rowsFound: 0.99 } as const;

/** The day of the announcement: passports and minors are counted by it. */
const announced = Temporal.PlainDate.from("2016-06-14");
const daysIn2016 = 34;

async function play(stage: Stage): Promise<ActResult> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "sekisho-act-four-"));
  const out = join(stage.folder, "scope", "recovered");
  const random = seededRandom(2016);
  try {
    const source = await openSource(stage, folder);
    writeContacts(join(stage.folder, "customers.csv"), source.customers);
    const files = stageRows(source.customers, { rows: limits.rows, random });
    const image = makeDamagedImage(folder, files, { random });
    stage.tell(
      `03-29: the server's disk (${megabytes(image.bytes)}, ${image.why ?? "ext4"}): three files of ` +
        `${limits.rows} rows deleted, ${Math.round(overwritten * 100)} % of their sectors overwritten`,
    );
    const began = performance.now();
    mkdirSync(out, { recursive: true, mode: 0o700 });
    const result = await runScope({
      inputs: [image.path],
      customers: source.customersAt,
      map: null,
      index: null,
      out,
      at: announced,
      again: true,
      onProgress: () => {},
    });
    const seconds = (performance.now() - began) / 1000;
    const score = await scoreList(out, { files, left: image.left });
    tellCounts(stage, result, { score, seconds });
    return conclude({
      result,
      score,
      image,
      files,
      seconds,
      took: (performance.now() - started) / 1000,
    });
  } finally {
    await stage.database?.connect().then(dropView);
    rmSync(folder, { recursive: true, force: true });
  }
}

type Source = { customers: StagedCustomer[]; customersAt: string };

/** Act three's database where there is one; else the same customers in a file. */
async function openSource(stage: Stage, folder: string): Promise<Source> {
  const { database } = stage;
  if (database === null) return sourceInFile(folder);
  const client = await database.connect();
  try {
    await client.query(viewSql);
    const { rows } = await client.query<Record<string, string | null>>(
      `select id::text, name, kana, roman, sex, birth_date::text as "birthDate", email, phone,
         postal_code as "postalCode", address, passport_no as passport,
         passport_issued::text as "passportIssued" from customers order by customers.id`,
    );
    const customers = rows.map(
      (row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? ""])) as StagedCustomer,
    );
    return { customers, customersAt: withTable(database.url) };
  } finally {
    await client.end();
  }
}

function withTable(url: string): string {
  const source = new URL(url);
  source.searchParams.set("table", "public.customers_of_scope");
  return source.toString();
}

/** Where act five writes to them; taken away when it has read it. */
function writeContacts(path: string, customers: readonly StagedCustomer[]): void {
  const head = "customer_id,name,email,phone,postal_code,address,birth_date\n";
  const lines = customers.map(({ id, name, email, phone, postalCode, address, birthDate }) =>
    [id, name, email, phone, postalCode, address, birthDate].join(","),
  );
  writeFileSync(path, `${head}${lines.join("\n")}\n`, { mode: 0o600 });
}

/** The columns under the names that need no map; gone when the act is over. */
const viewSql = `
  create or replace view customers_of_scope as
    select c.id as customer_id, name as name_kanji, kana as name_kana, roman as name_roman, sex, birth_date,
      email, postal_code, address, phone, passport_no as passport_number,
      passport_issued as passport_issued_on,
      b.product as service, b.site, b.partner, b.booked_at::date as booked_on
    from customers c left join bookings b on b.customer_id = c.id`;

async function dropView(client: {
  query(sql: string): Promise<unknown>;
  end(): Promise<void>;
}): Promise<void> {
  await client.query("drop view if exists customers_of_scope");
  await client.end();
}

function sourceInFile(folder: string): Source {
  const random = seededRandom(2016);
  const customers = Array.from({ length: limits.customersWithoutDatabase }, (_, at): StagedCustomer => {
    const { name, kana, roman, sex, birthDate, email, phone, postalCode, address, passport } =
      makePerson(random);
    const id = String(at + 1);
    const passportIssued = passportIssuedOn(at + 1);
    return {
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
      passportIssued,
    };
  });
  const head = `customer_id,name_kanji,name_kana,name_roman,sex,birth_date,email,phone,postal_code,address,
    passport_number,passport_issued_on,partner`.replaceAll(/\s/g, "");
  const lines = customers.map((one) => `${Object.values(one).join(",")},${partnerOf(Number(one.id))}\n`);
  const customersAt = join(folder, "customers.csv");
  writeFileSync(customersAt, `${head}\n${lines.join("")}`, { mode: 0o600 });
  return { customers, customersAt };
}

function tellCounts(
  stage: Stage,
  result: ScopeResult,
  { score, seconds }: { score: Score; seconds: number },
): void {
  const { records, persons, links, passports } = result;
  stage.tell(`${records.found} rows recovered from it, ${records.half} of them only in part`);
  const others = `${persons.notCustomers} pieces that fit none`;
  stage.tell(`${persons.matched} customers, and ${others}; in truth ${score.persons} persons`);
  stage.tell(`links to customers: ${links.certain} certain, ${links.review} for people to look at`);
  stage.tell(`items: ${itemsOf(result)}`);
  const partners = Object.entries(result.by["partner"] ?? {}).filter(([name]) => name !== "");
  stage.tell(`partners: ${partners.map(([name, count]) => `${name} ${count}`).join(", ")}`);
  stage.tell(`passports: ${passports.persons}, of which ${passports.valid} valid on ${result.at}`);
  stage.tell(`in ${seconds.toFixed(1)} s; in 2016 the normalising alone took ${daysIn2016} days`);
}

function itemsOf(result: ScopeResult): string {
  return Object.entries(result.byItem)
    .filter(([, { persons }]) => persons > 0)
    .map(([item, { persons }]) => `${item} ${persons}`)
    .join(", ");
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

type Concluding = {
  result: ScopeResult;
  score: Score;
  image: DamagedImage;
  files: readonly StagedFile[];
  seconds: number;
  took: number;
};

function conclude({ result, score, image, files, seconds, took }: Concluding): ActResult {
  const { persons, records, links, passports } = result;
  const disk = image.fileSystem === "ext4" ? "ext4, files deleted" : "no file system";
  const problems: string[] = result.problems.map(({ message }) => message);
  const found = score.rowsFound / score.rowsLeft;
  const share = (value: number): string => `${(value * 100).toFixed(2)} %`;
  if (found < wanted.rowsFound) problems.push(`only ${share(found)} of the rows that are left were found`);
  if (score.precision < wanted.precision)
    problems.push(`of the sure links ${share(score.precision)} are right`);
  if (score.recall < wanted.recall)
    problems.push(`of the rows that say whose they are ${share(score.recall)} are linked`);
  // What fits no customer may be of one who is counted already: a piece with a town alone is anybody's.
  if (score.persons < persons.matched || score.persons > persons.most)
    problems.push(`${score.persons} persons are not within ${persons.matched} to ${persons.most}`);
  return {
    act: "scope",
    ok: problems.length === 0,
    seconds: took,
    figures: {
      image: `${megabytes(image.bytes)}, ${disk}`,
      rowsStaged: files.reduce((sum, { rows }) => sum + rows.length, 0),
      rowsLeft: score.rowsLeft,
      rowsRecovered: records.found,
      halfRows: records.half,
      persons: `${persons.matched} to ${persons.most}`,
      customersFound: persons.matched,
      personsTrue: score.persons,
      linksCertain: links.certain,
      linksForReview: links.review,
      listPrecision: Number(score.precision.toFixed(5)),
      listRecall: Number(score.recall.toFixed(5)),
      items: itemsOf(result),
      partners: Object.entries(result.by["partner"] ?? {})
        .filter(([name]) => name !== "")
        .map(([name, count]) => `${name} ${count}`)
        .join(", "),
      passports: passports.persons,
      passportsTrue: score.passports,
      passportsValid: passports.valid,
      scopeSeconds: Number(seconds.toFixed(1)),
      daysIn2016,
    },
    problems,
  };
}
