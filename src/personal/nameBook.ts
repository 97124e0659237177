import { mensNames, womensNames } from "./givenNames.ts";
import { hiraganaOf, romanOf } from "./kana.ts";
import { prefectures } from "./places.ts";
import { surnames } from "./surnames.ts";

const givenNames = [...womensNames, ...mensNames];

/** Names that are known, each in the writings that occur. */
const families = new Set(surnames.map(({ kanji }) => kanji));
const givens = new Set(givenNames.map(({ kanji }) => kanji));
const familyReadings = new Set(surnames.map(({ kana }) => kana));
const givenReadings = new Set(givenNames.map(({ kana }) => kana));
const familyLetters = new Set(surnames.flatMap(({ kana }) => romansOf(kana)));
const givenLetters = new Set(givenNames.flatMap(({ kana }) => romansOf(kana)));
for (const { kana } of givenNames) givens.add(hiraganaOf(kana)).add(kana);

/** Given names from abroad that customers in Japan commonly bear. */
const foreignGivens = new Set(
  `james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony
  mark
  donald steven paul andrew joshua kevin brian george edward peter mary patricia jennifer linda elizabeth
  barbara
  susan jessica sarah karen nancy lisa margaret sandra ashley emily anna maria emma olivia sophia laura julia
  alexander martin stefan pierre jean marie carlos jose juan luis antonio wei ming li jing ying min jun
  minh anh nguyen thi van hong mei lin kim ji soo hyun young`.split(/\s+/),
);

/** Surnames that are first of all names of places: alone they say nothing of a person. */
const alsoPlaces = new Set([
  ...prefectures.map((one) => one.replace(/[都府県]$/, "")),
  ...(
    "大和 日高 相馬 成田 高松 長浜 松山 松江 岡崎 豊田 川崎 川口 川越 三島 沼田 船橋 町田 立川 " +
    "中野 目黒 新宿"
  ).split(" "),
]);

/** What follows a surname in words that are no names: 山田電機, 松本城, 高橋商店, 中野区. */
const wordEndings = new Set(
  "店部課県市町村区駅社会所院校園館線港橋局室係班組品費料税円個台件年月日号系型式用城機業道寺宮通湖岳坂峠科類数表名" +
    "等的化性法者物金車員書画目番便",
);

function romansOf(kana: string): string[] {
  const hepburn = romanOf(kana);
  // Satō is written Sato, Satou and Satoh; Ōno is written Ono, Oono and Ohno.
  const typed = [...kana].map((one) => romanOf(one)).join("");
  return [hepburn, /[ャュョッ]/.test(kana) ? hepburn : typed, typed.replace(/o[ou]/g, "oh")];
}

const looksGiven = /^(?:[\u3400-\u9fff々]{1,3}|[\u3041-\u309f]{2,5}|[\u30a1-\u30ffー]{2,5})$/;

/** How sure a text of kanji (with kana) is a person's name, 0 to 1. */
export function nameStrength(text: string): number {
  const bare = text.replace(/(?:様|さま|さん|殿|氏|先生)$/, "").trim();
  if (bare.length < 2 || bare.length > 14) return 0;
  const parts = bare.split(/[ \u3000]+/);
  if (parts.length === 2) return twoParts(parts[0] as string, parts[1] as string);
  return parts.length === 1 ? onePart(bare) : 0;
}

function twoParts(family: string, given: string): number {
  const knownFamily = families.has(family);
  const knownGiven = givens.has(given);
  if (knownFamily && knownGiven) return 0.97;
  if (knownFamily) return looksGiven.test(given) && !isWordEnding(given) ? 0.88 : 0.1;
  if (knownGiven) return family.length <= 4 && !isWordEnding(family) ? 0.8 : 0.1;
  return family.length <= 3 && looksGiven.test(given) && !isWordEnding(given) && !isWordEnding(family)
    ? 0.3
    : 0;
}

function onePart(text: string): number {
  let best = 0;
  for (let length = Math.min(4, text.length - 1); length >= 1; length -= 1) {
    const family = text.slice(0, length);
    if (!families.has(family)) continue;
    const given = text.slice(length);
    if (givens.has(given)) best = Math.max(best, length === 1 && given.length === 1 ? 0.5 : 0.93);
    else if (length >= 2 && looksGiven.test(given) && !isWordEnding(given)) best = Math.max(best, 0.5);
  }
  if (best > 0) return best;
  if (families.has(text)) return alsoPlaces.has(text) ? 0.15 : 0.45;
  if (givens.has(text)) return text.length === 1 ? 0.1 : 0.3;
  for (let length = 2; length <= 3; length += 1) {
    if (text.length - length <= 3 && !isWordEnding(text) && givens.has(text.slice(-length))) return 0.3;
  }
  return 0;
}

function isWordEnding(text: string): boolean {
  return wordEndings.has(text.charAt(text.length - 1)) && !givens.has(text);
}

/** How sure a text in katakana is the reading of a person's name, 0 to 1. */
export function kanaStrength(text: string): number {
  const parts = text.split(/[ ・]+/);
  if (parts.length === 2) {
    const [family, given] = parts as [string, string];
    const known = Number(familyReadings.has(family)) + Number(givenReadings.has(given));
    if (known === 2) return 0.97;
    const short = family.length >= 1 && family.length <= 7 && given.length >= 2 && given.length <= 6;
    return short ? (known === 1 ? 0.85 : 0.3) : 0.1;
  }
  if (parts.length > 2) return 0.1;
  if (text.length < 2 || text.length > 14) return 0;
  let begins = false;
  for (let length = Math.min(7, text.length - 2); length >= 2; length -= 1) {
    if (!familyReadings.has(text.slice(0, length))) continue;
    if (givenReadings.has(text.slice(length))) return 0.8;
    begins ||= length >= 3;
  }
  return familyReadings.has(text) || givenReadings.has(text) || begins ? 0.3 : 0;
}

const romanSyllables = /^(?:(?:[kstnhmrgzdbpfjwy]|[kgnhmrbp]y|sh|ch|ts|j)?[aiueo]|n|tt|kk|pp|ss|tch)+h?$/;

/** How sure two or three words in Roman letters are a person's name, 0 to 1. */
export function romanStrength(text: string): number {
  const words = text
    .replace(/^(?:mr|mrs|ms|miss|dr)\.? /i, "")
    .replace(/(?<=[A-Za-z]),/, "")
    .toLowerCase()
    .split(" ");
  if (words.length > 3) return 0;
  const [first = "", second = ""] = [words[0], words.at(-1)];
  if (words.length === 1) return first.length >= 4 && familyLetters.has(first) ? 0.3 : 0;
  const known = [
    [familyLetters.has(first), givenLetters.has(second)],
    [familyLetters.has(second), givenLetters.has(first)],
  ].map(([family, given]) => Number(family) + Number(given));
  if (Math.max(...known) === 2) return 0.96;
  if (Math.max(...known) === 1 && [first, second].every((word) => romanSyllables.test(word))) return 0.75;
  const foreign = foreignGivens.has(first) || foreignGivens.has(second);
  return foreign && first.length >= 2 && second.length >= 2 ? 0.7 : Math.max(...known) === 1 ? 0.35 : 0;
}
