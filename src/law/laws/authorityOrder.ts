import type { Law } from "../law.ts";

/**
 * An order of an authority to report until a day, as the travel company had on 2016-06-15: the five items
 * are those of that order.
 */
export const authorityOrder: Law = {
  id: "jp-authority-order",
  version: "2016-06-15",
  name: { ja: "監督官庁の報告命令", en: "Japan: an authority's order to report" },
  timeZone: "Asia/Tokyo",
  checkedOn: "2026-10-09",
  sources: [{ title: "観光庁長官から株式会社ジェイティービーへの報告徴収（2016-06-15）", read: "secondary" }],
  items: [
    { code: "facts", name: { ja: "事実関係", en: "The facts" } },
    { code: "measures-before", name: { ja: "従前の安全管理措置", en: "Safeguards until then" } },
    { code: "measures-after", name: { ja: "発覚後の対応", en: "What was done after the discovery" } },
    { code: "present", name: { ja: "現状", en: "The present state" } },
    { code: "prevention", name: { ja: "再発防止策", en: "Measures against a recurrence" } },
  ],
  duties: [
    {
      id: "report",
      name: { ja: "命令による報告", en: "Report as ordered" },
      to: "authority",
      recipient: { ja: "命じた官庁", en: "The authority that ordered it" },
      when: { fact: "report-ordered-until", known: true },
      from: "report-ordered-until",
      length: { unit: "moment" },
      binding: "order",
      items: ["facts", "measures-before", "measures-after", "present", "prevention"],
      exceptions: [],
      source: "旧 個人情報保護法 32条（2016 年当時）",
    },
  ],
};
