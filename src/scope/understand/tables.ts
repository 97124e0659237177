import { composedKana, foldTable } from "../normalise/foldTable.ts";
import { nameSets, type UnitSet } from "../normalise/nameSets.ts";
import { places } from "../normalise/places.ts";
import { kanaLetters, plainLetter, smallKana } from "../normalise/sound.ts";
import type { HashKey } from "../signatures/keyedHash.ts";
import { KeyedTables } from "../signatures/keyedTables.ts";
import { unitClasses } from "./classes.ts";
import type { Machine } from "./machine.ts";

/** Lays the tables that are the same for everybody; made once in a thread, which takes some 0.3 s. */
export function layTables(machine: Machine): void {
  const spans = [
    [0, machine.place("PAIR_BITS")],
    [machine.place("PINYIN"), machine.place("CELL")],
    [machine.place("FOLD"), machine.place("END")],
  ] as const;
  if (made === null) {
    layAll(machine);
    // A Buffer's slice() is a view: what is kept must be a copy.
    made = spans.map(([from, to]) => Uint8Array.from(machine.bytes.subarray(from, to)));
    return;
  }
  for (const [at, [from]] of spans.entries()) machine.bytes.set(made[at] as Uint8Array, from);
}

let made: Uint8Array[] | null = null;

function layAll(machine: Machine): void {
  const { bytes } = machine;
  const fold = foldTable();
  const folded = machine.words(machine.place("FOLD"), fold.units.length);
  for (const [point, unit] of fold.units.entries())
    folded[point] = unit | ((unitClasses[unit] as number) << 16);
  machine.units(machine.place("CLASSES"), unitClasses.length).set(unitClasses);
  laySigns(machine);
  layExpansions(machine, fold.expansions);
  composedKana.forEach((table, at) =>
    machine.units(machine.place("COMPOSED") + at * 0x180, table.length).set(table),
  );
  machine.words(machine.place("KANA_LETTERS"), kanaLetters.length).set(kanaLetters);
  bytes.set(smallKana, machine.place("SMALL_KANA"));
  for (let unit = 0; unit < 0x250; unit += 1)
    bytes[machine.place("PLAIN_LETTERS") + unit] = plainLetter(unit);
  bytes.set(places().postalCodes, machine.place("POSTAL_CODES"));
  laySets(machine);
  let at = machine.place("PINYIN");
  for (const final of finals) {
    bytes[at] = final.length;
    bytes.write(final, at + 1, "latin1");
    at += 1 + final.length;
  }
}

/** Finals of Mandarin (汉语拼音方案), ü as v. */
const finals = (
  "iang iong uang ang eng ing ong ian iao uai uan ai an ao ei en er ia ie in iu ou ua ue ui un uo " +
  "a e i o u v"
).split(" ");

/** Characters by which names and addresses are read, and the name of their bit in layout.as. */
const signs: readonly (readonly [bit: string, characters: string])[] = [
  ["PREFECTURE_END", "都道府県"],
  ["CITY_END", "市区町村郡"],
  // Between the numbers of a block: 1丁目2番地3号, 1の2.
  ["NUMBER_MARK", "丁目番地号の-ノ条"],
  // What follows a surname in words that are no names: 山田電機, 松本城, 高橋商店, 中野区.
  [
    "WORD_ENDING",
    "店部課県市町村区駅社会所院校園館線港橋局室係班組品費料税円個台件年月日号系型式用城機業道通湖坂峠科類数表名等的化" +
      "性法者物金車員書画目番便券泊旅行",
  ],
  ["TITLE", "様殿氏"],
  ["ERA_SECOND", "治正和成"],
];

function laySigns(machine: Machine): void {
  const from = machine.place("SIGNS");
  for (const [bit, characters] of signs) {
    for (const one of characters) {
      const at = from + one.charCodeAt(0);
      machine.bytes[at] = (machine.bytes[at] as number) | machine.place(bit);
    }
  }
  const numbers = machine.place("KANJI_NUMBERS");
  machine.bytes.fill(255, numbers, numbers + 0x10000);
  for (const [value, one] of [..."〇一二三四五六七八九十"].entries())
    machine.bytes[numbers + one.charCodeAt(0)] = value;
}

function layExpansions(machine: Machine, expansions: ReadonlyMap<number, readonly number[]>): void {
  const places = machine.units(machine.place("EXPANSION_PLACES"), 0x30000);
  const texts = machine.units(
    machine.place("EXPANSIONS"),
    (machine.place("COMPOSED") - machine.place("EXPANSIONS")) / 2,
  );
  let at = 0;
  for (const [point, units] of expansions) {
    if (at + units.length + 1 > texts.length)
      throw new Error("Cannot lay out the expansions: layout.as has no room");
    places[point] = at;
    texts[at] = units.length;
    texts.set(units, at + 1);
    at += units.length + 1;
  }
}

function laySets(machine: Machine): void {
  const names = nameSets();
  const { prefectures, cities, towns } = places();
  const sets: readonly (readonly [string, UnitSet])[] = [
    ["FAMILIES", names.families],
    ["GIVENS", names.givens],
    ["FAMILY_KANA", names.familyKana],
    ["GIVEN_KANA", names.givenKana],
    ["FAMILY_SOUNDS", names.familySounds],
    ["GIVEN_SOUNDS", names.givenSounds],
    ["PREFECTURES", prefectures],
    ["CITIES", cities],
    ["TOWNS", towns],
  ];
  let at = machine.place("SETS_FROM");
  for (const [name, { slots, longest }] of sets) {
    const head = machine.words(machine.place("SETS") + machine.place(name) * 12, 3);
    head.set([at + longest.length, slots.length - 1, at]);
    if (at + longest.length + slots.byteLength > machine.place("POSTAL_CODES"))
      throw new Error("Cannot lay out the sets of names: layout.as has no room");
    machine.bytes.set(longest, at);
    machine.words(at + longest.length, slots.length).set(slots);
    at += longest.length + slots.byteLength;
  }
}

/** Lays the tables that hang on the key. */
export function layKey(machine: Machine, key: HashKey): void {
  const tables = new KeyedTables(key);
  machine.bytes.set(tables.pairBits, machine.place("PAIR_BITS"));
  machine.bytes.set(tables.digitBits, machine.place("DIGIT_BITS"));
  for (const [name, table] of [
    ["YEAR_MONTH", tables.yearMonth],
    ["MONTH_DAY", tables.monthDay],
    ["YEAR_DAY", tables.yearDay],
    ["YEAR_BOTH", tables.yearBoth],
  ] as const)
    machine.units(machine.place(name), table.length).set(table);
}
