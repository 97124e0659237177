import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { parquetOptions, quoteSql } from "../../../lib/openDuck.ts";
import { readLineFile } from "./lineFile.ts";
import { ZeekReader } from "./lineReader.ts";
import { throwUnmendable, type PartWriter } from "./partWriter.ts";
import type { UnreadCounter } from "./unreadCounter.ts";
import { readZeekHeaderLine } from "./zeekHeader.ts";
import { parseZeekLine, type ZeekSource } from "./zeekLine.ts";
import { lineBytesMax, rejectsMax, tableOfZeek, zeekJsonSql, zeekTsvSql } from "./zeekSql.ts";

/** A plain log, or a part of one that was compressed. */
export type ZeekPart = {
  file: string;
  path: string;
  firstLine: number;
  plainBytes: number;
  /** Bytes of `file` that are read when this part is. */
  bytes: number;
  temporary: boolean;
  source: ZeekSource;
  /** Holds bytes that the fast reader does not survive (no UTF-8) or reads otherwise (CR, NUL). */
  odd: boolean;
};

type To = { writer: PartWriter; unread: UnreadCounter; onRows(file: string, rows: number): void };

/** Parts that one statement can read together. */
export function batchKey({ source: { kind, open, header } }: ZeekPart): string {
  return JSON.stringify([kind, open, header]);
}

/**
 * Reads parts of one form: all in one statement; where that fails, or finds another header in the midst,
 * one by one; and what still fails, line by line. So the one bad file costs only itself.
 */
export async function loadZeekBatch(parts: readonly ZeekPart[], to: To): Promise<void> {
  const plain = parts.filter(({ odd }) => !odd);
  for (const part of parts.filter(({ odd }) => odd)) await loadSlowly(part, to);
  if (plain.length > 0 && !(await loadFast(plain, to))) {
    for (const part of plain) {
      if (plain.length === 1 || !(await loadFast([part], to))) await loadSlowly(part, to);
    }
  }
  for (const { path, temporary } of parts) if (temporary) await rm(path, { force: true });
}

async function loadSlowly(part: ZeekPart, { writer, unread, onRows }: To): Promise<void> {
  onRows(part.file, await readLineFile(lineFileOf(part), { writer, unread }));
}

function lineFileOf({ file, path, firstLine, source }: ZeekPart) {
  return { file, path, firstLine, compression: null, reader: new ZeekReader(source, basename(file)) };
}

type Counted = { file: string; count: number; bad: number };
type Rejected = { path: string; line: number; text: string };

async function loadFast(parts: readonly ZeekPart[], to: To): Promise<boolean> {
  const { writer } = to;
  const { source } = parts[0] as ZeekPart;
  const target = writer.path(`${source.kind}.parquet`);
  const paths = parts.map(({ path }) => path);
  try {
    // A TSV log has named its fields; JSON names them in every line.
    const sqlOf = source.header.fields.length > 0 ? zeekTsvSql : zeekJsonSql;
    const sql = sqlOf(paths, source.kind, source);
    await writer.duck.run(`COPY (${sql}) TO ${quoteSql(target)} (${parquetOptions})`);
  } catch (error) {
    await rm(target, { force: true });
    throwUnmendable(error);
    // DuckDB goes out of service after an internal error; the next file finds a new one.
    if (/INTERNAL|FATAL|invalidated/.test(String(error))) await writer.reopen();
    else await takeRejected(writer);
    return false;
  }
  const rejected = await takeRejected(writer);
  if (rejected === null || changesHeader(parts, rejected)) {
    await rm(target, { force: true });
    return false;
  }
  const name = parts.length === 1 ? quoteSql((parts[0] as ZeekPart).path) : "file";
  const counted = await writer.duck.rows<Counted>(
    `SELECT ${name} AS file, count(*) AS count, count(*) FILTER (NOT good) AS bad
     FROM ${quoteSql(target)} GROUP BY ALL`,
  );
  await finish(parts, { target, counted, rejected }, to);
  return true;
}

/** The lines that were not of the right form, or null where they are too many to be kept. */
async function takeRejected({ duck }: PartWriter): Promise<Rejected[] | null> {
  const tables = await duck.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'rejected'");
  if (tables.length === 0) return [];
  const [{ count } = { count: 0 }] = await duck.rows<{ count: number }>(
    "SELECT count(*) AS count FROM rejected",
  );
  const rows =
    count >= rejectsMax
      ? null
      : await duck.rows<Rejected>(
          `SELECT file_path AS path, line, max(left(ltrim(csv_line, chr(10)), ${lineBytesMax})) AS text
           FROM rejected JOIN rejected_scan USING (scan_id, file_id) GROUP BY ALL ORDER BY path, line`,
        );
  await duck.run("DROP TABLE rejected; DROP TABLE rejected_scan");
  return rows;
}

function changesHeader(parts: readonly ZeekPart[], rejected: readonly Rejected[]): boolean {
  const header = (parts[0] as ZeekPart).source.header;
  const said = JSON.stringify(header);
  return rejected.some(
    ({ text }) => text.startsWith("#") && JSON.stringify(readZeekHeaderLine(header, text)) !== said,
  );
}

async function finish(
  parts: readonly ZeekPart[],
  found: { target: string; counted: readonly Counted[]; rejected: readonly Rejected[] },
  { writer, unread, onRows }: To,
): Promise<void> {
  const { target, counted, rejected } = found;
  let rows = 0;
  let anyBad = false;
  for (const part of parts) {
    const { count, bad } = counted.find(({ file }) => file === part.path) ?? { count: 0, bad: 0 };
    rows += count - bad;
    onRows(part.file, count - bad);
    anyBad ||= bad > 0;
    // Lines of the right form that say what cannot be have no number yet: the slow reader finds them again.
    if (bad > 0) await readLineFile(lineFileOf(part), { writer: null, unread });
    else
      for (const line of rejected)
        if (line.path === part.path) await takeLine(part, line, { writer, unread, onRows });
  }
  if (!anyBad) return writer.take(tableOfZeek[(parts[0] as ZeekPart).source.kind], target, rows);
  const kept = writer.path("kept.parquet");
  await writer.duck.run(
    `COPY (SELECT * FROM ${quoteSql(target)} WHERE good) TO ${quoteSql(kept)} (${parquetOptions})`,
  );
  await rm(target);
  writer.take(tableOfZeek[(parts[0] as ZeekPart).source.kind], kept, rows);
}

async function takeLine(
  part: ZeekPart,
  { line, text }: Rejected,
  { writer, unread, onRows }: To,
): Promise<void> {
  if (text === "" || text.startsWith("#")) return;
  const at = { file: part.file, line: part.firstLine + line - 1 };
  const read = parseZeekLine(text, part.source);
  if (!read.ok) return unread.add({ ...at, problem: read.problem });
  if (text.length >= lineBytesMax) return unread.add({ ...at, problem: `longer than ${lineBytesMax} bytes` });
  await writer.add([read.seen]);
  onRows(part.file, 1);
}
