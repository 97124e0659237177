import type { Said } from "../../gate.ts";
import type { Material, OnRecord } from "../material.ts";
import type { ReportItem, Sentence, Source, Table } from "../report.ts";
import { SETTLERS, type Settler } from "../topics.ts";

/** Something that an item may say: whether it answers the item, and how. */
export type Part = {
  known: boolean;
  contradicts: boolean;
  sentences: Sentence[];
  table?: Table;
};

export const nothing: Part = { known: false, contradicts: false, sentences: [] };

/** Gathers what a report cites: each entry once, numbered in the order in which it is first cited. */
export class Citations {
  readonly material: Material;
  readonly #numbers = new Map<string, Source>();

  constructor(material: Material) {
    this.material = material;
  }

  get sources(): Source[] {
    return [...this.#numbers.values()];
  }

  cite(record: OnRecord): number {
    const found = this.#numbers.get(record.entry);
    if (found !== undefined) return found.number;
    const { entry, index, code, at, sha256 } = record;
    const source = { number: this.#numbers.size + 1, entry, index, code, at, sha256 };
    this.#numbers.set(entry, source);
    return source.number;
  }

  say(kind: Sentence["kind"], said: Said, records: readonly OnRecord[], by: string | null = null): Sentence {
    const cites = [...new Set(records.slice(0, 256).map((record) => this.cite(record)))];
    cites.sort((one, other) => one - other);
    return { kind, ja: said.ja, en: said.en, cites, by };
  }

  /** What is not known, and who could settle it. */
  missing(what: Said, who: Settler): Sentence {
    const whom = SETTLERS[who];
    return this.say(
      "missing",
      {
        ja: `未判明: ${what.ja}。確定できるのは${whom.ja}です。`,
        en: `Not yet known: ${what.en}. It can be settled by ${whom.en}.`,
      },
      [],
    );
  }
}

/** Parts that stand together: known where one of them is. */
export function together(...parts: readonly Part[]): Part {
  const table = parts.find((part) => part.table !== undefined)?.table;
  return {
    known: parts.some(({ known }) => known),
    contradicts: parts.some(({ contradicts }) => contradicts),
    sentences: parts.flatMap(({ sentences }) => sentences),
    ...(table === undefined ? {} : { table }),
  };
}

/** The same sentences, which say something, but not what is asked. */
export const beside = (part: Part): Part => ({ ...part, known: false });

export function itemOf(
  named: { code: string; name: Said },
  part: Part,
  options: { missing: Sentence; before: readonly ReportItem[] | null },
): ReportItem {
  const was = options.before?.find(({ code }) => code === named.code);
  const supplement = part.known && was?.state === "not-yet-known";
  return {
    code: named.code,
    name: named.name,
    state: !part.known ? "not-yet-known" : supplement ? "supplement" : "known",
    contradicts: part.contradicts,
    sentences: part.known ? part.sentences : [...part.sentences, options.missing],
    table: part.table ?? null,
  };
}

const grouped = new Intl.NumberFormat("en-US");
export const figure = (value: number): string => grouped.format(value);

/** An instant as the clock on the wall of the incident room; a day as it stands. */
export function timeSaid(moment: string, timeZone: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(moment)) return moment;
  const local = Temporal.Instant.from(moment).toZonedDateTimeISO(timeZone);
  return `${local.toPlainDate()} ${local.toPlainTime().toString({ smallestUnit: "minute" })}`;
}

/** A text that somebody gave as a source, short enough to stand in a sentence. */
export function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  const letters = [...line];
  return letters.length <= 200 ? line : `${letters.slice(0, 200).join("")}…`;
}
