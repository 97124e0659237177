import type { Report, ReportItem, Source, Table } from "../report.ts";
import { authorOf, isOutside, marksOfItem, words, type RenderOptions } from "./words.ts";

/** Text as text: whatever stands on record is shown, and nothing of it is markup. */
export function escapeHtml(text: string): string {
  const named: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  // Characters that reorder their neighbours are taken out of a page that is read for what it says.
  return text
    .toWellFormed()
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .replaceAll(/[&<>"']/g, (character) => named[character] as string);
}

const style = `
:root { color-scheme: light; }
body { font: 16px/1.7 "Hiragino Sans", "Yu Gothic", "Noto Sans JP", "Noto Sans CJK JP", sans-serif;
  color: #1a1a1a; background: #fff; margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 46rem; }
h1 { font-size: 1.5rem; line-height: 1.4; margin: 0 0 1rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; border-bottom: 1px solid #bbb; padding-bottom: .2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; font-size: .9rem; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
p { margin: .35rem 0; white-space: pre-line; overflow-wrap: anywhere; }
.state { font-size: .8rem; font-weight: normal; border: 1px solid; border-radius: .2rem; padding: 0 .4em;
  margin-left: .6em; white-space: nowrap; }
.not-yet-known, .contradicts { color: #8a3b00; } .supplement { color: #00528a; } .known { color: #1f6b2d; }
.missing, .contradiction { border-left: 3px solid #c96a1e; padding-left: .7rem; }
.passage { border-left: 3px solid #9aa7b5; padding-left: .7rem; }
.author { color: #555; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: .88rem; line-height: 1.5; }
th, td { border-bottom: 1px solid #ccc; padding: .25rem .5rem; vertical-align: top; text-align: left; }
th { background: #f0f0f0; } .right { text-align: right; font-variant-numeric: tabular-nums; }
td { overflow-wrap: anywhere; } .time { white-space: nowrap; }
sup a { text-decoration: none; color: #00528a; }
.sources { font-size: .78rem; line-height: 1.5; padding-left: 2.4em; overflow-wrap: anywhere; }
.id { font-family: ui-monospace, monospace; }
@media print { body { padding: 0; max-width: none; font-size: 10.5pt; } h2 { break-after: avoid; }
  tr, p { break-inside: avoid; } @page { size: A4; margin: 20mm; } }
`;

/**
 * A report as one HTML file: no script, nothing loaded, printable. What is on record is hostile as far as
 * this page is concerned, so everything is escaped.
 */
export function printHtml(report: Report, options: RenderOptions): string {
  const { language } = options;
  const title = escapeHtml(report.title[language]);
  const items = report.items.map((item) => printItem(item, report, options)).join("");
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
${printHead(report, options)}
${items}
${printSources(report, options)}
</body>
</html>
`;
}

function printHead(report: Report, { language, sha256, released }: RenderOptions): string {
  const rows: [label: { ja: string; en: string }, text: string][] = [[words.from, report.organisation]];
  if (report.law !== null) {
    rows.push([words.recipient, report.law.recipient[language]]);
    rows.push([words.basis, `${report.law.name[language]}, ${report.law.source}`]);
  }
  const inside = !isOutside(report.kind);
  if (inside) rows.push([words.incident, `#${report.incident.number}`]);
  rows.push([words.asOf, asOfSaid(report)]);
  if (inside) rows.push([words.ledger, `${report.ledgerSize} ${words.entries[language]}`]);
  if (report.before !== null) rows.push([words.before, report.before.sha256]);
  rows.push([words.hash, sha256]);
  const state = released ? words.released : words.draft;
  const list = rows
    .map(([label, text]) => `<dt>${escapeHtml(label[language])}</dt><dd>${escapeHtml(text)}</dd>`)
    .join("\n");
  return `<dl>\n${list}\n</dl>\n<p><strong>${state[language]}</strong></p>`;
}

/** The moment of the record, as the clock on the wall showed it. */
export function asOfSaid({ asOf, timeZone }: Report): string {
  const local = Temporal.Instant.from(asOf).toZonedDateTimeISO(timeZone);
  return `${local.toPlainDate()} ${local.toPlainTime().toString({ smallestUnit: "minute" })} (${timeZone})`;
}

function printItem(item: ReportItem, report: Report, options: RenderOptions): string {
  const { language } = options;
  const inside = !isOutside(report.kind);
  const marks = marksOfItem(item, report)
    .map(({ className, said }) => `<span class="state ${className}">${escapeHtml(said[language])}</span>`)
    .join("");
  const sentences = item.sentences.map((sentence) => {
    const cites = sentence.cites.map((number) => `<sup><a href="#s${number}">[${number}]</a></sup>`).join("");
    const author = inside ? authorOf(sentence, options) : null;
    const by =
      author === null
        ? ""
        : ` <span class="author">(${escapeHtml(words.passageBy[language])}: ${escapeHtml(author)})</span>`;
    return `<p class="${sentence.kind}">${escapeHtml(sentence[language])}${by}${cites}</p>`;
  });
  const table = item.table === null ? "" : printTable(item.table, language);
  return `<section id="${escapeHtml(item.code)}">
<h2>${escapeHtml(item.name[language])}${marks}</h2>
${sentences.join("\n")}
${table}</section>
`;
}

function printTable({ columns, rows }: Table, language: "ja" | "en"): string {
  const classOf = (at: number, cell = ""): string => {
    // A date is read as one.
    const time = /^\d{4}-\d\d-\d\d[ \d:]*$/.test(cell) ? "time" : "";
    const names = [columns[at]?.align === "right" ? "right" : "", time].filter((name) => name !== "");
    return names.length === 0 ? "" : ` class="${names.join(" ")}"`;
  };
  const head = columns
    .map(({ title }, at) => `<th${classOf(at)}>${escapeHtml(title[language])}</th>`)
    .join("");
  const cellOf = (text: string, at: number): string =>
    `<td${classOf(at, text)}>${linked(escapeHtml(text))}</td>`;
  const body = rows.map((row) => `<tr>${row.map((cell, at) => cellOf(cell[language], at)).join("")}</tr>`);
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table>\n`;
}

/** "[3]" at the end of a cell leads to its source. */
function linked(cell: string): string {
  return cell.replace(/\[(\d{1,5})\]$/, `<sup><a href="#s$1">[$1]</a></sup>`);
}

function printSources({ sources }: Report, { language }: RenderOptions): string {
  if (sources.length === 0) return "";
  const row = ({ number, index, code, at, entry, sha256 }: Source): string =>
    `<li id="s${number}" value="${number}">${index} ${escapeHtml(code)} ${escapeHtml(at.slice(0, 19))}Z ` +
    `<span class="id">${escapeHtml(entry)} ${escapeHtml(sha256)}</span></li>`;
  return `<section id="sources"><h2>${escapeHtml(words.sources[language])}</h2>
<p class="author">${escapeHtml(words.sourcesNote[language])}</p>
<ol class="sources">
${sources.map(row).join("\n")}
</ol></section>`;
}
