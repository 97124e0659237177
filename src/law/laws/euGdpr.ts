import type { Law } from "../law.ts";
import type { Trigger } from "../trigger.ts";

const inScope: Trigger = { fact: "persons-eu", from: 1, boundCounts: true };
const own: Trigger = { not: { fact: "we-process-for-others", is: true } };
const encrypted = {
  name: {
    ja: "権限のない者に判読できない措置（暗号化）",
    en: "measures that make the data unintelligible (encryption)",
  },
  when: { fact: "high-grade-encryption", is: true },
  source: "GDPR 34(3)(a)",
} as const;

/** Regulation (EU) 2016/679, articles 33 and 34. "Aware": reasonably certain (EDPB 9/2022, 2.3). */
export const euGdpr: Law = {
  id: "eu-gdpr",
  version: "2018-05-25",
  name: { ja: "GDPR 33・34条", en: "EU: GDPR, articles 33 and 34" },
  timeZone: "Europe/Brussels",
  checkedOn: "2026-10-09",
  sources: [
    { title: "Regulation (EU) 2016/679, articles 33 and 34", read: "secondary" },
    { title: "EDPB Guidelines 9/2022, 2.3", read: "secondary" },
  ],
  items: [
    {
      code: "nature",
      name: {
        ja: "侵害の性質、本人と記録の種類及びおおよその数",
        en: "Nature of the breach; categories and approximate numbers of persons and records",
      },
    },
    {
      code: "contact",
      name: { ja: "DPO その他の連絡先", en: "Data protection officer, or another contact" },
    },
    { code: "consequences", name: { ja: "起こり得る結果", en: "Likely consequences" } },
    { code: "measures", name: { ja: "講じた又は提案する措置", en: "Measures taken or proposed" } },
    {
      code: "reasons-for-delay",
      name: { ja: "72 時間を過ぎた理由", en: "Reasons, where later than 72 hours" },
    },
  ],
  duties: [
    {
      id: "authority",
      name: { ja: "監督機関への通知", en: "Notification of the supervisory authority" },
      to: "authority",
      recipient: { ja: "主たる監督機関", en: "Lead supervisory authority" },
      when: { all: [inScope, own, { not: { fact: "risk-to-persons", is: false } }] },
      from: "reasonably-certain",
      length: { unit: "hours", count: 72 },
      binding: "statute",
      items: ["nature", "contact", "consequences", "measures", "reasons-for-delay"],
      exceptions: [
        {
          name: { ja: "リスクが生じる可能性が低いとき", en: "the breach is unlikely to be a risk" },
          when: { fact: "risk-to-persons", is: false },
          source: "GDPR 33(1)",
        },
      ],
      source: "GDPR 33(1), 33(3), 33(4)",
    },
    {
      id: "controller",
      name: { ja: "管理者への通知", en: "Notification of the controller" },
      to: "principal",
      recipient: { ja: "管理者", en: "The controller" },
      when: { all: [inScope, { fact: "we-process-for-others", is: true }] },
      from: "knew",
      length: { unit: "without-delay" },
      binding: "statute",
      items: ["nature", "consequences", "measures"],
      exceptions: [],
      source: "GDPR 33(2)",
    },
    {
      id: "persons",
      name: { ja: "本人への連絡", en: "Communication to the persons" },
      to: "persons",
      recipient: { ja: "本人", en: "The persons" },
      when: { all: [inScope, own, { fact: "high-risk-to-persons", is: true }] },
      from: "reasonably-certain",
      length: { unit: "without-delay" },
      binding: "statute",
      items: ["nature", "contact", "consequences", "measures"],
      exceptions: [
        encrypted,
        {
          name: {
            ja: "過度の負担となり、公表等で同様に知らせるとき",
            en: "disproportionate effort: a public communication that informs as well",
          },
          source: "GDPR 34(3)(c)",
        },
      ],
      source: "GDPR 34(1), 34(2)",
    },
  ],
};
