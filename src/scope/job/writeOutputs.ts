import { join } from "node:path";
import type { Duck } from "../../lib/openDuck.ts";
import { quoteSql } from "../../lib/openDuck.ts";
import { PERSONAL_ITEMS, kind } from "../fields/kinds.ts";
import { explain } from "../match/explain.ts";
import { linkState, type Links } from "../match/decideLinks.ts";
import type { Persons } from "../persons/gatherPersons.ts";
import type { SignatureTable } from "../signatures/columns.ts";
import type { CustomerIndex } from "./customerIndex.ts";
import { stageExcluded, type Exclusion } from "./exclusions.ts";
import { writeNumbers } from "./numberTable.ts";

/** What the outputs are made of. */
export type Made = {
  duck: Duck;
  index: CustomerIndex;
  records: SignatureTable;
  /** Of every record, its number in `records.parquet`. */
  recordIds: BigInt64Array;
  links: Links;
  persons: Persons;
  /** For files that go with the job, and for those that stay. */
  work: string;
  out: string;
  /** Products that were not touched. */
  exclude: readonly Exclusion[];
};

const parquet = "FORMAT parquet, COMPRESSION zstd";

/** Bits of the ways in which a person can be reached. */
const channels = { email: 1, letter: 2, phone: 4 } as const;

/**
 * Makes tables of what was found, for the files and the counts: link, person_of, customer_of, flags, pattern,
 * mask.
 */
export async function stageTables(made: Made): Promise<void> {
  const { duck, index, records, recordIds, links, persons, work } = made;
  const file = (name: string): string => join(work, `${name}.parquet`);
  const linked = links.row.reduce((count, row) => count + (row >= 0 ? 1 : 0), 0);
  const picked = new Int32Array(linked);
  for (let record = 0, at = 0; record < links.row.length; record += 1)
    if ((links.row[record] as number) >= 0) picked[at++] = record;
  const pick = <T extends Int32Array | Float64Array | BigInt64Array>(
    values: T,
    from: (at: number) => number | bigint,
  ): T => {
    for (let at = 0; at < linked; at += 1) values[at] = from(picked[at] as number) as never;
    return values;
  };
  writeNumbers(file("link"), [
    {
      name: "record_id",
      type: "int64",
      values: pick(new BigInt64Array(linked), (at) => recordIds[at] as bigint),
    },
    { name: "row", type: "int32", values: pick(new Int32Array(linked), (at) => links.row[at] as number) },
    {
      name: "weight",
      type: "double",
      values: pick(new Float64Array(linked), (at) => links.weight[at] as number),
    },
    {
      name: "probability",
      type: "double",
      values: pick(new Float64Array(linked), (at) => links.probability[at] as number),
    },
    {
      name: "pattern",
      type: "int32",
      values: pick(new Int32Array(linked), (at) => links.pattern[at] as number),
    },
    { name: "state", type: "int32", values: pick(new Int32Array(linked), (at) => links.state[at] as number) },
  ]);
  writeNumbers(file("person_of"), [
    { name: "record_id", type: "int64", values: recordIds },
    { name: "person", type: "int32", values: persons.ofRecord },
    { name: "items", type: "uint32", values: records.column("items") },
    { name: "born", type: "int32", values: Int32Array.from(records.column("born")) },
    { name: "expires", type: "int32", values: Int32Array.from(records.column("expires")) },
  ]);
  writeNumbers(file("customer_of"), customersWithRecords(index.table, persons));
  writeNumbers(file("flags"), [
    { name: "person", type: "int32", values: Int32Array.from({ length: persons.count }, (_, at) => at + 1) },
    { name: "probable", type: "int32", values: Int32Array.from(persons.probable.subarray(1)) },
  ]);
  for (const name of ["link", "person_of", "customer_of", "flags"])
    await duck.run(`CREATE OR REPLACE VIEW ${name} AS SELECT * FROM read_parquet(${quoteSql(file(name))})`);
  await duck.run(
    `CREATE OR REPLACE VIEW attribute AS
       SELECT CAST(file_row_number AS INTEGER) AS row, * EXCLUDE (file_row_number)
       FROM read_parquet(${quoteSql(index.attributes)}, file_row_number = true)`,
  );
  await stageExcluded(duck, made.exclude);
  await stagePatterns(duck, links);
  await stageItems(duck);
}

function customersWithRecords(table: SignatureTable, persons: Persons): Parameters<typeof writeNumbers>[1] {
  const count = persons.ofCustomer.reduce((sum, person) => sum + (person > 0 ? 1 : 0), 0);
  const row = new Int32Array(count);
  const person = new Int32Array(count);
  const reach = new Int32Array(count);
  for (let customer = 0, at = 0; customer < persons.ofCustomer.length; customer += 1) {
    if (persons.ofCustomer[customer] === 0) continue;
    row[at] = customer;
    person[at] = persons.ofCustomer[customer] as number;
    reach[at] =
      (table.get(customer, "email") !== 0 ? channels.email : 0) |
      (table.get(customer, "town") !== 0 || table.get(customer, "address") !== 0 ? channels.letter : 0) |
      (table.get(customer, "phone") !== 0 ? channels.phone : 0);
    at += 1;
  }
  return [
    { name: "row", type: "int32", values: row },
    { name: "person", type: "int32", values: person },
    { name: "reach", type: "int32", values: reach },
  ];
}

/** Every explanation once. */
async function stagePatterns(duck: Duck, links: Links): Promise<void> {
  const seen = new Set<number>();
  for (let record = 0; record < links.row.length; record += 1)
    if ((links.row[record] as number) >= 0) seen.add(links.pattern[record] as number);
  await duck.run("CREATE OR REPLACE TABLE pattern (pattern INTEGER, en VARCHAR, ja VARCHAR)");
  const all = [...seen];
  for (let from = 0; from < all.length; from += 500) {
    const rows = all.slice(from, from + 500).map((pattern) => {
      const { en, ja } = explain(pattern);
      return `(${pattern}, ${quoteSql(en)}, ${quoteSql(ja)})`;
    });
    await duck.run(`INSERT INTO pattern VALUES ${rows.join(",")}`);
  }
}

/** The names of items. */
async function stageItems(duck: Duck): Promise<void> {
  await duck.run("CREATE OR REPLACE TABLE item (bit UINTEGER, name VARCHAR)");
  const rows = PERSONAL_ITEMS.map((name) => `(${2 ** kind[name]}, ${quoteSql(name)})`);
  await duck.run(`INSERT INTO item VALUES ${rows.join(",")}`);
}

/** Writes links.parquet and persons.parquet. */
export async function writeFiles(made: Made): Promise<void> {
  const { duck, out } = made;
  await duck.run(
    `COPY (
       SELECT l.record_id, a.customer_id, round(l.weight, 2) AS weight,
         round(l.probability, 6) AS probability,
         l.pattern, p.en || '; ' || printf('%+.1f', l.weight) AS explanation,
         p.ja || '、' || printf('%+.1f', l.weight) AS explanation_ja,
         CASE l.state WHEN ${linkState.certain} THEN 'certain' ELSE 'review' END AS state
       FROM link l JOIN attribute a USING (row) JOIN pattern p USING (pattern)
     ) TO ${quoteSql(join(out, "links.parquet.part"))} (${parquet})`,
  );
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE person_record AS
       SELECT person, list(record_id) AS record_ids, CAST(bit_or(items) AS UINTEGER) AS items,
         max(born) AS born,
         max(expires) AS expires, count(*) AS records
       FROM person_of GROUP BY person`,
  );
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE person_customer AS
       SELECT c.person, list(a.customer_id) AS customer_ids, bit_or(c.reach) AS reach,
         max(a.born) AS born, max(a.passport_expires) AS passport_expires, max(a.service) AS service,
         max(a.site) AS site, max(a.partner) AS partner, max(a.language) AS language,
         max(a.booked_on) AS booked_on
       FROM customer_of c JOIN attribute a USING (row) GROUP BY c.person`,
  );
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE mask AS
       SELECT m.items, list(i.name ORDER BY i.bit) AS names
       FROM (SELECT DISTINCT items FROM person_record) m JOIN item i ON (m.items & i.bit) <> 0
       GROUP BY m.items`,
  );
  await duck.run(
    `COPY (
       SELECT r.person AS person_id, coalesce(c.customer_ids, []) AS customer_ids, r.record_ids,
         coalesce(m.names, []) AS items,
         CASE WHEN c.person IS NULL THEN 'unmatched' WHEN f.probable = 1 THEN 'probable' ELSE 'certain' END
           AS certainty,
         c.language, c.partner, c.service, c.site, c.booked_on,
         list_filter([
           CASE WHEN (c.reach & ${channels.email}) <> 0 THEN 'email' END,
           CASE WHEN (c.reach & ${channels.letter}) <> 0 THEN 'letter' END,
           CASE WHEN (c.reach & ${channels.phone}) <> 0 THEN 'phone' END],
           lambda one: one IS NOT NULL) AS channels,
         CAST(r.records AS INTEGER) AS records, x.person IS NOT NULL AS excluded
       FROM person_record r LEFT JOIN person_customer c USING (person) LEFT JOIN mask m USING (items)
         JOIN flags f ON f.person = r.person LEFT JOIN excluded x ON x.person = r.person
     ) TO ${quoteSql(join(out, "persons.parquet.part"))} (${parquet})`,
  );
}
