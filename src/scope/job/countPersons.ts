import { startsOfTexts, TextCodes } from "../../lib/parquet/textCodes.ts";
import { kind, PERSONAL_ITEMS, type ScopeKind } from "../fields/kinds.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import type { CustomerTexts } from "./customerTexts.ts";
import type { Staged } from "./stageOutputs.ts";
import type { PersonTally } from "./writePersons.ts";

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

/** Puts together what was counted while the persons were written. */
export function countPersons(staged: Staged, persons: PersonTally): Counted {
  const { itemRecords, links } = staged;
  const item = (name: ScopeKind): { records: number; persons: number } => ({
    records: itemRecords[kind[name]] as number,
    persons: persons.items[kind[name]] as number,
  });
  const { valid, expired } = persons;
  const passport = item("passport");
  const by: Counted["by"] = {};
  for (const [place, attribute] of ATTRIBUTES.entries()) {
    const rows = commonest(staged.names[place] as Names);
    if (rows.some(([value]) => value !== "")) by[attribute] = Object.fromEntries(rows);
  }
  const day = String(staged.day);
  return {
    at: `${day.slice(0, -4)}-${day.slice(-4, -2)}-${day.slice(-2)}`,
    byItem: Object.fromEntries(PERSONAL_ITEMS.map((name) => [name, item(name)])),
    by,
    minors: persons.minors,
    passports: { ...passport, valid, expired, unknown: passport.persons - valid - expired },
    duplicates: staged.recordIds.length - staged.count,
    links,
  };
}

const limits = { valuesMax: 1_000 } as const;

/**
 * Texts of an attribute as they are counted, which name each of its texts has, and how many persons have
 * each: those whose records were linked to a customer row that says so. Memory that threads share.
 */
export type Names = { plain: Uint8Array; starts: Uint32Array; nameOf: Uint32Array; counts: Uint32Array };

/** Of days of booking only the month counts. */
export function namesOf({ texts }: CustomerTexts, attribute: (typeof ATTRIBUTES)[number]): Names {
  const { plain, starts } = texts[ATTRIBUTES.indexOf(attribute)] as CustomerTexts["texts"][number];
  const names = new TextCodes();
  const count = starts.length - 1;
  const nameOf = new Uint32Array(sharedBytes(count * 4), 0, count);
  for (let code = 0; code < count; code += 1) {
    const [from, to] = [starts[code] as number, (starts[code + 1] as number) - 4];
    const end = attribute === "booked_on" ? Math.min(to, from + "2016-06".length) : to;
    nameOf[code] = names.code(plain, from, end);
  }
  const named = new Uint8Array(sharedBytes(names.texts.length), 0, names.texts.length);
  named.set(names.texts.plain);
  return {
    plain: named,
    starts: startsOfTexts(named, names.count),
    nameOf,
    counts: new Uint32Array(sharedBytes(names.count * 4), 0, names.count),
  };
}

/** Names and persons, the most common first; an attribute of which nothing is said is left out. */
function commonest({ plain, starts, counts }: Names): [name: string, persons: number][] {
  const decoder = new TextDecoder();
  const found = [...counts.keys()].filter((name) => (counts[name] as number) > 0);
  found.sort((one, other) => (counts[other] as number) - (counts[one] as number));
  const rows = found.slice(0, limits.valuesMax).map((name): [string, number] => {
    const [from, to] = [starts[name] as number, (starts[name + 1] as number) - 4];
    return [decoder.decode(plain.slice(from, to)), counts[name] as number];
  });
  return rows.sort(([one, some], [other, more]) => more - some || (one < other ? -1 : 1));
}
