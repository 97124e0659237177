import { writeZip } from "../../mail/fixtures/writeArchive.ts";

/** A small workbook as spreadsheets write it: words shared, days as numbers with a date style. For tests. */
export function writeWorkbook(rows: readonly (readonly string[])[]): Buffer {
  const words: string[] = [];
  const places = new Map<string, number>();
  const cellOf = (value: string, column: number, row: number): string => {
    const at = `r="${String.fromCharCode(65 + column)}${row + 1}"`;
    if (/^\d{4}-\d\d-\d\d$/.test(value)) {
      const days = Temporal.PlainDate.from("1899-12-30").until(value, { largestUnit: "days" }).days;
      return `<c ${at} s="1"><v>${days}</v></c>`;
    }
    let place = places.get(value);
    if (place === undefined) places.set(value, (place = words.push(value) - 1));
    return `<c ${at} t="s"><v>${place}</v></c>`;
  };
  const sheet = rows
    .map(
      (row, at) =>
        `<row r="${at + 1}">${row.map((value, column) => cellOf(value, column, at)).join("")}</row>`,
    )
    .join("");
  const escaped = words.map(
    (word) => `<si><t>${word.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</t></si>`,
  );
  const parts: [string, string][] = [
    ["[Content_Types].xml", "<Types/>"],
    ["xl/workbook.xml", "<workbook/>"],
    ["xl/styles.xml", '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'],
    ["xl/sharedStrings.xml", `<sst>${escaped.join("")}</sst>`],
    ["xl/worksheets/sheet1.xml", `<worksheet><sheetData>${sheet}</sheetData></worksheet>`],
  ];
  return writeZip(parts.map(([name, xml]) => ({ name: Buffer.from(name), bytes: Buffer.from(xml) })));
}
