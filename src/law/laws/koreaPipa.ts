import type { Law } from "../law.ts";

const hours = { unit: "hours", count: 72 } as const;
const items = ["data-items", "when-and-how", "measures-of-persons", "measures", "contact"] as const;

/** 개인정보 보호법 34조 and its decree 39 and 40: reports and notices within 72 hours. */
export const koreaPipa: Law = {
  id: "kr-pipa",
  version: "2026-09-11",
  name: { ja: "韓国 個人情報保護法 34条", en: "Korea: Personal Information Protection Act, art. 34" },
  timeZone: "Asia/Seoul",
  checkedOn: "2026-10-09",
  sources: [{ title: "note on Asian law of 2026-10-09, quoting PIPC", read: "secondary" }],
  items: [
    { code: "data-items", name: { ja: "流出した項目", en: "Items that leaked" } },
    { code: "when-and-how", name: { ja: "流出の時点と経緯", en: "When and how it happened" } },
    {
      code: "measures-of-persons",
      name: { ja: "本人が被害を減らすためにできること", en: "What persons can do against harm" },
    },
    { code: "measures", name: { ja: "対応措置と被害救済の手続", en: "Measures, and how harm is made good" } },
    { code: "contact", name: { ja: "届出・相談の窓口", en: "Where to report and to ask" } },
  ],
  duties: [
    {
      id: "authority",
      name: { ja: "個人情報保護委員会・KISA への申告", en: "Report to PIPC or KISA" },
      to: "authority",
      recipient: { ja: "個人情報保護委員会（韓国）又は KISA", en: "PIPC or KISA" },
      when: {
        any: [
          { fact: "persons-kr", from: 1_000, boundCounts: true },
          {
            all: [
              { fact: "persons-kr", from: 1, boundCounts: true },
              {
                any: [
                  { fact: "sensitive-data", is: true },
                  { fact: "unique-identifiers", is: true },
                  { fact: "outside-access", is: true },
                ],
              },
            ],
          },
        ],
      },
      from: "knew",
      length: hours,
      binding: "statute",
      items,
      exceptions: [],
      source: "個人情報保護法 34条 3項、施行令 40条",
    },
    {
      id: "persons",
      name: {
        ja: "情報主体への通知（流出のおそれを含む）",
        en: "Notice to data subjects, possible leaks included",
      },
      to: "persons",
      recipient: { ja: "情報主体", en: "Data subjects" },
      when: { fact: "persons-kr", from: 1, boundCounts: true },
      from: "knew",
      length: hours,
      binding: "statute",
      items,
      exceptions: [
        {
          name: {
            ja: "連絡先が分からないときは 30 日以上ウェブに掲示",
            en: "without a contact: 30 days on the web site instead",
          },
          source: "施行令 39条",
        },
      ],
      source: "個人情報保護法 34条 1項、施行令 39条",
    },
  ],
};
