import type { Said } from "../../gate.ts";
import type { Law } from "../../law/law.ts";
import type { Material } from "../../report/material.ts";
import { TOPICS, TOPIC_NAMES, type Topic } from "../../report/topics.ts";

/** What a page can ask for: reports by law and duty, letters by partner, passages by topic. */
export type ReportChoices = {
  laws: { id: string; name: Said; duties: { id: string; name: Said }[] }[];
  partners: { code: string; name: Said }[];
  topics: { code: Topic; name: Said }[];
};

/** A partner is known by her contract, by the scope's counts, or by what was written for her. */
export function choicesOf(laws: readonly Law[], { scope, passages, reports }: Material): ReportChoices {
  const isContract = ({ id }: Law): boolean => id.startsWith("contract-");
  const named = laws.filter(isContract).map(({ id, duties }) => {
    const code = id.slice("contract-".length);
    return [code, duties[0]?.recipient ?? { ja: code, en: code }] as const;
  });
  const others = [
    ...Object.keys(scope?.by["partner"] ?? {}),
    ...[...passages, ...reports].flatMap(({ partner }) => partner ?? []),
  ];
  const partners = new Map<string, Said>(others.map((code) => [code, { ja: code, en: code }]));
  for (const [code, name] of named) partners.set(code, name);
  return {
    laws: laws
      .filter((law) => !isContract(law))
      .map(({ id, name, duties }) => ({
        id,
        name,
        duties: duties
          .filter(({ items }) => items.length > 0)
          .map((duty) => ({ id: duty.id, name: duty.name })),
      })),
    partners: [...partners]
      .map(([code, name]) => ({ code, name }))
      .toSorted((one, other) => (one.code < other.code ? -1 : 1)),
    topics: TOPIC_NAMES.map((code) => ({ code, name: TOPICS[code].name })),
  };
}
