import { createWriteStream, mkdirSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { openDuck, parquetOptions, quoteSql, type Duck } from "../../../src/lib/openDuck.ts";
import { comparable } from "../scoreFields.ts";

/**
 * Makes the standardised columns that other tools ask for, so that linking alone is compared:
 *
 *   node bench/scope/peers/standardise.ts japanese DIR OUT   from a folder of generate.ts
 *                                                            (--fields-sample 1000000000 --format parquet)
 *   node bench/scope/peers/standardise.ts febrl4 DIR OUT     DIR has febrl_dataset4a.csv and …4b.csv
 *   node bench/scope/peers/standardise.ts fake1000 DIR OUT   DIR has fake_1000.csv
 *
 * Writes OUT/left.parquet and OUT/right.parquet (fake1000: left alone), each with unique_id, truth_id (who it
 * is:
 * for scoring only) and the columns.
 */

const kinds = {
  name: "name",
  kana: "kana",
  roman: "roman-name",
  sex: "sex",
  birth_date: "birth-date",
  email: "email",
  postal_code: "postal-code",
  address: "address",
  phone: "phone",
} as const;
type Column = keyof typeof kinds;
const columns = Object.keys(kinds) as Column[];

type Standard = { unique_id: string; truth_id: number } & Record<Column, string | null>;

function standardOf(column: Column, value: string): string {
  const text = comparable(kinds[column], value);
  const date = /^(\d{4})(\d\d)(\d\d)$/.exec(text);
  return column === "birth_date" && date !== null ? `${date[1]}-${date[2]}-${date[3]}` : text;
}

async function writeStandard(duck: Duck, sql: string, out: string): Promise<void> {
  const file = `${out}.csv`;
  const stream = createWriteStream(file);
  for await (const rows of duck.stream<Standard>(sql)) {
    let text = "";
    for (const row of rows) {
      const cells = columns.map((column) =>
        row[column] === null ? "" : `"${standardOf(column, row[column]).replaceAll('"', "")}"`,
      );
      text += `${row.unique_id},${row.truth_id},${cells.join(",")}\n`;
    }
    if (!stream.write(text)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
  const types = ["unique_id", "truth_id", ...columns]
    .map((name) => `'${name}': '${name === "truth_id" ? "BIGINT" : "VARCHAR"}'`)
    .join(", ");
  await duck.run(
    `COPY (SELECT * FROM read_csv(${quoteSql(file)}, header = false, auto_detect = false, delim = ',',
       quote = '"', nullstr = '', columns = {${types}})) TO ${quoteSql(out)} (${parquetOptions})`,
  );
  rmSync(file);
}

async function japanese(duck: Duck, from: string, out: string): Promise<void> {
  const path = (name: string): string => quoteSql(join(from, name));
  const pivot = columns
    .map((column) => `max(fields.normalised) FILTER (fields.kind = '${kinds[column]}') AS ${column}`)
    .join(", ");
  await writeStandard(
    duck,
    `SELECT file || ':' || "offset" AS unique_id, any_value(truth.person) AS truth_id, ${pivot}
     FROM ${path("fields.parquet")} AS fields JOIN ${path("truth.parquet")} AS truth USING (file, "offset")
     GROUP BY file, "offset"`,
    join(out, "left.parquet"),
  );
  await writeStandard(
    duck,
    `SELECT customer_id AS unique_id, person AS truth_id, name_kanji AS name, name_kana AS kana,
       name_roman AS roman, sex, birth_date::VARCHAR AS birth_date, email, postal_code, address, phone
     FROM ${path("customers.parquet")} JOIN ${path("persons.parquet")} USING (customer_id)`,
    join(out, "right.parquet"),
  );
}

async function febrl4(duck: Duck, from: string, out: string): Promise<void> {
  for (const [letter, side] of [
    ["a", "left"],
    ["b", "right"],
  ]) {
    const names = (readFileSync(join(from, `febrl_dataset4${letter}.csv`), "utf8").split("\n")[0] ?? "")
      .split(",")
      .map((one) => one.trim());
    const picked = names
      .slice(1)
      .map((name, at) => `nullif(trim(c[${at + 2}]), '') AS ${name}`)
      .join(", ");
    await duck.run(
      `COPY (SELECT trim(c[1]) AS unique_id, regexp_extract(c[1], 'rec-(\\d+)', 1)::BIGINT AS truth_id,
         ${picked}
       FROM (SELECT string_split(line, ',') AS c
         FROM read_csv(${quoteSql(join(from, `febrl_dataset4${letter}.csv`))}, header = true,
           auto_detect = false, delim = '\\t', quote = '', columns = {'line': 'VARCHAR'})))
       TO ${quoteSql(join(out, `${side}.parquet`))} (FORMAT parquet)`,
    );
  }
}

async function fake1000(duck: Duck, from: string, out: string): Promise<void> {
  await duck.run(
    `COPY (SELECT unique_id::VARCHAR AS unique_id, cluster::BIGINT AS truth_id, first_name, surname, dob,
       city, email
     FROM read_csv(${quoteSql(join(from, "fake_1000.csv"))}, header = true, all_varchar = true))
     TO ${quoteSql(join(out, "left.parquet"))} (FORMAT parquet)`,
  );
}

const [job = "", from = "", out = ""] = process.argv.slice(2);
const make = { japanese, febrl4, fake1000 }[job];
if (make === undefined || out === "")
  throw new Error("Cannot standardise: japanese, febrl4 or fake1000, DIR, OUT");
mkdirSync(out, { recursive: true });
const duck = await openDuck({ memoryBytesMax: 4 * 1024 ** 3 });
try {
  await make(duck, from, out);
} finally {
  await duck.close();
}
