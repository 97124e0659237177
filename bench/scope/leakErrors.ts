import type { Draw } from "./draw.ts";
import { daysOf } from "./person.ts";
import { hashOf } from "./draw.ts";
import type { FullName } from "./values.ts";

/** Mistakes of those who type and of those who copy. */

export type Birth = { year: number; month: number; day: number };

const plain = "カキクケコサシスセソタチツテトハヒフヘホ";
const voiced = "ガギグゲゴザジズゼゾダヂヅデドバビブベボ";
const neighbours =
  "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
const swaps: ReadonlyMap<string, string> = new Map(
  "ョヨ ュユ ャヤ ッツ ヨョ ヅズ ヂジ ズヅ ジヂ ヲオ ヴブ"
    .split(" ")
    .map((one) => [one.charAt(0), one.charAt(1)]),
);

/** One mistake: a long vowel, a small kana, a dakuten, or a letter off. Blanks stay where they are. */
export function kanaError(kana: string, draw: Draw): string {
  const kind = draw.next();
  const start = draw.next();
  const long = kana.search(/[コソトノホモヨロゴゾドボョオ]ウ|ー/);
  if (kind < 0.25 && long >= 0) {
    return kana.charAt(long) === "ー"
      ? kana.slice(0, long) + kana.slice(long + 1)
      : `${kana.slice(0, long + 1)}ー${kana.slice(long + 2)}`;
  }
  for (let step = 0; step < kana.length; step += 1) {
    const at = (Math.floor(start * kana.length) + step) % kana.length;
    const one = kana.charAt(at);
    if (one === " " || one === "\u3000") continue;
    const changed = kind < 0.5 ? swaps.get(one) : kind < 0.75 ? otherVoice(one) : undefined;
    if (changed !== undefined) return kana.slice(0, at) + changed + kana.slice(at + 1);
  }
  return letterOff(kana, draw, start);
}

function otherVoice(one: string): string | undefined {
  const at = plain.indexOf(one);
  if (at >= 0) return voiced.charAt(at);
  const back = voiced.indexOf(one);
  return back >= 0 ? plain.charAt(back) : undefined;
}

/** A letter left out, doubled, or another in its place. */
function letterOff(kana: string, draw: Draw, start: number): string {
  let at = Math.floor(start * kana.length);
  if (kana.charAt(at) === " " || kana.charAt(at) === "\u3000") at += 1;
  const how = draw.next();
  if (how < 0.3 && kana.length > 4) return kana.slice(0, at) + kana.slice(at + 1);
  if (how < 0.4) return kana.slice(0, at) + kana.charAt(at) + kana.slice(at);
  const other = neighbours.charAt((neighbours.indexOf(kana.charAt(at)) + 6) % neighbours.length);
  return kana.slice(0, at) + other + kana.slice(at + 1);
}

/** SATOU, SATOH and SATO; SI and SHI: the letters of somebody who writes no passport Hepburn. */
export function otherRoman(typed: FullName, spelling: number): FullName {
  const change = (one: string): string => {
    if (spelling < 0.85) return one;
    if (spelling < 0.93) return one.replace(/O[OU]/g, "OH");
    return one
      .replace(/SH(?=[AUO])/g, "SY")
      .replace(/SHI/g, "SI")
      .replace(/TSU/g, "TU")
      .replace(/CHI/g, "TI");
  };
  return { family: change(typed.family), given: change(typed.given) };
}

/** Day and month changed about, or a number that is one off or another digit. */
export function wrongDate(
  { year, month, day }: Birth,
  { transposed, draw }: { transposed: boolean; draw: Draw },
): Birth {
  const kind = draw.next();
  if (transposed) return { year, month: day, day: month };
  if (kind < 0.5) return { year, month, day: day < daysOf(year, month) ? day + 1 : day - 1 };
  if (kind < 0.7) return { year, month: month < 12 ? month + 1 : 11, day: Math.min(day, 28) };
  if (kind < 0.9) return { year: year + 1, month, day: Math.min(day, 28) };
  return { year: year + 10 > 2015 ? year - 10 : year + 10, month, day: Math.min(day, 28) };
}

export function oneDigitOff(digits: string, draw: Draw): string {
  const at = 4 + draw.below(digits.length - 4);
  const digit = (Number(digits[at]) + 1 + draw.below(9)) % 10;
  return digits.slice(0, at) + digit + digits.slice(at + 1);
}

/** A letter left out, doubled or changed about; or a domain that is nearly right. */
export function mailTypo(mail: string, draw: Draw): string {
  const kind = draw.next();
  const [local = "", domain = ""] = mail.split("@");
  const at = 1 + draw.below(Math.max(1, local.length - 2));
  if (kind < 0.25) return `${local.slice(0, at)}${local.slice(at + 1)}@${domain}`;
  if (kind < 0.45) return `${local.slice(0, at)}${local.charAt(at)}${local.slice(at)}@${domain}`;
  if (kind < 0.7) {
    const other = local.charAt(at) === "a" ? "e" : "a";
    return `${local.slice(0, at)}${other}${local.slice(at + 1)}@${domain}`;
  }
  return kind < 0.85
    ? `${local}@${domain.slice(1)}`
    : `${local}@${domain.charAt(0)}${domain.charAt(2)}${domain.charAt(1)}${domain.slice(3)}`;
}

/** The birth date of a stranger with the person's name. */
export function lookAlikeOf(person: Birth, number: number): Birth {
  const hash = hashOf(79, 1, number);
  const year = 1935 + (hash % 70);
  return {
    year: year === person.year ? year + 1 : year,
    month: 1 + ((hash >>> 8) % 12),
    day: 1 + ((hash >>> 14) % 28),
  };
}
