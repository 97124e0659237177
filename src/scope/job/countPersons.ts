import { startsOfTexts, TextCodes } from "../../lib/parquet/textCodes.ts";
import { kind, PERSONAL_ITEMS, type ScopeKind } from "../fields/kinds.ts";
import { linkState } from "../match/decideLinks.ts";
import { wordOf, wordsOfRow } from "../signatures/columns.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import type { CustomerTexts } from "./customerTexts.ts";
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
  const item = (name: ScopeKind): { records: number; persons: number } => ({
    records: ofRecords[kind[name]] as number,
    persons: ofPersons[kind[name]] as number,
  });
  const { minors, valid, expired } = countDays(staged, day, at);
  const { records: held, persons } = item("passport");
  return {
    at: at.toString(),
    byItem: Object.fromEntries(PERSONAL_ITEMS.map((name) => [name, item(name)])),
    by: countBy(staged),
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

/** Texts of an attribute as they are counted, and how many persons have each. */
type Names = { names: TextCodes; nameOf: Uint32Array; counts: Float64Array; last: Uint32Array };

/** Of days of booking only the month counts. */
function namesOf({ texts }: Staged, attribute: (typeof ATTRIBUTES)[number]): Names {
  const { plain, starts } = texts.texts[ATTRIBUTES.indexOf(attribute)] as CustomerTexts["texts"][number];
  const names = new TextCodes();
  const nameOf = new Uint32Array(starts.length - 1);
  for (let code = 0; code < nameOf.length; code += 1) {
    const [from, to] = [starts[code] as number, (starts[code + 1] as number) - 4];
    const end = attribute === "booked_on" ? Math.min(to, from + "2016-06".length) : to;
    nameOf[code] = names.code(plain, from, end);
  }
  return { names, nameOf, counts: new Float64Array(names.count), last: new Uint32Array(names.count) };
}

/**
 * Persons by what the customer rows say to which their records were linked; an attribute of which nothing is
 * said is left out.
 */
function countBy(staged: Staged): Counted["by"] {
  const { customersOf, linked, texts, count } = staged;
  const all = ATTRIBUTES.map((attribute) => namesOf(staged, attribute));
  for (let person = 1; person <= count; person += 1) {
    const end = customersOf.starts[person + 1] as number;
    for (let at = customersOf.starts[person] as number; at < end; at += 1) {
      const row = customersOf.members[at] as number;
      if (linked[row] === 0) continue;
      for (let place = 0; place < all.length; place += 1) {
        const { nameOf, counts, last } = all[place] as Names;
        const name = nameOf[texts.codes[row * ATTRIBUTES.length + place] as number] as number;
        if (last[name] === person) continue;
        last[name] = person;
        counts[name] = (counts[name] as number) + 1;
      }
    }
  }
  const by: Counted["by"] = {};
  for (const [place, attribute] of ATTRIBUTES.entries()) {
    const rows = commonest(all[place] as Names);
    if (rows.some(([value]) => value !== "")) by[attribute] = Object.fromEntries(rows);
  }
  return by;
}

/** Names and persons, the most common first. */
function commonest({ names, counts }: Names): [name: string, persons: number][] {
  const { plain } = names.texts;
  const starts = startsOfTexts(plain, names.count);
  const decoder = new TextDecoder();
  const found = [...counts.keys()].filter((name) => (counts[name] as number) > 0);
  found.sort((one, other) => (counts[other] as number) - (counts[one] as number));
  const rows = found.slice(0, limits.valuesMax).map((name): [string, number] => {
    const [from, to] = [starts[name] as number, (starts[name + 1] as number) - 4];
    return [decoder.decode(plain.subarray(from, to)), counts[name] as number];
  });
  return rows.sort(([one, some], [other, more]) => more - some || (one < other ? -1 : 1));
}
