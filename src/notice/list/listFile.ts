import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { basename } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import { openDuck, quoteSql } from "../../lib/openDuck.ts";
import type { ListRow } from "./importList.ts";
import { LIST_COLUMNS, nameOfColumn, placeColumns, readRow, type ListColumn } from "./listRow.ts";
import { readCsv } from "./readCsv.ts";

export type ListFile = {
  path: string;
  /** Encoding of a CSV file, as the Encoding standard names it; UTF-8 where none is given. */
  encoding?: string;
  /** Own names of columns: { email: "MAIL1" }. */
  columns?: Readonly<Record<string, string>>;
  /** For persons.parquet of a scope, which holds no contact data: the table that does. */
  customers?: string;
  /** notices.parquet of the hand-over: who is a minor, whose passport is valid. */
  notices?: string;
};

/** Bytes and SHA-256 of all files of a list together. */
export async function measureList(file: ListFile): Promise<{ name: string; sha256: string; bytes: number }> {
  const whole = createHash("sha256");
  let bytes = 0;
  for (const path of [file.path, file.customers, file.notices]) {
    if (path === undefined) continue;
    const hash = createHash("sha256");
    try {
      bytes += statSync(path).size;
      for await (const piece of createReadStream(path, { highWaterMark: 1024 ** 2 })) hash.update(piece);
    } catch (cause) {
      throw new SekishoError("input-unreadable", `Cannot read the list ${path}`, {
        hint: "see that it exists and that this user may read it",
        cause,
      });
    }
    whole.update(hash.digest());
  }
  whole.update(JSON.stringify([file.columns ?? {}, file.encoding ?? ""]));
  return { name: basename(file.path), sha256: whole.digest("hex"), bytes };
}

/** The rows of a list: CSV, or Parquet by its name. `onBytes` hears how much of a CSV file was read. */
export function readList(file: ListFile, onBytes?: (bytes: number) => void): AsyncGenerator<ListRow> {
  return /\.parquet$/i.test(file.path) ? readParquetList(file) : readCsvList(file, onBytes);
}

async function* readCsvList(file: ListFile, onBytes?: (bytes: number) => void): AsyncGenerator<ListRow> {
  let places: Record<ListColumn, number> | null = null;
  for await (const row of readCsv(decodeFile(file, onBytes))) {
    if ("problem" in row) {
      if (places === null) throw noHeader(file.path, "its first line cannot be read");
      yield { line: row.line, ok: false, problem: row.problem };
    } else if (places === null) {
      places = placeColumns(row.cells, file.columns).places;
      refuseMissing(places, file.path);
    } else {
      const { cells } = row;
      const at = places;
      yield { line: row.line, ...readRow((column) => cells[at[column]] ?? "") };
    }
  }
  if (places === null) throw noHeader(file.path, "it is empty");
}

async function* decodeFile(file: ListFile, onBytes?: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = decoderOf(file.encoding ?? "utf-8");
  let bytes = 0;
  try {
    for await (const piece of createReadStream(file.path, { highWaterMark: 256 * 1024 })) {
      bytes += (piece as Buffer).length;
      onBytes?.(bytes);
      yield decoder.decode(piece as Buffer, { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new SekishoError("input-unreadable", `Cannot read ${file.path} as ${decoder.encoding}`, {
      hint: "name its encoding: --encoding shift_jis",
      cause,
    });
  }
}

/** A name that is half read is worse than a list that is refused: hence `fatal`. */
function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new SekishoError("usage", `Cannot read text as "${encoding}"`, {
      hint: "use utf-8, shift_jis or euc-jp",
      cause,
    });
  }
}

function refuseMissing(places: Record<ListColumn, number>, path: string): void {
  const missing = (["person", "name", "items"] as const).filter((column) => places[column] < 0);
  if (missing.length === 0) return;
  throw noHeader(path, `it has no column ${missing.map(nameOfColumn).join(", ")}`);
}

function noHeader(path: string, why: string): SekishoError {
  return new SekishoError("input-unreadable", `Cannot read the list ${path}: ${why}`, {
    hint: `columns: ${LIST_COLUMNS.map(nameOfColumn).join(", ")}; or name yours: --column email=MAIL1`,
  });
}

type Cells = Record<string, unknown>;

/** Parquet: a list with our columns, or persons.parquet of a scope with its customer table beside it. */
async function* readParquetList(file: ListFile): AsyncGenerator<ListRow> {
  const duck = await openDuck();
  try {
    const relation = await relationOf(duck, file);
    const described = await duck.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM ${relation}`);
    const header = described.map(({ column_name: name }) => name);
    // A joined relation has our names already.
    const { places } = placeColumns(header, file.customers === undefined ? file.columns : {});
    refuseMissing(places, file.path);
    let line = 0;
    for await (const rows of duck.stream<Cells>(`SELECT * FROM ${relation}`)) {
      for (const row of rows) {
        line += 1;
        const cell = (column: ListColumn): string => textOf(row[header[places[column]] as string]);
        yield { line, ...readRow(cell) };
      }
    }
  } finally {
    await duck.close();
  }
}

async function relationOf(duck: Awaited<ReturnType<typeof openDuck>>, file: ListFile): Promise<string> {
  const persons = `read_parquet(${quoteSql(file.path)})`;
  if (file.customers === undefined) return persons;
  const table = /\.parquet$/i.test(file.customers)
    ? `read_parquet(${quoteSql(file.customers)})`
    : `read_csv(${quoteSql(file.customers)}, all_varchar = true, header = true)`;
  const described = await duck.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM ${table}`);
  const header = described.map(({ column_name: name }) => name);
  const { places } = placeColumns(header, file.columns);
  if (places.customers < 0) throw noHeader(file.customers, "it has no column customer_id");
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const taken = (["name", "email1", "email2", "postalCode", "address", "phone", "birth"] as const)
    .filter((column) => places[column] >= 0)
    .map(
      (column) => `CAST(c.${quote(header[places[column]] as string)} AS VARCHAR) AS ${nameOfColumn(column)}`,
    );
  const key = quote(header[places.customers] as string);
  const flags =
    file.notices === undefined ? "" : `, n.minor AS minor, n.profile = 'passport-valid' AS valid_passport`;
  const joined =
    file.notices === undefined
      ? ""
      : `LEFT JOIN read_parquet(${quoteSql(file.notices)}) n ON n.person_id = p.person_id`;
  return `(SELECT p.person_id, p.items, p.language, p.partner, p.customer_ids, ${taken.join(", ")}${flags}
    FROM ${persons} p LEFT JOIN ${table} c ON CAST(c.${key} AS VARCHAR) = p.customer_ids[1] ${joined}
    WHERE NOT p.excluded)`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(textOf).join(";");
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return String(value);
}
