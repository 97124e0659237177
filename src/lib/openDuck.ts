import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, DuckDBTypeId, JSDuckDBValueConverter } from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBType, DuckDBValue, DuckDBValueConverter, JS } from "@duckdb/node-api";

export type DuckParameter = string | number | bigint | boolean | null;

export type DuckOptions = {
  /** What DuckDB may use for itself; what does not fit goes to `tempFolder`. */
  memoryBytesMax?: number;
  /** For what does not fit, and for temporary Parquet files; else a folder that goes with `close()`. */
  tempFolder?: string;
  threads?: number;
};

/** A row as `rows()` gives it: times are microseconds since 1970, as in `Connection`. */
export type DuckRow = Record<string, unknown>;

/** An analytical database in memory, for SQL over Parquet. */
export type Duck = {
  /** Runs one or more statements; parameters only with one. */
  run(sql: string, parameters?: readonly DuckParameter[]): Promise<void>;
  rows<T = DuckRow>(sql: string, parameters?: readonly DuckParameter[]): Promise<T[]>;
  /** A chunk of rows at a time, over a connection of its own: for results that do not fit in memory. */
  stream<T = DuckRow>(sql: string, parameters?: readonly DuckParameter[]): AsyncIterable<T[]>;
  /** The connection below, for appenders. */
  connection: DuckDBConnection;
  /** A folder for temporary files, which goes with `close()`. */
  folder: string;
  close(): Promise<void>;
};

const memoryBytesDefault = 512 * 1024 ** 2;

/** Opens a database in memory with limits set, and no way to the network. */
export async function openDuck(options: DuckOptions = {}): Promise<Duck> {
  const folder = await mkdtemp(join(options.tempFolder ?? tmpdir(), "sekisho-duck-"));
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${Math.floor((options.memoryBytesMax ?? memoryBytesDefault) / 1024)}KiB`,
    threads: String(options.threads ?? Math.min(4, availableParallelism())),
    temp_directory: join(folder, "spill"),
    preserve_insertion_order: "false",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
  });
  const connection = await instance.connect();
  // Times are UTC everywhere; a session's zone would shift what has one. Without ICU there are no zones.
  await connection.run("SET TimeZone = 'UTC'").catch(() => {});
  return {
    connection,
    folder,
    run: async (sql, parameters = []) => {
      await connection.run(sql, [...parameters]);
    },
    rows: async <T>(sql: string, parameters: readonly DuckParameter[] = []) => {
      const result = await connection.run(sql, [...parameters]);
      return (await result.convertRowObjects(plainValues)) as T[];
    },
    stream: (sql, parameters = []) => streamRows(instance, sql, parameters),
    close: async () => {
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

// A second statement on the same connection cuts a streaming result short, silently: hence one for each.
async function* streamRows<T>(
  instance: DuckDBInstance,
  sql: string,
  parameters: readonly DuckParameter[],
): AsyncGenerator<T[]> {
  const connection = await instance.connect();
  try {
    const result = await connection.stream(sql, [...parameters]);
    for await (const rows of result.yieldConvertedRowObjects(plainValues)) yield rows as T[];
  } finally {
    connection.closeSync();
  }
}

const plainValues: DuckDBValueConverter<unknown> = (value, type, converter) => {
  if (value === null) return null;
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return plainInteger(value as bigint);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return plainInteger((value as { micros: bigint }).micros);
    default:
      return (JSDuckDBValueConverter as Converter)(value, type, converter as DuckDBValueConverter<JS>);
  }
};
type Converter = (value: DuckDBValue, type: DuckDBType, converter: DuckDBValueConverter<JS>) => unknown;

function plainInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * How Parquet is written. Version 2 packs numbers by their differences, which needs a third less room and no
 * more time; a dictionary beyond some thousand values costs more than it saves (measured).
 */
export const parquetOptions =
  "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 5000" as const;

/** A text as it stands in SQL where parameters cannot stand. */
export function quoteSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
