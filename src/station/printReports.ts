import type { Said } from "../gate.ts";
import type { Language } from "../lib/language.ts";
import { visibleText } from "../lib/visibleText.ts";
import type { ItemChange } from "../report/diffReports.ts";
import { asOfSaid } from "../report/render/printHtml.ts";
import { marksOf, states, words } from "../report/render/words.ts";
import type { Report } from "../report/report.ts";
import type { ReportProblem } from "../report/verifyReport.ts";

/** What people wrote must not steer the terminal. */
const shown = (text: string): string =>
  text
    .split("\n")
    .map((line) => visibleText(line, 20_000))
    .join("\n      ");

/** A report for the terminal: items with their state, sentences with the entries that they rest on. */
export function printText(report: Report, language: Language): string {
  const head = [
    report.title[language],
    `${words.incident[language]} #${report.incident.number}  ${words.asOf[language]}: ${asOfSaid(report)}`,
  ];
  const items = report.items.flatMap((item) => {
    const mark = item.contradicts ? `, ${words.contradicts[language]}` : "";
    return [
      "",
      `${item.name[language]}  [${states[item.state][language]}${mark}]`,
      ...item.sentences.map((sentence) =>
        `    - ${shown(sentence[language])} ${marksOf(sentence)}`.trimEnd(),
      ),
      ...(item.table?.rows ?? []).map(
        (row) => `    ${row.map((cell) => shown(cell[language])).join("  |  ")}`,
      ),
    ];
  });
  const sources = report.sources.map(
    ({ number, index, entry, code }) => `  [${number}] ${String(index).padStart(7)} ${entry} ${code}`,
  );
  return `${[...head, ...items, "", words.sources[language], ...sources].join("\n")}\n`;
}

const none: Said = { ja: "違いはありません。\n", en: "Both say the same.\n" };

export function printDiff(changes: readonly ItemChange[], language: Language): string {
  if (changes.length === 0) return none[language];
  const stateOf = (state: ItemChange["was"]): string => (state === null ? "—" : states[state][language]);
  return changes
    .map(({ name, was, is, added, removed, table }) =>
      [
        `${name[language]}  [${stateOf(was)} → ${stateOf(is)}]${table ? " (table)" : ""}`,
        ...removed.map((sentence) => `  - ${shown(sentence[language])}`),
        ...added.map((sentence) => `  + ${shown(sentence[language])}`),
      ].join("\n"),
    )
    .join("\n")
    .concat("\n");
}

export function printProblems(result: {
  ok: boolean;
  sha256: string;
  sources: number;
  sentences: number;
  texts: boolean;
  problems: readonly ReportProblem[];
}): string {
  const { ok, sources, sentences, texts, problems } = result;
  const lines = problems.map(({ code, where, detail }) => `${code}: ${where}: ${shown(detail)}`);
  const checked = texts
    ? `${sources} entries and ${sentences} sentences were held against the ledger`
    : `${sources} entries were held against the ledger; what people wrote cannot be opened here`;
  const verdict = ok ? "as the ledger says" : "NOT AS THE LEDGER SAYS";
  return `${[...lines, checked, `SHA-256 ${result.sha256}`, verdict].join("\n")}\n`;
}
