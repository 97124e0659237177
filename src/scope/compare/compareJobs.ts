import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import { openDuck, quoteSql, type Duck } from "../../lib/openDuck.ts";

/** What job B has that job A has not. */
export type Comparison = {
  persons: {
    a: number;
    b: number;
    both: number;
    onlyInA: number;
    onlyInB: number;
    /** Of those only in B, by how sure it is that they are one person each. */
    onlyInBBy: { certain: number; probable: number; unmatched: number };
  };
  records: { a: number; b: number };
  /** Persons in both of whom more items leaked than A knew, and of which items. */
  moreItems: { persons: number; byItem: Record<string, number> };
};

/**
 * Compares the lists of two jobs. Persons are the same where they share a customer, and those in no customer
 * table where one of their records is equal, field by field. `list`, where given, becomes a Parquet file of
 * the persons who are new in B or have new items: person_id (of B), customer_ids, new_person, new_items.
 */
export async function compareJobs(a: string, b: string, list: string | null): Promise<Comparison> {
  const duck = await openDuck({ memoryBytesMax: 3 * 1024 ** 3 });
  try {
    for (const [name, folder] of [
      ["a", a],
      ["b", b],
    ] as const)
      await stage(duck, name, folder);
    await pair(duck);
    if (list !== null) await writeList(duck, list);
    return await count(duck);
  } finally {
    await duck.close();
  }
}

async function stage(duck: Duck, name: "a" | "b", folder: string): Promise<void> {
  const file = (what: string): string => join(folder, `${what}.parquet`);
  for (const what of ["persons", "records"]) {
    if (existsSync(file(what))) continue;
    throw new SekishoError("input-unreadable", `Cannot compare ${folder}: ${what}.parquet is not there`, {
      hint: "name folders of finished jobs whose lists are neither sealed nor erased",
    });
  }
  const read = (what: string): string => `read_parquet(${quoteSql(file(what))})`;
  await duck.run(
    `CREATE TABLE person_${name} AS
       SELECT person_id AS person, customer_ids, items, certainty, records FROM ${read("persons")};
     CREATE TABLE customer_${name} AS
       SELECT person, unnest(customer_ids) AS customer FROM person_${name};
     CREATE TABLE lone_${name} AS
       SELECT p.person_id AS person, r.record_id
       FROM ${read("persons")} p, unnest(p.record_ids) AS r(record_id)
       WHERE len(p.customer_ids) = 0;
     CREATE TABLE equal_${name} AS
       SELECT l.person, r.same FROM lone_${name} l JOIN (
         SELECT record_id,
           md5(string_agg(kind || '=' || normalised, chr(31) ORDER BY kind, normalised)) AS same
         FROM ${read("records")} WHERE record_id IN (SELECT record_id FROM lone_${name})
           AND normalised <> '' GROUP BY record_id) r USING (record_id)`,
  );
}

/** Which person of B is which of A; one of B may be several of A, and the other way round. */
async function pair(duck: Duck): Promise<void> {
  await duck.run(
    `CREATE TABLE pair AS
       SELECT DISTINCT b.person AS b, a.person AS a FROM customer_b b JOIN customer_a a USING (customer)
       UNION SELECT DISTINCT b.person, a.person FROM equal_b b JOIN equal_a a USING (same);
     CREATE TABLE known AS
       SELECT pair.b AS person, list_distinct(flatten(list(a.items))) AS items
       FROM pair JOIN person_a a ON a.person = pair.a GROUP BY pair.b;
     CREATE TABLE news AS
       SELECT b.person, b.customer_ids, b.certainty, k.person IS NULL AS new_person,
         list_sort(list_filter(b.items,
           lambda one: k.items IS NULL OR NOT list_contains(k.items, one))) AS new_items
       FROM person_b b LEFT JOIN known k USING (person)`,
  );
}

async function writeList(duck: Duck, list: string): Promise<void> {
  await duck.run(
    `COPY (SELECT person AS person_id, customer_ids, certainty, new_person, new_items FROM news
       WHERE new_person OR len(new_items) > 0 ORDER BY person) TO ${quoteSql(`${list}.part`)}
       (FORMAT parquet, COMPRESSION zstd)`,
  );
  renameSync(`${list}.part`, list);
}

async function count(duck: Duck): Promise<Comparison> {
  const [sums] = await duck.rows<Record<string, number>>(
    `SELECT (SELECT count(*) FROM person_a) AS a, (SELECT count(*) FROM person_b) AS b,
       (SELECT count(*) FROM person_a WHERE person NOT IN (SELECT a FROM pair)) AS "onlyA",
       (SELECT coalesce(sum(records), 0)::BIGINT FROM person_a) AS "recordsA",
       (SELECT coalesce(sum(records), 0)::BIGINT FROM person_b) AS "recordsB",
       count(*) FILTER (NOT new_person) AS "both", count(*) FILTER (new_person) AS "onlyB",
       count(*) FILTER (new_person AND certainty = 'certain') AS certain,
       count(*) FILTER (new_person AND certainty = 'probable') AS probable,
       count(*) FILTER (new_person AND certainty = 'unmatched') AS unmatched,
       count(*) FILTER (NOT new_person AND len(new_items) > 0) AS more FROM news`,
  );
  const items = await duck.rows<{ item: string; persons: number }>(
    `SELECT item, count(*) AS persons FROM (SELECT unnest(new_items) AS item FROM news WHERE NOT new_person)
       GROUP BY item ORDER BY persons DESC, item`,
  );
  const of = (name: string): number => Number(sums?.[name] ?? 0);
  const onlyInBBy = { certain: of("certain"), probable: of("probable"), unmatched: of("unmatched") };
  return {
    persons: {
      a: of("a"),
      b: of("b"),
      both: of("both"),
      onlyInA: of("onlyA"),
      onlyInB: of("onlyB"),
      onlyInBBy,
    },
    records: { a: of("recordsA"), b: of("recordsB") },
    moreItems: {
      persons: of("more"),
      byItem: Object.fromEntries(items.map(({ item, persons }) => [item, persons])),
    },
  };
}
