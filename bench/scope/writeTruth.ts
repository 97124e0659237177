import { globSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { openDuck, parquetOptions, quoteSql } from "../../src/lib/openDuck.ts";
import { classBit, LEAK_CLASSES } from "./leakClasses.ts";
import type { Plan } from "./population.ts";

/** What a run made; also truth.json. */
export type Totals = {
  seed: number;
  easy: boolean;
  customers: number;
  customerPersons: number;
  leakRows: number;
  leakBytes: number;
  /** Distinct persons in the leak; those of them who are customers; rows that say who they are. */
  leakPersons: number;
  leakCustomers: number;
  determinableRows: number;
  /** Customers' rows in the leak, and those of nobody in the table. */
  customerRows: number;
  strangerRows: number;
};

type Counted = Omit<Totals, "seed" | "easy" | "leakBytes">;

export type TruthOptions = Plan & {
  folder: string;
  format: "csv" | "parquet";
  /** CSV of file, start, end, at: where bytes of the leak's files lie in the image; null without an image. */
  fragments: string | null;
};

/** Turns the workers' CSV into truth.parquet, fields.parquet, persons.parquet and classes.parquet. */
export async function writeTruth(options: TruthOptions): Promise<Totals> {
  const { folder, format } = options;
  const duck = await openDuck({ memoryBytesMax: 4 * 1024 ** 3, tempFolder: folder });
  const path = (name: string): string => quoteSql(join(folder, name));
  const copy = (sql: string, name: string): Promise<void> =>
    duck.run(`COPY (${sql}) TO ${path(name)} (${parquetOptions})`);
  try {
    await duck.run(
      `CREATE VIEW told AS SELECT file, "offset", line, person,
         CASE WHEN customer_ids IS NULL OR customer_ids = '' THEN []::VARCHAR[]
              ELSE string_split(customer_ids, ';') END AS customer_ids,
         classes, coalesce(items, '') AS items, determinable
       FROM read_csv(${path("truth-*.csv")}, header = false, auto_detect = false, delim = ',', quote = '"',
         columns = {'file': 'VARCHAR', 'offset': 'BIGINT', 'line': 'BIGINT', 'person': 'BIGINT',
           'customer_ids': 'VARCHAR', 'classes': 'BIGINT', 'items': 'VARCHAR', 'determinable': 'BOOLEAN'})`,
    );
    await copy(`SELECT * FROM told ORDER BY file, "offset"`, "truth.parquet");
    if (options.fragments !== null) await placeInImage(options.fragments, { folder, copy });
    await copy(
      `SELECT * FROM read_csv(${path("fields-*.csv")}, header = false, auto_detect = false, quote = '"',
         delim = ',', escape = '"', columns = {'file': 'VARCHAR', 'offset': 'BIGINT', 'field': 'INTEGER',
           'kind': 'VARCHAR', 'normalised': 'VARCHAR'})`,
      "fields.parquet",
    );
    await copy(
      `SELECT * FROM read_csv(${path("persons.csv")}, header = false, auto_detect = false, delim = ',',
         columns = {'customer_id': 'VARCHAR', 'person': 'BIGINT'})`,
      "persons.parquet",
    );
    const classes = LEAK_CLASSES.map((name, bit) => `(${bit}, '${name}')`).join(", ");
    await copy(`SELECT * FROM (VALUES ${classes}) AS names(bit, name)`, "classes.parquet");
    if (format === "parquet") await customersAsParquet({ folder, copy });
    const [totals] = await duck.rows<Counted>(
      `SELECT (SELECT count(*) FROM ${path("persons.parquet")})::DOUBLE AS customers,
         (SELECT count(DISTINCT person) FROM ${path("persons.parquet")})::DOUBLE AS "customerPersons",
         count(*) AS "leakRows", count(DISTINCT person) AS "leakPersons",
         count(DISTINCT person) FILTER (len(customer_ids) > 0) AS "leakCustomers",
         count(*) FILTER (determinable) AS "determinableRows",
         count(*) FILTER (len(customer_ids) > 0) AS "customerRows",
         count(*) FILTER (len(customer_ids) = 0) AS "strangerRows"
       FROM ${path("truth.parquet")}`,
    );
    const leakBytes = globSync(join(folder, "leak", "*")).reduce((sum, one) => sum + statSync(one).size, 0);
    return { seed: options.seed, easy: options.easy, leakBytes, ...(totals as Counted) };
  } finally {
    await duck.close();
    for (const name of globSync(join(folder, "{truth,fields}-*.csv"))) rmSync(name);
    rmSync(join(folder, "persons.csv"), { force: true });
  }
}

/**
 * Writes truth-image.parquet: the rows whose first byte survived, with their offset in the image. A row that
 * does not end in the same run of blocks is cut there, and counts as truncated.
 */
async function placeInImage(
  fragments: string,
  { folder, copy }: { folder: string; copy: Copy },
): Promise<void> {
  const truncated = 2 ** classBit.truncated;
  await copy(
    `WITH places AS (
       SELECT * FROM read_csv(${quoteSql(fragments)}, header = false, auto_detect = false, delim = ',',
         columns = {'file': 'VARCHAR', 'first': 'BIGINT', 'last': 'BIGINT', 'place': 'BIGINT'})),
     rows AS (
       SELECT *, lead("offset") OVER (PARTITION BY file ORDER BY "offset") AS next
       FROM ${quoteSql(join(folder, "truth.parquet"))})
     SELECT 'image.dd' AS file, place + "offset" - first AS "offset", 0::BIGINT AS line, person, customer_ids,
       CASE WHEN whole THEN classes ELSE classes | ${truncated} END AS classes,
       CASE WHEN whole THEN items ELSE '' END AS items, determinable AND whole AS determinable, whole
     FROM (SELECT rows.*, place, first, next IS NOT NULL AND next <= last OR next IS NULL AS whole
       FROM rows ASOF JOIN places ON rows.file = places.file AND rows."offset" >= places.first
       WHERE rows."offset" < places.last)
     ORDER BY "offset"`,
    "truth-image.parquet",
  );
  rmSync(fragments);
}

type Copy = (sql: string, name: string) => Promise<void>;

async function customersAsParquet({ folder, copy }: { folder: string; copy: Copy }): Promise<void> {
  const file = join(folder, "customers.csv");
  await copy(
    `SELECT * REPLACE (birth_date::DATE AS birth_date, booked_on::DATE AS booked_on,
       passport_issued_on::DATE AS passport_issued_on)
     FROM read_csv(${quoteSql(file)}, header = true, all_varchar = true, delim = ',', quote = '"')`,
    "customers.parquet",
  );
  rmSync(file);
}
