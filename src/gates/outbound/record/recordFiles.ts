import { mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { quoteSql, parquetOptions, type Duck } from "../../../lib/openDuck.ts";
import { readFileName, type RecordFile } from "./recordState.ts";
import { TABLES, type Table } from "./tables.ts";

/** All files of the record below a folder, those of a crash too, sorted by path. */
export async function listFiles(
  folder: string,
  within: (day: string) => boolean = () => true,
): Promise<RecordFile[]> {
  const files: RecordFile[] = [];
  for (const table of Object.keys(TABLES) as Table[]) {
    for (const day of await namesIn(join(folder, table))) {
      if (!within(day)) continue;
      for (const name of await namesIn(join(folder, table, day))) {
        const below = /^\d{2}$/.test(name) ? await namesIn(join(folder, table, day, name)) : [];
        const paths = below.length === 0 ? [name] : below.map((part) => `${name}/${part}`);
        files.push(...paths.flatMap((path) => readFileName(`${table}/${day}/${path}`) ?? []));
      }
    }
  }
  return files;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

/** Writes what a statement gives into a Parquet file, on the medium when this resolves. Returns its rows. */
export async function writeParquet(duck: Duck, sql: string, path: string): Promise<number> {
  await makeDurableFolder(dirname(path));
  const [{ Count: rows } = { Count: 0 }] = await duck.rows<{ Count: number }>(
    `COPY (${sql}) TO ${quoteSql(path)} (${parquetOptions})`,
  );
  await syncPath(path);
  await syncPath(dirname(path));
  return rows;
}

async function makeDurableFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  // Each folder that is new stands in one above it.
  for (let at = folder; at.length >= made.length; at = dirname(at)) await syncPath(dirname(at));
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
