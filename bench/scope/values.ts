import { hashOf } from "./draw.ts";
import type { Names } from "./names.ts";
import type { Home, Person, Registration } from "./person.ts";
import type { Places } from "./places.ts";

/** What a person's values are before anybody chose how to write them. */

const domains = (
  "docomo.example ezweb.example softbank.example gmail.example gmail.example yahoo.example yahoo.example " +
  "hotmail.example icloud.example outlook.example ocn.example nifty.example so-net.example biglobe.example " +
  "plala.example kaisha.example shoji.example daigaku.example mail.example post.example"
).split(" ");
const buildingKinds = (
  "コーポ メゾン ハイツ グリーンハイツ パークマンション サンライズ レジデンス シティハイム ライオンズマンション レオパレス " +
  "県営住宅 都営アパート サンハイム プラザ グランドメゾン"
).split(" ");
const buildingNames =
  "青葉 桜 若葉 みどり 中央 駅前 緑丘 松風 A B 第一 第二 東 西 南 栄 港 光 Ｅａｓｔ 弐番館".split(" ");
const letters = "ABCDEFGHKLMNPRSTUVWYZ";

/** Family and given name, each still apart. */
export type FullName = { family: string; given: string };

export class Values {
  readonly #names: Names;
  readonly #places: Places;

  constructor({ names, places }: { names: Names; places: Places }) {
    this.#names = names;
    this.#places = places;
  }

  kanji(person: Person, surname: number): FullName {
    return {
      family: this.#names.surnames.kanji[surname] || "",
      given: this.#names.givens.kanji[person.given] || "",
    };
  }

  kana(person: Person, surname: number): FullName {
    return {
      family: this.#names.surnames.kana[surname] ?? "",
      given: this.#names.givens.kana[person.given] ?? "",
    };
  }

  roman(person: Person, surname: number): FullName {
    return {
      family: this.#names.surnames.roman[surname] ?? "",
      given: this.#names.givens.roman[person.given] ?? "",
    };
  }

  typed(person: Person, surname: number): FullName {
    return {
      family: this.#names.surnames.typed[surname] ?? "",
      given: this.#names.givens.typed[person.given] ?? "",
    };
  }

  /** Nobody else has the same: the end of the local part is the person's number in another guise. */
  email(person: Person, owner: number, version: number): string {
    const hash = hashOf(77, version, owner);
    const own = owner === person.number;
    const given = own ? (this.#names.givens.roman[person.given] ?? "").toLowerCase() : "";
    const family = (this.#names.surnames.roman[person.surnameOf(0)] ?? "").toLowerCase();
    const tail = uniqueTail(owner, version);
    const domain = domains[(hash >>> 8) % domains.length] as string;
    const style = own ? hash % 6 : 5;
    if (style === 0) return `${given}.${family}.${tail}@${domain}`;
    if (style === 1) return `${family}_${given}${tail}@${domain}`;
    if (style === 2) return `${given}${person.year % 100}-${tail}@${domain}`;
    if (style === 3) return `${given.charAt(0)}-${family}${tail}@${domain}`;
    if (style === 4) return `${tail}${given}@${domain}`;
    return `${family}-${tail}@${domain}`;
  }

  emailOf(person: Person, version: number): string {
    if (version === 0 && person.mailKind === "head") return this.email(person, person.head, 0);
    return this.email(person, person.number, version);
  }

  /** Eleven digits of a mobile telephone, or ten of a landline. */
  phoneOf(person: Person, version: number): string {
    if (version === 0 && person.phoneKind === "landline") return this.#landline(person);
    const owner = version === 0 && person.phoneKind === "head" ? person.head : person.number;
    return mobile(owner, version);
  }

  /** An exchange of 0 is given to nobody (see src/personal/generatePersons.ts), so these ring nowhere. */
  #landline(person: Person): string {
    const area = this.#places.areaCode[person.homeOf(0).place] as string;
    const digits = 9 - area.length;
    const number = hashOf(78, digits, person.household) % 10 ** digits;
    return `${area}0${String(number).padStart(digits, "0")}`;
  }

  passport(person: Person): string {
    const number = (person.number * 7_919_993) % 210_000_000;
    const letter = letters[Math.floor(number / 10_000_000)] as string;
    return `X${letter}${String(number % 10_000_000).padStart(7, "0")}`;
  }

  building(home: Home): string {
    if (home.building === 0) return "";
    const kind = buildingKinds[home.building % buildingKinds.length] as string;
    const name = buildingNames[Math.floor(home.building / 100) % buildingNames.length] as string;
    return `${kind}${name}`;
  }

  town(home: Home): { postalCode: string; prefecture: string; city: string; town: string } {
    const places = this.#places;
    return {
      postalCode: places.postalCode[home.place] as string,
      prefecture: places.prefecture[home.place] as string,
      city: places.city[home.place] as string,
      town: places.town[home.place] as string,
    };
  }

  /** Prefecture, city, town, numbers with hyphens, building and room. */
  plainAddress(home: Home): string {
    const { prefecture, city, town } = this.town(home);
    const building = home.building === 0 ? "" : ` ${this.building(home)}${home.room}`;
    return `${prefecture}${city}${town}${plainBlock(home)}${building}`;
  }
}

export function plainBlock({ block: [one, two, three] }: Home): string {
  return three > 0 ? `${one}-${two}-${three}` : two > 0 ? `${one}-${two}` : `${one}`;
}

const thirtyMillion = 30_000_000;

/** 090-0, 080-0 and 070-0: thirty million numbers, each given once to one of 7.5 million persons. */
function mobile(owner: number, version: number): string {
  const number = ((owner * 4 + version) * 17_320_507) % thirtyMillion;
  const rest = String(number % 10_000_000).padStart(7, "0");
  return `0${7 + Math.floor(number / 10_000_000)}00${rest}`;
}

/** A number that no customer has. */
export function strangersPhone(number: number): string {
  return `0500${String(number % 10_000_000).padStart(7, "0")}`;
}

function uniqueTail(owner: number, version: number): string {
  return ((owner * 4 + version) ^ 0x2a5).toString(36);
}

export const services = "国内宿泊 海外航空券 国内航空券 海外ツアー レンタカー 高速バス 国内ツアー".split(" ");
export const sites = "本店サイト 提携サイト スマートフォン 電話予約 店頭".split(" ");
export const partners = " 通信会社 航空会社 カード会社 百貨店 鉄道会社 量販店".split(" ");

/** What was booked, the same wherever the registration is written. */
export function bookingOf(registration: Registration): {
  service: string;
  site: string;
  partner: string;
  bookedOn: string;
} {
  const { salt } = registration;
  const day = (salt >>> 4) % 3_360;
  const year = 2007 + Math.floor(day / 360);
  const month = 1 + (Math.floor(day / 30) % 12);
  const site = sites[(salt >>> 9) % sites.length] as string;
  return {
    service: services[(salt >>> 13) % services.length] as string,
    site,
    partner: site === "提携サイト" ? (partners[1 + ((salt >>> 17) % 6)] as string) : "",
    bookedOn: `${year}-${two(month)}-${two(1 + (day % 28))}`,
  };
}

export function passportDates(registration: Registration): { issued: string; expires: string } {
  const { salt } = registration;
  const year = 2004 + (salt % 12);
  const date = `-${two(1 + ((salt >>> 5) % 12))}-${two(1 + ((salt >>> 10) % 28))}`;
  return { issued: `${year}${date}`, expires: `${year + ((salt >>> 15) % 3 === 0 ? 5 : 10)}${date}` };
}

const padded = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));
export function two(number: number): string {
  return padded[number] as string;
}
