import type { Law } from "../law.ts";

const days = (count: number) =>
  ({ unit: "days", count, dayOne: "next-day", counted: "none", movesOver: "none" }) as const;
const items = ["what-happened", "data-items", "what-we-do", "what-you-can-do", "contact"] as const;

/** Civil Code 1798.82, as amended by SB 446 (2025), in force since 2026-01-01. */
export const usCalifornia: Law = {
  id: "us-ca-1798-82",
  version: "2026-01-01",
  name: { ja: "カリフォルニア州民法典 1798.82", en: "US: California Civil Code 1798.82" },
  timeZone: "America/Los_Angeles",
  checkedOn: "2026-10-09",
  sources: [{ title: "California SB 446 (2025), chaptered; commentaries of 2025", read: "secondary" }],
  items: [
    { code: "what-happened", name: { ja: "起きたこと", en: "What happened" } },
    { code: "data-items", name: { ja: "関係する情報", en: "What information was involved" } },
    { code: "what-we-do", name: { ja: "当社の対応", en: "What we are doing" } },
    { code: "what-you-can-do", name: { ja: "ご本人ができること", en: "What you can do" } },
    { code: "contact", name: { ja: "連絡先", en: "For more information" } },
    { code: "sample", name: { ja: "通知文の見本", en: "Sample of the notice" } },
  ],
  duties: [
    {
      id: "persons",
      name: { ja: "居住者への通知", en: "Notice to residents" },
      to: "persons",
      recipient: { ja: "カリフォルニア州の居住者", en: "Residents of California" },
      when: {
        all: [
          { fact: "persons-us-ca", from: 1, boundCounts: true },
          { not: { fact: "unencrypted-data", is: false } },
        ],
      },
      from: "knew",
      length: days(30),
      binding: "statute",
      items,
      exceptions: [
        {
          name: {
            ja: "捜査機関の要請、又は範囲の特定とシステムの復旧に必要な遅れ",
            en: "delay asked by police, or needed to find the scope and to restore the system",
          },
          source: "Civ. Code 1798.82(a), (c)",
        },
      ],
      source: "Civ. Code 1798.82(a)",
    },
    {
      id: "attorney-general",
      name: { ja: "司法長官への見本の提出", en: "Sample to the Attorney General" },
      to: "authority",
      recipient: { ja: "カリフォルニア州司法長官", en: "Attorney General of California" },
      when: { fact: "persons-us-ca", over: 500, boundCounts: true },
      from: "persons-told",
      length: days(15),
      binding: "statute",
      items: ["sample"],
      exceptions: [],
      source: "Civ. Code 1798.82(f)",
    },
  ],
};
