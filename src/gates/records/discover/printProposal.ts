import { stringify } from "yaml";
import type { Language } from "../../../lib/language.ts";
import { visibleText } from "../../../lib/visibleText.ts";
import type { RecordsSettings, TableSettings } from "../settings.ts";
import type { Proposal } from "./proposeTables.ts";

type Row = [string, string, string, string, string];

/** The proposal as people read it: what is personal, how sure that is, why, and what the values look like. */
export function printProposal(proposal: Proposal, language: Language): string {
  const ja = language === "ja";
  const head: Row = ja
    ? ["列", "内容", "確度", "値の形", "理由"]
    : ["column", "holds", "sure", "looks like", "because"];
  const lines: string[] = [];
  for (const { table, rows, columns, key } of proposal.tables) {
    const count = rows < 0 ? "" : ja ? `(約 ${rows} 行)` : `(about ${rows} rows)`;
    lines.push(`${visibleText(table)} ${count}`.trimEnd());
    if (key !== null) {
      const percent = Math.round(key.confidence * 100);
      const what = ja ? "顧客のキー" : "key of the customer";
      lines.push(`  ${what}: ${visibleText(key.column)} (${percent} %, ${key.because[language]})`);
    }
    const cells = columns.map(({ name, kind, confidence, because, shapes }): Row => [
      visibleText(name, 60),
      kind,
      `${Math.round(confidence * 100)} %`,
      shapes.map((shape) => visibleText(shape, 40)).join(" | "),
      because[language],
    ]);
    if (cells.length > 0) lines.push(...align([head, ...cells]));
    lines.push("");
  }
  if (proposal.customers !== null) {
    const { table, key, because } = proposal.customers;
    const title = ja ? "顧客の表" : "customers";
    lines.push(`${title}: ${visibleText(table)}, ${visibleText(key)} (${because[language]})`, "");
  }
  for (const { view, uses } of proposal.views) {
    lines.push(
      `${ja ? "ビュー" : "view"} ${visibleText(view)}: ${uses.map((one) => visibleText(one)).join(", ")}`,
    );
  }
  for (const { table, problem } of proposal.problems) {
    lines.push(`${ja ? "未確認" : "not known"} ${visibleText(table)}: ${visibleText(problem)}`);
  }
  const found = proposal.tables.reduce((sum, { columns }) => sum + columns.length, 0);
  lines.push(
    ja
      ? `${proposal.looked} 個の表を見た。個人の情報らしい列: ${found}`
      : `looked at ${proposal.looked} tables; ${found} columns look personal`,
  );
  return `${lines.join("\n")}\n`;
}

function align(rows: readonly Row[]): string[] {
  const widths = [0, 1, 2, 3].map((place) => Math.max(...rows.map((row) => widthOf(row[place] ?? ""))));
  return rows.map((row) => {
    const cells = row.map(
      (cell, place) => cell + " ".repeat(Math.max(0, (widths[place] ?? 0) - widthOf(cell))),
    );
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

/** Places on a terminal: Japanese characters take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const one of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        one,
      )
        ? 2
        : 1;
  return width;
}

/** The part of the settings that the proposal comes to. */
export function settingsOf(proposal: Proposal): Pick<RecordsSettings, "tables" | "customers"> {
  const tables = proposal.tables
    // The gate takes "schema.table"; a name with a point or a blank in it cannot be written so.
    .filter(({ table }) => /^[^.\s]+\.[^.\s]+$/.test(table))
    .map(({ table, columns, key }): TableSettings => ({
      table,
      ...(key === null ? {} : { key: key.column }),
      personal: Object.fromEntries(columns.map(({ name, kind }) => [name, kind])),
      notPersonal: [],
    }));
  const { customers } = proposal;
  return {
    customers: customers === null ? undefined : { table: customers.table, key: customers.key },
    tables,
  };
}

/** The same as YAML, to be read by people and pasted under `records:`; what is doubtful says so. */
export function printYaml(proposal: Proposal, language: Language): string {
  const { customers, tables } = settingsOf(proposal);
  const sureOf = new Map(
    proposal.tables.flatMap(({ table, columns }) =>
      columns.map(({ name, confidence, because }) => [
        `${table}\u0000${name}`,
        `${Math.round(confidence * 100)} %: ${because[language]}`,
      ]),
    ),
  );
  const lines = [
    language === "ja"
      ? "# 人が確かめてから records: の下に置く"
      : "# to be read by people, then put under records:",
  ];
  if (customers !== undefined) lines.push(stringify({ customers }).trimEnd());
  if (tables.length === 0) lines.push("tables: []");
  else lines.push("tables:");
  for (const { table, key, personal } of tables) {
    lines.push(`  - table: ${scalar(table)}`);
    if (key !== undefined) lines.push(`    key: ${scalar(key)}`);
    const entries = Object.entries(personal);
    if (entries.length > 0) lines.push("    personal:");
    for (const [name, kind] of entries) {
      const why = visibleText(sureOf.get(`${table}\u0000${name}`) ?? "", 300);
      lines.push(`      ${scalar(name)}: ${kind} # ${why}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, blockQuote: false }).trimEnd();
}
