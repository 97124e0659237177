import assert from "node:assert/strict";
import { test } from "node:test";
import encoding from "encoding-japanese";
import { parse } from "yaml";
import { findPostgres, startTestPostgres } from "../../lib/sql/testStores.ts";
import pg from "pg";
import { makePerson, seededRandom } from "../../personal/generatePersons.ts";
import { runScopeCommand } from "../testCommand.ts";
import { ask, TestJob } from "../testJob.ts";
import { printMap, proposeMap } from "./proposeMap.ts";
import { sampleTable } from "./sampleTable.ts";

const today = Temporal.PlainDate.from("2016-06-14");

/** A table whose columns are called as somebody's grandfather called them. */
function oddTable(): string {
  const random = seededRandom(7);
  const rows = Array.from({ length: 400 }, (_, at) => {
    const { name, kana, birthDate, email, phone, landline, postalCode, address, sex } = makePerson(random);
    const values = [name, kana, birthDate.replaceAll("-", ""), email, phone, landline, postalCode, address];
    return ["A", `K-${at * 7}`, ...values, sex === "female" ? "2" : "1", at % 5, "提携社", ""].join(",");
  });
  const head = "区分,顧客番号,col1,col2,col3,col4,TEL1,TEL2,col5,col6,性別,col7,提携先,備考";
  return `${head}\r\n${rows.join("\r\n")}\r\n`;
}

const expected = {
  customer_id: "顧客番号",
  name_kanji: "col1",
  name_kana: "col2",
  birth_date: "col3",
  email: "col4",
  phone: "TEL1",
  phone2: "TEL2",
  postal_code: "col5",
  address: "col6",
  sex: "性別",
  partner: "提携先",
};

test("proposeMap() finds columns by their values where their names say nothing", async () => {
  using job = new TestJob(1);
  for (const charset of ["UTF8", "SJIS"] as const) {
    const codes = encoding.convert(encoding.stringToCode(oddTable()), { to: charset, from: "UNICODE" });
    const sample = await sampleTable(job.write(`${charset}.csv`, Uint8Array.from(codes)));
    const proposed = proposeMap(sample, today);
    assert.deepEqual(parse(printMap(sample, proposed)), expected, charset);
    assert.deepEqual(proposed.missing, []);
  }
});

test("proposeMap() prints no value of the table", async () => {
  using job = new TestJob(1);
  const sample = await sampleTable(job.write("t.csv", oddTable()));
  const text = printMap(sample, proposeMap(sample, today));
  const personal = sample.columns.filter(({ name }) => name.startsWith("col") && name !== "col7");
  for (const { values } of personal) for (const value of values) assert.ok(!text.includes(value), value);
});

test("proposeMap() says what is missing, and two columns of one kind", async () => {
  using job = new TestJob(1);
  const sample = await sampleTable(job.write("t.csv", "plan,price\na,1\na,1\nb,2\n"));
  assert.match(
    printMap(sample, proposeMap(sample, today)),
    /# MISSING customer_id.*\n# MISSING columns of persons/,
  );
  const parts = Array.from({ length: 90 }, (_, at) => `${at},佐藤,花子,taro${at}@example.jp`);
  const split = await sampleTable(job.write("s.csv", `id,姓,名,mail\n${parts.join("\n")}\n`));
  assert.match(printMap(split, proposeMap(split, today)), /# not used: "名" .*join them in a view/);
});

test("sekisho scope map proposes what sekisho scope takes, in CP932 too", async () => {
  using job = new TestJob(1);
  const codes = encoding.convert(encoding.stringToCode(oddTable()), { to: "SJIS", from: "UNICODE" });
  const table = job.write("t.csv", Uint8Array.from(codes));
  const mapped = await runScopeCommand("map", "--customers", table);
  assert.equal(mapped.status, 0, mapped.err);
  const map = job.write("map.yaml", mapped.out);
  const leak = job.write("leak.csv", oddTable().split("\r\n").slice(1, 200).join("\r\n"));
  const out = `${job.folder}/out`;
  const ran = await runScopeCommand(leak, "--customers", table, "--map", map, "--out", out, "--json");
  assert.equal(ran.status, 0, ran.err);
  const linked = await ask<{ n: number }>(
    `SELECT count(*) AS n FROM read_parquet('${out}/links.parquet') WHERE state = 'certain'`,
  );
  assert.ok((linked[0]?.n ?? 0) >= 195, `${linked[0]?.n} of 199`);
});

test(
  "sampleTable() reads the head of a table in PostgreSQL, and says where it cannot",
  { skip: findPostgres() === null ? "PostgreSQL is not installed here" : false },
  async () => {
    const postgres = startTestPostgres();
    try {
      const url = await postgres.newDatabase();
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`create table members (id int, "E Mail" text, note text)`);
      await client.query(
        `insert into members select n, 'taro' || n || '@example.jp', null from generate_series(1, 50) n`,
      );
      await client.end();
      const source = new URL(url);
      source.searchParams.set("table", "public.members");
      const sample = await sampleTable(source.toString());
      assert.deepEqual([sample.rows, sample.columns.map(({ name }) => name)], [50, ["id", "E Mail", "note"]]);
      assert.equal(parse(printMap(sample, proposeMap(sample, today))).email, "E Mail");
      source.searchParams.set("table", "public.nothing");
      await assert.rejects(sampleTable(source.toString()), { code: "peer-unavailable" });
    } finally {
      postgres.stop();
    }
  },
);
