import { crc32, deflateRawSync } from "node:zlib";

/** A ZIP archive (APPNOTE 6.3.10) of members by name. */
export function zipOf(members: Record<string, Buffer | string>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(members)) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), common, path, packed]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\u0000", "latin1"), common, entry, path]));
    locals.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", "latin1");
  end.writeUInt16LE(locals.length, 8);
  end.writeUInt16LE(locals.length, 10);
  const size = directory.reduce((sum, one) => sum + one.length, 0);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

/** A workbook with one sheet of texts, some of them shared. */
export function workbookOf(name: string, rows: readonly (readonly string[])[]): Buffer {
  const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const shared = [...new Set(rows.flat())];
  const cells = (row: readonly string[], at: number): string =>
    row
      .map((cell, column) => `<c r="${letters(column)}${at + 1}" t="s"><v>${shared.indexOf(cell)}</v></c>`)
      .join("");
  const strings = shared.map((text) => `<si><t>${escape(text)}</t><rPh><t>ヨミ</t></rPh></si>`);
  const lines = rows.map((row, at) => `<row r="${at + 1}">${cells(row, at)}</row>`);
  const sheet = `<sheet name="${name}" sheetId="1" r:id="rId1"/>`;
  const target = `<Relationship Id="rId1" Target="worksheets/sheet1.xml"/>`;
  return zipOf({
    "[Content_Types].xml": "<Types/>",
    "xl/workbook.xml": `<workbook><sheets>${sheet}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships>${target}</Relationships>`,
    "xl/sharedStrings.xml": `<sst>${strings.join("")}</sst>`,
    "xl/worksheets/sheet1.xml": `<worksheet><sheetData>${lines.join("")}</sheetData></worksheet>`,
  });
}

function letters(column: number): string {
  return column < 26
    ? String.fromCharCode(65 + column)
    : letters(Math.floor(column / 26) - 1) + letters(column % 26);
}
