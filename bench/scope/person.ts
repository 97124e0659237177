import { Draw, fractionOf, hashOf } from "./draw.ts";
import type { Names, Origin } from "./names.ts";
import type { Places } from "./places.ts";
import { hasTwins, registrationsIn, sizeOfHousehold, stream, type Population } from "./population.ts";

/** Where somebody lives, as numbers. */
export type Home = {
  place: number;
  /** 丁目, 番, 号; or 番地 and its branch, with 0 as the third. */
  block: [number, number, number];
  /** 0: none. */
  building: number;
  room: number;
};

/** Fields that a customer's row may lack, as bits. */
export const present = {
  kanji: 1,
  kana: 2,
  roman: 4,
  sex: 8,
  birth: 16,
  email: 32,
  postal: 64,
  address: 128,
  phone: 256,
  passport: 512,
} as const;

export type PhoneKind = "none" | "mobile" | "landline" | "head";
export type MailKind = "none" | "own" | "head";

/** What one registration of a person says; versions count from 0, and equal versions are equal values. */
export type Registration = {
  home: number;
  surname: number;
  mail: number;
  phone: number;
  /** What the row has. */
  present: number;
  /** Draws the other choices of the row: writings, service, partner. */
  salt: number;
};

/**
 * A person of the population as numbers, without any text: `set()` fills the same object anew for each
 * person, from (seed, number) alone.
 */
export class Person {
  number = 0;
  household = 0;
  role = 0;
  householdSize = 1;
  origin: Origin = "japanese";
  female = false;
  year = 0;
  month = 0;
  day = 0;
  surname = 0;
  given = 0;
  mailKind: MailKind = "none";
  phoneKind: PhoneKind = "none";
  /** True where another of the household uses the same mail (phone) as its own. */
  mailShared = false;
  phoneShared = false;
  hasPassport = false;
  twin = false;
  /** Has the name of somebody in the same town. */
  neighbour = false;
  lives: "in Japan" | "abroad" = "in Japan";
  registrations: Registration[] = [];
  registrationCount = 0;

  readonly #population: Population;
  readonly #names: Names;
  readonly #places: Places;
  readonly #draw = new Draw();
  readonly #second = new Draw();
  /** Chooses the surname after marriage, or the one that a spouse kept. */
  #otherSurname = 0;
  readonly #home: Home = { place: 0, block: [1, 1, 1], building: 0, room: 0 };
  /** The head of the household that was asked for last, as most of the others' values come from there. */
  readonly #family = {
    number: -1,
    origin: "japanese" as Origin,
    surname: 0,
    given: 0,
    female: false,
    year: 0,
    neighbour: false,
    oneContact: false,
    landline: false,
    children: 0,
  };

  constructor(population: Population, { names, places }: { names: Names; places: Places }) {
    this.#population = population;
    this.#names = names;
    this.#places = places;
    for (let at = 0; at < 3; at += 1)
      this.registrations.push({ home: 0, surname: 0, mail: 0, phone: 0, present: 0, salt: 0 });
  }

  set(number: number): this {
    const population = this.#population;
    const household = population.householdOf[number] as number;
    if (household !== this.#family.number) this.#setFamily(household);
    const family = this.#family;
    const draw = this.#draw.reset(population.seed, stream.person, number);
    this.number = number;
    this.household = household;
    this.role = number - (population.householdFirst[household] as number);
    this.householdSize = sizeOfHousehold(population.seed, household);
    this.origin = family.origin;
    this.surname = family.surname;
    this.neighbour = family.neighbour && this.role === 0;
    this.#setBirthAndSex(draw);
    this.#setNames(draw);
    this.#setContacts(draw);
    this.hasPassport = draw.chance(0.0012);
    this.lives = this.origin !== "japanese" && family.children % 3 === 2 ? "abroad" : "in Japan";
    this.#setRegistrations();
    return this;
  }

  #setFamily(household: number): void {
    const population = this.#population;
    const family = this.#family;
    const draw = this.#draw.reset(population.seed, stream.household, household);
    // One in 250 heads bears the name of the head next door; the one next door is an ordinary one.
    const copies = isNeighbour(population, household);
    const source = copies ? household - 1 : household;
    const origin = fractionOf(population.seed, stream.look, source);
    family.number = household;
    family.origin =
      origin < 0.955 ? "japanese" : origin < 0.975 ? "chinese" : origin < 0.988 ? "korean" : "western";
    const named = this.#second.reset(population.seed, stream.family, source);
    family.surname = this.#names.surnames.pick(family.origin, named.next());
    family.female = named.chance(0.4);
    family.given = this.#names.givens.pick(`${family.origin}-${family.female ? "f" : "m"}`, named.next());
    const size = sizeOfHousehold(population.seed, household);
    // Parents of children who travel by themselves are of middle age; others are of any.
    family.year = size > 2 ? 1942 + draw.below(44) : 1932 + Math.floor((draw.next() + draw.next()) * 33);
    family.neighbour = copies;
    family.oneContact = size > 1 && draw.chance(0.06);
    family.landline = draw.chance(0.5);
    family.children = draw.below(1_000);
  }

  #setBirthAndSex(draw: Draw): void {
    const family = this.#family;
    const twins = hasTwins(this.#population, this.household);
    const [first, last] = [this.householdSize - 2, this.householdSize - 1];
    this.twin = twins && this.role >= first;
    const year = draw.next();
    this.month = 1 + draw.below(12);
    this.day = 1 + Math.floor(draw.next() * daysOf(2001, this.month));
    const other = draw.next();
    if (this.role === 0) [this.year, this.female] = [family.year, family.female];
    else if (this.role === 1)
      [this.year, this.female] = [family.year - 5 + Math.floor(year * 10), other < 0.95 !== family.female];
    else {
      this.female = other < 0.5;
      this.year = Math.min(2015, family.year + 22 + Math.floor(year * 14));
      // Twins draw their birth date, and in two of three cases their sex, from the family.
      if (this.twin) {
        this.year = Math.min(2014, family.year + 22 + (family.children % 14));
        this.month = 1 + (family.children % 12);
        this.day = 1 + (family.children % 28);
        if (family.children % 3 !== 0) this.female = family.children % 2 === 0;
        else this.female = this.role === last;
      }
    }
  }

  #setNames(draw: Draw): void {
    // A list is a large table: it is looked into only where the name is needed.
    const own = draw.next();
    this.given =
      this.role === 0
        ? this.#family.given
        : this.#names.givens.pick(`${this.origin}-${this.female ? "f" : "m"}`, own);
    this.#otherSurname = draw.next();
    // Spouses of visitors from China and Korea keep their names.
    const keeps = this.origin === "chinese" || this.origin === "korean" ? 0.95 : 0.03;
    if (this.role === 1 && draw.chance(keeps)) this.surname = this.surnameOf(1);
  }

  #setContacts(draw: Draw): void {
    const random = draw.next();
    const by = draw.next();
    const { mail, phone } = contactsOf(this, { random, by, oneContact: this.#family.oneContact });
    this.mailKind = mail;
    this.phoneKind = phone === "landline" && !this.#family.landline ? "mobile" : phone;
    // Whether the others use the head's is not looked up: who lives with others may share.
    this.mailShared = mail === "head" || (this.role === 0 && this.householdSize > 1);
    this.phoneShared =
      this.phoneKind === "landline" || phone === "head" || (this.role === 0 && this.householdSize > 1);
  }

  #setRegistrations(): void {
    const population = this.#population;
    const first = population.firstRow[this.number] as number;
    this.registrationCount = registrationsIn(population, this.number);
    // Somebody in no customer table still has values: those of a registration with another company.
    const count = Math.max(1, this.registrationCount);
    let [home, surname, mail, phone] = [0, 0, 0, 0];
    for (let at = 0; at < count; at += 1) {
      const number = this.registrationCount === 0 ? this.number : first + at;
      const draw = this.#draw.reset(population.seed, stream.version + at * 100, number);
      if (at > 0) {
        if (draw.chance(0.3)) home = at;
        if (draw.chance(0.4)) phone = at;
        if (draw.chance(0.6)) mail = at;
        if (this.origin === "japanese" && draw.chance(this.female ? 0.08 : 0.004)) surname = 1;
      }
      const registration = this.registrations[at] as Registration;
      registration.home = home;
      registration.surname = surname;
      registration.mail = mail;
      registration.phone = phone;
      registration.present = this.#presentIn(draw);
      registration.salt = hashOf(population.seed, stream.version, number);
    }
  }

  #presentIn(draw: Draw): number {
    let bits = 0;
    const japanese = this.origin === "japanese";
    if (draw.chance(0.995)) bits |= present.kanji;
    if (draw.chance(japanese ? 0.95 : 0.4)) bits |= present.kana;
    if (draw.chance(japanese ? 0.4 : 0.95)) bits |= present.roman;
    if (draw.chance(0.9)) bits |= present.sex;
    if (draw.chance(0.97)) bits |= present.birth;
    if (draw.chance(0.97) && this.mailKind !== "none") bits |= present.email;
    if (draw.chance(0.96) && this.phoneKind !== "none") bits |= present.phone;
    const address = draw.chance(0.9) && this.lives === "in Japan";
    if (address) bits |= present.address;
    if (address && draw.chance(0.97)) bits |= present.postal;
    if (this.hasPassport) bits |= present.passport;
    return bits;
  }

  /**
   * Where the person lives by that version of the home; 0 is the household's. The object is used again at the
   * next call.
   */
  homeOf(version: number): Home {
    const { seed } = this.#population;
    const home = this.#home;
    const familyHome = version === 0;
    const household = this.household;
    const draw = this.#second.reset(
      seed,
      familyHome ? stream.household + 500 : stream.version + 500 + version,
      familyHome ? household : this.number,
    );
    const near = familyHome && isNeighbour(this.#population, household);
    // A neighbour of the same name lives in the same town, one in three in the same building.
    if (near) draw.reset(seed, stream.household + 500, household - 1);
    home.place = this.#places.pick(draw.next());
    if (near && hashOf(seed, stream.look, household) % 3 !== 0)
      draw.reset(seed, stream.household + 501, household);
    const blocks = this.#places.blocks[home.place] as boolean;
    home.block[0] = 1 + draw.below(blocks ? 6 : 2_800);
    home.block[1] = blocks ? 1 + draw.below(40) : draw.below(3);
    home.block[2] = blocks ? 1 + draw.below(30) : 0;
    home.building = draw.chance(blocks ? 0.45 : 0.15) ? 1 + draw.below(1_000_000) : 0;
    const room = draw.below(120);
    const own = near ? (room + 17) % 120 : room;
    home.room = home.building === 0 ? 0 : (1 + Math.floor(own / 12)) * 100 + 1 + (own % 12);
    return home;
  }

  surnameOf(version: number): number {
    if (version === 0) return this.surname;
    return this.#names.surnames.pick(this.origin, this.#otherSurname);
  }

  get head(): number {
    return this.#population.householdFirst[this.household] as number;
  }
}

function isNeighbour(population: Population, household: number): boolean {
  if (population.easy || household === 0) return false;
  const copies = (one: number): boolean => fractionOf(population.seed, stream.look + 50, one) < 0.008;
  return copies(household) && !copies(household - 1);
}

/** Who in a family uses whose mail and phone. */
function contactsOf(
  { role, year }: { role: number; year: number },
  { random, by, oneContact }: { random: number; by: number; oneContact: boolean },
): { mail: MailKind; phone: PhoneKind } {
  if (role === 0) {
    return {
      mail: random < 0.08 ? "none" : "own",
      phone: by < 0.05 ? "none" : by < 0.3 ? "landline" : "mobile",
    };
  }
  if (oneContact) return { mail: "head", phone: "head" };
  if (role === 1) {
    return {
      mail: random < 0.1 ? "none" : random < 0.22 ? "head" : "own",
      phone: by < 0.05 ? "none" : by < 0.2 ? "landline" : by < 0.3 ? "head" : "mobile",
    };
  }
  if (year >= 2000) {
    return {
      mail: random < 0.35 ? "none" : random < 0.9 ? "head" : "own",
      phone: by < 0.2 ? "none" : by < 0.6 ? "landline" : "head",
    };
  }
  return {
    mail: random < 0.08 ? "none" : random < 0.16 ? "head" : "own",
    phone: by < 0.05 ? "none" : by < 0.25 ? "landline" : by < 0.3 ? "head" : "mobile",
  };
}

export function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
