import { join } from "node:path";
import { openDuck, quoteSql } from "../lib/openDuck.ts";
import type { Extent } from "./damagedImage.ts";
import type { StagedFile, StagedRow } from "./stagedRows.ts";

/** What the list is worth, by what the act knows. */
export type Score = {
  /** Rows of which a field is left, and those that are whole. */
  rowsLeft: number;
  rowsWhole: number;
  /** Of these rows, those that were found. */
  rowsFound: number;
  /** Of the sure links, the share that goes to the right customer. */
  precision: number;
  /** Of the rows in which enough is left to say whose they are, the share that has a sure and right link. */
  recall: number;
  /** Persons of whom something was found. */
  persons: number;
  /** Those of them whose passport number is whole in a row that is left. */
  passports: number;
};

type Left = { row: StagedRow; kinds: Set<string>; whole: boolean; found: boolean; right: boolean };

/** Scores `records.parquet` and `links.parquet` in `out` against what was staged and what was left of it. */
export async function scoreList(
  out: string,
  { files, left }: { files: readonly StagedFile[]; left: readonly Extent[] },
): Promise<Score> {
  const rows = rowsLeft(files, left);
  const duck = await openDuck();
  let [sure, right] = [0, 0];
  try {
    const records = await duck.rows<{ offset: number; customer: string | null }>(
      `SELECT r."offset" AS "offset", l.customer_id AS customer
       FROM (SELECT record_id, min("offset") AS "offset"
         FROM read_parquet(${quoteSql(join(out, "records.parquet"))}) GROUP BY record_id) r
       LEFT JOIN read_parquet(${quoteSql(join(out, "links.parquet"))}) l
         ON l.record_id = r.record_id AND l.state = 'certain'`,
    );
    for (const { offset, customer } of records) {
      const found = rowAt(offset, { files, left });
      const known = found === null ? undefined : rows.get(found);
      if (known !== undefined) known.found = true;
      if (customer === null) continue;
      sure += 1;
      if (found?.customer !== customer) continue;
      right += 1;
      if (known !== undefined) known.right = true;
    }
  } finally {
    await duck.close();
  }
  const all = [...rows.values()];
  const telling = all.filter(({ kinds }) => saysWho(kinds));
  return {
    rowsLeft: all.length,
    rowsWhole: all.filter(({ whole }) => whole).length,
    rowsFound: all.filter(({ found }) => found).length,
    precision: sure === 0 ? 0 : right / sure,
    recall: telling.length === 0 ? 0 : telling.filter((one) => one.right).length / telling.length,
    persons: customersOf(all.filter(({ found }) => found)),
    passports: customersOf(all.filter(({ found, kinds }) => found && kinds.has("passport"))),
  };
}

function customersOf(rows: readonly Left[]): number {
  return new Set(rows.map(({ row }) => row.customer)).size;
}

/** Whether what is left of a row says whose it is: no two of these customers share any of it. */
function saysWho(kinds: ReadonlySet<string>): boolean {
  const named = kinds.has("name") || kinds.has("kana") || kinds.has("roman");
  return (
    kinds.has("email") ||
    kinds.has("phone") ||
    kinds.has("passport") ||
    (named && (kinds.has("birthDate") || kinds.has("address")))
  );
}

/** Rows of which at least one field is whole in one piece of the image. */
function rowsLeft(files: readonly StagedFile[], left: readonly Extent[]): Map<StagedRow, Left> {
  const rows = new Map<StagedRow, Left>();
  for (const file of files) {
    const pieces = left.filter((one) => one.file === file.name);
    for (const piece of pieces) {
      for (let at = indexOf(file.rows, piece.start); at < file.rows.length; at += 1) {
        const row = file.rows[at] as StagedRow;
        if (row.start >= piece.end) break;
        const fields = row.fields.filter(({ start, end }) => start >= piece.start && end <= piece.end);
        if (fields.length === 0) continue;
        const whole = row.start >= piece.start && row.end <= piece.end;
        const known = rows.get(row) ?? { row, kinds: new Set(), whole: false, found: false, right: false };
        for (const { kind } of fields) known.kinds.add(kind);
        known.whole ||= whole;
        rows.set(row, known);
      }
    }
  }
  return rows;
}

/** The first row that does not end before this byte. */
function indexOf(rows: readonly StagedRow[], offset: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as StagedRow).end < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The row that a place in the image is of. */
function rowAt(
  place: number,
  { files, left }: { files: readonly StagedFile[]; left: readonly Extent[] },
): StagedRow | null {
  let [low, high] = [0, left.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { at, start, end } = left[middle] as Extent;
    if (at + end - start <= place) low = middle + 1;
    else high = middle;
  }
  const extent = left[low];
  if (extent === undefined || place < extent.at) return null;
  const file = files.find(({ name }) => name === extent.file);
  const offset = extent.start + place - extent.at;
  const row = file?.rows[indexOf(file.rows, offset)];
  return row === undefined || row.start > offset + 2 ? null : row;
}
