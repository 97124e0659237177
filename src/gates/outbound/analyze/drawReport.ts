import type { Language } from "../../../lib/language.ts";
import { visibleText } from "../../../lib/visibleText.ts";
import { sayBytes, type Finding } from "../findings.ts";
import { say } from "../judge/beacon.ts";
import { sayWeight } from "../judge/beaconWords.ts";
import { drawComb, drawIntervals, drawMatrix, drawSizes } from "./draw.ts";
import type { PairPlot, Plots } from "./plots.ts";
import type { Report } from "./printReport.ts";

const words = {
  en: {
    title: "Outbound traffic",
    findings: "Findings",
    none: "Nothing stood out.",
    hidden: "hidden by",
    pairs: "What calls on a clock",
    matrix: "Who sends to whom",
    arrivals: "Arrivals",
    intervals: "Time between contacts",
    sizes: "Bytes sent",
    score: "score",
    unread: "Could not be read",
    read: (rows: number, files: number) => `${rows} connections in ${files} files`,
  },
  ja: {
    title: "外向きの通信",
    findings: "検知",
    none: "目立ったものはありません。",
    hidden: "抑制:",
    pairs: "一定間隔の通信",
    matrix: "送信元と宛先",
    arrivals: "到着",
    intervals: "接続の間隔",
    sizes: "送信バイト数",
    score: "点数",
    unread: "読み取れなかったもの",
    read: (rows: number, files: number) => `接続${rows}件、${files}ファイル`,
  },
} as const;

const style = `
:root {
  color-scheme: light dark;
  --ink: #1d1d1f; --paper: #fff; --rule: #d8d8dc; --act: #b3261e; --dim: #6a6a70
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf0; --paper: #17171a; --rule: #3a3a40; --act: #ff8a80; --dim: #a0a0a8 }
}
body {
  font: 16px/26px "Hiragino Sans", "Noto Sans JP", "Yu Gothic UI", system-ui, sans-serif;
  color: var(--ink); background: var(--paper); max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
  font-variant-numeric: tabular-nums
}
h1 { font-size: 28px } h2 { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: 1rem }
h3 { font-size: 16px; margin-bottom: 0 } p, ul { margin: .25rem 0 }
.dim { color: var(--dim) } .act { color: var(--act) }
svg { display: block; max-width: 100% } svg text { font-size: 11px; fill: var(--ink) }
svg .mark { fill: var(--ink) } svg .line { stroke: var(--ink); fill: none } svg .rule { stroke: var(--rule) }
figure { margin: .5rem 0 } figcaption { font-size: 13px; color: var(--dim) }
@media print { body { margin: 0 } figure { break-inside: avoid } }`;

/** The report as one HTML file that loads nothing. */
export function drawReport(report: Report, plots: Plots, language: Language): string {
  const text = words[language];
  const { analysis, window, rows } = report;
  const span =
    window === null
      ? ""
      : `${new Date(window.from / 1e3).toISOString()} – ${new Date(window.to / 1e3).toISOString()}`;
  const parts = [
    `<h1>${text.title}</h1><p class="dim">${span}<br>${text.read(rows.connection, report.files)}</p>`,
    `<h2>${text.findings}</h2>`,
    findingsHtml(analysis.findings, language),
    `<h2>${text.pairs}</h2>`,
    ...plots.pairs.map((plot) => pairHtml(plot, language)),
  ];
  if (plots.matrix.hosts.length > 0)
    parts.push(
      `<h2>${text.matrix}</h2>`,
      drawMatrix(plots.matrix, (bytes) => sayBytes(bytes)[language]),
    );
  if (report.unreadCount > 0) {
    const lines = report.unread
      .slice(0, 200)
      .map(({ file, line, problem }) => `<li>${escape(`${file}:${line}: ${problem}`)}</li>`);
    parts.push(`<h2>${text.unread} (${report.unreadCount})</h2><ul>${lines.join("")}</ul>`);
  }
  return `<!doctype html><html lang="${language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Sekisho: ${text.title}</title><style>${style}</style><body>${parts.join("\n")}</body></html>\n`;
}

function findingsHtml(findings: readonly Finding[], language: Language): string {
  const text = words[language];
  if (findings.length === 0) return `<p>${text.none}</p>`;
  return [...Map.groupBy(findings.slice(0, 500), ({ group }) => group).values()]
    .map((ones) => {
      const items = ones.map((finding) => {
        const [first, ...more] = finding.because.map((said) => escape(said[language]));
        const grave = finding.severity === "high" || finding.severity === "critical" ? ' class="act"' : "";
        const hidden =
          finding.hiddenBy === null
            ? ""
            : ` <span class="dim">(${text.hidden} ${escape(finding.hiddenBy)})</span>`;
        const list = more.length === 0 ? "" : `<ul>${more.map((one) => `<li>${one}</li>`).join("")}</ul>`;
        return `<p><strong${grave}>${finding.severity}</strong> ${first}
          <span class="dim">${finding.code} ${finding.technique ?? ""}</span>${hidden}</p>${list}`;
      });
      return `<section>${items.join("")}</section>`;
    })
    .join("<hr>");
}

function pairHtml({ pair, times, sizes }: PairPlot, language: Language): string {
  const text = words[language];
  const { own } = pair;
  const because = own?.weights.map(({ code, weight }) => {
    const sign = weight >= 0 ? "+" : "−";
    return `<li>${sign}${Math.abs(weight).toFixed(1)} ${escape(sayWeight(code, own)[language])}</li>`;
  });
  const draw = [
    [text.arrivals, drawComb(times)],
    [text.intervals, drawIntervals(times, (seconds) => say(seconds)[language])],
    [text.sizes, drawSizes(times, sizes, (bytes) => sayBytes(bytes)[language])],
  ] as const;
  const figures = draw.map(([caption, svg]) => `<figure>${svg}<figcaption>${caption}</figcaption></figure>`);
  return `<section><h3>${escape(`${pair.src} → ${pair.dst}`)}</h3>
    <p class="dim">${text.score} ${pair.score.toFixed(4)} · RITA ${pair.rita.score}
      (${pair.rita.final.toFixed(2)})</p>
    <ul>${because?.join("") ?? ""}</ul>${figures.join("")}</section>`;
}

/** Names come from strangers. */
export function escape(text: string): string {
  return visibleText(text, 1_000).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
