import type { Words } from "./facts.ts";
import type { HolidaySet, Law } from "./law.ts";

/** What a contract says of telling a partner; a part of the configuration. */
export type ContractTerms = {
  partner: string;
  name: Words;
  timeZone: string;
  /** "Within 24 hours", or "within 2 business days". */
  within: { hours: number } | { days: number; counted: HolidaySet };
  /** Date of the contract, or of its last change. */
  version: string;
  clause: string;
};

/** A contract as a law: its clock starts when anybody knew, and it asks for what a partner needs. */
export function lawOfContract(terms: ContractTerms): Law {
  const { partner, name, within } = terms;
  return {
    id: `contract-${partner}`,
    version: terms.version,
    name: { ja: `${name.ja} との契約`, en: `Contract with ${name.en}` },
    timeZone: terms.timeZone,
    checkedOn: terms.version,
    sources: [{ title: terms.clause, read: "text" }],
    items: [
      { code: "outline", name: { ja: "概要", en: "Outline" } },
      { code: "data-items", name: { ja: "データの項目", en: "Data items" } },
      { code: "persons", name: { ja: "貴社のお客様の数", en: "Number of your customers" } },
      { code: "measures", name: { ja: "対応", en: "Measures" } },
    ],
    duties: [
      {
        id: "partner",
        name: { ja: "提携先への連絡", en: "Notice to the partner" },
        to: "partner",
        recipient: name,
        when: { fact: "persons", from: 1, boundCounts: true },
        from: "knew",
        length:
          "hours" in within
            ? { unit: "hours", count: within.hours }
            : {
                unit: "days",
                count: within.days,
                dayOne: "next-day",
                counted: within.counted,
                movesOver: "none",
              },
        binding: "contract",
        items: ["outline", "data-items", "persons", "measures"],
        exceptions: [],
        source: terms.clause,
      },
    ],
  };
}
