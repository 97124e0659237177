import { areaCodes, places } from "./places.ts";
import { mensNames, womensNames } from "./givenNames.ts";
import { romanOf } from "./kana.ts";
import { surnames, type Spelled } from "./surnames.ts";

/** A Japanese customer who does not exist. */
export type GeneratedPerson = {
  surname: string;
  givenName: string;
  /** "佐藤 花子" */
  name: string;
  /** "サトウ ハナコ" */
  kana: string;
  /** "SATO HANAKO" */
  roman: string;
  /** "1985-03-02" */
  birthDate: string;
  sex: "female" | "male";
  /** At a domain that RFC 2606 keeps for examples. */
  email: string;
  /** "090-0123-4567" */
  phone: string;
  /** "03-0123-4567" */
  landline: string;
  /** "100-0005" */
  postalCode: string;
  prefecture: string;
  city: string;
  /** Town, number and sometimes a building: "丸の内1-2-3 コーポ青葉201". */
  street: string;
  /** Prefecture, city and street. */
  address: string;
  /** "XT0123456" */
  passport: string;
};

type Name = { kanji: string; kana: string; upper: string; lower: string };
const ready = (names: readonly Spelled[]): Name[] =>
  names.map(({ kanji, kana }) => {
    const lower = romanOf(kana);
    return { kanji, kana, upper: lower.toUpperCase(), lower };
  });
const families = ready(surnames);
const women = ready(womensNames);
const men = ready(mensNames);

const domains = [
  "mail.example",
  "post.example",
  "docomo.example",
  "web.example",
  "net.example",
  "example.jp",
];
const buildings = [
  "コーポ",
  "メゾン",
  "ハイツ",
  "グリーンハイツ",
  "パークマンション",
  "サンライズ",
  "レジデンス",
  "シティ",
];
const buildingNames = ["青葉", "桜", "若葉", "みどり", "中央", "駅前", "緑丘", "松風"];
const letters = [..."ABCDEFGHKLMNPRSTUVWYZ"];
const digitsOf = Array.from({ length: 10_000 }, (_, number) => String(number).padStart(4, "0"));
const two = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

/**
 * Makes one customer; the same `random` gives the same customers. Prefecture, city and postal code fit each
 * other, and so do the writings of the name.
 *
 * Japan keeps no range of telephone numbers for examples. An exchange never begins with 0 (総務省
 * 電気通信番号計画: CDE of 090-CDE-FGHJK and local exchanges), so 090-0… and 03-0… ring nowhere.
 * Ordinary passports of Japan begin with M, N or T; these begin with X.
 */
export function makePerson(random: () => number): GeneratedPerson {
  // Squared, so that common surnames are common here too.
  const skewed = random();
  const family = families[Math.floor(skewed * skewed * families.length)] as Name;
  const female = random() < 0.5;
  const given = pick(female ? women : men, random());
  const place = pick(places, random());
  const year = 1936 + Math.floor((random() + random()) * 36);
  const month = 1 + Math.floor(random() * 12);
  const day = 1 + Math.floor(random() * daysOf(year, month));
  const birthDate = `${year}-${two[month]}-${two[day]}`;
  const street = place.town + streetNumber(random);
  const area = areaCodes[place.prefecture] ?? "03";
  const exchange = (digitsOf[Math.floor(random() * 1_000)] as string).slice(0, 6 - area.length);
  return {
    surname: family.kanji,
    givenName: given.kanji,
    name: `${family.kanji} ${given.kanji}`,
    kana: `${family.kana} ${given.kana}`,
    roman: `${family.upper} ${given.upper}`,
    birthDate,
    sex: female ? "female" : "male",
    email: mailbox(family, given, { year, random }),
    phone: `0${7 + Math.floor(random() * 3)}0-0${three(random())}-${pick(digitsOf, random())}`,
    landline: `${area}-${exchange}-${pick(digitsOf, random())}`,
    postalCode: place.postalCode,
    prefecture: place.prefecture,
    city: place.city,
    street,
    address: place.prefecture + place.city + street,
    passport: `X${pick(letters, random())}${three(random())}${pick(digitsOf, random())}`,
  };
}

function pick<One>(list: readonly One[], random: number): One {
  return list[Math.floor(random * list.length)] as One;
}

function three(random: number): string {
  return (digitsOf[Math.floor(random * 1_000)] as string).slice(1);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function streetNumber(random: () => number): string {
  const number = [9, 28, 20].map((most) => 1 + Math.floor(random() * most)).join("-");
  const style = random();
  if (style < 0.6) return number;
  const room = `${1 + Math.floor(random() * 9)}${two[1 + Math.floor(random() * 12)]}`;
  return `${number} ${pick(buildings, random())}${pick(buildingNames, random())}${room}`;
}

function mailbox(
  family: Name,
  given: Name,
  { year, random }: { year: number; random: () => number },
): string {
  const style = Math.floor(random() * 5);
  const domain = pick(domains, random());
  const number = two[Math.floor(random() * 100)] as string;
  if (style === 0) return `${given.lower}.${family.lower}@${domain}`;
  if (style === 1) return `${family.lower}_${given.lower}${number}@${domain}`;
  if (style === 2) return `${given.lower}${year % 100}${number}@${domain}`;
  if (style === 3) return `${given.lower.charAt(0)}-${family.lower}${number}@${domain}`;
  return `${family.lower}${given.lower}@${domain}`;
}

/** A repeatable source of random numbers in [0, 1): mulberry32, by Tommy Ettinger, public domain. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
