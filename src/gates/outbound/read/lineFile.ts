import { textOfError } from "../../../lib/error.ts";
import type { Compression } from "./fileBytes.ts";
import { readFileBytes } from "./fileBytes.ts";
import type { LineReader } from "./lineReader.ts";
import { LineCutter, type Line } from "./lines.ts";
import type { PartWriter } from "./partWriter.ts";
import type { UnreadCounter } from "./unreadCounter.ts";
import { lineBytesMax } from "./zeekSql.ts";

export type LineFile = {
  /** What is read, which may be a part of `file`. */
  path: string;
  file: string;
  firstLine: number;
  compression: Compression | null;
  reader: LineReader;
};

/**
 * Reads a file line by line: slower than DuckDB, and able to say of every line what is wrong with it. With
 * no writer it only tells the problems. Returns how many rows it gave.
 */
export async function readLineFile(
  file: LineFile,
  to: { writer: PartWriter | null; unread: UnreadCounter; onRead?: (bytes: number) => void },
): Promise<number> {
  const cutter = new LineCutter(file.firstLine);
  let rows = 0;
  const take = async (lines: readonly Line[]): Promise<void> => {
    const seen = lines.flatMap((line) => readOne(line, file, to.unread));
    rows += seen.length;
    await to.writer?.add(seen);
  };
  try {
    const { compression } = file;
    const options = { compression, ...(to.onRead === undefined ? {} : { onRead: to.onRead }) };
    for await (const bytes of readFileBytes(file.path, options)) await take(cutter.push(bytes));
  } catch (error) {
    to.unread.add({ file: file.file, line: 0, problem: textOfError(error) });
  }
  const last = cutter.end();
  if (last !== null) await take([last]);
  const rest = file.reader.end();
  rows += rest.length;
  await to.writer?.add(rest);
  return rows;
}

function readOne({ number, text }: Line, { file, reader }: LineFile, unread: UnreadCounter) {
  if (text === "") return [];
  if (text === null) {
    unread.add({ file, line: number, problem: `longer than ${lineBytesMax} bytes` });
    return [];
  }
  const { seen, problem } = reader.read(text);
  if (problem !== null) unread.add({ file, line: number, problem });
  return seen;
}
