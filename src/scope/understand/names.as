// Names in kanji, kana and Latin letters, with the places of family and given name in them.
import { cellLength, cellMask, classOf, isSign, unitAt } from "./cell";
import {
  ACCENTED,
  BLANK,
  DOT,
  FAMILIES,
  FAMILY_KANA,
  GIVEN_KANA,
  GIVENS,
  HANGUL,
  HIRAGANA,
  HYPHEN,
  KANJI,
  KATAKANA,
  LOWER,
  NAME_MOST,
  NAME_UNITS,
  OTHERS,
  TITLE,
  TOKEN_ENDS,
  TOKEN_STARTS,
  TOKENS_MOST,
  TURN_UNITS,
  UPPER,
  WORD_ENDING,
  WORD_ENDS,
} from "./layout";
import { has } from "./sets";

/** Units at NAME_UNITS, without blanks. */
export let nameLength: i32 = 0;
/** Units of the family name, which stands first; 0: it cannot be told. */
export let family: i32 = 0;
/** Of a name in Latin letters: how many words it has; where each ends stands at WORD_ENDS. */
export let words: i32 = 0;
/** How sure it is that this is a name, 0 to 1, by itself. */
export let nameSure: f64 = 0;
/** How many of its parts are names that are known. */
export let known: i32 = 0;

export function setKnown(count: i32): void {
  known = count;
}

// @ts-ignore: decorator
@inline
export function nameUnit(place: i32): i32 {
  return load<u16>(NAME_UNITS + (place << 1));
}
// @ts-ignore: decorator
@inline
function putName(place: i32, unit: i32): void {
  store<u16>(NAME_UNITS + (place << 1), <u16>unit);
}
// @ts-ignore: decorator
@inline
function tokenStart(token: i32): i32 {
  return load<i32>(TOKEN_STARTS + (token << 2));
}
// @ts-ignore: decorator
@inline
function tokenEnd(token: i32): i32 {
  return load<i32>(TOKEN_ENDS + (token << 2));
}
// @ts-ignore: decorator
@inline
export function wordEnd(word: i32): i32 {
  return load<i32>(WORD_ENDS + (word << 2));
}

/** Blank, ・ and comma. */
// @ts-ignore: decorator
@inline
function isGap(unit: i32): bool {
  return unit == 0x20 || unit == 0x30fb || unit == 0x2c;
}

/** Tokens between gaps; 0 where there are too many. */
function tokenize(): i32 {
  let count: i32 = 0;
  let at: i32 = 0;
  while (at < cellLength) {
    while (at < cellLength && isGap(unitAt(at))) at += 1;
    if (at >= cellLength) break;
    if (count == TOKENS_MOST) return 0;
    store<i32>(TOKEN_STARTS + (count << 2), at);
    while (at < cellLength && !isGap(unitAt(at))) at += 1;
    store<i32>(TOKEN_ENDS + (count << 2), at);
    count += 1;
  }
  return count;
}

/** The units of the first tokens without what stands between them. */
function join(tokens: i32): void {
  let length: i32 = 0;
  for (let token = 0; token < tokens; token++) {
    const end = tokenEnd(token);
    for (let at = tokenStart(token); at < end; at++) {
      if (length < NAME_MOST) {
        putName(length, unitAt(at));
        length += 1;
      }
    }
  }
  nameLength = length;
}

/** A name in kanji, which may hold kana: 佐藤 花子, 髙橋さくら, 佐々木健一様; and of Koreans in Hangul. */
export function readKanjiName(): bool {
  nameSure = 0;
  if ((cellMask & ~(KANJI | HIRAGANA | KATAKANA | BLANK | HANGUL)) != 0) return false;
  if (cellLength < 2 || cellLength > 24) return false;
  const tokens = tokenize();
  if (tokens == 0 || tokens > 3) return false;
  if ((cellMask & HANGUL) != 0) return readHangul(tokens);
  // Titles behind a name are no part of it.
  if (isSign(unitAt(cellLength - 1), TITLE) && cellLength > 3) {
    const end = tokenEnd(tokens - 1) - 1;
    store<i32>(TOKEN_ENDS + ((tokens - 1) << 2), end);
    if (end == tokenStart(tokens - 1)) return readTokens(tokens - 1);
  }
  return readTokens(tokens);
}

/** 김철수: one syllable of family name, then one or two. */
function readHangul(tokens: i32): bool {
  join(tokens);
  family = tokens == 1 ? 1 : tokenEnd(0) - tokenStart(0);
  known = 0;
  nameSure = nameLength >= 2 && nameLength <= 5 ? 0.8 : 0.3;
  return true;
}

function readTokens(tokens: i32): bool {
  join(tokens);
  if (nameLength < 2 || nameLength > 12) return false;
  if (tokens == 1) return readJoined();
  const first = tokenEnd(0) - tokenStart(0);
  family = first;
  const rest = nameLength - first;
  if (first > 5 || rest > 6) return false;
  const isFamily = has(FAMILIES, NAME_UNITS, 0, first);
  const isGiven = has(GIVENS, NAME_UNITS, first, nameLength);
  known = (isFamily ? 1 : 0) + (isGiven ? 1 : 0);
  if (known == 0 && tokens == 2 && isSwapped(FAMILIES, GIVENS)) {
    known = 2;
    nameSure = 0.9;
    return true;
  }
  const ending = isSign(nameUnit(nameLength - 1), WORD_ENDING) && !isGiven;
  nameSure = isFamily || isGiven ? 0.95 : ending ? 0.2 : first <= 3 && rest <= 4 ? 0.75 : 0.4;
  return true;
}

/** 花子 佐藤: turned round, so that the family name stands first. */
function isSwapped(families: i32, givens: i32): bool {
  if (!has(families, NAME_UNITS, family, nameLength) || !has(givens, NAME_UNITS, 0, family)) return false;
  turn();
  family = nameLength - family;
  return true;
}

/** What stands before `family` goes behind the rest. */
function turn(): void {
  memory.copy(TURN_UNITS, NAME_UNITS, family << 1);
  memory.copy(NAME_UNITS, NAME_UNITS + (family << 1), (nameLength - family) << 1);
  memory.copy(NAME_UNITS + ((nameLength - family) << 1), TURN_UNITS, family << 1);
}

/** 佐藤花子: where the family name ends is found by known names, the longest first, else by length. */
function readJoined(): bool {
  if (nameLength > 8) return false;
  family = 0;
  known = 0;
  for (let one = 0; one < 4; one++) {
    const size: i32 = one == 0 ? 2 : one == 1 ? 3 : one == 2 ? 1 : 4;
    if (size >= nameLength || nameLength - size > 4 || !has(FAMILIES, NAME_UNITS, 0, size)) continue;
    const isGiven = has(GIVENS, NAME_UNITS, size, nameLength);
    if (family != 0 && !isGiven) continue;
    family = size;
    known = isGiven ? 2 : 1;
    if (isGiven) break;
  }
  const ending = isSign(nameUnit(nameLength - 1), WORD_ENDING);
  if (known == 2) nameSure = 0.97;
  else if (known == 1) nameSure = ending ? 0.3 : nameLength - family <= 3 ? 0.8 : 0.4;
  else {
    family = nameLength >= 3 && nameLength <= 5 ? 2 : nameLength == 2 ? 1 : 0;
    const isGiven = family > 0 && has(GIVENS, NAME_UNITS, family, nameLength);
    nameSure = isGiven ? 0.8 : ending || nameLength < 3 || nameLength > 6 ? 0.15 : 0.45;
  }
  return true;
}

/** A name in kana; hiragana becomes katakana, and a hyphen between kana is ー. */
export function readKanaName(): bool {
  nameSure = 0;
  if ((cellMask & ~(KATAKANA | HIRAGANA | BLANK | HYPHEN | DOT)) != 0) return false;
  if (cellLength < 2 || cellLength > 40) return false;
  const tokens = tokenize();
  if (tokens == 0) return false;
  join(tokens);
  for (let at = 0; at < nameLength; at++) {
    const unit = nameUnit(at);
    if (unit >= 0x3041 && unit <= 0x3096) putName(at, unit + 0x60);
    else if (unit == 0x2d) putName(at, 0x30fc);
  }
  family = 0;
  known = 0;
  if (tokens >= 2) {
    family = tokenEnd(0) - tokenStart(0);
    if (tokens == 2 && isSwapped(FAMILY_KANA, GIVEN_KANA)) known = 2;
    else {
      known =
        (has(FAMILY_KANA, NAME_UNITS, 0, family) ? 1 : 0) +
        (has(GIVEN_KANA, NAME_UNITS, family, nameLength) ? 1 : 0);
    }
    nameSure = known > 0 ? 0.95 : 0.7;
    return true;
  }
  splitKana();
  nameSure = known == 2 ? 0.93 : known == 1 ? 0.7 : 0.35;
  return nameLength >= 3;
}

function splitKana(): void {
  for (let size = min(6, nameLength - 2); size >= 1; size--) {
    const isFamily = has(FAMILY_KANA, NAME_UNITS, 0, size);
    // Only both together are more than what a longer family name was.
    if (!isFamily && known > 0) continue;
    const isGiven = has(GIVEN_KANA, NAME_UNITS, size, nameLength);
    const both = (isFamily ? 1 : 0) + (isGiven ? 1 : 0);
    // A family name alone must leave a given name of a usual length.
    const rest = nameLength - size;
    if (both > known && (isGiven || (rest >= 2 && rest <= 5))) {
      known = both;
      family = size;
      if (both == 2) return;
    }
  }
}

/** A name in Latin letters, two to five words. Which is the family name is told by known names, else unknown. */
export function readRomanName(): bool {
  nameSure = 0;
  if ((cellMask & ~(LOWER | UPPER | BLANK | HYPHEN | DOT | ACCENTED | OTHERS)) != 0) return false;
  if (cellLength < 4 || cellLength > 60) return false;
  const tokens = tokenize();
  if (tokens < 2 || tokens > 5) return false;
  let longest: i32 = 0;
  for (let token = 0; token < tokens; token++) {
    const end = tokenEnd(token);
    if ((cellMask & OTHERS) != 0) {
      for (let at = tokenStart(token); at < end; at++) {
        const unit = unitAt(at);
        if (classOf(unit) == OTHERS && unit != 0x27 && unit != 0x2019) return false;
      }
    }
    longest = max(longest, end - tokenStart(token));
  }
  if (longest < 2 || longest > 20) return false;
  join(tokens);
  family = tokenEnd(0) - tokenStart(0);
  words = tokens;
  let length: i32 = 0;
  for (let token = 0; token < tokens; token++) {
    length += tokenEnd(token) - tokenStart(token);
    store<i32>(WORD_ENDS + (token << 2), length);
  }
  return true;
}

/** TARO YAMADA: the first word goes behind the others. */
export function turnRoman(): void {
  const size = family;
  turn();
  for (let word = 0; word + 1 < words; word++) store<i32>(WORD_ENDS + (word << 2), wordEnd(word + 1) - size);
  store<i32>(WORD_ENDS + ((words - 1) << 2), nameLength);
  family = wordEnd(0);
}
