import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import { quoteSql, type Duck } from "../../lib/openDuck.ts";
import { plainLines, type LineSeal } from "./decisions.ts";

/**
 * The files of a finished job, whether they lie open or sealed with a key. Names are relative to its
 * folder.
 */
export type JobFiles = {
  out: string;
  has(name: string): boolean;
  /** Where a copy of a file lies that can be read as it is. */
  path(name: string): Promise<string>;
  /** The same for all files of a folder. */
  folder(name: string, duck: Duck): Promise<string>;
  /** What stands in SQL after FROM for a Parquet file. */
  table(duck: Duck, name: string, options?: { rowNumber?: boolean }): Promise<string>;
  /** Writes the result of a query as Parquet, whole or not at all. */
  write(duck: Duck, name: string, sql: string): Promise<void>;
  /** Takes a clear Parquet file into the job under a name; the file is gone then. */
  adopt(duck: Duck, name: string, file: string): Promise<void>;
  /** Keeps a copy of a Parquet file under another name. */
  copy(duck: Duck, from: string, to: string): Promise<void>;
  put(name: string, bytes: Uint8Array): void;
  /** Where files that serve only for a moment may lie; goes with `close()` where the job is sealed. */
  work(): string;
  lines: LineSeal;
  close(): void;
};

export const parquet = "FORMAT parquet, COMPRESSION zstd";

/** Opens the folder of a job that lies open. */
export function openPlainFiles(out: string): JobFiles {
  const at = (name: string): string => resolve(out, name);
  const made = (name: string): string => {
    mkdirSync(dirname(at(name)), { recursive: true, mode: 0o700 });
    return at(name);
  };
  return {
    out,
    has: (name) => existsSync(at(name)),
    path: async (name) => at(name),
    folder: async (name) => at(name),
    table: async (_duck, name, options) => readSql(at(name), { ...options }),
    write: async (duck, name, sql) => {
      const file = made(name);
      await duck.run(`COPY (${sql}) TO ${quoteSql(`${file}.part`)} (${parquet})`);
      renameSync(`${file}.part`, file);
    },
    adopt: async (_duck, name, file) => renameSync(file, made(name)),
    copy: async (_duck, from, to) => {
      const file = made(to);
      copyFileSync(at(from), `${file}.part`);
      renameSync(`${file}.part`, file);
    },
    put: (name, bytes) => {
      const file = made(name);
      writeFileSync(`${file}.part`, bytes, { mode: 0o600 });
      renameSync(`${file}.part`, file);
    },
    work: () => at("work"),
    lines: plainLines,
    close() {},
  };
}

/** A Parquet file in SQL; `key`: the name of the key under which DuckDB knows how to open it. */
export function readSql(file: string, options: { rowNumber?: boolean; key?: string }): string {
  const more = [
    options.rowNumber === true ? "file_row_number = true" : "",
    options.key === undefined ? "" : `encryption_config = {footer_key: ${quoteSql(options.key)}}`,
  ].filter(Boolean);
  return `read_parquet(${[quoteSql(file), ...more].join(", ")})`;
}

/**
 * The job's own name, by which decisions know that they are about it. Throws not-found where none is
 * finished.
 */
export async function jobNameOf(files: JobFiles): Promise<string> {
  if (!files.has("work/job.json")) {
    throw new SekishoError("not-found", `Cannot review ${files.out}: there is no job in it`, {
      hint: "name the folder that was given to sekisho scope with --out",
    });
  }
  const state = JSON.parse(readFileSync(await files.path("work/job.json"), "utf8")) as {
    fingerprint: string;
    phase: string;
  };
  if (state.phase !== "done" || !files.has("links.parquet")) {
    throw new SekishoError("conflict", `Cannot review ${files.out}: its job is not finished`, {
      hint: "run the same sekisho scope command again; it goes on where it was",
    });
  }
  return state.fingerprint.slice(0, 16);
}
