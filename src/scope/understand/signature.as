// The signature of one person, filled field by field. Of several fields of one kind the surest is kept, of equally
// sure ones the first; a second telephone number has a column of its own.
import { blockNumber, numberCount, townLength } from "./address";
import { cellKanji, cellLength, classOf, rawHash, unitAt } from "./cell";
import { hash, high, low, narrowHash } from "./hash";
import {
  ADDRESS,
  BROKEN,
  COLUMN_WORDS,
  CUSTOMER_ID,
  DIGIT,
  DIGIT_BITS,
  DIGITS,
  EMAIL,
  HIRAGANA,
  KANA,
  KATAKANA,
  LETTERS,
  LOWER,
  MONTH_DAY,
  NAME,
  NAME_UNITS,
  OTHERS,
  PAIR_BITS,
  PASSPORT,
  PHONE,
  POSTAL_CODE,
  ROMAN_NAME,
  ROW,
  ROW_WORDS,
  SEX,
  SURE,
  TOWN,
  UNITS,
  UPPER,
  YEAR_BOTH,
  YEAR_DAY,
  YEAR_MONTH,
} from "./layout";
import { family, nameLength, nameUnit } from "./names";
import { digitAt, digitCount } from "./numbers";
import { fromKana, isVowel, letterAt, partEnd, parts, soundLength, split } from "./sound";

// What each hash is of: equal texts of different kinds must not be equal.
const OF_KANJI: i32 = 1;
const OF_KANJI_RAW: i32 = 2;
const OF_KANJI_FAMILY: i32 = 3;
const OF_KANJI_GIVEN: i32 = 4;
const OF_SOUND: i32 = 5;
const OF_SOUND_FAMILY: i32 = 6;
const OF_SOUND_GIVEN: i32 = 7;
const OF_EMAIL: i32 = 8;
const OF_EMAIL_LOCAL: i32 = 9;
const OF_PHONE: i32 = 10;
const OF_ADDRESS: i32 = 11;
const OF_TOWN: i32 = 12;
const OF_BLOCK: i32 = 13;
const OF_POSTAL_CODE: i32 = 14;
const OF_PASSPORT: i32 = 15;
const OF_CUSTOMER: i32 = 16;

// Places of columns in COLUMN_WORDS: the columns of 64 bits, then those of 32, in the order of columns.ts.
const AT_KANJI: i32 = 0;
const AT_SOUND: i32 = 1;
const AT_ROMAN: i32 = 2;
const AT_EMAIL: i32 = 3;
const AT_PHONE: i32 = 4;
const AT_PHONE2: i32 = 5;
const AT_ADDRESS: i32 = 6;
const AT_PASSPORT: i32 = 7;
const AT_BIRTH: i32 = 8;
const AT_BIRTH2: i32 = 9;
const AT_CUSTOMER: i32 = 10;
const AT_SOUND_PAIRS: i32 = 11;
const AT_PHONE_DIGITS: i32 = 12;
const AT_EMAIL_PAIRS: i32 = 13;
const AT_KANJI_RAW: i32 = 14;
const AT_KANJI_FAMILY: i32 = 15;
const AT_KANJI_GIVEN: i32 = 16;
const AT_SOUND_FAMILY: i32 = 17;
const AT_SOUND_GIVEN: i32 = 18;
const AT_EMAIL_LOCAL: i32 = 19;
const AT_TOWN: i32 = 20;
const AT_POSTAL_CODE: i32 = 21;
const AT_BLOCK: i32 = 22;
const AT_FLAGS: i32 = 23;
export const AT_ITEMS: i32 = 24;
export const AT_BORN: i32 = 25;
export const AT_EXPIRES: i32 = 26;

const FIRST_YEAR: i32 = 1868;

// @ts-ignore: decorator
@inline
function wordAt(column: i32): i32 {
  return ROW + (<i32>load<u8>(COLUMN_WORDS + column) << 2);
}
// @ts-ignore: decorator
@inline
function sureOf(kind: i32): f32 {
  return load<f32>(SURE + (kind << 2));
}
// @ts-ignore: decorator
@inline
function putUnit(place: i32, unit: i32): void {
  store<u16>(UNITS + (place << 1), <u16>unit);
}

function putWide(column: i32, one: i32, other: i32): void {
  const at = wordAt(column);
  store<i32>(at, one);
  store<i32>(at, other, 4);
}

/** Sets one of the columns of 32 bits. */
export function putNarrow(column: i32, value: i32): void {
  store<i32>(wordAt(column), value);
}

export function clearSignature(): void {
  memory.fill(ROW, 0, ROW_WORDS << 2);
  memory.fill(SURE, 0, 128);
}

/** Takes what was just read as of kind `found`. */
export function takeField(found: i32, confidence: f32): void {
  if (found == PHONE) {
    takePhone(confidence);
    return;
  }
  if (confidence <= sureOf(found)) return;
  store<f32>(SURE + (found << 2), confidence);
  switch (found) {
    case NAME:
      takeName();
      return;
    case KANA:
    case ROMAN_NAME:
      takeSound(found);
      return;
    case EMAIL:
      takeEmail();
      return;
    case ADDRESS:
      takeAddress();
      return;
    case POSTAL_CODE:
      putNarrow(AT_POSTAL_CODE, narrowHash(DIGITS, 0, digitCount, OF_POSTAL_CODE));
      return;
    case PASSPORT:
    case CUSTOMER_ID: {
      const length = lettersAndDigits();
      if (length > 0 && found == PASSPORT) putHash(AT_PASSPORT, length, OF_PASSPORT);
      else if (length > 0) putHash(AT_CUSTOMER, length, OF_CUSTOMER);
    }
  }
}

/** Takes the sex: 1 male, 2 female. */
export function takeSex(sex: i32, confidence: f32): void {
  if (confidence <= sureOf(SEX)) return;
  store<f32>(SURE + (SEX << 2), confidence);
  putNarrow(AT_FLAGS, sex);
}

/** A birth date, which row and file decide on, or another day that may be the birth if that one is not. */
export function takeDay(isBirth: bool, packed: i32): void {
  const year = packed / 10000 - FIRST_YEAR;
  const month = (packed / 100) % 100;
  const day = packed % 100;
  const small = min(month, day);
  const large = max(month, day);
  const low =
    <i32>load<u16>(YEAR_MONTH + ((year * 13 + month) << 1)) |
    (<i32>load<u16>(MONTH_DAY + ((month * 32 + day) << 1)) << 16);
  const high =
    <i32>load<u16>(YEAR_DAY + ((year * 32 + day) << 1)) |
    (<i32>load<u16>(YEAR_BOTH + ((year * 1024 + small * 32 + large) << 1)) << 16);
  putWide(isBirth ? AT_BIRTH : AT_BIRTH2, low, high);
}

/** The hash of the first units at UNITS. */
function putHash(column: i32, length: i32, domain: i32): void {
  hash(UNITS, 0, length, domain);
  putWide(column, low, high);
}

function takeName(): void {
  const first = classOf(nameUnit(0));
  if ((first == KATAKANA || first == HIRAGANA) && sureOf(KANA) == 0) {
    // A name wholly in kana, where names are expected.
    fromKana(family);
    if (soundLength >= nameLength) storeSound();
  }
  hash(NAME_UNITS, 0, nameLength, OF_KANJI);
  putWide(AT_KANJI, low, high);
  store<i32>(UNITS, rawHash());
  putNarrow(AT_KANJI_RAW, narrowHash(UNITS, 0, 2, OF_KANJI_RAW));
  if (family == 0) return;
  putNarrow(AT_KANJI_FAMILY, narrowHash(NAME_UNITS, 0, family, OF_KANJI_FAMILY));
  putNarrow(AT_KANJI_GIVEN, narrowHash(NAME_UNITS, family, nameLength, OF_KANJI_GIVEN));
}

/** Kana goes before Roman letters, which lose long vowels and often the order. */
function takeSound(found: i32): void {
  if (found == ROMAN_NAME) {
    syllables(AT_ROMAN);
    if (sureOf(KANA) > 0) return;
  }
  // Letters of Roman names were made when they were judged.
  if (found == KANA) fromKana(family);
  storeSound();
}

function storeSound(): void {
  syllables(AT_SOUND);
  pairs(LETTERS, soundLength, AT_SOUND_PAIRS);
  const known = split > 0 && split < soundLength;
  putNarrow(AT_SOUND_FAMILY, known ? narrowHash(LETTERS, 0, split, OF_SOUND_FAMILY) : 0);
  putNarrow(AT_SOUND_GIVEN, known ? narrowHash(LETTERS, split, soundLength, OF_SOUND_GIVEN) : 0);
}

/** The same for a name in either order: sums over its syllables. */
function syllables(column: i32): void {
  let one: i32 = 0;
  let other: i32 = 0;
  let code: i32 = 0;
  let count: i32 = 0;
  let part: i32 = 0;
  for (let at = 0; at < soundLength; at++) {
    const letter = letterAt(at);
    const last = at > 0 ? letterAt(at - 1) : 0;
    // Between family and given name too: whoever cannot tell them apart has made them one. A vowel said twice,
    // or o and u, are one long vowel.
    if (at == split && at > 0 && parts == 0 && (letter == last || (letter == 0x75 && last == 0x6f))) continue;
    code = code * 37 + letter;
    const next = at + 1 < soundLength ? letterAt(at + 1) : 0;
    const over = part < parts && at + 1 == partEnd(part);
    if (over) part += 1;
    if (!(over || isVowel(letter) || (letter == 0x6e && !isVowel(next) && next != 0x79) || next == 0)) continue;
    one += (code ^ 0x5bd1e995) * 0x9e3779b1;
    other += (code ^ <i32>(<u32>code >> 7)) * 0x85ebca6b + (code << 9);
    code = 0;
    count += 1;
  }
  if (count == 0) return;
  store<i32>(UNITS, one);
  store<i32>(UNITS, other, 4);
  putUnit(4, count);
  putHash(column, 5, OF_SOUND);
}

function pairs(units: i32, length: i32, column: i32): void {
  let bits: u64 = 0;
  let last: i32 = 0;
  for (let at = 0; at <= length; at++) {
    const letter: i32 = at < length ? <i32>load<u16>(units + (at << 1)) & 31 : 0;
    bits |= (<u64>1) << (<u64>load<u8>(PAIR_BITS + last * 32 + letter));
    last = letter;
  }
  store<u64>(wordAt(column), bits);
}

function takeEmail(): void {
  let length: i32 = 0;
  let at: i32 = 0;
  for (let place = 0; place < cellLength && length < 256; place++) {
    const unit = unitAt(place);
    if (unit == 0x40) at = length;
    putUnit(length, unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit);
    length += 1;
  }
  putHash(AT_EMAIL, length, OF_EMAIL);
  putNarrow(AT_EMAIL_LOCAL, narrowHash(UNITS, 0, at, OF_EMAIL_LOCAL));
  pairs(UNITS, length, AT_EMAIL_PAIRS);
}

function takePhone(confidence: f32): void {
  const first = sureOf(PHONE) == 0;
  const better = confidence > sureOf(PHONE);
  const at = wordAt(AT_PHONE);
  if (better && !first) putWide(AT_PHONE2, load<i32>(at), load<i32>(at, 4));
  hash(DIGITS, 0, digitCount, OF_PHONE);
  putWide(better ? AT_PHONE : AT_PHONE2, low, high);
  if (!better) return;
  store<f32>(SURE + (PHONE << 2), confidence);
  let bits: u64 = 0;
  const most = min(16, digitCount);
  for (let place = 0; place < most; place++)
    bits |= (<u64>1) << (<u64>load<u8>(DIGIT_BITS + place * 10 + digitAt(place)));
  store<u64>(wordAt(AT_PHONE_DIGITS), bits);
}

function takeAddress(): void {
  if (townLength == 0 && cellKanji == 0) {
    // Of an address in Latin letters only the whole is compared.
    const all = lettersAndDigits();
    if (all > 4) putHash(AT_ADDRESS, all, OF_ADDRESS);
    return;
  }
  memory.copy(UNITS, TOWN, townLength << 1);
  let length = townLength;
  if (length > 0) putNarrow(AT_TOWN, narrowHash(UNITS, 0, length, OF_TOWN));
  if (numberCount == 0) return;
  for (let at = 0; at < numberCount; at++) {
    const number = blockNumber(at);
    putUnit(length, 0x2d);
    putUnit(length + 1, number & 0xffff);
    putUnit(length + 2, number >> 16);
    length += 3;
  }
  putNarrow(AT_BLOCK, narrowHash(UNITS, townLength, length, OF_BLOCK));
  if (townLength > 0) putHash(AT_ADDRESS, length, OF_ADDRESS);
}

/** Letters as capitals, and digits, to UNITS; their number. */
function lettersAndDigits(): i32 {
  let length: i32 = 0;
  for (let at = 0; at < cellLength && length < 256; at++) {
    const unit = unitAt(at);
    const bit = classOf(unit);
    if (bit == LOWER) putUnit(length++, unit - 0x20);
    else if (bit == UPPER || bit == DIGIT) putUnit(length++, unit);
    else if (unit > 0x7f && bit != OTHERS && bit != BROKEN) putUnit(length++, unit);
  }
  return length;
}
