import { join } from "node:path";
import { z } from "zod";
import type { WrappedKey } from "../../../ledger/keyring.ts";
import { realDisk } from "../../../lib/disk.ts";
import { SekishoError } from "../../../lib/error.ts";

/**
 * One small file for each day says which Parquet files hold its accesses, under which keys, and out of which
 * spool files they came. It is replaced whole, and only what it names counts: so each access counts once,
 * whenever the program that writes the record is killed.
 */

export const TABLE_NAMES = ["access", "statement"] as const;
export type TableName = (typeof TABLE_NAMES)[number];

const Part = z.object({
  /** Below the record's folder. */
  path: z.string().regex(/^[a-z]+\/\d{4}-\d\d-\d\d\/[\w-]+\.parquet$/),
  table: z.enum(TABLE_NAMES),
  /** "07"; null where the whole day is in it. */
  hour: z
    .string()
    .regex(/^\d\d$/)
    .nullable(),
  rows: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
  key: z.object({ key: z.string(), wrapped: z.string() }) satisfies z.ZodType<WrappedKey>,
  /** The ledger has heard of it. */
  told: z.boolean(),
});
export type Part = z.infer<typeof Part>;

const DayIndex = z.object({
  version: z.literal(1),
  parts: z.array(Part),
  /** Spool files whose accesses of this day are in the parts. */
  spools: z.array(z.string()),
  /** Files whose rows stand in another one by now, and since when (milliseconds). */
  replaced: z.record(z.string(), z.number()),
});
export type DayIndex = z.infer<typeof DayIndex>;

/** Where the record of accesses lies in a data folder. */
export function foldersOf(dataFolder: string): { record: string; spool: string; looks: string } {
  const records = join(dataFolder, "records");
  return { record: join(records, "record"), spool: join(records, "spool"), looks: join(records, "looks") };
}

/** Days that have an index, oldest first. */
export async function listDays(record: string): Promise<string[]> {
  const names = await realDisk.list(join(record, "index"));
  return names.flatMap((name) => /^(\d{4}-\d\d-\d\d)\.json$/.exec(name)?.[1] ?? []);
}

export async function readDay(record: string, day: string): Promise<DayIndex> {
  const path = pathOfDay(record, day);
  const bytes = await realDisk.read(path);
  if (bytes === null) return { version: 1, parts: [], spools: [], replaced: {} };
  try {
    return DayIndex.parse(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw new SekishoError("input-unreadable", `Cannot read ${path}: not an index of accesses`, {
      hint: "restore it from a backup: the keys of that day's files are in it",
      cause,
    });
  }
}

/** The moment at which a change of a day counts. */
export async function writeDay(record: string, day: string, index: DayIndex): Promise<void> {
  await realDisk.makeFolder(join(record, "index"));
  await realDisk.replace(pathOfDay(record, day), Buffer.from(JSON.stringify(index)));
}

export async function removeDay(record: string, day: string): Promise<void> {
  await realDisk.remove(pathOfDay(record, day));
}

function pathOfDay(record: string, day: string): string {
  return join(record, "index", `${day}.json`);
}

/** "2016-03-15" of milliseconds since 1970. */
export function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** The context under which the key of a file is wrapped: a key of another file does not fit. */
export function contextOf(path: string): string {
  return `records-access ${path}`;
}
