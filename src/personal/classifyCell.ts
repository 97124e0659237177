import type { PersonalKind } from "./kinds.ts";
import { addressStrength, romanAddressStrength } from "./addresses.ts";
import { character, classesOf, digitsOf, plainText } from "./characters.ts";
import { isMyNumber, isPaymentCard } from "./checkDigits.ts";
import { readDate } from "./dates.ts";
import { hasItems } from "./items.ts";
import { kanaStrength, nameStrength, romanStrength } from "./nameBook.ts";
import { katakanaOf } from "./kana.ts";

/** What a cell looks like, and how sure that is without knowing anything of its column, 0 to 1. */
export type CellKind = { kind: PersonalKind; confidence: number };

/** Longer text is looked at for what it contains, and only so far. */
const limits = { cellCharactersMax: 320, textCharactersMax: 20_000 } as const;

const {
  digit,
  lower,
  upper,
  space,
  hyphen,
  kanji,
  hiragana,
  katakana,
  compatible,
  at,
  dot,
  slash,
  telephone,
} = character;
const numeric = digit | space | hyphen | dot | slash | telephone;
const latin = lower | upper;
const email = /^[a-z0-9._%+'-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}$/i;
const mailboxInText = /^[^@]{0,80}<[a-z0-9._%+'-]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,24}>$/i;
const passport = /^[A-Z]{2}\d{7}$/;
const sexes = new Set([
  "男",
  "女",
  "男性",
  "女性",
  "male",
  "female",
  "man",
  "woman",
  "男児",
  "女児",
  "おとこ",
  "おんな",
]);
const sexLetters = new Set(["M", "F", "m", "f"]);

/** Each answer is made once: cells are counted by the million. */
const found = (kind: PersonalKind, confidence: number): CellKind => Object.freeze({ kind, confidence });
const sure = {
  email: found("email", 0.99),
  postalMarked: found("postal-code", 0.98),
  postal: found("postal-code", 0.6),
  postalPlain: found("postal-code", 0.1),
  sex: found("sex", 0.6),
  sexLetter: found("sex", 0.25),
  passport: found("passport", 0.5),
  myNumber: found("my-number", 0.35),
  card: found("payment-card", 0.8),
  birthWestern: found("birth-date", 0.3),
  birthEra: found("birth-date", 0.45),
  birthPacked: found("birth-date", 0.15),
  freeText: found("free-text", 0.8),
  phone: found("phone", 0.95),
  phoneForeign: found("phone", 0.75),
  phoneMobileDigits: found("phone", 0.7),
  phoneDots: found("phone", 0.5),
  phoneDigits: found("phone", 0.35),
  phoneWithoutZero: found("phone", 0.12),
} as const;

/**
 * What one cell looks like of a person, or null. `today` decides which days can be somebody's birth. Weak
 * answers (below a half) mean that a column full of them, or its name, has to say the rest.
 */
export function classifyCell(text: string, today: Temporal.PlainDate): CellKind | null {
  const length = text.length;
  if (length === 0) return null;
  if (length > limits.cellCharactersMax) {
    return hasItems(text.slice(0, limits.textCharactersMax)) ? sure.freeText : null;
  }
  let seen = classesOf(text);
  let plain = text;
  if ((seen & ~(numeric | latin)) !== 0 || (seen & space) !== 0) {
    plain = plainText(text);
    if ((seen & (compatible | hyphen | katakana)) !== 0) seen = classesOf(plain);
  }
  const known = classifyPlain(plain, seen, today);
  if (known !== null || length < 13 || (seen & (character.other | kanji | hiragana | katakana)) === 0)
    return known;
  return hasItems(plain) ? sure.freeText : null;
}

function classifyPlain(text: string, seen: number, today: Temporal.PlainDate): CellKind | null {
  if ((seen & at) !== 0) return classifyMail(text);
  const letters = seen & (latin | kanji | hiragana | katakana);
  if (letters === 0) return (seen & digit) === 0 ? null : classifyNumeric(text, seen, today);
  if ((letters & (kanji | hiragana | katakana)) !== 0) return classifyJapanese(text, seen, today);
  if ((seen & digit) === 0) return classifyLatinWords(text, seen);
  if (passport.test(text)) return sure.passport;
  return classifyDate(text, today) ?? graded("address", romanAddressStrength(text));
}

function classifyMail(text: string): CellKind | null {
  if (email.test(text) || mailboxInText.test(text)) return sure.email;
  return hasItems(text) ? sure.freeText : null;
}

function classifyLatinWords(text: string, seen: number): CellKind | null {
  if (text.length === 1) return sexLetters.has(text) ? sure.sexLetter : null;
  if (sexes.has(text.toLowerCase())) return sure.sex;
  if ((seen & (slash | telephone)) !== 0 || text.length > 40) return null;
  return graded("roman-name", romanStrength(text));
}

function classifyJapanese(text: string, seen: number, today: Temporal.PlainDate): CellKind | null {
  if (sexes.has(text)) return sure.sex;
  if ((seen & digit) === 0 && (seen & (dot | slash | telephone | character.other)) === 0) {
    if ((seen & (kanji | latin)) === 0) return classifyKana(text);
    if ((seen & latin) === 0) {
      const name = nameStrength(text);
      const address = name >= 0.9 || text.length < 3 ? 0 : addressStrength(text);
      return name >= address ? graded("name", name) : graded("address", address);
    }
  }
  if ((seen & digit) !== 0 && text.length <= 14) {
    const date = classifyDate(text, today);
    if (date !== null) return date;
  }
  if (text.startsWith("〒") && /^〒\s?\d{3}-?\d{4}$/.test(text)) return sure.postalMarked;
  const address = addressStrength(text);
  if (address > 0) return graded("address", address);
  return null;
}

function classifyKana(text: string): CellKind | null {
  return graded("kana", kanaStrength(katakanaOf(text)));
}

function classifyNumeric(text: string, seen: number, today: Temporal.PlainDate): CellKind | null {
  const plain = (seen & ~digit) === 0;
  const digits = plain ? text : digitsOf(text);
  const count = digits.length;
  if (count < 6) return null;
  if (text.startsWith("〒")) return /^〒\s?\d{3}-?\d{4}$/.test(text) ? sure.postalMarked : null;
  if ((seen & character.other) !== 0) return classifyDate(text, today); // A colon: perhaps midnight.
  if (count > 19) return null;
  if (!plain || count === 8) {
    const date = classifyDate(text, today);
    if (date !== null) return date;
  }
  if (count === 7) return plain ? sure.postalPlain : /^\d{3}-\d{4}$/.test(text) ? sure.postal : null;
  if (count === 12 && /^\d{4}([ -]?)\d{4}\1\d{4}$/.test(text)) {
    if (isMyNumber(digits)) return sure.myNumber;
    return null;
  }
  if (count >= 14) return /^[\d -]+$/.test(text) && isPaymentCard(digits) ? sure.card : null;
  return classifyPhone(text, digits, plain);
}

const mobile = /^0[5-9]0/;
const international = /^\+\d[\d ()-]+$/;
const areaForm = /^\(?0\d{1,4}\)?[ -]?\(?\d{1,4}\)?[ -]\d{3,4}$|^\(0\d{1,4}\) ?\d{1,4}-\d{4}$/;
const areaWithParentheses = /^0\d{1,4} ?\(\d{1,4}\) ?\d{4}$/;
const dotted = /^0\d{1,4}\.\d{1,4}\.\d{4}$/;

function classifyPhone(text: string, digits: string, plain: boolean): CellKind | null {
  const count = digits.length;
  if (text.startsWith("+")) {
    if (!international.test(text)) return plainInternational(text);
    if (!digits.startsWith("81")) return count >= 8 ? sure.phoneForeign : null;
    return count >= 11 && count <= 13 ? sure.phone : null;
  }
  if (plain) {
    if (count === 11 && (mobile.test(digits) || digits.startsWith("0800"))) return sure.phoneMobileDigits;
    if (count === 10 && digits.startsWith("0") && digits[1] !== "0") return sure.phoneDigits;
    // Spreadsheets take the leading zero away.
    return count === 10 && /^[789]0/.test(digits) ? sure.phoneWithoutZero : null;
  }
  const fits =
    count === 11 ? mobile.test(digits) || digits.startsWith("0800") : count === 10 && /^0[1-9]/.test(digits);
  if (!fits) return null;
  if (areaForm.test(text) || areaWithParentheses.test(text)) return sure.phone;
  return dotted.test(text) ? sure.phoneDots : null;
}

function plainInternational(text: string): CellKind | null {
  return /^\+\d{8,15}$/.test(text) ? sure.phoneForeign : null;
}

function classifyDate(text: string, today: Temporal.PlainDate): CellKind | null {
  const date = readDate(text);
  if (date === null) return null;
  const age = today.year - date.year;
  const future = age < 0 || (age === 0 && date.month * 32 + date.day > today.month * 32 + today.day);
  if (future || age > 120) return null;
  return date.style === "era"
    ? sure.birthEra
    : date.style === "packed"
      ? sure.birthPacked
      : sure.birthWestern;
}

const gradedKinds = new Map<string, CellKind>();

function graded(kind: PersonalKind, confidence: number): CellKind | null {
  if (confidence < 0.1) return null;
  const key = kind + confidence;
  let answer = gradedKinds.get(key);
  if (answer === undefined) gradedKinds.set(key, (answer = found(kind, confidence)));
  return answer;
}
