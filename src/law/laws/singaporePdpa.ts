import type { Law } from "../law.ts";
import type { Trigger } from "../trigger.ts";

const notifiable: Trigger = {
  any: [
    { fact: "persons-sg", from: 500, boundCounts: true },
    {
      all: [
        { fact: "persons-sg", from: 1, boundCounts: true },
        { fact: "significant-harm", is: true },
      ],
    },
  ],
};
const own: Trigger = { not: { fact: "we-process-for-others", is: true } };
const days = (count: number) =>
  ({ unit: "days", count, dayOne: "next-day", counted: "none", movesOver: "none" }) as const;
const items = ["circumstances", "data-items", "persons", "harm", "measures", "contact"] as const;

/** Personal Data Protection Act 2012, part 6A, and the regulations on notification of data breaches. */
export const singaporePdpa: Law = {
  id: "sg-pdpa",
  version: "2021-02-01",
  name: { ja: "シンガポール PDPA 第 6A 部", en: "Singapore: PDPA, part 6A" },
  timeZone: "Asia/Singapore",
  checkedOn: "2026-10-09",
  sources: [{ title: "note on Asian law of 2026-10-09, quoting PDPC", read: "secondary" }],
  items: [
    { code: "circumstances", name: { ja: "経緯と発覚の状況", en: "How it happened and was found" } },
    { code: "data-items", name: { ja: "個人データの項目", en: "Personal data concerned" } },
    { code: "persons", name: { ja: "個人の数", en: "Number of individuals" } },
    { code: "harm", name: { ja: "予想される損害", en: "Potential harm" } },
    { code: "measures", name: { ja: "講じた措置", en: "Measures taken" } },
    { code: "contact", name: { ja: "連絡先", en: "Contact" } },
  ],
  duties: [
    {
      id: "assessment",
      name: { ja: "通知対象かの判断", en: "Assessment whether it is notifiable" },
      to: "authority",
      recipient: { ja: "社内（記録を残す）", en: "Within the organisation, on record" },
      when: { all: [{ fact: "persons-sg", from: 1, boundCounts: true }, own] },
      from: "knew",
      length: days(30),
      binding: "guidance",
      items: [],
      exceptions: [],
      source: "PDPA 26C; PDPC guide: 30 calendar days",
    },
    {
      id: "authority",
      name: { ja: "PDPC への通知", en: "Notification of PDPC" },
      to: "authority",
      recipient: { ja: "個人データ保護委員会（シンガポール）", en: "Personal Data Protection Commission" },
      when: { all: [notifiable, own] },
      from: "assessed",
      length: days(3),
      binding: "statute",
      items,
      exceptions: [],
      source: "PDPA 26D(1)",
    },
    {
      id: "persons",
      name: { ja: "個人への通知", en: "Notification of individuals" },
      to: "persons",
      recipient: { ja: "影響を受ける個人", en: "Affected individuals" },
      when: {
        all: [
          { fact: "persons-sg", from: 1, boundCounts: true },
          { fact: "significant-harm", is: true },
          own,
        ],
      },
      from: "assessed",
      length: { unit: "without-delay" },
      binding: "statute",
      items,
      exceptions: [
        {
          name: {
            ja: "損害を防ぐ措置を講じた、又は技術的に保護されていたとき",
            en: "remedial action or a technological measure makes harm unlikely",
          },
          source: "PDPA 26D(5)",
        },
      ],
      source: "PDPA 26D(2)",
    },
    {
      id: "organisation",
      name: { ja: "委託元への通知", en: "Notification of the organisation" },
      to: "principal",
      recipient: { ja: "委託元", en: "The organisation" },
      when: {
        all: [
          { fact: "persons-sg", from: 1, boundCounts: true },
          { fact: "we-process-for-others", is: true },
        ],
      },
      from: "knew",
      length: { unit: "without-delay" },
      binding: "statute",
      items: ["circumstances", "data-items"],
      exceptions: [],
      source: "PDPA 26C(3)",
    },
  ],
};
