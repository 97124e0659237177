import type { Said } from "../../gate.ts";
import { clocksOf, type LegalClock } from "../../law/clocks.ts";
import { FACTS, type FactName } from "../../law/facts.ts";
import type { Duty, Law } from "../../law/law.ts";
import type { KnownClaim, Material, OnRecord } from "../material.ts";
import type { Report, ReportItem } from "../report.ts";
import { recipes } from "./recipes.ts";
import { Citations, itemOf, nothing, timeSaid } from "./sentences.ts";

/** Which number of persons a law asks for; the others ask for all. */
const personsOf: Readonly<Record<string, FactName>> = {
  "eu-gdpr": "persons-eu",
  "us-ca-1798-82": "persons-us-ca",
  "kr-pipa": "persons-kr",
  "sg-pdpa": "persons-sg",
};

export type Filled = { items: ReportItem[]; citations: Citations };

/** The items that a duty asks for, before them the duty itself with its clocks. */
export function fillItems(
  material: Material,
  asked: { law: Law; duty: Duty },
  before: Report | null,
): Filled {
  const { law, duty } = asked;
  const citations = new Citations(material);
  const clocks = clocksOf(law, material.claims).filter((clock) => clock.duty.id === duty.id);
  const deadlines = clocks.flatMap(({ deadline }) => (deadline === null ? [] : [deadline.epochMilliseconds]));
  const now = Temporal.Instant.from(material.asOf).epochMilliseconds;
  const late = deadlines.length === 0 ? null : deadlines.some((deadline) => now >= deadline);
  const persons = personsOf[law.id] ?? "persons";
  const context = { citations, persons, late };
  const head = dutyItem(citations, clocks, law);
  const items = duty.items.map((code) => {
    const named = law.items.find((item) => item.code === code);
    const name = named?.name ?? { ja: code, en: code };
    const recipe = recipes[code];
    const part = recipe === undefined ? nothing : recipe.fill(context);
    const missing = citations.missing(name, recipe?.who ?? "anyone");
    return itemOf({ code, name }, part, { missing, before: before?.items ?? null });
  });
  return { items: [head, ...items], citations };
}

/** What the duty is, whether it is there, and until when: two days of knowing give two deadlines. */
function dutyItem(citations: Citations, clocks: readonly LegalClock[], law: Law): ReportItem {
  const { material } = citations;
  const claimsOf = (ids: readonly string[]): OnRecord[] =>
    material.claims.filter(({ id }) => ids.includes(id)).map(({ record }: KnownClaim) => record);
  const [first] = clocks;
  const sentences = clocks.map((clock) =>
    citations.say("derived", clockSaid(clock, law), claimsOf(clock.from === null ? [] : [clock.from.id])),
  );
  if (first !== undefined && first.judged.because.length > 0) {
    const because = [...new Map(first.judged.because.map((said) => [said.ja, said])).values()];
    const said = {
      ja: `判断の根拠: ${because.map(({ ja }) => ja).join("、")}。`,
      en: `Because: ${because.map(({ en }) => en).join("; ")}.`,
    };
    sentences.push(citations.say("derived", said, claimsOf(first.judged.claims)));
  }
  for (const fact of first?.judged.open ?? []) sentences.push(citations.missing(FACTS[fact].about, "anyone"));
  const settled = first !== undefined && first.judged.answer !== "unknown" && first.from !== null;
  return {
    code: "duty",
    name: { ja: "報告等の義務と期限", en: "The duty and its deadline" },
    state: settled ? "known" : "not-yet-known",
    contradicts: clocks.length > 1,
    sentences,
    table: null,
  };
}

const answers: Readonly<Record<string, Said>> = {
  yes: { ja: "義務あり", en: "due" },
  no: { ja: "義務なし", en: "not due" },
  unknown: { ja: "義務の可能性あり（未判明の事実による）", en: "may be due, by facts not yet known" },
};

function clockSaid({ duty, judged, deadline, lastDay, counted }: LegalClock, law: Law): Said {
  const until =
    lastDay?.toString() ?? (deadline === null ? null : timeSaid(deadline.toString(), law.timeZone));
  const answer = answers[judged.answer] as Said;
  const last = until === null ? { ja: "", en: "" } : { ja: `期限 ${until}。`, en: `Until ${until}. ` };
  return {
    ja: `${law.name.ja}「${duty.name.ja}」（${duty.source}）: ${answer.ja}。${last.ja}${counted.ja}。`,
    en: `${law.name.en}, ${duty.name.en} (${duty.source}): ${answer.en}. ${last.en}${counted.en}.`,
  };
}
