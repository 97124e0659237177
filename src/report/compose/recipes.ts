import type { FactName } from "../../law/facts.ts";
import type { Settler, Topic } from "../topics.ts";
import { TOPICS } from "../topics.ts";
import { factPart, scopeItems, scopePersons } from "./factParts.ts";
import {
  actsPart,
  donePart,
  findingsPart,
  firstEvents,
  noticesPart,
  passagePart,
  tasksPart,
  timelineTable,
} from "./recordParts.ts";
import { beside, nothing, together, type Citations, type Part } from "./sentences.ts";

export type RecipeContext = {
  citations: Citations;
  /** Which number of persons the law asks for. */
  persons: FactName;
  /** Whether the deadline has passed; null where there is none. */
  late: boolean | null;
};

/** How an item of a report is filled; `who`: who can settle it while it is not known. */
export type Recipe = { fill: (context: RecipeContext) => Part; who: Settler };

const words = (topic: Topic): Recipe => ({
  fill: ({ citations }) => passagePart(citations, topic),
  who: TOPICS[topic].who,
});

const outline: Recipe = {
  fill: ({ citations }) => {
    const knew = factPart(citations, "knew");
    const happened = together(
      firstEvents(citations),
      findingsPart(citations),
      passagePart(citations, "outline"),
    );
    const purpose = factPart(citations, "improper-purpose");
    const part = together(
      passagePart(citations, "outline"),
      knew,
      firstEvents(citations),
      findingsPart(citations),
      purpose,
    );
    // Both are needed: what happened, and since when it is known.
    return { ...part, known: knew.known && happened.known };
  },
  who: "privacy",
};

const dataItems: Recipe = {
  fill: ({ citations }) =>
    together(
      scopeItems(citations),
      passagePart(citations, "data-items"),
      ...(["sensitive-data", "unique-identifiers", "high-grade-encryption"] as const).map((fact) =>
        beside(factPart(citations, fact)),
      ),
    ),
  who: "scope",
};

const persons: Recipe = {
  fill: ({ citations, persons: fact }) => {
    const claimed = factPart(citations, fact);
    const all = fact === "persons" ? nothing : beside(factPart(citations, "persons"));
    const counted = scopePersons(citations);
    return together(
      claimed,
      fact === "persons" ? counted : beside(counted),
      all,
      beside(passagePart(citations, "persons")),
    );
  },
  who: "scope",
};

const cause: Recipe = {
  fill: ({ citations }) =>
    together(
      passagePart(citations, "cause"),
      beside(factPart(citations, "outside-access")),
      beside(findingsPart(citations)),
    ),
  who: "forensics",
};

const harm: Recipe = {
  fill: ({ citations }) =>
    together(passagePart(citations, "secondary-harm"), beside(factPart(citations, "financial-harm"))),
  who: "hotline",
};

const told: Recipe = {
  fill: ({ citations }) =>
    together(
      factPart(citations, "persons-told"),
      donePart(citations, ["persons"], { ja: "本人への通知を行った日", en: "The persons were told on" }),
      passagePart(citations, "told"),
      noticesPart(citations),
    ),
  who: "privacy",
};

const measures: Recipe = {
  fill: ({ citations }) =>
    together(passagePart(citations, "measures"), tasksPart(citations), actsPart(citations)),
  who: "security",
};

const facts: Recipe = {
  fill: (context) => {
    const table = timelineTable(context.citations);
    const part = outline.fill(context);
    return table.rows.length === 0 ? part : { ...part, table };
  },
  who: "privacy",
};

const consequences: Recipe = {
  fill: ({ citations }) =>
    together(
      passagePart(citations, "consequences"),
      beside(factPart(citations, "risk-to-persons")),
      beside(factPart(citations, "high-risk-to-persons")),
      beside(factPart(citations, "significant-harm")),
      beside(passagePart(citations, "secondary-harm")),
    ),
  who: "privacy",
};

const nature: Recipe = {
  fill: (context) => {
    const [what, items, count] = [outline.fill(context), dataItems.fill(context), persons.fill(context)];
    return { ...together(what, items, count), known: what.known && items.known && count.known };
  },
  who: "privacy",
};

const delay: Recipe = {
  fill: ({ citations, late }) => {
    const written = passagePart(citations, "reasons-for-delay");
    if (written.known || late !== false) return written;
    const said = { ja: "期限内のため、該当しません。", en: "Within the time: nothing to explain." };
    return { known: true, contradicts: false, sentences: [citations.say("derived", said, [])] };
  },
  who: "privacy",
};

/** By the code of a law's item. Laws that ask the same give it the same code, or stand here twice. */
export const recipes: Readonly<Record<string, Recipe>> = {
  outline,
  "data-items": dataItems,
  persons,
  cause,
  "secondary-harm": harm,
  told,
  published: {
    fill: ({ citations }) =>
      together(
        passagePart(citations, "published"),
        donePart(citations, ["public"], { ja: "公表した日", en: "Made public on" }),
      ),
    who: "press",
  },
  prevention: words("prevention"),
  other: words("other"),
  facts,
  "measures-before": words("measures-before"),
  "measures-after": measures,
  present: words("present"),
  nature,
  contact: words("contact"),
  consequences,
  measures,
  "reasons-for-delay": delay,
  "what-happened": outline,
  "what-we-do": measures,
  "what-you-can-do": words("measures-of-persons"),
  "measures-of-persons": words("measures-of-persons"),
  sample: words("sample"),
  "when-and-how": outline,
  circumstances: outline,
  harm: {
    fill: ({ citations }) =>
      together(harm.fill({ citations } as RecipeContext), beside(factPart(citations, "significant-harm"))),
    who: "hotline",
  },
};
