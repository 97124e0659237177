import { clocksOf } from "../../law/clocks.ts";
import { LAWS } from "../../law/laws.ts";
import { factPart, scopePersons } from "./factParts.ts";
import type { Material } from "../material.ts";
import type { ReportItem, Sentence } from "../report.ts";
import { TOPIC_NAMES, TOPICS } from "../topics.ts";
import type { Filled } from "./composeLaw.ts";
import { actsPart, firstEvents, passagePart, tasksPart } from "./recordParts.ts";
import { Citations, itemOf, timeSaid, together } from "./sentences.ts";

/** One page for the board: what happened, how many, what runs when, what is done, what nobody knows yet. */
export function boardItems(material: Material): Filled {
  const citations = new Citations(material);
  const item = (code: string, name: ReportItem["name"], part: Parameters<typeof itemOf>[1]): ReportItem =>
    itemOf({ code, name }, part, { missing: citations.missing(name, "privacy"), before: null });
  const what = together(
    passagePart(citations, "outline"),
    factPart(citations, "knew"),
    firstEvents(citations),
  );
  const count = together(factPart(citations, "persons"), scopePersons(citations));
  const done = together(passagePart(citations, "measures"), tasksPart(citations), actsPart(citations));
  const clocks = [...clockSentences(citations), ...mayBeDue(material, citations)];
  const open = openSentences(citations);
  const items = [
    item(
      "what",
      { ja: "何が起きたか", en: "What happened" },
      { ...what, sentences: what.sentences.slice(0, 5) },
    ),
    item("persons", { ja: "影響を受ける人", en: "Persons affected" }, count),
    item(
      "deadlines",
      { ja: "法令の期限", en: "Legal deadlines" },
      { known: clocks.length > 0, contradicts: false, sentences: clocks },
    ),
    item(
      "measures",
      { ja: "講じた措置", en: "What was done" },
      { ...done, sentences: done.sentences.slice(0, 6) },
    ),
    item(
      "open",
      { ja: "まだ分からないこと", en: "What nobody knows yet" },
      { known: true, contradicts: false, sentences: open },
    ),
  ];
  return { items, citations };
}

/** Those that run, the earliest first; a duty that was done says so. */
function clockSentences(citations: Citations): Sentence[] {
  const { material } = citations;
  const rows = LAWS.flatMap((law) =>
    clocksOf(law, material.claims)
      .filter(({ judged }) => judged.answer !== "no")
      .map((clock) => ({ ...clock, law })),
  ).filter(({ from, judged }) => from !== null && judged.answer === "yes");
  const placeOf = ({ deadline }: (typeof rows)[number]): number => deadline?.epochMilliseconds ?? Infinity;
  return rows
    .toSorted((one, other) => placeOf(one) - placeOf(other))
    .slice(0, 12)
    .map(({ law, duty, deadline, lastDay, from }) => {
      const done = material.done.find((row) => row.law === law.id && row.duty === duty.id);
      const until =
        lastDay?.toString() ?? (deadline === null ? null : timeSaid(deadline.toString(), law.timeZone));
      const did =
        done === undefined
          ? { ja: "", en: "" }
          : {
              ja: `、${timeSaid(done.at, law.timeZone)} に済み`,
              en: `; done ${timeSaid(done.at, law.timeZone)}`,
            };
      const claim = material.claims.find(({ id }) => id === from?.id);
      return citations.say(
        "derived",
        {
          ja: `${until ?? "遅滞なく"}: ${duty.name.ja}（${law.name.ja}）${did.ja}。`,
          en: `${until ?? "without delay"}: ${duty.name.en} (${law.name.en})${did.en}.`,
        },
        [claim?.record, done?.record].filter((record) => record !== undefined),
      );
    });
}

/** Laws by which something may be due: only names, since each hangs on facts that nobody has said yet. */
function mayBeDue({ claims }: Material, citations: Citations): Sentence[] {
  const laws = LAWS.filter((law) =>
    clocksOf(law, claims).some(({ judged, from }) => judged.answer === "unknown" && from !== null),
  );
  if (laws.length === 0) return [];
  const [ja, en] = [laws.map(({ name }) => name.ja), laws.map(({ name }) => name.en)];
  const said = {
    ja: `未判明の事実により義務の可能性があるもの: ${ja.join("、")}。`,
    en: `May be due, by facts not yet known: ${en.join("; ")}.`,
  };
  return [citations.say("derived", said, [])];
}

function openSentences(citations: Citations): Sentence[] {
  const { passages, claims } = citations.material;
  const written = new Set(passages.map(({ topic }) => topic));
  const open = (["cause", "secondary-harm", "prevention", "measures-before"] as const).filter(
    (topic) => !written.has(topic),
  );
  const missing = TOPIC_NAMES.filter((topic) => open.some((one) => one === topic)).map((topic) =>
    citations.missing(TOPICS[topic].name, TOPICS[topic].who),
  );
  // Those on the day of knowing and on the number stand above.
  const shown = ["knew", "persons"];
  const contradicted = Map.groupBy(claims, ({ fact }) => fact)
    .keys()
    .filter((fact) => !shown.includes(fact))
    .map((fact) => factPart(citations, fact))
    .filter(({ contradicts }) => contradicts)
    .flatMap(({ sentences }) => sentences)
    .toArray();
  return [...contradicted, ...missing];
}
