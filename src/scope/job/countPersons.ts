import type { Duck } from "../../lib/openDuck.ts";
import { kind, PERSONAL_ITEMS, type ScopeKind } from "../fields/kinds.ts";
import { linkState } from "../match/decideLinks.ts";
import { ATTRIBUTES } from "./customerColumns.ts";

/** Numbers for reports: of records, which are what was found, and of persons, which is who must be told. */
export type Counted = {
  /** Day at which minors and passports are counted, ISO 8601. */
  at: string;
  byItem: Record<string, { records: number; persons: number }>;
  /** Persons by what their customer rows say; "" where nothing is said. */
  by: Record<string, Record<string, number>>;
  minors: number;
  passports: { records: number; persons: number; valid: number; expired: number; unknown: number };
  /** Records more than one of a person. */
  duplicates: number;
  links: { certain: number; review: number };
};

/** Counts from the staged tables; `at`: the day on which somebody is a minor or a passport valid. */
export async function countPersons(duck: Duck, at: Temporal.PlainDate): Promise<Counted> {
  const day = at.year * 10_000 + at.month * 100 + at.day;
  const sums = PERSONAL_ITEMS.flatMap((item) => {
    const bit = 2 ** kind[item];
    return [`count(*) FILTER ((items & ${bit}) <> 0) AS "${item}"`];
  }).join(", ");
  const [records] = await duck.rows<Record<string, number>>(`SELECT ${sums} FROM person_of`);
  const [persons] = await duck.rows<Record<string, number>>(`SELECT ${sums} FROM person_record`);
  const by: Counted["by"] = {};
  for (const attribute of ATTRIBUTES) {
    const value = attribute === "booked_on" ? "substr(a.booked_on, 1, 7)" : `a.${attribute}`;
    // Of the rows that records were linked to, not of all that their persons have.
    const rows = await duck.rows<{ value: string; persons: number }>(
      `SELECT coalesce(${value}, '') AS value, count(DISTINCT c.person) AS persons
         FROM (SELECT DISTINCT row FROM link WHERE state = ${linkState.certain}) l
         JOIN customer_of c USING (row) JOIN attribute a USING (row)
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000`,
    );
    if (rows.some((row) => row.value !== ""))
      by[attribute] = Object.fromEntries(rows.map((row) => [row.value, row.persons]));
  }
  // 民法 4条: who is not yet twenty until 2022-03-31, not yet eighteen since.
  const years = Temporal.PlainDate.compare(at, "2022-04-01") < 0 ? 20 : 18;
  const passport = 2 ** kind.passport;
  const [rest] = await duck.rows<Record<string, number>>(
    `SELECT
       count(*) FILTER (coalesce(nullif(c.born, 0), nullif(r.born, 0)) > ${day - years * 10_000}) AS minors,
       count(*) FILTER ((r.items & ${passport}) <> 0) AS passports,
       count(*) FILTER ((r.items & ${passport}) <> 0 AND ${expires} >= ${day}) AS valid,
       count(*) FILTER ((r.items & ${passport}) <> 0 AND ${expires} < ${day}) AS expired,
       sum(r.records - 1) AS duplicates
     FROM person_record r LEFT JOIN person_customer c USING (person)`,
  );
  const states = await duck.rows<{ state: number; n: number }>(
    "SELECT state, count(*) AS n FROM link GROUP BY 1",
  );
  const linked = (state: number): number => states.find((one) => one.state === state)?.n ?? 0;
  const item = (name: ScopeKind): { records: number; persons: number } => ({
    records: Number(records?.[name] ?? 0),
    persons: Number(persons?.[name] ?? 0),
  });
  const [held, valid, expired] = [rest?.["passports"] ?? 0, rest?.["valid"] ?? 0, rest?.["expired"] ?? 0];
  return {
    at: at.toString(),
    byItem: Object.fromEntries(PERSONAL_ITEMS.map((name) => [name, item(name)])),
    by,
    minors: Number(rest?.["minors"] ?? 0),
    passports: {
      records: item("passport").records,
      persons: held,
      valid,
      expired,
      unknown: held - valid - expired,
    },
    duplicates: Number(rest?.["duplicates"] ?? 0),
    links: { certain: linked(linkState.certain), review: linked(linkState.review) },
  };
}

const expires = "coalesce(nullif(r.expires, 0), nullif(c.passport_expires, 0))";
