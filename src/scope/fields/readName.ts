import { nameSets, type UnitSet } from "../normalise/nameSets.ts";
import { has, unitClasses, type Cell } from "./cell.ts";

export const limits = { unitsMax: 64, tokensMax: 6 } as const;

const blank = 0x20;
const middleDot = 0x30fb;
const comma = 0x2c;

/** A name without blanks, with the places of family and given name in it. */
export class FoundName {
  readonly units = new Uint16Array(limits.unitsMax);
  length = 0;
  /** `units[0..family)` is the family name, the rest the given one; 0: it cannot be told. */
  family = 0;
  /** Of a name in Latin letters: where each of its words ends. */
  readonly wordEnds = new Int32Array(limits.tokensMax);
  words = 0;
  /** How sure it is that this is a name, 0 to 1, by itself. */
  confidence = 0;
  /** Whether both parts, or one, are names that are known. */
  known = 0;
}

const starts = new Int32Array(limits.tokensMax);
const ends = new Int32Array(limits.tokensMax);

/** Tokens between blanks (and ・); 0 where there are too many. */
function tokenize(cell: Cell): number {
  const { units, length } = cell;
  let count = 0;
  let at = 0;
  while (at < length) {
    while (at < length && isGap(units[at] as number)) at += 1;
    if (at >= length) break;
    if (count === limits.tokensMax) return 0;
    starts[count] = at;
    while (at < length && !isGap(units[at] as number)) at += 1;
    ends[count] = at;
    count += 1;
  }
  return count;
}

function isGap(unit: number): boolean {
  return unit === blank || unit === middleDot || unit === comma;
}

const kanjiNameMask = has.kanji | has.hiragana | has.katakana | has.blank;
/** Titles behind a name are no part of it. */
const titles = new Set([..."様殿氏"].map((one) => one.charCodeAt(0)));
/** What follows a surname in words that are no names: 山田電機, 松本城, 高橋商店, 中野区. */
const wordEndings = new Set(
  [
    ...("店部課県市町村区駅社会所院校園館線港橋局室係班組品費料税円個台件年月日号系型式用城機業道通湖坂峠科類数表名等的化" +
      "性法者物金車員書画目番便券泊旅行"),
  ].map((one) => one.charCodeAt(0)),
);

/** A name in kanji, which may hold kana: 佐藤 花子, 髙橋さくら, 佐々木健一様; and of Koreans in Hangul. */
export function readKanjiName(cell: Cell, found: FoundName): boolean {
  found.confidence = 0;
  if ((cell.mask & ~(kanjiNameMask | has.hangul)) !== 0 || cell.length < 2 || cell.length > 24) return false;
  const tokens = tokenize(cell);
  if (tokens === 0 || tokens > 3) return false;
  if ((cell.mask & has.hangul) !== 0) return readHangul(cell, tokens, found);
  const last = cell.units[cell.length - 1] as number;
  if (titles.has(last) && cell.length > 3) {
    ends[tokens - 1] = (ends[tokens - 1] as number) - 1;
    if (ends[tokens - 1] === starts[tokens - 1]) return readTokens(cell, tokens - 1, found);
  }
  return readTokens(cell, tokens, found);
}

/** 김철수: one syllable of family name, then one or two. */
function readHangul(cell: Cell, tokens: number, found: FoundName): boolean {
  join(cell, tokens, found);
  found.family = tokens === 1 ? 1 : (ends[0] as number) - (starts[0] as number);
  found.known = 0;
  found.confidence = found.length >= 2 && found.length <= 5 ? 0.8 : 0.3;
  return true;
}

function readTokens(cell: Cell, tokens: number, found: FoundName): boolean {
  const sets = nameSets();
  join(cell, tokens, found);
  if (found.length < 2 || found.length > 12) return false;
  if (tokens === 1) return readJoined(found, sets.families, sets.givens);
  const first = (ends[0] as number) - (starts[0] as number);
  found.family = first;
  const rest = found.length - first;
  if (first > 5 || rest > 6) return false;
  const family = sets.families.has(found.units, 0, first);
  const given = sets.givens.has(found.units, first, found.length);
  found.known = (family ? 1 : 0) + (given ? 1 : 0);
  if (found.known === 0 && tokens === 2 && isSwapped(found, sets.families, sets.givens)) {
    found.known = 2;
    found.confidence = 0.9;
    return true;
  }
  const ending = wordEndings.has(found.units[found.length - 1] as number) && !given;
  found.confidence = family || given ? 0.95 : ending ? 0.2 : first <= 3 && rest <= 4 ? 0.75 : 0.4;
  return true;
}

/** 花子 佐藤: turned round, so that the family name stands first. */
function isSwapped(found: FoundName, families: UnitSet, givens: UnitSet): boolean {
  const { units, length, family } = found;
  if (!families.has(units, family, length) || !givens.has(units, 0, family)) return false;
  turn(found);
  return true;
}

function turn(found: FoundName): void {
  const given = found.units.slice(0, found.family);
  found.units.copyWithin(0, found.family, found.length);
  found.units.set(given, found.length - found.family);
  found.family = found.length - found.family;
}

/** 佐藤花子: where the family name ends is found by known names, the longest first, else by length. */
function readJoined(found: FoundName, families: UnitSet, givens: UnitSet): boolean {
  const { units, length } = found;
  if (length > 8) return false;
  found.family = 0;
  found.known = 0;
  for (const size of [2, 3, 1, 4]) {
    if (size >= length || length - size > 4 || !families.has(units, 0, size)) continue;
    const given = givens.has(units, size, length);
    if (found.family !== 0 && !given) continue;
    found.family = size;
    found.known = given ? 2 : 1;
    if (given) break;
  }
  const ending = wordEndings.has(units[length - 1] as number);
  if (found.known === 2) found.confidence = 0.97;
  else if (found.known === 1) found.confidence = ending ? 0.3 : length - found.family <= 3 ? 0.8 : 0.4;
  else {
    found.family = length === 3 || length === 4 || length === 5 ? 2 : length === 2 ? 1 : 0;
    const given = found.family > 0 && givens.has(units, found.family, length);
    found.confidence = given ? 0.8 : ending || length < 3 || length > 6 ? 0.15 : 0.45;
  }
  return true;
}

function join(cell: Cell, tokens: number, found: FoundName): void {
  let length = 0;
  for (let token = 0; token < tokens; token += 1) {
    for (let at = starts[token] as number; at < (ends[token] as number); at += 1) {
      if (length < limits.unitsMax) found.units[length++] = cell.units[at] as number;
    }
  }
  found.length = length;
}

const kanaNameMask = has.katakana | has.hiragana | has.blank | has.hyphen | has.dot;

/** A name in kana; hiragana becomes katakana, and a hyphen between kana is ー. */
export function readKanaName(cell: Cell, found: FoundName): boolean {
  found.confidence = 0;
  if ((cell.mask & ~kanaNameMask) !== 0 || cell.length < 2 || cell.length > 40) return false;
  const tokens = tokenize(cell);
  if (tokens === 0) return false;
  join(cell, tokens, found);
  for (let at = 0; at < found.length; at += 1) {
    const unit = found.units[at] as number;
    if (unit >= 0x3041 && unit <= 0x3096) found.units[at] = unit + 0x60;
    else if (unit === 0x2d) found.units[at] = 0x30fc;
  }
  const sets = nameSets();
  found.family = 0;
  found.known = 0;
  if (tokens >= 2) {
    found.family = (ends[0] as number) - (starts[0] as number);
    if (tokens === 2 && isSwapped(found, sets.familyKana, sets.givenKana)) found.known = 2;
    else {
      found.known =
        (sets.familyKana.has(found.units, 0, found.family) ? 1 : 0) +
        (sets.givenKana.has(found.units, found.family, found.length) ? 1 : 0);
    }
    found.confidence = found.known > 0 ? 0.95 : 0.7;
    return true;
  }
  splitKana(found, sets.familyKana, sets.givenKana);
  found.confidence = found.known === 2 ? 0.93 : found.known === 1 ? 0.7 : 0.35;
  return found.length >= 3;
}

function splitKana(found: FoundName, families: UnitSet, givens: UnitSet): void {
  const { units, length } = found;
  for (let size = Math.min(6, length - 2); size >= 1; size -= 1) {
    const family = families.has(units, 0, size);
    const given = givens.has(units, size, length);
    const known = (family ? 1 : 0) + (given ? 1 : 0);
    // A family name alone must leave a given name of a usual length.
    if (known > found.known && (given || (length - size >= 2 && length - size <= 5))) {
      found.known = known;
      found.family = size;
    }
  }
}

const romanMask = has.lower | has.upper | has.blank | has.hyphen | has.dot | has.accented | has.other;

/**
 * A name in Latin letters, two to five words. Which is the family name is told by known names, else unknown.
 */
export function readRomanName(cell: Cell, found: FoundName): boolean {
  found.confidence = 0;
  if ((cell.mask & ~romanMask) !== 0 || cell.length < 4 || cell.length > 60) return false;
  const tokens = tokenize(cell);
  if (tokens < 2 || tokens > 5) return false;
  let longest = 0;
  for (let token = 0; token < tokens; token += 1) {
    for (let at = starts[token] as number; at < (ends[token] as number); at += 1) {
      const unit = cell.units[at] as number;
      const bit = unitClasses[unit] as number;
      if (bit === has.other && unit !== 0x27 && unit !== 0x2019) return false;
    }
    longest = Math.max(longest, (ends[token] as number) - (starts[token] as number));
  }
  if (longest < 2 || longest > 20) return false;
  join(cell, tokens, found);
  found.family = (ends[0] as number) - (starts[0] as number);
  found.words = tokens;
  for (let token = 0, length = 0; token < tokens; token += 1) {
    length += (ends[token] as number) - (starts[token] as number);
    found.wordEnds[token] = length;
  }
  return true;
}
