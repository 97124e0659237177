// What kind of thing a cell holds, by itself.
import { addressSure, clearAddress, readAddress, townLength } from "./address";
import { cellBlanks, cellDigits, cellKanji, cellLength, cellMask, classOf, readCell, unitAt } from "./cell";
import { era, readDate } from "./dates";
import { isRomanAddress } from "./outside";
import {
  ACCENTED,
  ADDRESS,
  AT_SIGN,
  BIRTH_DATE,
  BLANK,
  BROKEN,
  DIGIT,
  DOT,
  EMAIL,
  FAMILY_SOUNDS,
  GIVEN_SOUNDS,
  HANGUL,
  HYPHEN,
  JAPANESE,
  KANA,
  KANJI,
  LATIN,
  LETTERS,
  MY_NUMBER,
  NAME,
  OTHER_DATE,
  OTHERS,
  PASSPORT,
  PASSPORT_EXPIRES,
  PASSPORT_ISSUED,
  PAYMENT_CARD,
  PHONE,
  POSTAL_CODE,
  ROMAN_NAME,
  SEX,
  SLASH,
  UNKNOWN,
  UPPER,
} from "./layout";
import { known, nameSure, readKanaName, readKanjiName, readRomanName, setKnown, turnRoman } from "./names";
import {
  digitCount,
  isMyNumber,
  isPaymentCard,
  isPhoneAside,
  readPhone,
  takeDigits,
  valueOfDigits,
} from "./numbers";
import { isPinyin } from "./pinyin";
import { has, isPostalCode } from "./sets";
import { fromRoman, isSyllabic, soundLength, split } from "./sound";

/** How sure the last kind is, 0 to 1. */
export let confidence: f64 = 0;
/** 1 male, 2 female, 0 unknown. */
export let sex: i32 = 0;

export function setConfidence(value: f64): void {
  confidence = value;
}
export function setSex(value: i32): void {
  sex = value;
}

/** The kind that bytes [from, to) show by themselves. */
export function classify(from: i32, to: i32): i32 {
  readCell(from, to);
  confidence = 0;
  if (cellLength == 0) return UNKNOWN;
  if ((cellMask & AT_SIGN) != 0) return classifyMail();
  if (cellLength > 200) return UNKNOWN;
  const letters = cellMask & (LATIN | JAPANESE | HANGUL | ACCENTED);
  if (letters == 0) return (cellMask & DIGIT) == 0 ? UNKNOWN : classifyNumber();
  if ((cellMask & (JAPANESE | HANGUL)) != 0) return classifyJapanese();
  return classifyLatin();
}

/** Reads bytes whose kind is known beforehand (a mapped column); whether they hold one. */
export function readAs(wanted: i32, from: i32, to: i32): bool {
  readCell(from, to);
  if (cellLength == 0) return false;
  switch (wanted) {
    case NAME:
      // A customer table may hold any writing in the column for names.
      return readKanjiName() || readKanaName();
    case KANA:
      return readKanaName();
    case ROMAN_NAME:
      if (!readRomanName()) return false;
      romanStrength();
      return true;
    case SEX:
      sex = 0;
      if (cellLength <= 2) sex = sexOf(unitAt(0));
      else classifyLatin();
      return sex != 0;
    case BIRTH_DATE:
    case OTHER_DATE:
    case PASSPORT_ISSUED:
    case PASSPORT_EXPIRES:
      return readDate();
    case ADDRESS:
      if (!readAddress() && cellKanji > 0) return townLength > 0;
      return true;
    case PHONE:
      if (!takeDigits() || digitCount < 6) return false;
      readPhone();
      return true;
    case POSTAL_CODE:
      return takeDigits() && digitCount >= 4;
    case EMAIL:
      return cellLength >= 3;
    default:
      return true;
  }
}

// @ts-ignore: decorator
@inline
function sure(found: i32, how: f64): i32 {
  confidence = how;
  return found;
}

/** RFC 5321 4.1.2, as far as mailboxes of people are written. */
function classifyMail(): i32 {
  if ((cellMask & (JAPANESE | BLANK | SLASH | HANGUL)) != 0 || cellLength > 254) return UNKNOWN;
  let at: i32 = -1;
  let ats: i32 = 0;
  let dots: i32 = 0;
  for (let place = 0; place < cellLength; place++) {
    const unit = unitAt(place);
    if (unit == 0x40) {
      at = place;
      ats += 1;
    } else if (unit == 0x2e && at >= 0) {
      dots += 1;
      if (unitAt(place - 1) == 0x2e || place == at + 1 || place == cellLength - 1) return UNKNOWN;
    } else if (unit == 0x3a || unit == 0x3c || unit == 0x3e || unit == 0x2c || unit == 0x22) {
      return UNKNOWN;
    }
  }
  if (ats != 1 || at == 0 || at > 64 || cellLength - at < 4 || dots == 0) return UNKNOWN;
  return sure(EMAIL, (cellMask & BROKEN) != 0 ? 0.5 : 0.99);
}

function classifyNumber(): i32 {
  if (cellLength > 40 || !takeDigits()) return UNKNOWN;
  const post = unitAt(0) == 0x3012;
  if (digitCount == 7 && (cellMask & (SLASH | DOT)) == 0) {
    if (post) return sure(POSTAL_CODE, 0.99);
    const hyphen = (cellMask & HYPHEN) != 0 && unitAt(3) == 0x2d;
    const isKnown = isPostalCode(valueOfDigits(7));
    if (hyphen && cellLength == 8) return sure(POSTAL_CODE, isKnown ? 0.97 : 0.8);
    if (cellMask == DIGIT) return sure(POSTAL_CODE, isKnown ? 0.6 : 0.1);
    return UNKNOWN;
  }
  const apart = cellMask & (SLASH | HYPHEN | DOT | BLANK);
  if ((digitCount == 8 && cellMask == DIGIT) || apart != 0 || (cellMask & OTHERS) != 0) {
    if (readDate()) return sure(OTHER_DATE, cellMask == DIGIT ? 0.6 : 0.9);
  }
  if ((cellMask & (SLASH | OTHERS | BROKEN)) != 0) return UNKNOWN;
  return classifyDigits();
}

function classifyDigits(): i32 {
  if (digitCount == 12 && unitAt(0) != 0x2b && isMyNumber()) return sure(MY_NUMBER, isPhoneAside() ? 0.3 : 0.7);
  if (digitCount >= 14 && digitCount <= 16 && isPaymentCard()) return sure(PAYMENT_CARD, 0.8);
  if (digitCount < 9 || digitCount > 15) return UNKNOWN;
  const phone = readPhone();
  return phone > 0 ? sure(PHONE, phone) : UNKNOWN;
}

function classifyJapanese(): i32 {
  if (cellLength <= 2) {
    const found = sexOf(unitAt(0));
    // 男, 女, 男性, 女性
    if (found != 0 && (cellLength == 1 || unitAt(1) == 0x6027)) {
      sex = found;
      return sure(SEX, 0.95);
    }
  }
  if ((cellMask & (DIGIT | KANJI)) == (DIGIT | KANJI) && readDate()) return sure(OTHER_DATE, 0.97);
  if (unitAt(1) == 0x5143 && readDate()) return sure(OTHER_DATE, 0.9);
  if ((cellMask & (KANJI | DIGIT | LATIN)) == 0 && readKanaName()) return sure(KANA, nameSure);
  if ((cellMask & DIGIT) == 0 && readKanjiName()) {
    // 青森 and 千葉 are both: what names say goes first, unless a whole address is there.
    if (nameSure >= 0.75 || !readAddress() || addressSure < nameSure) return sure(NAME, nameSure);
    return sure(ADDRESS, addressSure);
  }
  return readAddress() ? sure(ADDRESS, addressSure) : UNKNOWN;
}

function classifyLatin(): i32 {
  if (cellLength == 1) {
    sex = sexOf(unitAt(0));
    return sex == 0 ? UNKNOWN : sure(SEX, 0.6);
  }
  if (cellLength <= 6 && (cellMask & ~LATIN) == 0) {
    sex = sexOfWord();
    if (sex != 0) return sure(SEX, 0.95);
  }
  if ((cellMask & DIGIT) != 0) return classifyMixed();
  if (!readRomanName()) return UNKNOWN;
  return sure(ROMAN_NAME, romanStrength());
}

/** male, man, female, woman in letters of either case. */
function sexOfWord(): i32 {
  let packed: u64 = 0;
  for (let at = 0; at < cellLength; at++) packed = (packed << 8) | <u64>(unitAt(at) | 0x20);
  if (packed == 0x6d616c65 || packed == 0x6d616e) return 1;
  return packed == 0x66656d616c65 || packed == 0x776f6d616e ? 2 : 0;
}

/** Letters and digits: a passport, a date with an era's letter. */
function classifyMixed(): i32 {
  if ((cellMask & ~(LATIN | DIGIT)) == 0 && (cellLength == 9 || cellLength == 8)) {
    const lead = cellLength - cellDigits;
    let letters: i32 = 0;
    while (letters < cellLength && (classOf(unitAt(letters)) & LATIN) != 0) letters += 1;
    if (letters == lead && lead == 2 && cellDigits == 7) return sure(PASSPORT, 0.85);
    // China, Korea and others: one letter and eight digits.
    if (letters == lead && lead == 1 && cellDigits == 8) return sure(PASSPORT, 0.5);
  }
  if (cellLength <= 24 && readDate()) return sure(OTHER_DATE, era ? 0.93 : 0.85);
  if (cellLength >= 12 && isRomanAddress() != 0) {
    clearAddress();
    return sure(ADDRESS, 0.75);
  }
  return UNKNOWN;
}

/** Known names, or words of Japanese syllables; fewer than both for others, which may be any words. */
function romanStrength(): f64 {
  fromRoman();
  const firstFamily = has(FAMILY_SOUNDS, LETTERS, 0, split);
  const firstGiven = has(GIVEN_SOUNDS, LETTERS, 0, split);
  const isFamily = has(FAMILY_SOUNDS, LETTERS, split, soundLength);
  const isGiven = has(GIVEN_SOUNDS, LETTERS, split, soundLength);
  // TARO YAMADA: the family name stands behind.
  if ((firstFamily && isGiven) || (firstGiven && isFamily)) setKnown(2);
  else setKnown(firstFamily || isGiven || firstGiven || isFamily ? 1 : 0);
  if (!firstFamily && !isGiven && (firstGiven || isFamily)) {
    turnRoman();
    fromRoman();
  }
  if (known == 2) return 0.95;
  if (known == 1) return 0.8;
  return isSyllabic() || isPinyin(split, soundLength) || isCapital() ? 0.6 : 0.3;
}

/** Whether every word begins with a capital, and there are two or three. */
function isCapital(): bool {
  if (cellBlanks < 1 || cellBlanks > 2) return false;
  for (let at = 0; at < cellLength; at++) {
    const begins = at == 0 || unitAt(at - 1) == 0x20;
    if (begins && classOf(unitAt(at)) != UPPER) return false;
  }
  return true;
}

function sexOf(unit: i32): i32 {
  if (unit == 0x7537 || unit == 0x4d || unit == 0x6d) return 1; // 男
  return unit == 0x5973 || unit == 0x46 || unit == 0x66 ? 2 : 0; // 女
}
