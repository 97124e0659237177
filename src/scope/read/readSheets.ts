import { SharedStrings, SheetRows } from "../../lib/containers/sheetRows.ts";
import type { RandomBytes, ZipEntry } from "../../lib/containers/zipDirectory.ts";
import { CellWriter } from "./cellWriter.ts";
import { entryStream, tell, type Member, type Unpacking } from "./containers.ts";

type Book = { archive: RandomBytes; entries: readonly ZipEntry[] };
const stylesBytesMax = 16 * 1024 ** 2;

/**
 * Rows of all sheets of an Office Open XML workbook, as they stream in. The first row of a sheet is given as
 * a record like the others, and its cells name the columns of those that follow.
 */
export async function readSheets(unpacking: Unpacking, member: Member, book: Book): Promise<void> {
  const { limits } = unpacking.reading;
  const strings = new SharedStrings({
    stringsMax: limits.sharedStringsMax,
    bytesMax: limits.sharedStringBytesMax,
    cellBytesMax: limits.sheetCellBytesMax,
  });
  await eachChunk(unpacking, member, {
    book,
    name: "xl/sharedStrings.xml",
    take: (chunk) => strings.push(chunk),
  });
  if (strings.cut)
    tell(unpacking, member, { code: "too-large", message: "it has too many texts; some are left out" });
  let styles = "";
  const takeStyles = (chunk: Buffer): void => {
    if (styles.length < stylesBytesMax) styles += chunk.toString("latin1");
  };
  await eachChunk(unpacking, member, { book, name: "xl/styles.xml", take: takeStyles });
  const names = await sheetNames(unpacking, member, book);
  for (const { name } of book.entries) {
    if (!/^xl\/worksheets\/[^/]+\.xml$/.test(name)) continue;
    const shown = names.get(name) ?? name;
    const path = member.path === "" ? shown : `${member.path}!${shown}`;
    await readSheet(
      unpacking,
      { path, depth: member.depth + 1 },
      {
        book,
        name,
        rows: new SheetRows(
          { strings: strings.strings, styles },
          { columnsMax: limits.sheetColumnsMax, cellBytesMax: limits.sheetCellBytesMax },
        ),
      },
    );
  }
}

async function readSheet(
  unpacking: Unpacking,
  member: Member,
  { book, name, rows }: { book: Book; name: string; rows: SheetRows },
): Promise<void> {
  const writer = new CellWriter(unpacking.reading.sink, unpacking.reading.tally);
  let columns: readonly string[] | null = null;
  let cut = 0;
  await eachChunk(unpacking, member, {
    book,
    name,
    take: (chunk) => {
      for (const { offset, row, cells, cutColumns } of rows.push(chunk)) {
        cut = Math.max(cut, cutColumns);
        if (cells.every((cell) => cell === "")) continue;
        writer.write(cells, { path: member.path, offset, line: row, encoding: "utf-8", columns });
        columns ??= cells;
      }
    },
  });
  if (cut > 0) tell(unpacking, member, { code: "too-many", message: `a row has ${cut} columns too many` });
}

type Part = { book: Book; name: string; take: (chunk: Buffer) => void };

async function eachChunk(unpacking: Unpacking, member: Member, { book, name, take }: Part): Promise<void> {
  const entry = book.entries.find((one) => one.name === name);
  if (entry === undefined) return;
  const stream = entryStream(unpacking, member, { archive: book.archive, entry });
  if (stream === null) return;
  try {
    for await (const chunk of stream) take(chunk);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    tell(unpacking, member, { code: text.startsWith("it ") ? "too-large" : "broken", message: text });
  }
}

/** What the sheets are called (18.2.19), by the name of their part. */
async function sheetNames(unpacking: Unpacking, member: Member, book: Book): Promise<Map<string, string>> {
  const texts = { "xl/workbook.xml": "", "xl/_rels/workbook.xml.rels": "" };
  for (const name of ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"] as const) {
    const take = (chunk: Buffer): void => {
      if (texts[name].length < stylesBytesMax) texts[name] += chunk.toString("latin1");
    };
    await eachChunk(unpacking, member, { book, name, take });
  }
  const targets = new Map<string, string>();
  for (const [tag] of texts["xl/_rels/workbook.xml.rels"].matchAll(/<Relationship\b[^>]*>/g)) {
    const id = /\bId="([^"]*)"/.exec(tag)?.[1];
    const target = /\bTarget="\/?(?:xl\/)?([^"]*)"/.exec(tag)?.[1];
    if (id !== undefined && target !== undefined) targets.set(id, `xl/${target}`);
  }
  const names = new Map<string, string>();
  for (const [tag] of texts["xl/workbook.xml"].matchAll(/<sheet\b[^>]*>/g)) {
    const name = /\bname="([^"]*)"/.exec(tag)?.[1];
    const part = targets.get(/\br:id="([^"]*)"/.exec(tag)?.[1] ?? "");
    if (name !== undefined && part !== undefined)
      names.set(part, Buffer.from(name, "latin1").toString("utf8"));
  }
  return names;
}
