import { halfWidthOf, hiraganaOf } from "../../src/personal/kana.ts";
import { foreignName } from "./customerRow.ts";
import type { Draw } from "./draw.ts";
import { hasVariant, variantOf } from "./kanjiVariants.ts";
import { ClassSet, slot, SLOTS, type SlotName } from "./leakClasses.ts";
import {
  kanaError,
  lookAlikeOf,
  mailTypo,
  oneDigitOff,
  otherRoman,
  wrongDate,
  type Birth,
} from "./leakErrors.ts";
import type { Names } from "./names.ts";
import { present, type Person, type Registration } from "./person.ts";
import { bookingOf, passportDates, strangersPhone, type Values } from "./values.ts";
import {
  joinName,
  nameGaps,
  titleCase,
  writeAddress,
  writeDate,
  writePhone,
  writePostalCode,
} from "./writings.ts";

/** How often a field is in a row at all. */
export const presence: Readonly<Record<SlotName, number>> = {
  name: 0.86,
  kana: 0.78,
  roman: 0.3,
  sex: 0.55,
  birth: 0.8,
  email: 0.78,
  postal: 0.68,
  address: 0.66,
  phone: 0.8,
  passport: 0.95,
  issued: 0.9,
  expires: 0.5,
  service: 0.5,
  memo: 0.06,
  booked: 0.4,
  number: 0.35,
  site: 0.25,
};

/** How often a value differs from the customer table; all 0 with --easy. */
export const errorRates = {
  variantKanji: 0.1,
  kanaError: 0.04,
  birthOneOff: 0.015,
  birthTransposed: 0.007,
  phoneOneOff: 0.015,
  phoneChanged: 0.04,
  mailTypo: 0.02,
  mailChanged: 0.06,
  moved: 0.06,
  marriedWoman: 0.02,
  marriedMan: 0.001,
} as const;

const memos = [
  "禁煙の部屋を希望",
  "チェックインが遅くなります",
  "アレルギー：そば、えび",
  "記念日のため花をお願いします",
  "駐車場を利用します",
  "窓側の席を希望します",
  "車いすを利用",
  "領収書の宛名は会社名で",
  "子供用の布団は不要です",
];

/** Whose row it is, and what of the file decides how values are written. */
export type RowSubject = {
  person: Person;
  registration: Registration;
  /** Above 0: a stranger who resembles the person; the number makes the stranger's own values. */
  lookAlike: number;
  easy: boolean;
  writable: (character: string) => boolean;
  /** Columns that keep their meaning may hold codes ("1" for a man). */
  columns: boolean;
};

/** The values of one row, by slot. One object is used again for every row. */
export class LeakValues {
  readonly text: string[] = SLOTS.map(() => "");
  /** What a normaliser should make of each text. */
  readonly normal: string[] = SLOTS.map(() => "");
  /** Slots whose value is the customer's, as bits. */
  intact = 0;
  nameNear = false;
  readonly classes = new ClassSet();

  readonly #values: Values;
  readonly #names: Names;
  readonly #draw: Draw;
  #subject!: RowSubject;

  constructor({ values, names, draw }: { values: Values; names: Names; draw: Draw }) {
    this.#values = values;
    this.#names = names;
    this.#draw = draw;
  }

  fill(subject: RowSubject): void {
    this.text.fill("");
    this.normal.fill("");
    this.intact = 0;
    this.nameNear = false;
    this.classes.clear();
    this.#subject = subject;
    this.#fillNames();
    if (this.#there("sex")) this.#fillSex();
    if (this.#there("birth")) this.#fillBirth();
    if (this.#there("email")) this.#fillEmail();
    this.#fillHome();
    if (this.#there("phone")) this.#fillPhone();
    this.#fillRest();
  }

  #there(name: SlotName): boolean {
    return this.#draw.next() < presence[name];
  }

  #error(name: keyof typeof errorRates): boolean {
    const random = this.#draw.next();
    return !this.#subject.easy && random < errorRates[name];
  }

  #put(name: SlotName, text: string, normal: string): void {
    this.text[slot[name]] = text;
    this.normal[slot[name]] = normal;
  }

  #keep(name: SlotName): void {
    this.intact |= 1 << slot[name];
  }

  #fillNames(): void {
    const { person, registration, lookAlike } = this.#subject;
    const draw = this.#draw;
    const japanese = person.origin === "japanese";
    const married = this.#error(person.female ? "marriedWoman" : "marriedMan") && japanese;
    let surname = person.surnameOf(registration.surname);
    const after = draw.next();
    if (married) {
      surname = this.#names.surnames.pick("japanese", after);
      this.classes.add("married");
      this.nameNear = true;
    }
    const gap = nameGaps[draw.next() < 0.35 ? 0 : draw.chance(0.55) ? 1 : 2];
    const kept = !married && lookAlike === 0;
    const otherKanji = lookAlike > 0 && draw.chance(0.4);
    if (this.#there("name") && !otherKanji) this.#fillKanji(surname, { gap, kept });
    if (lookAlike > 0 || (this.#there("kana") && (japanese || draw.chance(0.4))))
      this.#fillKana(surname, { gap, kept });
    if (draw.chance(japanese ? presence.roman : 0.9)) this.#fillRoman(surname, kept);
    if (this.text[0] !== "" && gap === "") this.classes.add("name-without-gap");
  }

  #fillKanji(surname: number, { gap, kept }: { gap: string; kept: boolean }): void {
    const { person, writable } = this.#subject;
    const values = this.#values;
    const draw = this.#draw;
    let written: string;
    if (person.origin === "japanese") {
      written = joinName(values.kanji(person, surname), gap);
      const chosen = draw.next();
      if (this.#error("variantKanji") && hasVariant(written)) {
        const variant = variantOf(written, chosen, writable);
        if (variant !== written) this.classes.add("variant-kanji");
        written = variant;
      }
    } else {
      const hangul = draw.chance(0.15) && writable("김");
      written = foreignName(person, { values, gap, hangul });
    }
    this.#put("name", written, written.replace(/[ \u3000]/g, ""));
    if (kept) this.#keep("name");
  }

  #fillKana(surname: number, { gap, kept }: { gap: string; kept: boolean }): void {
    const draw = this.#draw;
    let kana = joinName(this.#values.kana(this.#subject.person, surname), gap);
    let right = kept;
    if (this.#error("kanaError")) {
      kana = kanaError(kana, draw);
      this.classes.add("kana-error");
      this.nameNear = true;
      right = false;
    }
    const normal = kana.replace(/[ \u3000]/g, "");
    const form = draw.next();
    if (form < 0.35) {
      kana = halfWidthOf(kana.replace("\u3000", " "));
      this.classes.add("half-width-kana");
    } else if (form < 0.4) {
      kana = hiraganaOf(kana);
      this.classes.add("hiragana");
    }
    this.#put("kana", kana, normal);
    if (right) this.#keep("kana");
  }

  #fillRoman(surname: number, kept: boolean): void {
    const { person } = this.#subject;
    const draw = this.#draw;
    let name = this.#values.roman(person, surname);
    const spelling = draw.next();
    if (person.origin === "japanese" && spelling > 0.6) {
      const other = otherRoman(this.#values.typed(person, surname), spelling);
      if (other.family + other.given !== name.family + name.given) this.classes.add("roman-other-letters");
      name = other;
    }
    const order = draw.next();
    const first = order < 0.75 ? name.family : name.given;
    const second = order < 0.75 ? name.given : name.family;
    if (order >= 0.75) this.classes.add("roman-given-first");
    const comma = order < 0.08;
    const letters = draw.next();
    const written = (one: string): string =>
      letters < 0.6 ? one : letters < 0.85 ? titleCase(one) : one.toLowerCase();
    this.#put("roman", `${written(first)}${comma ? ", " : " "}${written(second)}`, `${first} ${second}`);
    if (kept) this.#keep("roman");
  }

  #fillSex(): void {
    const { person, columns } = this.#subject;
    const draw = this.#draw;
    const form = draw.next();
    const female = person.female;
    let text = female ? "女" : "男";
    if (form > 0.45) text = female ? "女性" : "男性";
    if (form > 0.7) text = female ? "F" : "M";
    if (form > 0.85) text = columns ? (female ? "2" : "1") : female ? "Female" : "Male";
    this.#put("sex", text, female ? "female" : "male");
  }

  #fillBirth(): void {
    const { person, lookAlike } = this.#subject;
    const draw = this.#draw;
    let birth: Birth = person;
    let right = lookAlike === 0;
    const [oneOff, transposed] = [this.#error("birthOneOff"), this.#error("birthTransposed")];
    if (lookAlike > 0) birth = lookAlikeOf(person, lookAlike);
    else if (oneOff || (transposed && person.day <= 12 && person.day !== person.month)) {
      birth = wrongDate(person, { transposed: !oneOff, draw });
      this.classes.add(oneOff ? "birth-one-off" : "birth-transposed");
      right = false;
    }
    const { text, era, ambiguous } = writeDate(birth, draw);
    if (era) this.classes.add("era-date");
    if (ambiguous) this.classes.add("date-ambiguous");
    const [year, month, day] = [birth.year, birth.month, birth.day];
    const normal = `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
    this.#put("birth", text, normal);
    if (right && !ambiguous) this.#keep("birth");
  }

  #fillEmail(): void {
    const { person, registration, lookAlike } = this.#subject;
    const draw = this.#draw;
    const values = this.#values;
    const [changed, typo] = [this.#error("mailChanged"), this.#error("mailTypo")];
    const form = draw.next();
    if (lookAlike === 0 && !changed && person.mailKind === "none") return;
    let mail =
      lookAlike > 0
        ? values.email(person, lookAlike, 0)
        : changed
          ? values.email(person, person.number, 3)
          : values.emailOf(person, registration.mail);
    if (changed) this.classes.add("mail-changed");
    else if (typo && lookAlike === 0) {
      mail = mailTypo(mail, draw);
      this.classes.add("mail-typo");
    } else if (lookAlike === 0) this.#keep("email");
    const normal = mail;
    if (form < 0.03) {
      mail = form < 0.02 ? mail.toUpperCase() : mail.replace("@", "＠");
      this.classes.add("mail-form");
    }
    this.#put("email", mail, normal);
  }

  #fillHome(): void {
    const { person, registration, lookAlike } = this.#subject;
    const draw = this.#draw;
    const [postalThere, addressThere, moved] = [
      this.#there("postal"),
      this.#there("address"),
      this.#error("moved"),
    ];
    if (!postalThere && !addressThere && lookAlike === 0) return;
    if (person.lives === "abroad") return;
    const home = person.homeOf(moved && lookAlike === 0 ? 7 : registration.home);
    if (lookAlike > 0) {
      home.block[0] = 1 + ((home.block[0] + (lookAlike % 5)) % 6);
      home.block[1] = (home.block[1] + 1 + (lookAlike % 7)) % 41;
      home.building = 0;
    } else if (moved) this.classes.add("moved");
    const right = !moved && lookAlike === 0;
    if (postalThere || lookAlike > 0) {
      const { postalCode } = this.#values.town(home);
      const text = writePostalCode(postalCode, draw);
      if (!/^\d/.test(text)) this.classes.add("postal-form");
      this.#put("postal", text, postalCode);
      if (right) this.#keep("postal");
    }
    if (addressThere) this.#fillAddress(home, right);
  }

  #fillAddress(home: ReturnType<Person["homeOf"]>, right: boolean): void {
    const draw = this.#draw;
    const prefecture = !draw.chance(0.12);
    const building = !draw.chance(0.2);
    const values = this.#values;
    const written = writeAddress({ home, values, draw }, { prefecture, building });
    if (!prefecture) this.classes.add("address-without-prefecture");
    if (home.building > 0 && !written.building) this.classes.add("address-without-building");
    if (written.kanjiNumerals) this.classes.add("address-kanji-numerals");
    if (written.oldTown) this.classes.add("address-old-town");
    let normal = values.plainAddress(home);
    if (!written.building) normal = normal.split(" ")[0] as string;
    if (!prefecture) normal = normal.slice(values.town(home).prefecture.length);
    if (written.text !== normal) this.classes.add("address-form");
    this.#put("address", written.text, normal);
    if (right) this.#keep("address");
  }

  #fillPhone(): void {
    const { person, registration, lookAlike } = this.#subject;
    const draw = this.#draw;
    const [changed, off] = [this.#error("phoneChanged"), this.#error("phoneOneOff")];
    if (lookAlike === 0 && !changed && person.phoneKind === "none") return;
    let digits =
      lookAlike > 0
        ? strangersPhone(lookAlike)
        : this.#values.phoneOf(person, changed ? 3 : registration.phone);
    if (changed) this.classes.add("phone-changed");
    else if (off && lookAlike === 0) {
      digits = oneDigitOff(digits, draw);
      this.classes.add("phone-one-off");
    } else if (lookAlike === 0) this.#keep("phone");
    const text = writePhone(digits, draw);
    if (!/^[\d-]+$/.test(text)) this.classes.add("phone-form");
    this.#put("phone", text, digits);
  }

  #fillRest(): void {
    const { person, registration, lookAlike } = this.#subject;
    const draw = this.#draw;
    if (registration.present & present.passport && lookAlike === 0) {
      const dates = passportDates(registration);
      if (this.#there("passport")) {
        const passport = this.#values.passport(person);
        this.#put("passport", passport, passport);
        this.#keep("passport");
        this.classes.add("passport");
      }
      if (this.#there("issued")) this.#put("issued", dates.issued.replaceAll("-", "/"), dates.issued);
      if (this.#there("expires")) this.#put("expires", dates.expires.replaceAll("-", "/"), dates.expires);
    }
    const booking = bookingOf(registration);
    if (this.#there("service")) this.#put("service", booking.service, booking.service);
    if (this.#there("booked")) this.#put("booked", booking.bookedOn.replaceAll("-", "/"), booking.bookedOn);
    if (this.#there("site")) this.#put("site", booking.site, booking.site);
    const number = `R${draw.below(90_000_000) + 10_000_000}`;
    if (this.#there("number")) this.#put("number", number, number);
    const memo = draw.pick(memos);
    if (this.#there("memo")) this.#put("memo", memo, memo);
  }
}
