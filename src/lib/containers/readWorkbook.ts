/**
 * A spreadsheet of Office Open XML (ECMA-376-1, 18) as lines of tab-separated cells; enough to see whose
 * data is in it.
 */

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export function isWorkbook(names: readonly string[]): boolean {
  return (
    names.includes("[Content_Types].xml") && names.some((name) => /^xl\/worksheets\/[^/]+\.xml$/.test(name))
  );
}

/** Text of each sheet, from the parts of the package by name. */
export function readWorkbook(parts: ReadonlyMap<string, Buffer>): { name: string; text: string }[] {
  const text = (name: string): string => parts.get(name)?.toString("utf8") ?? "";
  const strings = [...text("xl/sharedStrings.xml").matchAll(/<si\b[^>]*>([\s\S]*?)<\/si>/g)].map((match) =>
    textOf(match[1] ?? ""),
  );
  const dates = dateStyles(text("xl/styles.xml"));
  return [...parts.keys()]
    .filter((name) => /^xl\/worksheets\/[^/]+\.xml$/.test(name))
    .map((name) => ({ name, text: readSheet(text(name), strings, dates) }));
}

function readSheet(xml: string, strings: readonly string[], dates: ReadonlySet<number>): string {
  const lines: string[] = [];
  const row = /<row\b[^>]*>([\s\S]*?)<\/row>/g;
  for (let match = row.exec(xml); match !== null; match = row.exec(xml)) {
    const cells: string[] = [];
    for (const cell of (match[1] ?? "").matchAll(/<c\b([^>]*?)(?:\/>|>([\s\S]*?)<\/c>)/g)) {
      const column = columnOf(/\br="([A-Z]{1,3})\d+"/.exec(cell[1] ?? "")?.[1]) ?? cells.length;
      if (column > 4_096) continue;
      while (cells.length < column) cells.push("");
      cells[column] = valueOf(cell[1] ?? "", cell[2] ?? "", { strings, dates });
    }
    lines.push(cells.map((value) => value.replace(/[\t\r\n]+/g, " ")).join("\t"));
  }
  return lines.join("\n");
}

function valueOf(
  attributes: string,
  inner: string,
  { strings, dates }: { strings: readonly string[]; dates: ReadonlySet<number> },
): string {
  const type = /\bt="(\w+)"/.exec(attributes)?.[1];
  if (type === "inlineStr") return textOf(inner);
  const value = unescapeXml(/<v\b[^>]*>([\s\S]*?)<\/v>/.exec(inner)?.[1] ?? "");
  if (type === "s") return strings[Number(value)] ?? "";
  const style = Number(/\bs="(\d+)"/.exec(attributes)?.[1] ?? -1);
  return dates.has(style) && /^\d{1,6}$/.test(value) ? dateOfSerial(Number(value)) : value;
}

/** Text of runs; readings of Japanese text (rPh) stand beside it and are left out. */
function textOf(xml: string): string {
  const plain = xml.replace(/<rPh\b[\s\S]*?<\/rPh>/g, "");
  return [...plain.matchAll(/<t\b[^>]*>([\s\S]*?)<\/t>/g)]
    .map((match) => unescapeXml(match[1] ?? ""))
    .join("");
}

export function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w{2,4}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[String(name)] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

function columnOf(letters: string | undefined): number | null {
  if (letters === undefined) return null;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

/** Styles of cells that show a date: formats built in (18.8.30) and those that write years or days. */
export function dateStyles(xml: string): Set<number> {
  const custom = new Set(
    [...xml.matchAll(/<numFmt\b[^>]*numFmtId="(\d+)"[^>]*formatCode="([^"]*)"/g)]
      .filter((match) => /[yd年月日]|g+e/i.test((match[2] ?? "").replace(/&quot;[^&]*&quot;/g, "")))
      .map((match) => Number(match[1])),
  );
  const formats = [
    ...(/<cellXfs\b[\s\S]*?<\/cellXfs>/.exec(xml)?.[0].matchAll(/<xf\b[^>]*numFmtId="(\d+)"/g) ?? []),
  ];
  return new Set(
    formats.flatMap((match, style) => {
      const id = Number(match[1]);
      return custom.has(id) || (id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)
        ? [style]
        : [];
    }),
  );
}

/** Day 60 is a 29 February 1900 that never was (18.17.4.1); nobody's birthday lies before it. */
export function dateOfSerial(serial: number): string {
  return Temporal.PlainDate.from("1899-12-30").add({ days: serial }).toString();
}
