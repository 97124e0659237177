import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SekishoError } from "../../../lib/error.ts";
import { TABLES, type Table } from "./tables.ts";

/**
 * What stands of the record. Every file bears the number of the write that made it, and this one small file
 * says up to which number they count: so a write of many files is whole or not at all, and whoever reads
 * it sees one moment.
 */
export const RecordState = z.object({
  number: z.int().nonnegative(),
  /** Files whose rows stand in another one by now, and when that came (milliseconds). */
  replaced: z.record(z.string(), z.number()),
  /** Files that the ledger may not have heard of. */
  untold: z.array(z.string()),
  /** How far each source has been read; the source's own words. */
  positions: z.record(z.string(), z.unknown()),
  /** Events that were lost, by source. */
  lost: z.record(z.string(), z.number()),
});
export type RecordState = z.infer<typeof RecordState>;

export const stateFile = "record.json";

/** The state of the record in a folder; of an empty one where there is none. */
export async function readState(folder: string): Promise<RecordState> {
  let text: string;
  try {
    text = await readFile(join(folder, stateFile), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { number: 0, replaced: {}, untold: [], positions: {}, lost: {} };
  }
  try {
    return RecordState.parse(JSON.parse(text));
  } catch (cause) {
    const path = join(folder, stateFile);
    throw new SekishoError(
      "input-unreadable",
      `Cannot read "${path}": not the state of a record of traffic`,
      {
        hint: "restore it from a backup; without it the files beside it cannot be told apart",
        cause,
      },
    );
  }
}

const hourMicroseconds = 3_600_000_000;

/** The hour that a time lies in, as it stands in paths: "2016-03-15/07". */
export function hourOf(microseconds: number): string {
  const text = new Date(Math.floor(microseconds / hourMicroseconds) * 3_600_000).toISOString();
  return `${text.slice(0, 10)}/${text.slice(11, 13)}`;
}

/** When an hour begins, in microseconds. */
export function beginOfHour(hour: string): number {
  return Date.parse(`${hour.replace("/", "T")}:00:00Z`) * 1_000;
}

/** A file of the record by its path below the folder. */
export type RecordFile = { path: string; table: Table; hour: string; number: number; part: boolean };

const form = new RegExp(
  `^(${Object.keys(TABLES).join("|")})/(\\d{4}-\\d{2}-\\d{2}/\\d{2})(/part)?-(\\d{1,15})\\.parquet$`,
);

/** Null for what is no file of the record. */
export function readFileName(path: string): RecordFile | null {
  const [, table, hour, part, number] = form.exec(path) ?? [];
  if (table === undefined || hour === undefined) return null;
  return { path, table: table as Table, hour, number: Number(number), part: part !== undefined };
}

/** Whether the rows of a file count. */
export function counts(file: RecordFile, state: RecordState): boolean {
  return file.number <= state.number && state.replaced[file.path] === undefined;
}
