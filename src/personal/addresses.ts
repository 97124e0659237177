import { prefectures, romanPrefectures } from "./places.ts";

const byTwo: ReadonlyMap<string, string> = new Map(prefectures.map((one) => [one.slice(0, 2), one]));
const municipality = /^[^\d\s]{1,12}?[市区町村郡]/;
const block = /\d+(?:-\d+){1,3}|\d+\s?(?:丁目|番地?|号)|[一二三四五六七八九十]+丁目|\d+$/;
const withoutPrefecture =
  /^[\u3400-\u9fffぁ-んァ-ヶ々]{1,7}[市区郡][\u3400-\u9fffぁ-んァ-ヶー々]{1,12}(?:\d|[一二三四五六七八九十]+丁目)/;
const townOnly = /^[\u3400-\u9fffぁ-んァ-ヶー々]{2,10}[1-9]\d{0,2}(?:-\d{1,4}){1,3}(?:[ -]|$)/;
const chome = /\d+丁目\d+番/;
const romanPlace = /\b[a-z]{2,}-?(?:ku|shi|cho|machi|gun|ken|to|fu)\b/i;
const romanWords = new Set(romanPrefectures);

/** How sure a text (see plainText) is where somebody lives, 0 to 1. */
export function addressStrength(text: string): number {
  const bare = text.replace(/^〒?\s?\d{3}-?\d{4}\s?/, "");
  const prefecture = byTwo.get(bare.slice(0, 2));
  if (prefecture !== undefined && bare.startsWith(prefecture)) {
    const rest = bare.slice(prefecture.length).trimStart();
    if (rest === "") return 0.35;
    if (!municipality.test(rest)) return 0.1;
    return block.test(rest) ? 0.98 : 0.8;
  }
  if (withoutPrefecture.test(bare)) return 0.85;
  if (chome.test(bare)) return 0.8;
  if (townOnly.test(bare)) return 0.55;
  return /^[\u3400-\u9fffァ-ヶ]{1,6}市[\u3400-\u9fffァ-ヶ]{1,6}区?$/.test(bare) ? 0.3 : 0;
}

/** The same for Roman letters: "1-2-3 Marunouchi, Chiyoda-ku, Tokyo". */
export function romanAddressStrength(text: string): number {
  if (text.length < 12 || !/\d/.test(text)) return 0;
  const words = text.toLowerCase().split(/[^a-z]+/);
  const known = words.some((word) => romanWords.has(word));
  const place = romanPlace.test(text);
  return known && place ? 0.9 : place && /\d-\d/.test(text) ? 0.75 : 0;
}
