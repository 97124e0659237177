import { type FieldReading } from "../fields/classifyField.ts";
import { has, unitClasses } from "../fields/cell.ts";
import { kind, SCOPE_KINDS } from "../fields/kinds.ts";
import { isVowel, type Sound } from "../normalise/sound.ts";
import {
  flags,
  NARROW_COLUMNS,
  WIDE_COLUMNS,
  wordsOfRow,
  type NarrowColumn,
  type SignatureTable,
  type WideColumn,
} from "./columns.ts";
import { KeyedHash, type HashKey } from "./keyedHash.ts";
import { KeyedTables } from "./keyedTables.ts";

/** What each hash is of: equal texts of different kinds must not be equal. */
const domain = {
  kanji: 1,
  kanjiRaw: 2,
  kanjiFamily: 3,
  kanjiGiven: 4,
  sound: 5,
  soundFamily: 6,
  soundGiven: 7,
  email: 8,
  emailLocal: 9,
  phone: 10,
  address: 11,
  town: 12,
  block: 13,
  postalCode: 14,
  passport: 15,
  customer: 16,
} as const;

const wideAt = Object.fromEntries(WIDE_COLUMNS.map((one, at) => [one, at * 2])) as Record<WideColumn, number>;
const narrowAt = Object.fromEntries(NARROW_COLUMNS.map((one, at) => [one, at])) as Record<
  NarrowColumn,
  number
>;

/**
 * The signature of one person, filled field by field. Of several fields of one kind the surest is kept, of
 * equally sure ones the first; a second telephone number has a column of its own.
 */
export class PersonSignature {
  readonly #hash: KeyedHash;
  readonly #tables: KeyedTables;
  readonly #wide = new Uint32Array(WIDE_COLUMNS.length * 2);
  readonly #narrow = new Uint32Array(NARROW_COLUMNS.length);
  readonly #sure = new Float32Array(SCOPE_KINDS.length);
  readonly #units = new Uint16Array(512);

  constructor(key: HashKey) {
    this.#hash = new KeyedHash(key);
    this.#tables = new KeyedTables(key);
  }

  clear(): void {
    this.#wide.fill(0);
    this.#narrow.fill(0);
    this.#sure.fill(0);
  }

  /** Whether anything by which a person can be found is there. */
  get isEmpty(): boolean {
    return this.#wide.every((word) => word === 0);
  }

  /** Writes row `row` of a table. */
  store(table: SignatureTable, row: number): void {
    table.words.set(this.#wide, row * wordsOfRow);
    table.words.set(this.#narrow, row * wordsOfRow + this.#wide.length);
  }

  /** Takes what `reading` has just read as of kind `found`. */
  take(found: number, reading: FieldReading, confidence: number): void {
    if (found === kind.phone) return this.#takePhone(reading, confidence);
    if (confidence <= (this.#sure[found] as number)) return;
    this.#sure[found] = confidence;
    if (found === kind.name) this.#takeName(reading);
    else if (found === kind.kana || found === kind["roman-name"]) this.#takeSound(found, reading);
    else if (found === kind.email) this.#takeEmail(reading);
    else if (found === kind.address) this.#takeAddress(reading);
    else if (found === kind["postal-code"]) {
      this.#narrow[narrowAt.postalCode] = this.#narrowHash(
        reading.digits.units,
        0,
        reading.digits.length,
        domain.postalCode,
      );
    } else if (found === kind.sex) {
      this.#narrow[narrowAt.flags] = reading.sex === 1 ? flags.male : flags.female;
    } else if (found === kind.passport || found === kind["customer-id"]) {
      const column = found === kind.passport ? "passport" : "customer";
      const length = this.#takeLettersAndDigits(reading);
      if (length > 0) this.#wideHash(column, this.#units, { length, domain: domain[column] });
    }
  }

  /** A birth date, which row and file decide on: see understandRecord.ts. */
  takeBirth(year: number, month: number, day: number): void {
    this.#takeDay(wideAt.birth, year, { month, day });
  }

  /** A day that may be the birth if the other is not. */
  takeOtherDay(year: number, month: number, day: number): void {
    this.#takeDay(wideAt.birth2, year, { month, day });
  }

  #takeDay(at: number, year: number, { month, day }: { month: number; day: number }): void {
    this.#wide[at] = this.#tables.birthLow(year, month, day);
    this.#wide[at + 1] = this.#tables.birthHigh(year, month, day);
  }

  #wideHash(column: WideColumn, units: Uint16Array, of: { length: number; domain: number }): void {
    this.#hash.hash(units, 0, of.length, of.domain);
    this.#wide[wideAt[column]] = this.#hash.low;
    this.#wide[wideAt[column] + 1] = this.#hash.high;
  }

  /** The low half of the hash of `units[from..to)`; never 0. */
  #narrowHash(units: Uint16Array, from: number, to: number, of: number): number {
    this.#hash.hash(units, from, to, of);
    return this.#hash.low === 0 ? 1 : this.#hash.low;
  }

  #takeName({ name, cell, sound }: FieldReading): void {
    const first = unitClasses[name.units[0] as number] as number;
    if ((first === has.katakana || first === has.hiragana) && this.#sure[kind.kana] === 0) {
      // A name wholly in kana, where names are expected.
      sound.fromKana(name.units, name.family, name.length);
      if (sound.length >= name.length) this.#storeSound(sound);
    }
    this.#wideHash("kanji", name.units, { length: name.length, domain: domain.kanji });
    this.#units[0] = cell.rawHash & 0xffff;
    this.#units[1] = cell.rawHash >>> 16;
    this.#narrow[narrowAt.kanjiRaw] = this.#narrowHash(this.#units, 0, 2, domain.kanjiRaw);
    if (name.family === 0) return;
    const { units, family, length } = name;
    this.#narrow[narrowAt.kanjiFamily] = this.#narrowHash(units, 0, family, domain.kanjiFamily);
    this.#narrow[narrowAt.kanjiGiven] = this.#narrowHash(units, family, length, domain.kanjiGiven);
  }

  /** Kana goes before Roman letters, which lose long vowels and often the order. */
  #takeSound(found: number, { name, sound }: FieldReading): void {
    if (found === kind["roman-name"]) {
      this.#syllables(sound, "roman");
      if ((this.#sure[kind.kana] as number) > 0) return;
    }
    // Letters of Roman names were made when they were judged.
    if (found === kind.kana) sound.fromKana(name.units, name.family, name.length);
    this.#storeSound(sound);
  }

  #storeSound(sound: Sound): void {
    this.#syllables(sound, "sound");
    this.#pairs(sound.letters, sound.length, "soundPairs");
    const { letters, split, length } = sound;
    const known = split > 0 && split < length;
    this.#narrow[narrowAt.soundFamily] = known ? this.#narrowHash(letters, 0, split, domain.soundFamily) : 0;
    this.#narrow[narrowAt.soundGiven] = known
      ? this.#narrowHash(letters, split, length, domain.soundGiven)
      : 0;
  }

  /** The same for a name in either order: sums over its syllables. */
  #syllables({ letters, length, split, partEnds, parts }: Sound, column: "sound" | "roman"): void {
    let low = 0;
    let high = 0;
    let code = 0;
    let count = 0;
    let part = 0;
    for (let at = 0; at < length; at += 1) {
      const letter = letters[at] as number;
      // Between family and given name too: whoever cannot tell them apart has made them one.
      if (at === split && at > 0 && parts === 0 && isOneVowel(letters[at - 1] as number, letter)) continue;
      code = Math.imul(code, 37) + letter;
      const next = at + 1 < length ? (letters[at + 1] as number) : 0;
      const over = part < parts && at + 1 === partEnds[part];
      if (over) part += 1;
      const ends =
        over || isVowel(letter) || (letter === 0x6e && !isVowel(next) && next !== 0x79) || next === 0;
      if (!ends) continue;
      low = (low + Math.imul(code ^ 0x5bd1e995, 0x9e3779b1)) | 0;
      high = (high + Math.imul(code ^ (code >>> 7), 0x85ebca6b) + (code << 9)) | 0;
      code = 0;
      count += 1;
    }
    if (count === 0) return;
    const units = this.#units;
    units[0] = low & 0xffff;
    units[1] = low >>> 16;
    units[2] = high & 0xffff;
    units[3] = high >>> 16;
    units[4] = count;
    this.#wideHash(column, units, { length: 5, domain: domain.sound });
  }

  #pairs(letters: Uint16Array, length: number, column: "soundPairs" | "emailPairs"): void {
    let low = 0;
    let high = 0;
    let last = 0;
    for (let at = 0; at <= length; at += 1) {
      const letter = at < length ? (letters[at] as number) & 31 : 0;
      const bit = this.#tables.pairBits[last * 32 + letter] as number;
      if (bit < 32) low |= 1 << bit;
      else high |= 1 << (bit - 32);
      last = letter;
    }
    this.#wide[wideAt[column]] = low;
    this.#wide[wideAt[column] + 1] = high;
  }

  #takeEmail({ cell }: FieldReading): void {
    const units = this.#units;
    let length = 0;
    let at = 0;
    for (let place = 0; place < cell.length && length < 256; place += 1) {
      const unit = cell.units[place] as number;
      if (unit === 0x40) at = length;
      units[length++] = unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
    }
    this.#wideHash("email", units, { length, domain: domain.email });
    this.#narrow[narrowAt.emailLocal] = this.#narrowHash(units, 0, at, domain.emailLocal);
    this.#pairs(units, length, "emailPairs");
  }

  #takePhone({ digits }: FieldReading, confidence: number): void {
    const first = (this.#sure[kind.phone] as number) === 0;
    const better = confidence > (this.#sure[kind.phone] as number);
    const at = wideAt.phone;
    if (better && !first) {
      this.#wide[wideAt.phone2] = this.#wide[at] as number;
      this.#wide[wideAt.phone2 + 1] = this.#wide[at + 1] as number;
    }
    this.#wideHash(better ? "phone" : "phone2", digits.units, {
      length: digits.length,
      domain: domain.phone,
    });
    if (!better) return;
    this.#sure[kind.phone] = confidence;
    let low = 0;
    let high = 0;
    for (let place = 0; place < Math.min(16, digits.length); place += 1) {
      const bit = this.#tables.digitBits[place * 10 + ((digits.units[place] as number) - 0x30)] as number;
      if (bit < 32) low |= 1 << bit;
      else high |= 1 << (bit - 32);
    }
    this.#wide[wideAt.phoneDigits] = low;
    this.#wide[wideAt.phoneDigits + 1] = high;
  }

  #takeAddress(reading: FieldReading): void {
    const { address, cell } = reading;
    const units = this.#units;
    if (address.townLength === 0 && cell.kanji === 0) {
      // Of an address in Latin letters only the whole is compared.
      const length = this.#takeLettersAndDigits(reading);
      if (length > 4) this.#wideHash("address", units, { length, domain: domain.address });
      return;
    }
    units.set(address.town.subarray(0, address.townLength));
    let length = address.townLength;
    if (length > 0) this.#narrow[narrowAt.town] = this.#narrowHash(units, 0, length, domain.town);
    if (address.numberCount === 0) return;
    for (let at = 0; at < address.numberCount; at += 1) {
      const number = address.numbers[at] as number;
      units[length++] = 0x2d;
      units[length++] = number & 0xffff;
      units[length++] = number >>> 16;
    }
    this.#narrow[narrowAt.block] = this.#narrowHash(units, address.townLength, length, domain.block);
    if (address.townLength > 0) this.#wideHash("address", units, { length, domain: domain.address });
  }

  /** Letters as capitals, and digits; their number. */
  #takeLettersAndDigits({ cell }: FieldReading): number {
    let length = 0;
    for (let at = 0; at < cell.length && length < 256; at += 1) {
      const unit = cell.units[at] as number;
      const bit = unitClasses[unit] as number;
      if (bit === has.lower) this.#units[length++] = unit - 0x20;
      else if (bit === has.upper || bit === has.digit) this.#units[length++] = unit;
      else if (unit > 0x7f && bit !== has.other && bit !== has.broken) this.#units[length++] = unit;
    }
    return length;
  }
}

/** A vowel said twice, or o and u, which are one long o. */
function isOneVowel(last: number, next: number): boolean {
  return next === last || (next === 0x75 && last === 0x6f);
}
