import type { Law } from "../law.ts";
import type { Trigger } from "../trigger.ts";

/** Rules art. 7: one person is enough for (1) to (3), more than 1,000 for (4). */
const reportable: Trigger = {
  all: [
    {
      any: [
        { fact: "sensitive-data", is: true },
        { fact: "financial-harm", is: true },
        { fact: "improper-purpose", is: true },
        { fact: "persons", over: 1_000, boundCounts: true },
      ],
    },
    { not: { fact: "high-grade-encryption", is: true } },
  ],
};

/** A processor that tells its principal owes neither report nor notice (Act 26(1) proviso, Rules 9). */
const own: Trigger = { not: { fact: "we-process-for-others", is: true } };

const days = (count: number) =>
  ({ unit: "days", count, dayOne: "same-day", counted: "none", movesOver: "japan-government" }) as const;

const commission = { ja: "個人情報保護委員会", en: "Personal Information Protection Commission" };

const items = ["outline", "data-items", "persons", "cause", "secondary-harm", "told", "published"] as const;
const allItems = [...items, "prevention", "other"] as const;

const exceptions = [
  {
    name: {
      ja: "高度な暗号化その他の個人の権利利益を保護するために必要な措置を講じたもの",
      en: "high-grade encryption, or another measure that protects the persons",
    },
    when: { fact: "high-grade-encryption", is: true },
    source: "規則 7条 1号かっこ書",
  },
] as const;

/** 個人情報の保護に関する法律 26条 and the Commission's rules 7 to 10, as in force since 2022-04-01. */
export const japanAppi: Law = {
  id: "jp-appi",
  version: "2025-06-01",
  name: { ja: "個人情報保護法 26条", en: "Japan: Act on the Protection of Personal Information, art. 26" },
  timeZone: "Asia/Tokyo",
  checkedOn: "2026-10-09",
  sources: [
    { title: "個人情報の保護に関する法律 26条（2025-06-01 施行の条文）", read: "text" },
    { title: "個人情報の保護に関する法律施行規則 7–10条（2024-12-06）", read: "text" },
    { title: "個人情報保護委員会 ガイドライン（通則編）3-5-3-3", read: "secondary" },
  ],
  items: [
    { code: "outline", name: { ja: "概要", en: "Outline" } },
    {
      code: "data-items",
      name: {
        ja: "漏えい等が発生し、又は発生したおそれがある個人データの項目",
        en: "Items of personal data that leaked or may have",
      },
    },
    {
      code: "persons",
      name: {
        ja: "漏えい等が発生し、又は発生したおそれがある個人データに係る本人の数",
        en: "Number of persons concerned",
      },
    },
    { code: "cause", name: { ja: "原因", en: "Cause" } },
    {
      code: "secondary-harm",
      name: { ja: "二次被害又はそのおそれの有無及びその内容", en: "Secondary harm, or the danger of it" },
    },
    { code: "told", name: { ja: "本人への対応の実施状況", en: "What has been done towards the persons" } },
    { code: "published", name: { ja: "公表の実施状況", en: "Whether it was made public" } },
    { code: "prevention", name: { ja: "再発防止のための措置", en: "Measures against a recurrence" } },
    { code: "other", name: { ja: "その他参考となる事項", en: "Other matters of use" } },
  ],
  duties: [
    {
      id: "preliminary",
      name: { ja: "速報", en: "Preliminary report" },
      to: "authority",
      recipient: commission,
      when: { all: [reportable, own] },
      from: "knew",
      // "Promptly": about three to five days by the guideline; five is the last of them.
      length: days(5),
      binding: "guidance",
      items: allItems,
      exceptions,
      source: "法 26条 1項、規則 8条 1項、ガイドライン（通則編）3-5-3-3",
    },
    {
      id: "final",
      name: { ja: "確報（30 日）", en: "Final report (30 days)" },
      to: "authority",
      recipient: commission,
      when: { all: [reportable, own, { not: { fact: "improper-purpose", is: true } }] },
      from: "knew",
      length: days(30),
      binding: "statute",
      items: allItems,
      exceptions,
      source: "規則 8条 2項",
    },
    {
      id: "final-improper-purpose",
      name: { ja: "確報（60 日）", en: "Final report (60 days)" },
      to: "authority",
      recipient: commission,
      when: { all: [reportable, own, { fact: "improper-purpose", is: true }] },
      from: "knew",
      length: days(60),
      binding: "statute",
      items: allItems,
      exceptions,
      source: "規則 8条 2項かっこ書（7条 3号の場合）",
    },
    {
      id: "persons",
      name: { ja: "本人への通知", en: "Notice to the persons" },
      to: "persons",
      recipient: { ja: "本人", en: "The persons" },
      when: { all: [reportable, own] },
      from: "knew",
      length: { unit: "without-delay" },
      binding: "statute",
      items: ["outline", "data-items", "cause", "secondary-harm", "other"],
      exceptions: [
        ...exceptions,
        {
          name: {
            ja: "通知が困難で、公表・問合せ窓口など代替措置をとるとき",
            en: "notice is difficult and a substitute (publication, a desk for inquiries) protects them",
          },
          source: "法 26条 2項ただし書",
        },
      ],
      source: "法 26条 2項、規則 10条",
    },
    {
      id: "principal",
      name: { ja: "委託元への通知", en: "Notice to the principal" },
      to: "principal",
      recipient: { ja: "委託元", en: "The principal" },
      when: { all: [reportable, { fact: "we-process-for-others", is: true }] },
      from: "knew",
      length: days(5),
      binding: "guidance",
      items: allItems,
      exceptions,
      source: "法 26条 1項ただし書、規則 9条",
    },
  ],
};
