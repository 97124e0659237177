import type { Said } from "../gate.ts";

/** What people write in their own words for a report; everything else is read off the record. */
export const TOPICS = {
  outline: { name: { ja: "概要", en: "Outline" }, who: "privacy" },
  "data-items": { name: { ja: "個人データの項目", en: "Items of personal data" }, who: "scope" },
  persons: { name: { ja: "本人の数の内訳", en: "Numbers of persons in detail" }, who: "scope" },
  cause: { name: { ja: "原因", en: "Cause" }, who: "forensics" },
  "secondary-harm": { name: { ja: "二次被害", en: "Secondary harm" }, who: "hotline" },
  told: { name: { ja: "本人への対応", en: "What was done towards the persons" }, who: "privacy" },
  published: { name: { ja: "公表", en: "Publication" }, who: "press" },
  prevention: { name: { ja: "再発防止策", en: "Measures against a recurrence" }, who: "management" },
  "measures-before": { name: { ja: "従前の安全管理措置", en: "Safeguards until then" }, who: "security" },
  measures: { name: { ja: "発覚後の対応", en: "What was done after the discovery" }, who: "security" },
  present: { name: { ja: "現状", en: "The present state" }, who: "security" },
  consequences: { name: { ja: "起こり得る結果", en: "Likely consequences" }, who: "privacy" },
  "measures-of-persons": { name: { ja: "本人ができること", en: "What persons can do" }, who: "privacy" },
  contact: { name: { ja: "連絡先", en: "Contact" }, who: "privacy" },
  "reasons-for-delay": { name: { ja: "遅れた理由", en: "Reasons for the delay" }, who: "privacy" },
  sample: { name: { ja: "通知文の見本", en: "Sample of the notice" }, who: "privacy" },
  other: { name: { ja: "その他", en: "Other matters" }, who: "privacy" },
} as const satisfies Readonly<Record<string, { name: Said; who: keyof typeof SETTLERS }>>;

export type Topic = keyof typeof TOPICS;
export const TOPIC_NAMES = Object.keys(TOPICS) as Topic[];

/** Who can settle what is not known. */
export const SETTLERS = {
  privacy: { ja: "個人情報保護管理者", en: "the privacy officer" },
  scope: { ja: "影響範囲の調査の担当者", en: "whoever works on the scope" },
  forensics: { ja: "調査担当者又は外部の調査会社", en: "the analysts, or the forensic firm" },
  hotline: { ja: "問合せ窓口の責任者", en: "whoever leads the hotline" },
  press: { ja: "広報の責任者", en: "whoever leads public relations" },
  management: { ja: "経営陣及び個人情報保護管理者", en: "the management with the privacy officer" },
  security: { ja: "情報システムの責任者", en: "whoever leads information systems" },
  anyone: { ja: "事実を知る者（記録は誰でも行えます）", en: "whoever knows it; anybody may record it" },
} as const satisfies Readonly<Record<string, Said>>;
export type Settler = keyof typeof SETTLERS;
