import type { Material } from "../material.ts";
import type { Report } from "../report.ts";
import { TOPICS, type Topic } from "../topics.ts";
import type { Filled } from "./composeLaw.ts";
import { firstEvents, passagePart } from "./recordParts.ts";
import { Citations, figure, itemOf, nothing, together, type Part } from "./sentences.ts";

const topics = ["outline", "data-items", "persons", "measures", "measures-of-persons", "contact"] as const;

/**
 * A letter to a partner: her own number, and what is written for her or for everybody. No other partner's
 * number, no total, and none of the words in which somebody inside gave a source.
 */
export function partnerItems(material: Material, partner: string, before: Report | null): Filled {
  const citations = new Citations(material);
  const items = topics.map((topic: Topic) => {
    const { name, who } = TOPICS[topic];
    const part = partOf(citations, topic, partner);
    return itemOf({ code: topic, name }, part, {
      missing: citations.missing(name, who),
      before: before?.items ?? null,
    });
  });
  return { items, citations };
}

function partOf(citations: Citations, topic: Topic, partner: string): Part {
  if (topic === "persons") return personsOf(citations, partner);
  const written = passagePart(citations, topic, partner);
  return topic === "outline" ? together(written, firstEvents(citations)) : written;
}

function personsOf(citations: Citations, partner: string): Part {
  const { scope, passages } = citations.material;
  const isHers = passages.some((passage) => passage.topic === "persons" && passage.partner === partner);
  const written = isHers ? passagePart(citations, "persons", partner) : nothing;
  const persons = scope?.by["partner"]?.[partner];
  if (scope === null || persons === undefined) return written;
  const said = {
    ja: `貴社のお客様で影響を受けた方: ${figure(persons)} 人（${scope.countedAt} 集計）。`,
    en: `Customers of yours who are affected: ${figure(persons)}, counted ${scope.countedAt}.`,
  };
  const counted = citations.say("fact", said, [scope.record]);
  return together({ known: true, contradicts: false, sentences: [counted] }, written);
}
