import { join } from "node:path";
import type { Duck } from "../../lib/openDuck.ts";
import type { ReviewJob } from "../review/reviewJob.ts";

/** What decides on the text of a notice: the gravest of the items that leaked of a person. */
export const PROFILES = [
  "my-number",
  "payment-card",
  "passport-valid",
  "passport",
  "contact",
  "name-only",
  "other",
] as const;
export type Profile = (typeof PROFILES)[number];

/** By what a person is reached; the first that there is. */
export const CHANNELS = ["email", "letter", "phone", "none"] as const;

/** Persons who get the same notice in the same way. */
export type NoticeGroup = {
  group: number;
  language: string;
  channel: (typeof CHANNELS)[number];
  partner: string;
  profile: Profile;
  minor: boolean;
  persons: number;
  /** Of these, who may be one with another person. */
  probable: number;
};

/**
 * Stages `notice`: for each person the group of those who get the same notice: by language, channel,
 * partner, gravest item and whether she is a minor on the day `at`. No names: a person is a number. Persons
 * of excluded products only are in no group.
 */
export async function stageNotices(job: ReviewJob, at: string): Promise<NoticeGroup[]> {
  const { duck, files, memo } = job;
  const persons = await files.table(duck, "persons.parquet");
  const records = await files.table(duck, "work/person_of.parquet");
  const customers = await files.table(duck, join(memo.index, "now/attributes.parquet"));
  await stageDays(duck, { persons, records, customers });
  const day = Number(at.replaceAll("-", ""));
  // 民法 4条: who is not yet twenty until 2022-03-31, not yet eighteen since.
  const years = at < "2022-04-01" ? 20 : 18;
  const holds = (item: string): string => `list_contains(p.items, '${item}')`;
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE noticed AS
       SELECT p.person_id, p.certainty,
         coalesce(p.language, '') AS language, coalesce(p.partner, '') AS partner,
         CASE WHEN list_contains(p.channels, 'email') THEN 'email'
           WHEN list_contains(p.channels, 'letter') THEN 'letter'
           WHEN list_contains(p.channels, 'phone') THEN 'phone' ELSE 'none' END AS channel,
         CASE WHEN ${holds("my-number")} THEN 'my-number' WHEN ${holds("payment-card")} THEN 'payment-card'
           WHEN ${holds("passport")} AND d.expires >= ${day} THEN 'passport-valid'
           WHEN ${holds("passport")} THEN 'passport'
           WHEN list_has_any(p.items, ['email', 'phone', 'address']) THEN 'contact'
           WHEN list_has_any(p.items, ['name', 'kana', 'roman-name']) THEN 'name-only'
           ELSE 'other' END AS profile,
         coalesce(d.born > ${day - years * 10_000}, false) AS minor
       FROM ${persons} p LEFT JOIN days d USING (person_id) WHERE NOT p.excluded`,
  );
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE notice_group AS
       SELECT CAST(row_number() OVER
           (ORDER BY count(*) DESC, language, channel, partner, profile, minor) AS INTEGER) AS "group",
         language, channel, partner, profile, minor, CAST(count(*) AS INTEGER) AS persons,
         CAST(count(*) FILTER (certainty = 'probable') AS INTEGER) AS probable
       FROM noticed GROUP BY language, channel, partner, profile, minor`,
  );
  return duck.rows<NoticeGroup>(`SELECT * FROM notice_group ORDER BY "group"`);
}

/** Days of birth and of the end of passports: the customer's own before the record's. */
async function stageDays(
  duck: Duck,
  { persons, records, customers }: { persons: string; records: string; customers: string },
): Promise<void> {
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE days AS
       WITH of_record AS (
         SELECT p.person_id, max(r.born) AS born, max(r.expires) AS expires
         FROM (SELECT person_id, unnest(record_ids) AS record_id FROM ${persons}) p
         JOIN ${records} r USING (record_id) GROUP BY 1),
       of_customer AS (
         SELECT p.person_id, max(c.born) AS born, max(c.passport_expires) AS expires
         FROM (SELECT person_id, unnest(customer_ids) AS customer_id FROM ${persons}) p
         JOIN ${customers} c USING (customer_id) GROUP BY 1)
       SELECT r.person_id, coalesce(nullif(c.born, 0), nullif(r.born, 0)) AS born,
         coalesce(nullif(r.expires, 0), nullif(c.expires, 0)) AS expires
       FROM of_record r LEFT JOIN of_customer c USING (person_id)`,
  );
}

/** Rows of the file of notices: who gets which. */
export const noticeSql = `SELECT n.person_id, g."group", n.language, n.channel, n.partner, n.profile,
    n.minor, n.certainty
  FROM noticed n JOIN notice_group g USING (language, channel, partner, profile, minor)`;

/** The groups as CSV (RFC 4180), for people who plan the notices. */
export function printGroups(groups: readonly NoticeGroup[]): string {
  const head = "group,language,channel,partner,profile,minor,persons,probable";
  const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = groups.map(({ group, language, channel, partner, profile, minor, persons, probable }) =>
    [group, quote(language), channel, quote(partner), profile, minor, persons, probable].join(","),
  );
  return `${[head, ...lines].join("\r\n")}\r\n`;
}
