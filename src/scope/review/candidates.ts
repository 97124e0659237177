import { join, resolve } from "node:path";
import { keysOfIndex } from "../job/customerIndex.ts";
import type { ReviewJob } from "./reviewJob.ts";

export const limits = { candidatesMax: 6 } as const;

/**
 * Keys by which a customer may be the person of a record, and what it says when they agree; not all need be
 * there.
 */
const keys = [
  ["email", 4],
  ["phone", 4],
  ["passport", 5],
  ["customer", 5],
  ["kanji", 3],
  ["sound", 3],
  ["birth", 3],
  ["address", 3],
  ["soundFamily", 1],
  ["soundGiven", 1],
  ["town", 1],
  ["postalCode", 1],
] as const;

/** Keys that few customers share: one of them must agree, or two of the others. */
const strong = new Set<string>([
  "email",
  "phone",
  "passport",
  "customer",
  "kanji",
  "sound",
  "birth",
  "address",
]);

/**
 * Customers who come nearest to a record by the keys that it has, nearest first; none where nothing agrees.
 */
export async function findCandidates(job: ReviewJob, record: number): Promise<string[]> {
  const { files, duck, memo, places } = job;
  if (!files.has("work/keys.parquet")) return [];
  const place = places.placeOf(record);
  const ours = await files.table(duck, "work/keys.parquet");
  const keysOfCustomers = join(memo.index, "now/keys.parquet");
  if (!files.has(keysOfCustomers)) await keysOfIndex(resolve(files.out, memo.index));
  const theirs = await files.table(duck, keysOfCustomers);
  const columns = await duck.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM ${theirs}`);
  const there = keys.filter(([key]) => columns.some((column) => column.column_name === key));
  const [row] = await duck.rows<Record<string, number | bigint>>(
    `SELECT ${there.map(([key]) => key).join(", ")} FROM ${ours} WHERE row = ${place}`,
  );
  if (row === undefined) return [];
  const held = there.filter(([key]) => BigInt(row[key] ?? 0) !== 0n);
  const any = held.filter(([key]) => strong.has(key)).map(([key]) => `${key} = ${row[key]}`);
  const names = held.some(([key]) => key === "soundFamily") && held.some(([key]) => key === "town");
  if (names) any.push(`(soundFamily = ${row["soundFamily"]} AND town = ${row["town"]})`);
  if (any.length === 0) return [];
  const agree = held.map(([key, worth]) => `CASE WHEN ${key} = ${row[key]} THEN ${worth} ELSE 0 END`);
  const attributes = await files.table(duck, join(memo.index, "now/attributes.parquet"), { rowNumber: true });
  const found = await duck.rows<{ customer_id: string }>(
    `WITH near AS (
       SELECT row, ${agree.join(" + ")} AS agree FROM ${theirs} WHERE ${any.join(" OR ")}
       ORDER BY agree DESC, row LIMIT ${limits.candidatesMax})
     SELECT a.customer_id FROM near JOIN ${attributes} a ON a.file_row_number = near.row
     ORDER BY near.agree DESC, near.row`,
  );
  return found.map(({ customer_id }) => customer_id);
}
