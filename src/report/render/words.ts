import type { Said } from "../../gate.ts";
import type { Report, ReportItem, Sentence } from "../report.ts";

export const words = {
  incident: { ja: "インシデント", en: "Incident" },
  asOf: { ja: "記録の基準時", en: "As of" },
  recipient: { ja: "提出先", en: "To" },
  from: { ja: "作成", en: "Made by" },
  basis: { ja: "根拠", en: "Under" },
  ledger: { ja: "台帳", en: "Ledger" },
  entries: { ja: "件の記録から作成", en: "entries were read" },
  sources: { ja: "根拠となる記録", en: "Sources" },
  sourcesNote: {
    ja: "番号は本文の［］に対応します。各行は台帳の項目の番号・種類・日時・識別子・指紋（SHA-256）です。",
    en: "Numbers are those in brackets. Each line is an entry of the ledger: place, kind, time, id, SHA-256.",
  },
  hash: { ja: "この報告書の指紋（SHA-256）", en: "Fingerprint of this report (SHA-256)" },
  passageBy: { ja: "記載者", en: "written by" },
  contradicts: { ja: "記録に食い違いあり", en: "the record contradicts itself" },
  draft: { ja: "案（未承認）", en: "Draft, not released" },
  released: { ja: "承認済み", en: "Released" },
  before: { ja: "前回の報告", en: "Goes on from" },
} as const satisfies Readonly<Record<string, Said>>;

export const states: Readonly<Record<ReportItem["state"], Said>> = {
  known: { ja: "判明", en: "known" },
  supplement: { ja: "追完（今回判明）", en: "supplement: known now" },
  "not-yet-known": { ja: "未判明", en: "not yet known" },
};

export type RenderOptions = {
  language: "ja" | "en";
  /** Names of those who wrote passages; the ledger knows them by number only. */
  people?: ReadonlyMap<string, string>;
  /** Of the report as it is kept. */
  sha256: string;
  /** Two persons have released it. */
  released: boolean;
};

/** What stands beside an item's name: its state where a law asks for it, and what is not as it should be. */
export function marksOfItem(item: ReportItem, { kind, law }: Report): { className: string; said: Said }[] {
  if (isOutside(kind)) return [];
  const { state, contradicts, code } = item;
  const asked = law !== null && code !== "duty";
  return [
    ...(asked || state !== "known" ? [{ className: state, said: states[state] }] : []),
    ...(contradicts ? [{ className: "contradicts", said: words.contradicts }] : []),
  ];
}

/** What goes outside does not say what it is inside: no states, no author, no ledger's words. */
export const isOutside = (kind: string): boolean =>
  kind === "press" || kind === "public" || kind === "partner";

/** Who wrote a passage; null where that is not said. */
export function authorOf({ kind, by }: Sentence, { people }: RenderOptions): string | null {
  if (kind !== "passage" || by === null) return null;
  return people?.get(by) ?? by.slice(0, 8);
}

/** "[1][4]", or nothing. */
export const marksOf = ({ cites }: Sentence): string => cites.map((number) => `[${number}]`).join("");
