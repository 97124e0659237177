import type { Said } from "../gate.ts";
import type { PersonalKind } from "./kinds.ts";
import { classifyCell } from "./classifyCell.ts";
import { hintOfName, type NameHint } from "./columnNames.ts";
import { readDate } from "./dates.ts";
import { prefectures } from "./places.ts";
import { plainText } from "./characters.ts";
import { romanPrefectures } from "./places.ts";

export type ColumnHint = { name: string; type: string };
export type ColumnKind = {
  kind: PersonalKind | null;
  /** 0 to 1. */
  confidence: number;
  because: Said;
};

/** More samples say no more. */
const samplesMax = 2_000;

/** What the values alone must reach, by kind: shares of cells that look so. */
const enough: Readonly<Record<PersonalKind, { share: number; sure: number }>> = {
  name: { share: 0.45, sure: 0.9 },
  kana: { share: 0.45, sure: 0.92 },
  "roman-name": { share: 0.5, sure: 0.9 },
  "birth-date": { share: 0.9, sure: 0.75 },
  sex: { share: 0.95, sure: 0.8 },
  email: { share: 0.5, sure: 0.99 },
  phone: { share: 0.6, sure: 0.95 },
  "postal-code": { share: 0.8, sure: 0.85 },
  address: { share: 0.5, sure: 0.95 },
  passport: { share: 0.95, sure: 0.7 },
  "my-number": { share: 0.8, sure: 0.95 },
  "payment-card": { share: 0.9, sure: 0.97 },
  "free-text": { share: 0.1, sure: 0.7 },
  other: { share: 1, sure: 0 },
};

/** Types that hold no text of a person, whatever the column is called. */
const neverTypes =
  /^(?:bool|uuid|inet|cidr|macaddr8?|oid|interval|money|bytea|float[48]|tsvector|xid8?|point|box)$/;
const numberTypes = /^(?:int[248]|numeric)$/;

type Tally = { share: number; meanConfidence: number };

/**
 * What a column holds of persons, from samples of its values and its name. The column's evidence beats a
 * cell's: one number that passes a check digit is chance, a column of them is none.
 */
export function classifyColumn(
  samples: readonly string[],
  hint: ColumnHint,
  today: Temporal.PlainDate,
): ColumnKind {
  const named = hintOfName(hint.name);
  if (neverTypes.test(hint.type))
    return nothing("its type holds nothing of persons", "型が個人の情報を持たない");
  const values = samples.filter((value) => value.trim() !== "").slice(0, samplesMax);
  if (values.length === 0) return byNameOnly(named, hint);
  const tallies = tally(values, today);
  const content = bestByContent(values, { tallies, hint, named, today });
  if (named !== null) {
    const agreed = agree(named, { values, tallies, hint, content });
    if (agreed !== null) return agreed;
  }
  return (
    content ?? nothing("neither its name nor its values look personal", "名前も値も個人の情報に見えない")
  );
}

function nothing(en: string, ja: string): ColumnKind {
  return { kind: null, confidence: 0, because: { en, ja } };
}

function byNameOnly(named: NameHint | null, hint: ColumnHint): ColumnKind {
  if (named === null || !named.strong || !typeFits(named.kind, hint.type)) {
    return nothing("it is empty, and its name says nothing", "値がなく、名前からも分からない");
  }
  return {
    kind: named.kind,
    confidence: 0.6,
    because: {
      en: `it is empty, but it is called "${hint.name}"`,
      ja: `値はないが、列名が「${hint.name}」である`,
    },
  };
}

function typeFits(kind: PersonalKind, type: string): boolean {
  if (/^(?:date|timestamp|timestamptz)$/.test(type)) return kind === "birth-date";
  if (numberTypes.test(type)) {
    return ["phone", "postal-code", "my-number", "payment-card", "birth-date", "sex"].includes(kind);
  }
  return true;
}

function tally(values: readonly string[], today: Temporal.PlainDate): Map<PersonalKind, Tally> {
  const sums = new Map<PersonalKind, { count: number; confidence: number }>();
  for (const value of values) {
    const cell = classifyCell(value, today);
    if (cell === null) continue;
    const sum = sums.get(cell.kind) ?? { count: 0, confidence: 0 };
    sum.count += 1;
    sum.confidence += cell.confidence;
    sums.set(cell.kind, sum);
  }
  return new Map(
    [...sums].map(([kind, { count, confidence }]) => [
      kind,
      { share: count / values.length, meanConfidence: confidence / count },
    ]),
  );
}

type Weighed = {
  tallies: Map<PersonalKind, Tally>;
  hint: ColumnHint;
  named: NameHint | null;
  today: Temporal.PlainDate;
};

function bestByContent(values: readonly string[], given: Weighed): ColumnKind | null {
  let best: ColumnKind | null = null;
  for (const [kind, { share, meanConfidence }] of given.tallies) {
    const { share: least, sure } = enough[kind];
    if (share < least || !typeFits(kind, given.hint.type)) continue;
    const factor = contentFactor(kind, { values, meanConfidence, ...given });
    const confidence = Math.min(
      0.99,
      sure * factor * (0.6 + 0.4 * Math.min(1, share / Math.max(least, 0.8))),
    );
    if (confidence < 0.4 || (best !== null && best.confidence >= confidence)) continue;
    best = { kind, confidence: round(confidence), because: sayShare(kind, share) };
  }
  return best;
}

/** How far values of this kind can be trusted without a name that says so. */
function contentFactor(
  kind: PersonalKind,
  given: Weighed & { values: readonly string[]; meanConfidence: number },
): number {
  const { values, meanConfidence, named } = given;
  const distinct = new Set(values).size;
  switch (kind) {
    case "birth-date":
      return lookLikeBirths(values, given.today) ? 1 : 0;
    case "name":
      if (distinct >= 3 && [...new Set(values)].every(isPlaceName)) return 0;
      return meanConfidence >= 0.7 ? 1 : meanConfidence >= 0.4 ? 0.8 : named?.kind === "name" ? 0.7 : 0.3;
    case "kana":
    case "roman-name":
      return meanConfidence >= 0.6 ? 1 : meanConfidence >= 0.35 ? 0.5 : 0.3;
    case "phone":
      // Ten plain digits after a zero may be any number: mobiles among them, or the name, must tell.
      return meanConfidence >= 0.6 ? 1 : meanConfidence >= 0.45 ? 0.7 : 0.3;
    case "postal-code":
      return meanConfidence >= 0.5 ? 1 : 0.2;
    case "sex":
      return meanConfidence >= 0.5 ? 1 : 0.5;
    case "address":
      return meanConfidence >= 0.6 ? 1 : 0.6;
    case "my-number":
      return values.length >= 5 && distinct >= values.length * 0.5 ? 1 : 0.3;
    case "passport":
      return values.length >= 5 && distinct >= values.length * 0.5 ? 1 : 0.5;
    default:
      return 1;
  }
}

/** Births lie decades apart and mostly far back; orders and contracts do not. */
function lookLikeBirths(values: readonly string[], today: Temporal.PlainDate): boolean {
  const years = values.flatMap((value) => {
    const date = readDate(plainText(value));
    return date === null ? [] : [date.year];
  });
  if (years.length < 3) return false;
  const ages = years.map((year) => today.year - year).sort((one, other) => one - other);
  const low = ages[Math.floor(ages.length * 0.05)] as number;
  const middle = ages[Math.floor(ages.length / 2)] as number;
  const high = ages[Math.floor(ages.length * 0.95)] as number;
  return high - low >= 15 && middle >= 15 && high >= 25;
}

const placeNames = new Set([
  ...prefectures.map((one) => one.replace(/[都府県]$/, "")),
  ...prefectures,
  ...romanPrefectures,
]);
function isPlaceName(value: string): boolean {
  return placeNames.has(value.trim().toLowerCase());
}

type Agreement = {
  values: readonly string[];
  tallies: Map<PersonalKind, Tally>;
  hint: ColumnHint;
  content: ColumnKind | null;
};

/** Whether values bear out what the column is called. */
function agree(named: NameHint, { values, tallies, hint, content }: Agreement): ColumnKind | null {
  const { kind } = named;
  if (!typeFits(kind, hint.type)) return null;
  // A column called "name" may hold readings or Roman letters, one called "contact" mail.
  if (content !== null && content.kind !== kind && content.confidence >= (named.strong ? 0.85 : 0.5))
    return content;
  const share = tallies.get(kind)?.share ?? 0;
  const least = named.strong ? leastWithName(kind) : Math.max(0.3, enough[kind].share * 0.7);
  if (kind === "free-text") return share > 0 ? said(named, hint, { share, confidence: 0.75 }) : null;
  if (share >= least) {
    const base = named.strong ? 0.9 : 0.7;
    const confidence = Math.max(
      content?.kind === kind ? content.confidence : 0,
      base + 0.09 * Math.min(1, share),
    );
    return said(named, hint, { share, confidence });
  }
  if (named.strong && values.every((value) => couldBe(kind, value))) {
    return said(named, hint, { share, confidence: 0.65 });
  }
  return null;
}

function leastWithName(kind: PersonalKind): number {
  if (kind === "my-number") return 0.8; // One random number of eleven passes.
  return kind === "birth-date" || kind === "payment-card" ? 0.5 : 0.15;
}

/** What a rare name or an odd writing still has in common with its kind. */
function couldBe(kind: PersonalKind, value: string): boolean {
  const text = plainText(value);
  if (kind === "sex") return text.length <= 3;
  if (kind === "name" || kind === "roman-name")
    return text.length <= 60 && !/\d/.test(text) && /\p{L}/u.test(text);
  if (kind === "kana") return /^[\u3041-\u30ffー・ ]+$/.test(text);
  if (kind === "address") return /\p{L}/u.test(text) && text.length >= 2;
  if (kind === "phone") return /^[+\d() .-]+$/.test(text) && text.replace(/\D+/g, "").length >= 8;
  if (kind === "postal-code") return /^[A-Z\d -]{3,10}$/.test(text);
  if (kind === "passport") return /^[A-Z\d]{6,12}$/.test(text);
  return false;
}

function said(named: NameHint, hint: ColumnHint, found: { share: number; confidence: number }): ColumnKind {
  const percent = Math.round(found.share * 100);
  return {
    kind: named.kind,
    confidence: round(found.confidence),
    because: {
      en: `it is called "${hint.name}", and ${percent} % of its values look so`,
      ja: `列名が「${hint.name}」で、値の ${percent} % がその形である`,
    },
  };
}

function sayShare(kind: PersonalKind, share: number): Said {
  const percent = Math.round(share * 100);
  return {
    en: `${percent} % of its values look like ${kind}`,
    ja: `値の ${percent} % が ${kind} の形である`,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
