import type { Writable } from "node:stream";
import { PdfWriter, type PdfWritten } from "../../lib/pdf/pdfWriter.ts";
import type { Report, ReportItem } from "../report.ts";
import { asOfSaid } from "./printHtml.ts";
import { authorOf, isOutside, marksOf, marksOfItem, words, type RenderOptions } from "./words.ts";

/**
 * A report as PDF, A4, with its fonts in it. Every line ends with the numbers of its sources, which stand at
 * the end with their place in the ledger. Throws setup-incomplete where the font is missing.
 */
export async function printPdf(report: Report, sink: Writable, options: RenderOptions): Promise<PdfWritten> {
  const { language, released } = options;
  const state = released ? words.released : words.draft;
  const pdf = new PdfWriter(sink, {
    title: report.title[language],
    author: report.organisation,
    language,
    createdAt: Temporal.Instant.from(report.asOf),
    header: `${report.organisation}  ${state[language]}`,
    ...(report.kind === "board" ? { margins: { top: 17, right: 18, bottom: 15, left: 18 } } : {}),
    footer: (page, pages) => `${page} / ${pages}`,
  });
  pdf.heading(report.title[language]);
  printHead(pdf, report, options);
  for (const item of report.items) printItem(pdf, item, { report, options });
  printSources(pdf, report, options);
  return pdf.close();
}

function printHead(pdf: PdfWriter, report: Report, { language, sha256 }: RenderOptions): void {
  const rows: string[][] = [[words.from[language], report.organisation]];
  if (report.law !== null) {
    rows.push([words.recipient[language], report.law.recipient[language]]);
    rows.push([words.basis[language], `${report.law.name[language]}, ${report.law.source}`]);
  }
  rows.push([words.asOf[language], asOfSaid(report)]);
  if (!isOutside(report.kind))
    rows.push([words.ledger[language], `${report.ledgerSize} ${words.entries[language]}`]);
  if (report.before !== null) rows.push([words.before[language], report.before.sha256]);
  rows.push([words.hash[language], sha256]);
  const columns = [
    { title: "", share: 1 },
    { title: "", share: 3 },
  ];
  pdf.table(columns, rows, { size: 8.5 });
}

function printItem(
  pdf: PdfWriter,
  item: ReportItem,
  { report, options }: { report: Report; options: RenderOptions },
): void {
  const { language } = options;
  const inside = !isOutside(report.kind);
  const marks = marksOfItem(item, report).map(({ said }) => said[language]);
  // The board has one page.
  const style = report.kind === "board" ? { size: 9, after: 0.4 } : {};
  pdf.heading(`${item.name[language]}${marks.length === 0 ? "" : ` 〔${marks.join("・")}〕`}`, 2);
  for (const sentence of item.sentences) {
    const author = inside ? authorOf(sentence, options) : null;
    const by = author === null ? "" : `（${words.passageBy[language]}: ${author}）`;
    const text = `${sentence[language]}${by} ${marksOf(sentence)}`.trimEnd();
    if (sentence.kind === "missing" || sentence.kind === "contradiction") pdf.item("▲", text, style);
    else pdf.item("・", text, style);
  }
  const { table } = item;
  if (table === null) return;
  const columns = table.columns.map(({ title, align }, at) => ({
    title: title[language],
    align,
    share: shareOf(table.rows.map((row) => row[at]?.[language] ?? "")),
  }));
  pdf.table(
    columns,
    table.rows.map((row) => row.map((cell) => cell[language])),
    { size: 8.5 },
  );
}

/** Columns are as wide as what most of their cells hold, within bounds. */
function shareOf(cells: readonly string[]): number {
  const lengths = cells.map((cell) => cell.length).toSorted((one, other) => one - other);
  const usual = lengths[Math.floor(lengths.length * 0.9)] ?? 8;
  return Math.min(40, Math.max(9, usual));
}

function printSources(pdf: PdfWriter, { sources, kind }: Report, { language }: RenderOptions): void {
  if (sources.length === 0) return;
  pdf.heading(words.sources[language], 2);
  pdf.paragraph(words.sourcesNote[language], { size: 8, gray: 0.3 });
  const columns = [
    { title: "", share: 2, align: "right" as const },
    { title: "", share: 3, align: "right" as const },
    { title: "", share: 8 },
    { title: "", share: 8 },
    { title: "", share: 27 },
  ];
  // Whoever wants to check has the JSON.
  if (kind === "board") {
    const list = sources.map(({ number, index, entry }) => `[${number}] ${index} ${entry}`);
    pdf.paragraph(list.join("   "), { size: 6.5, gray: 0.3 });
    return;
  }
  const rows = sources.map(({ number, index, code, at, entry, sha256 }) => [
    `[${number}]`,
    String(index),
    code,
    `${at.slice(0, 16).replace("T", " ")}Z`,
    `${entry}\n${sha256}`,
  ]);
  pdf.table(columns, rows, { size: 7 });
}
