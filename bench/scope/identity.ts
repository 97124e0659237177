import type { Names } from "./names.ts";
import { present, type Person, type Registration } from "./person.ts";
import { slot } from "./leakClasses.ts";

/**
 * Values that together say who somebody is, unless two customers share them. Which are shared is found out by
 * counting all customers.
 */
export const COMBINATIONS = [
  "kanji, birth",
  "kana, birth",
  "roman, birth",
  "kanji, town",
  "kana, town",
  "kanji, home",
  "kana, home",
  "home, birth",
  "town, birth",
] as const;

const bits = present;
const needs: readonly number[] = [
  bits.kanji | bits.birth,
  bits.kana | bits.birth,
  bits.roman | bits.birth,
  bits.kanji | bits.postal,
  bits.kana | bits.postal,
  bits.kanji | bits.address,
  bits.kana | bits.address,
  bits.address | bits.birth,
  bits.postal | bits.birth,
];

/** Combinations of shared values, each sorted: what `isShared` looks into. */
export type SharedKeys = readonly Float64Array[];

export class Identity {
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /**
   * The key of a combination as one registration has it: 53 bits, or infinity where the row lacks a value.
   * Equal names in other kanji are other names, as are those of another reading.
   */
  key(combination: number, person: Person, registration: Registration): number {
    const need = needs[combination] as number;
    if ((heldIn(registration) & need) !== need) return Number.POSITIVE_INFINITY;
    const surname = person.surnameOf(registration.surname);
    const { surnames, givens } = this.#names;
    let [family, given] = [0, 0];
    if (need & bits.kanji) {
      family = surnames.kanjiIds[surname] as number;
      given = givens.kanjiIds[person.given] as number;
    } else if (need & bits.kana) {
      family = surnames.kanaIds[surname] as number;
      given = givens.kanaIds[person.given] as number;
    } else if (need & bits.roman) {
      family = surnames.romanIds[surname] as number;
      given = givens.romanIds[person.given] as number;
    }
    const birth = need & bits.birth ? (person.year * 16 + person.month) * 32 + person.day : 0;
    let [place, block] = [0, 0];
    if (need & (bits.postal | bits.address)) {
      const home = person.homeOf(registration.home);
      place = home.place + 1;
      if (need & bits.address) block = (home.block[0] * 64 + home.block[1]) * 64 + home.block[2];
    }
    return hash53(combination, [family, given, birth, place, block]);
  }
}

/** An address says its town, with or without the postal code. */
function heldIn(registration: Registration): number {
  return registration.present & bits.address ? registration.present | bits.postal : registration.present;
}

const parts = [0, 0, 0, 0, 0];

function hash53(salt: number, values: readonly number[]): number {
  let [one, other] = [0x1234_5678 ^ salt, 0x9abc_def1 + salt];
  for (let at = 0; at < parts.length; at += 1) {
    const value = values[at] as number;
    one = Math.imul(one ^ value, 0x85eb_ca6b);
    one ^= one >>> 15;
    other = Math.imul(other + value, 0xc2b2_ae35);
    other ^= other >>> 13;
  }
  one = Math.imul(one ^ (other >>> 16), 0x27d4_eb2f);
  other = Math.imul(other ^ (one >>> 15), 0x1656_67b1);
  return ((one ^ (one >>> 14)) >>> 0) * 2_097_152 + (((other ^ (other >>> 16)) >>> 0) % 2_097_152);
}

/** Keys that occur more than once in a list that holds each person's key once. Sorts the list. */
export function sharedOf(keys: Float64Array): Float64Array {
  keys.sort();
  const found: number[] = [];
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at] as number;
    if (key === Number.POSITIVE_INFINITY) break;
    if (key === keys[at - 1] && key !== found.at(-1)) found.push(key);
  }
  return Float64Array.from(found);
}

export function isShared(shared: Float64Array, key: number): boolean {
  let [low, high] = [0, shared.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((shared[middle] as number) < key) low = middle + 1;
    else high = middle;
  }
  return shared[low] === key;
}

/** What a row of the leak still says truly of its person, as bits of slots, and whose versions it has. */
export type Remaining = {
  intact: number;
  /** A name that is nearly right: a kana off, or the surname of before the marriage. */
  nameNear: boolean;
  source: Registration;
};

const has = (intact: number, name: keyof typeof slot): boolean => (intact & (1 << slot[name])) !== 0;

/**
 * Whether the row alone says who it is, if its person is a customer. True if one of the person's customer
 * rows agrees with what is left in the row on
 * – the passport, or a mail address or phone number that is nobody else's;
 * – a mail address or phone number of the household, and a name or (unless twins) the birth date;
 * – name and birth date, name and town, or name and home, in one writing, which no other customer shares;
 * – home and birth date that no other customer shares;
 * – town and birth date that no other customer shares, and a name that is nearly right.
 */
export function isDeterminable(
  person: Person,
  remaining: Remaining,
  { identity, shared }: { identity: Identity; shared: SharedKeys },
): boolean {
  for (let at = 0; at < person.registrationCount; at += 1) {
    const registration = person.registrations[at] as Registration;
    const agreed = agreedBits(registration, remaining);
    if (byContact(person, agreed)) return true;
    for (let combination = 0; combination < needs.length; combination += 1) {
      const need = needs[combination] as number;
      if ((agreed & need) !== need) continue;
      if (combination === 8 && !remaining.nameNear && (agreed & anyName) === 0) continue;
      const key = identity.key(combination, person, registration);
      if (!isShared(shared[combination] as Float64Array, key)) return true;
    }
  }
  return false;
}

const anyName = bits.kanji | bits.kana | bits.roman;

function agreedBits(registration: Registration, { intact, source }: Remaining): number {
  let agreed = 0;
  if (registration.surname === source.surname) {
    if (has(intact, "name")) agreed |= bits.kanji;
    if (has(intact, "kana")) agreed |= bits.kana;
    if (has(intact, "roman")) agreed |= bits.roman;
  }
  if (has(intact, "birth")) agreed |= bits.birth;
  if (has(intact, "email") && registration.mail === source.mail) agreed |= bits.email;
  if (has(intact, "phone") && registration.phone === source.phone) agreed |= bits.phone;
  if (registration.home === source.home) {
    if (has(intact, "address")) agreed |= bits.address | bits.postal;
    if (has(intact, "postal")) agreed |= bits.postal;
  }
  if (has(intact, "passport")) agreed |= bits.passport;
  return agreed & heldIn(registration);
}

function byContact(person: Person, agreed: number): boolean {
  if (agreed & bits.passport) return true;
  const told = (agreed & anyName) !== 0 || ((agreed & bits.birth) !== 0 && !person.twin);
  return (
    ((agreed & bits.email) !== 0 && (told || !person.mailShared)) ||
    ((agreed & bits.phone) !== 0 && (told || !person.phoneShared))
  );
}
