import { isMyNumber, isPaymentCard } from "../../personal/checkDigits.ts";
import { nameSets } from "../normalise/nameSets.ts";
import { isPostalCode } from "../normalise/places.ts";
import { Sound, isVowel } from "../normalise/sound.ts";
import { Cell, has, japanese, latin, unitClasses } from "./cell.ts";
import { kind } from "./kinds.ts";
import { FoundAddress, readAddress } from "./readAddress.ts";
import { FoundDate, readDate } from "./readDate.ts";
import { FoundName, readKanaName, readKanjiName, readRomanName } from "./readName.ts";
import { FoundDigits, readPhone, takeDigits, textOfDigits, valueOfDigits } from "./readNumbers.ts";

/**
 * What was read of the last field. One object for a thread: its parts hold what was found, so that nothing is
 * read twice.
 */
export class FieldReading {
  readonly cell = new Cell();
  readonly date = new FoundDate();
  readonly digits = new FoundDigits();
  readonly name = new FoundName();
  readonly address = new FoundAddress();
  readonly sound = new Sound();
  /** 1 male, 2 female, 0 unknown. */
  sex = 0;
  confidence = 0;

  /** The kind that a field's bytes show by themselves; how sure it is: `confidence`. */
  classify(bytes: Uint8Array, start: number, end: number): number {
    this.cell.read(bytes, start, end);
    this.confidence = 0;
    return this.#classify();
  }

  /** Reads a field whose kind is known beforehand (a mapped column); whether it holds one. */
  readAs(wanted: number, bytes: Uint8Array, start: number, end: number): boolean {
    this.cell.read(bytes, start, end);
    const { cell } = this;
    if (cell.length === 0) return false;
    switch (wanted) {
      case kind.name:
        // A customer table may hold any writing in the column for names.
        return readKanjiName(cell, this.name) || readKanaName(cell, this.name);
      case kind.kana:
        return readKanaName(cell, this.name);
      case kind["roman-name"]:
        if (!readRomanName(cell, this.name)) return false;
        this.#romanStrength();
        return true;
      case kind.sex:
        this.sex = 0;
        if (cell.length <= 2) this.sex = sexOf(cell.units[0] as number);
        else this.#classifyLatin();
        return this.sex !== 0;
      case kind["birth-date"]:
      case kind["other-date"]:
      case kind["passport-issued"]:
      case kind["passport-expires"]:
        return readDate(cell, this.date);
      case kind.address:
        if (!readAddress(cell, this.address) && cell.kanji > 0) return this.address.townLength > 0;
        return true;
      case kind.phone:
        return (
          takeDigits(cell, this.digits) && this.digits.length >= 6 && (readPhone(cell, this.digits), true)
        );
      case kind["postal-code"]:
        return takeDigits(cell, this.digits) && this.digits.length >= 4;
      case kind.email:
        return cell.length >= 3;
      default:
        return true;
    }
  }

  #sure(found: number, confidence: number): number {
    this.confidence = confidence;
    return found;
  }

  #classify(): number {
    const { cell } = this;
    const { mask, length } = cell;
    if (length === 0) return kind.unknown;
    if ((mask & has.at) !== 0) return this.#classifyMail();
    if (length > 200) return kind.unknown;
    const letters = mask & (latin | japanese | has.hangul | has.accented);
    if (letters === 0) return (mask & has.digit) === 0 ? kind.unknown : this.#classifyNumber();
    if ((mask & (japanese | has.hangul)) !== 0) return this.#classifyJapanese();
    return this.#classifyLatin();
  }

  /** RFC 5321 4.1.2, as far as mailboxes of people are written. */
  #classifyMail(): number {
    const { units, length, mask } = this.cell;
    if ((mask & (japanese | has.blank | has.slash | has.hangul)) !== 0 || length > 254) return kind.unknown;
    let at = -1;
    let ats = 0;
    let dots = 0;
    for (let place = 0; place < length; place += 1) {
      const unit = units[place] as number;
      if (unit === 0x40) {
        at = place;
        ats += 1;
      } else if (unit === 0x2e && at >= 0) {
        dots += 1;
        if (units[place - 1] === 0x2e || place === at + 1 || place === length - 1) return kind.unknown;
      } else if (unit === 0x3a || unit === 0x3c || unit === 0x3e || unit === 0x2c || unit === 0x22) {
        return kind.unknown;
      }
    }
    if (ats !== 1 || at === 0 || at > 64 || length - at < 4 || dots === 0) return kind.unknown;
    const broken = (mask & has.broken) !== 0;
    return this.#sure(kind.email, broken ? 0.5 : 0.99);
  }

  #classifyNumber(): number {
    const { cell, digits } = this;
    if (cell.length > 40 || !takeDigits(cell, digits)) return kind.unknown;
    const { mask } = cell;
    const post = cell.units[0] === 0x3012;
    if (digits.length === 7 && (mask & (has.slash | has.dot)) === 0) {
      const known = isPostalCode(valueOfDigits(digits));
      const hyphen = (mask & has.hyphen) !== 0 && cell.units[post ? 4 : 3] === 0x2d;
      if (post) return this.#sure(kind["postal-code"], 0.99);
      if (hyphen && cell.length === 8) return this.#sure(kind["postal-code"], known ? 0.97 : 0.8);
      if (mask === has.digit) return this.#sure(kind["postal-code"], known ? 0.6 : 0.1);
      return kind.unknown;
    }
    const apart = mask & (has.slash | has.hyphen | has.dot | has.blank);
    if ((digits.length === 8 && mask === has.digit) || apart !== 0 || (mask & has.other) !== 0) {
      if (readDate(cell, this.date)) {
        return this.#sure(kind["other-date"], mask === has.digit ? 0.6 : 0.9);
      }
    }
    if ((mask & (has.slash | has.other | has.broken)) !== 0) return kind.unknown;
    return this.#classifyDigits();
  }

  #classifyDigits(): number {
    const { cell, digits } = this;
    const { length } = digits;
    if (length === 12 && cell.units[0] !== 0x2b && isMyNumber(textOfDigits(digits))) {
      const sure = readPhoneAside(cell) ? 0.3 : 0.7;
      return this.#sure(kind["my-number"], sure);
    }
    if (length >= 14 && length <= 16 && isPaymentCard(textOfDigits(digits)))
      return this.#sure(kind["payment-card"], 0.8);
    if (length < 9 || length > 15) return kind.unknown;
    const phone = readPhone(cell, digits);
    return phone > 0 ? this.#sure(kind.phone, phone) : kind.unknown;
  }

  #classifyJapanese(): number {
    const { cell } = this;
    const { mask, units, length } = cell;
    if (length <= 2) {
      const sex = sexOf(units[0] as number);
      if (sex !== 0 && (length === 1 || units[1] === sexSign)) {
        this.sex = sex;
        return this.#sure(kind.sex, 0.95);
      }
    }
    if ((mask & (has.digit | has.kanji)) === (has.digit | has.kanji) && readDate(cell, this.date))
      return this.#sure(kind["other-date"], 0.97);
    if (units[1] === yearSign && readDate(cell, this.date)) return this.#sure(kind["other-date"], 0.9);
    if ((mask & (has.kanji | has.digit | latin)) === 0 && readKanaName(cell, this.name))
      return this.#sure(kind.kana, this.name.confidence);
    if ((mask & has.digit) === 0 && readKanjiName(cell, this.name)) {
      const name = this.name.confidence;
      // 青森 and 千葉 are both: what names say goes first, unless a whole address is there.
      if (name >= 0.75 || !readAddress(cell, this.address) || this.address.confidence < name)
        return this.#sure(kind.name, name);
      return this.#sure(kind.address, this.address.confidence);
    }
    if (readAddress(cell, this.address)) return this.#sure(kind.address, this.address.confidence);
    return kind.unknown;
  }

  #classifyLatin(): number {
    const { cell } = this;
    const { units, length, mask } = cell;
    if (length === 1) {
      this.sex = sexOf(units[0] as number);
      return this.sex === 0 ? kind.unknown : this.#sure(kind.sex, 0.6);
    }
    if (length <= 6 && (mask & ~latin) === 0) {
      const word = cell.text().toLowerCase();
      this.sex = word === "male" || word === "man" ? 1 : word === "female" || word === "woman" ? 2 : 0;
      if (this.sex !== 0) return this.#sure(kind.sex, 0.95);
    }
    if ((mask & has.digit) !== 0) return this.#classifyMixed();
    if (!readRomanName(cell, this.name)) return kind.unknown;
    return this.#sure(kind["roman-name"], this.#romanStrength());
  }

  /** Letters and digits: a passport, a date with an era's letter. */
  #classifyMixed(): number {
    const { cell } = this;
    const { units, length, digits } = cell;
    if ((cell.mask & ~(latin | has.digit)) === 0 && (length === 9 || length === 8)) {
      const lead = length - digits;
      let letters = 0;
      while (((unitClasses[units[letters] as number] as number) & latin) !== 0 && letters < length)
        letters += 1;
      if (letters === lead && lead === 2 && digits === 7) return this.#sure(kind.passport, 0.85);
      // China, Korea and others: one letter and eight digits.
      if (letters === lead && lead === 1 && digits === 8) return this.#sure(kind.passport, 0.5);
    }
    if (length <= 24 && readDate(cell, this.date))
      return this.#sure(kind["other-date"], this.date.era ? 0.93 : 0.85);
    if (length >= 12 && isRomanAddress(cell.text())) {
      this.address.townLength = 0;
      this.address.numberCount = 0;
      return this.#sure(kind.address, 0.75);
    }
    return kind.unknown;
  }

  /** Known names, or words of Japanese syllables; fewer than both for others, which may be any words. */
  #romanStrength(): number {
    const { name, sound } = this;
    const { familySounds, givenSounds } = nameSets();
    sound.fromRoman(name.units, name.wordEnds, name.words);
    const { letters, split, length } = sound;
    const firstFamily = familySounds.has(letters, 0, split);
    const firstGiven = givenSounds.has(letters, 0, split);
    const family = familySounds.has(letters, split, length);
    const given = givenSounds.has(letters, split, length);
    // TARO YAMADA: the family name stands behind.
    name.known = 0;
    if (firstFamily && given) name.known = 2;
    else if (firstGiven && family) name.known = 2;
    else if (firstFamily || given || firstGiven || family) name.known = 1;
    if (!firstFamily && !given && (firstGiven || family)) {
      turnRoman(name);
      sound.fromRoman(name.units, name.wordEnds, name.words);
    }
    if (name.known === 2) return 0.95;
    if (name.known === 1) return 0.8;
    return isSyllabic(sound) || isPinyin(sound) || isCapital(this.cell) ? 0.6 : 0.3;
  }
}

/** The first word goes behind the others. */
function turnRoman(name: FoundName): void {
  const first = name.units.slice(0, name.family);
  const size = name.family;
  name.units.copyWithin(0, size, name.length);
  name.units.set(first, name.length - size);
  for (let word = 0; word + 1 < name.words; word += 1)
    name.wordEnds[word] = (name.wordEnds[word + 1] as number) - size;
  name.wordEnds[name.words - 1] = name.length;
  name.family = name.wordEnds[0] as number;
}

const yearSign = "元".charCodeAt(0);
const sexSign = "性".charCodeAt(0);
const [man, woman] = ["男".charCodeAt(0), "女".charCodeAt(0)];

function sexOf(unit: number): number {
  if (unit === man || unit === 0x4d || unit === 0x6d) return 1;
  return unit === woman || unit === 0x46 || unit === 0x66 ? 2 : 0;
}

const aside = new FoundDigits();

/** Whether twelve digits are rather 81 and a mobile number. */
function readPhoneAside(cell: Cell): boolean {
  takeDigits(cell, aside);
  return readPhone(cell, aside) >= 0.8;
}

/** Whether letters fall into syllables of Japanese: a vowel behind every consonant but n. */
function isSyllabic({ letters, length }: Sound): boolean {
  if (length < 2) return false;
  let run = 0;
  for (let at = 0; at < length; at += 1) {
    const letter = letters[at] as number;
    if (letter === 0x6c || letter === 0x71 || letter === 0x78 || letter === 0x76) return false;
    if (isVowel(letter)) run = 0;
    else if (letter === 0x6e && at > 0 && run === 0) run = 0;
    else run += 1;
    if (run > 2) return false;
  }
  return run === 0;
}

const finals =
  "iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|[aeiouv]";
const pinyin = new RegExp(`^(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:${finals}))+$`);

/** Whether both parts are syllables of Mandarin. */
function isPinyin({ letters, split, length }: Sound): boolean {
  if (split === 0 || length > 24) return false;
  const text = (from: number, to: number): string => String.fromCharCode(...letters.subarray(from, to));
  return pinyin.test(text(0, split)) && pinyin.test(text(split, length));
}

/** Whether every word begins with a capital, and there are two or three. */
function isCapital({ units, length, blanks }: Cell): boolean {
  if (blanks < 1 || blanks > 2) return false;
  for (let at = 0; at < length; at += 1) {
    const begins = at === 0 || units[at - 1] === 0x20;
    if (begins && (unitClasses[units[at] as number] as number) !== has.upper) return false;
  }
  return true;
}

const placeWords =
  "tokyo|osaka|kyoto|hokkaido|street|st|road|rd|avenue|ave|city|district|japan|" +
  "[a-z-]+-(?:shi|ku|cho|machi|gun|mura|ken|to|fu)";
const romanPlace = new RegExp(`\\b(?:${placeWords})\\b`, "i");

function isRomanAddress(text: string): boolean {
  return romanPlace.test(text) && /\d/.test(text);
}
