import type { Language } from "../../../lib/language.ts";
import { visibleText } from "../../../lib/visibleText.ts";
import type { Unread } from "../connection.ts";
import type { Finding } from "../findings.ts";
import { sayWeight } from "../judge/beaconWords.ts";
import type { ScoredPair } from "../judge/pair.ts";
import type { Table } from "../record/tables.ts";
import type { Analysis } from "./analyzeTraffic.ts";

/** Everything that a report is printed from. */
export type Report = {
  analysis: Analysis;
  rows: Record<Table, number>;
  /** Microseconds since 1970. */
  window: { from: number; to: number } | null;
  files: number;
  unread: readonly Unread[];
  unreadCount: number;
  indicators: number;
};

/** One JSON object; written piece by piece, because very many pairs make a very long text. */
export async function printJson(
  report: Report,
  language: Language,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const { analysis, window, rows } = report;
  const { span, guessed, hosts, pairsSeen } = analysis;
  const head = {
    window: window === null ? null : { from: isoOf(window.from), until: isoOf(window.to) },
    scored: span === null ? null : { from: isoOf(span.min * 1e6), until: isoOf(span.max * 1e6), ...span },
    rows: rows.connection,
    tables: rows,
    files: report.files,
    hosts,
    pairsSeen,
    guessedInternal: guessed,
  };
  await write(JSON.stringify(head).replace(/\}$/, ',"pairs":['));
  for (const [index, pair] of analysis.pairs.entries())
    await write(`${index === 0 ? "" : ","}\n${JSON.stringify(jsonOfPair(pair, language))}`);
  await write('],\n"findings":[');
  for (const [index, finding] of analysis.findings.entries())
    await write(`${index === 0 ? "" : ","}\n${JSON.stringify(jsonOfFinding(finding, language))}`);
  const tail = JSON.stringify({ unread: report.unread, unreadCount: report.unreadCount });
  await write(`],\n${tail.slice(1)}\n`);
}

function jsonOfPair(pair: ScoredPair, language: Language): object {
  const { own, ritaFigures, ...rest } = pair;
  return {
    ...rest,
    score: round(pair.score, 6),
    because: own?.weights.map(({ code }) => sayWeight(code, own)[language]) ?? [],
    weights: own?.weights.map(({ code, weight }) => ({ code, weight: round(weight, 3) })) ?? [],
    figures: own?.figures ?? null,
    ritaFigures,
  };
}

function jsonOfFinding(finding: Finding, language: Language): object {
  const { because, src, dst, ...rest } = finding;
  return {
    ...rest,
    subject: src === "" ? dst : `${src} → ${dst}`,
    src,
    dst,
    because: because.map((said) => said[language]),
  };
}

function isoOf(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

const words = {
  en: {
    nothing: "Nothing was read.",
    span: "Seen",
    rows: "connections",
    hosts: "hosts of ours",
    pairs: "pairs",
    files: "files",
    guessed: (address: string, share: string) =>
      `${address} was taken as ours: it is in ${share} % of the connections. Say --internal to set it.`,
    findings: "Findings",
    none: "None.",
    hidden: (count: number) => `${count} more are hidden by suppressions:`,
    top: "Pairs that call on a clock, best first",
    columns: "score   RITA  final  contacts  every      source → destination",
    unread: (count: number) => `${count} lines or files could not be read:`,
    more: (count: number) => `… and ${count} more; --json gives them`,
    drawn: (file: string) => `Drawings: ${file}`,
  },
  ja: {
    nothing: "読み取れたデータがありません。",
    span: "期間",
    rows: "接続",
    hosts: "自組織のホスト",
    pairs: "組",
    files: "ファイル",
    guessed: (address: string, share: string) =>
      `${address}を自組織とみなしました（接続の${share}%に関与）。--internal で指定できます。`,
    findings: "検知",
    none: "ありません。",
    hidden: (count: number) => `ほかに${count}件が抑制されています:`,
    top: "一定間隔で通信する組（点数順）",
    columns: "点数    RITA  最終  接続数  間隔      送信元 → 宛先",
    unread: (count: number) => `読み取れなかった行またはファイル: ${count}件`,
    more: (count: number) => `… ほか${count}件（--json で全件）`,
    drawn: (file: string) => `図: ${file}`,
  },
} as const;

const findingsShown = 40;
const pairsShown = 15;
const unreadShown = 10;

/** The report for a person at a terminal. */
export function printReport(
  report: Report,
  language: Language,
  options: { html?: string | undefined },
): string {
  const say = words[language];
  const { analysis, window, rows } = report;
  if (report.files === 0) return `${say.nothing}\n${unreadLines(report, language)}`;
  const span = window === null ? "-" : `${isoOf(window.from)} – ${isoOf(window.to)}`;
  const counts = [
    `${rows.connection} ${say.rows}`,
    `${analysis.hosts} ${say.hosts}`,
    `${analysis.pairsSeen} ${say.pairs}`,
    `${report.files} ${say.files}`,
  ];
  const lines = [`${say.span}: ${span}`, counts.join(", ")];
  for (const { address, share } of analysis.guessed)
    lines.push(say.guessed(address, (share * 100).toFixed(0)));
  lines.push("", ...findingLines(analysis.findings, language), "", ...pairLines(analysis.pairs, language));
  const unread = unreadLines(report, language);
  if (unread !== "") lines.push("", unread);
  if (options.html !== undefined) lines.push("", say.drawn(options.html));
  return `${lines.join("\n")}\n`;
}

function findingLines(findings: readonly Finding[], language: Language): string[] {
  const say = words[language];
  const shown = findings.filter(({ hiddenBy }) => hiddenBy === null);
  const lines: string[] = [say.findings];
  if (shown.length === 0) lines.push(`  ${say.none}`);
  let group = "";
  for (const finding of shown.slice(0, findingsShown)) {
    const [first, ...more] = finding.because;
    const indent = finding.group === group ? "    " : "  ";
    group = finding.group;
    const technique = finding.technique === null ? "" : ` ${finding.technique}`;
    lines.push(`${indent}[${finding.severity}] ${finding.code}${technique}: ${first?.[language] ?? ""}`);
    for (const { [language]: text } of more.slice(0, 6)) lines.push(`${indent}    ${text}`);
  }
  if (shown.length > findingsShown) lines.push(`  ${say.more(shown.length - findingsShown)}`);
  const hidden = findings.filter(({ hiddenBy }) => hiddenBy !== null);
  if (hidden.length > 0) {
    lines.push(`  ${say.hidden(hidden.length)}`);
    for (const [name, ones] of Map.groupBy(hidden, ({ hiddenBy }) => hiddenBy as string))
      lines.push(`    ${name}: ${ones.length}`);
  }
  return lines;
}

function pairLines(pairs: readonly ScoredPair[], language: Language): string[] {
  const lines = [words[language].top, `  ${words[language].columns}`];
  for (const pair of pairs.slice(0, pairsShown)) {
    const median = pair.own?.figures.interval.median;
    const every = median === undefined ? "-" : secondsOf(median);
    const figures = [
      pair.score.toFixed(4),
      pair.rita.score.toFixed(3),
      pair.rita.final.toFixed(2).padStart(5),
      String(pair.contacts).padStart(8),
      every.padStart(9),
    ];
    lines.push(`  ${figures.join("  ")}  ${visibleText(`${pair.src} → ${pair.dst}`)}`);
  }
  return lines;
}

function secondsOf(seconds: number): string {
  if (seconds < 1) return `${(seconds * 1_000).toFixed(0)} ms`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7_200) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

function unreadLines(report: Report, language: Language): string {
  const say = words[language];
  if (report.unreadCount === 0) return "";
  const shown = report.unread.slice(0, unreadShown);
  const lines = shown.map(({ file, line, problem }) => `  ${file}${line > 0 ? `:${line}` : ""}: ${problem}`);
  if (report.unreadCount > shown.length) lines.push(`  ${say.more(report.unreadCount - shown.length)}`);
  return [say.unread(report.unreadCount), ...lines].join("\n");
}
