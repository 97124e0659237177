import type { Draw } from "./draw.ts";
import type { FullName, Values } from "./values.ts";
import { plainBlock, two } from "./values.ts";
import type { Home } from "./person.ts";

/** How values are written: forms that change nothing of what is meant. */

const fullDigits = "０１２３４５６７８９";
const kanjiDigits = "〇一二三四五六七八九";

export function wideDigits(text: string): string {
  return text.replace(/[0-9-]/g, (one) => (one === "-" ? "－" : fullDigits.charAt(Number(one))));
}

/** 23 → 二十三 */
export function kanjiNumber(number: number): string {
  if (number < 10) return kanjiDigits.charAt(number);
  const tens = Math.floor(number / 10);
  const ones = number % 10;
  return `${tens === 1 ? "" : kanjiDigits.charAt(tens)}十${ones === 0 ? "" : kanjiDigits.charAt(ones)}`;
}

/** Between family and given name: none, ASCII or U+3000. */
export const nameGaps = ["", " ", "\u3000"] as const;

/** A date in any of the writings of Japanese files; `era` tells that it counts by an era. */
export function writeDate(
  { year, month, day }: { year: number; month: number; day: number },
  draw: Draw,
): { text: string; era: boolean; ambiguous: boolean } {
  const form = draw.next();
  const plain = (text: string) => ({ text, era: false, ambiguous: false });
  if (form < 0.3) return plain(`${year}-${two(month)}-${two(day)}`);
  if (form < 0.48) return plain(`${year}/${month}/${day}`);
  if (form < 0.6) return plain(`${year}/${two(month)}/${two(day)}`);
  if (form < 0.74) return plain(`${year}${two(month)}${two(day)}`);
  if (form < 0.84) return plain(`${year}年${month}月${day}日`);
  if (form < 0.86) return plain(`${year}.${two(month)}.${two(day)}`);
  const { kanji, letter, count } = eraOf(year, month, day);
  const era = (text: string) => ({ text, era: true, ambiguous: false });
  if (form < 0.92) return era(`${kanji}${count === 1 ? "元" : count}年${month}月${day}日`);
  if (form < 0.96) return era(`${letter}${count}.${month}.${day}`);
  if (form < 0.98) return era(`${letter}${two(count)}/${two(month)}/${two(day)}`);
  if (form < 0.997) return era(`${kanji.charAt(0)}${count}.${month}.${day}`);
  return { text: `${count}.${month}.${day}`, era: true, ambiguous: true };
}

function eraOf(year: number, month: number, day: number): { kanji: string; letter: string; count: number } {
  const date = year * 10_000 + month * 100 + day;
  if (date >= 19_890_108) return { kanji: "平成", letter: "H", count: year - 1988 };
  if (date >= 19_261_225) return { kanji: "昭和", letter: "S", count: year - 1925 };
  return { kanji: "大正", letter: "T", count: year - 1911 };
}

/** Ten or eleven digits with the hyphens of their area code. */
export function hyphened(digits: string): string {
  if (digits.length === 11) return `${digits.slice(0, 3)}-${digits.slice(3, 7)}-${digits.slice(7)}`;
  const zero = digits.indexOf("0", 1);
  const area = digits.startsWith("03") || digits.startsWith("06") ? 2 : zero === 3 ? 3 : 4;
  return `${digits.slice(0, area)}-${digits.slice(area, 6)}-${digits.slice(6)}`;
}

export function writePhone(digits: string, draw: Draw): string {
  const form = draw.next();
  if (form < 0.45) return hyphened(digits);
  if (form < 0.8) return digits;
  if (form < 0.86) return `+81-${hyphened(digits).slice(1)}`;
  if (form < 0.9) return `+81${digits.slice(1)}`;
  if (form < 0.95) return wideDigits(hyphened(digits));
  const [area = "", exchange = "", rest = ""] = hyphened(digits).split("-");
  return form < 0.98 ? `(${area})${exchange}-${rest}` : `${area}(${exchange})${rest}`;
}

export function writePostalCode(code: string, draw: Draw): string {
  const form = draw.next();
  const parts = `${code.slice(0, 3)}-${code.slice(3)}`;
  if (form < 0.5) return parts;
  if (form < 0.78) return code;
  if (form < 0.9) return `〒${parts}`;
  return wideDigits(parts);
}

export type AddressForm = { text: string; building: boolean; kanjiNumerals: boolean; oldTown: boolean };

/** An address with all that is chosen in writing it; `prefecture` false leaves it out. */
export function writeAddress(
  { home, values, draw }: { home: Home; values: Values; draw: Draw },
  { prefecture, building }: { prefecture: boolean; building: boolean },
): AddressForm {
  const town = values.town(home);
  const form = draw.next();
  const oldTown = draw.chance(0.02);
  const block = writeBlock(home, form);
  const wide = form >= 0.8 && form < 0.9;
  const has = building && home.building > 0;
  let tail = "";
  if (has) {
    const style = draw.next();
    const room = wide ? wideDigits(String(home.room)) : String(home.room);
    const end = style < 0.6 ? room : style < 0.8 ? `${room}号室` : style < 0.9 ? `-${room}` : `#${room}`;
    tail = `${draw.chance(0.7) ? " " : draw.chance(0.5) ? "\u3000" : ""}${values.building(home)}${end}`;
  }
  const head = `${prefecture ? town.prefecture : ""}${town.city}${oldTown ? "大字" : ""}${town.town}`;
  return { text: head + block + tail, building: has, kanjiNumerals: form >= 0.7 && form < 0.8, oldTown };
}

function writeBlock(home: Home, form: number): string {
  const [one, second, third] = home.block;
  const plain = plainBlock(home);
  if (form < 0.5) return plain;
  if (form >= 0.8 && form < 0.9) return wideDigits(plain);
  if (form >= 0.9) return plain.replaceAll("-", form < 0.95 ? "\u2212" : "の");
  if (third === 0) return second === 0 ? `${one}番地` : `${one}番地${second}`;
  if (form < 0.6) return `${one}丁目${second}番${third}号`;
  if (form < 0.7) return `${one}丁目${second}-${third}`;
  return `${kanjiNumber(one)}丁目${second}-${third}`;
}

export function titleCase(text: string): string {
  return text.charAt(0) + text.slice(1).toLowerCase();
}

export function joinName({ family, given }: FullName, gap: string): string {
  return family + gap + given;
}
