import { startsOfTexts, TextCodes } from "../../lib/parquet/textCodes.ts";
import { kind, PERSONAL_ITEMS, type ScopeKind } from "../fields/kinds.ts";
import { linkState } from "../match/decideLinks.ts";
import { wordOf, wordsOfRow } from "../signatures/columns.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import type { Staged } from "./stageOutputs.ts";

/** Numbers for reports: of records, which are what was found, and of persons, which is who must be told. */
export type Counted = {
  /** Day at which minors and passports are counted, ISO 8601. */
  at: string;
  byItem: Record<string, { records: number; persons: number }>;
  /** Persons by what their customer rows say; "" where nothing is said. */
  by: Record<string, Record<string, number>>;
  minors: number;
  passports: { records: number; persons: number; valid: number; expired: number; unknown: number };
  /** Records more than one of a person. */
  duplicates: number;
  links: { certain: number; review: number };
};

/** Counts what is staged; `at`: the day on which somebody is a minor or a passport valid. */
export function countPersons(staged: Staged, at: Temporal.PlainDate): Counted {
  const { records, links, count } = staged;
  const day = at.year * 10_000 + at.month * 100 + at.day;
  const ofRecords = new Float64Array(32);
  for (let record = 0, word = wordOf.items; record < records.rows; record += 1, word += wordsOfRow)
    countBits(records.words[word] as number, ofRecords);
  const ofPersons = new Float64Array(32);
  for (let person = 1; person <= count; person += 1) countBits(staged.items[person] as number, ofPersons);
  const states = new Float64Array(3);
  for (let record = 0; record < records.rows; record += 1)
    if ((links.row[record] as number) >= 0)
      states[links.state[record] as number] = (states[links.state[record] as number] as number) + 1;
  const by: Counted["by"] = {};
  for (const [place, attribute] of ATTRIBUTES.entries()) {
    const counted = countBy(staged, place);
    if (counted !== null) by[attribute] = counted;
  }
  const item = (name: ScopeKind): { records: number; persons: number } => ({
    records: ofRecords[kind[name]] as number,
    persons: ofPersons[kind[name]] as number,
  });
  const { minors, valid, expired } = countDays(staged, day, at);
  const { records: held, persons } = item("passport");
  return {
    at: at.toString(),
    byItem: Object.fromEntries(PERSONAL_ITEMS.map((name) => [name, item(name)])),
    by,
    minors,
    passports: { records: held, persons, valid, expired, unknown: persons - valid - expired },
    duplicates: records.rows - count,
    links: {
      certain: states[linkState.certain] as number,
      review: states[linkState.review] as number,
    },
  };
}

function countBits(bits: number, into: Float64Array): void {
  for (let rest = bits, bit = 0; rest !== 0; rest >>>= 1, bit += 1)
    if ((rest & 1) === 1) into[bit] = (into[bit] as number) + 1;
}

/** Days that customers have said go before those of records. */
function countDays(
  staged: Staged,
  day: number,
  at: Temporal.PlainDate,
): { minors: number; valid: number; expired: number } {
  const { customers, customersOf } = staged;
  // 民法 4条: who is not yet twenty until 2022-03-31, not yet eighteen since.
  const years = Temporal.PlainDate.compare(at, "2022-04-01") < 0 ? 20 : 18;
  let [minors, valid, expired] = [0, 0, 0];
  for (let person = 1; person <= staged.count; person += 1) {
    let [born, expires] = [0, 0];
    const end = customersOf.starts[person + 1] as number;
    for (let place = customersOf.starts[person] as number; place < end; place += 1) {
      const start = (customersOf.members[place] as number) * wordsOfRow;
      born = Math.max(born, customers.words[start + wordOf.born] as number);
      expires = Math.max(expires, customers.words[start + wordOf.expires] as number);
    }
    if (born === 0) born = staged.born[person] as number;
    if (born > day - years * 10_000) minors += 1;
    if ((((staged.items[person] as number) >>> kind.passport) & 1) === 0) continue;
    const ends = (staged.expires[person] as number) || expires;
    if (ends >= day) valid += 1;
    else if (ends > 0) expired += 1;
  }
  return { minors, valid, expired };
}

const limits = { valuesMax: 1_000 } as const;

/**
 * Persons by what the customer rows say to which their records were linked; null where nothing is said. Of
 * days of booking only the month counts.
 */
function countBy(
  { customersOf, linked, texts, count }: Staged,
  place: number,
): Record<string, number> | null {
  const { plain, starts } = texts.texts[place] as { plain: Uint8Array; starts: Uint32Array };
  const isDay = ATTRIBUTES[place] === "booked_on";
  const names = new TextCodes();
  const nameOf = Uint32Array.from({ length: starts.length - 1 }, (_, code) => {
    const [from, to] = [starts[code] as number, (starts[code + 1] as number) - 4];
    return names.code(plain, from, isDay ? Math.min(to, from + "2016-06".length) : to);
  });
  const counts = new Float64Array(names.count);
  const last = new Uint32Array(names.count);
  for (let person = 1; person <= count; person += 1) {
    const end = customersOf.starts[person + 1] as number;
    for (let at = customersOf.starts[person] as number; at < end; at += 1) {
      const row = customersOf.members[at] as number;
      if (linked[row] === 0) continue;
      const name = nameOf[texts.codes[row * ATTRIBUTES.length + place] as number] as number;
      if (last[name] === person) continue;
      last[name] = person;
      counts[name] = (counts[name] as number) + 1;
    }
  }
  const nameStarts = startsOfTexts(names.texts.plain, names.count);
  const decoder = new TextDecoder();
  const found = [...counts.keys()].filter((name) => (counts[name] as number) > 0);
  found.sort((one, other) => (counts[other] as number) - (counts[one] as number));
  const rows = found.slice(0, limits.valuesMax).map((name): [string, number] => {
    const [from, to] = [nameStarts[name] as number, (nameStarts[name + 1] as number) - 4];
    return [decoder.decode(names.texts.plain.subarray(from, to)), counts[name] as number];
  });
  rows.sort(([one, some], [other, more]) => more - some || (one < other ? -1 : 1));
  return rows.some(([value]) => value !== "") ? Object.fromEntries(rows) : null;
}
