import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mensNames, womensNames } from "../../src/personal/givenNames.ts";
import { katakanaOf, romanOf } from "../../src/personal/kana.ts";
import { surnames as commonSurnames } from "../../src/personal/surnames.ts";
import { Weighted } from "./draw.ts";
import * as foreign from "./foreignNames.ts";
import { foldKanji } from "./kanjiVariants.ts";

export const ORIGINS = ["japanese", "chinese", "korean", "western"] as const;
export type Origin = (typeof ORIGINS)[number];

type Entry = { kanji: string; kana: string; roman?: string; weight: number };

/**
 * Surnames or given names in one numbered list, so that a name is a number until it is written. `kanjiIds`,
 * `kanaIds` and `romanIds` are equal where two names are written equally.
 */
export class NameList {
  readonly kanji: string[] = [];
  readonly kana: string[] = [];
  /** As passports write it, upper case: "SATO". */
  readonly roman: string[] = [];
  /** As the kana are typed: "SATOU"; the same as `roman` for names from abroad. */
  readonly typed: string[] = [];
  readonly kanjiIds: number[] = [];
  readonly kanaIds: number[] = [];
  readonly romanIds: number[] = [];
  readonly #groups = new Map<string, { start: number; weighted: Weighted }>();
  readonly #ids = new Map<string, number>();

  add(group: string, entries: readonly Entry[]): void {
    const start = this.kanji.length;
    for (const entry of entries) {
      const roman = entry.roman ?? romanOf(entry.kana).toUpperCase();
      this.kanji.push(entry.kanji);
      this.kana.push(entry.kana);
      this.roman.push(roman);
      this.typed.push(entry.roman ?? typedRoman(entry.kana));
      this.kanjiIds.push(this.#idOf(`k${foldKanji(entry.kanji)}`));
      this.kanaIds.push(this.#idOf(`a${entry.kana}`));
      this.romanIds.push(this.#idOf(`r${roman}`));
    }
    this.#groups.set(group, { start, weighted: new Weighted(entries.map(({ weight }) => weight)) });
  }

  pick(group: string, random: number): number {
    const { start, weighted } = this.#groups.get(group) as { start: number; weighted: Weighted };
    return start + weighted.pick(random);
  }

  #idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    this.#ids.set(text, id);
    return id;
  }
}

/** Letters for each kana, long vowels and all: サトウ is SATOU, ヨウコ is YOUKO. */
function typedRoman(kana: string): string {
  let text = "";
  for (let at = 0; at < kana.length; at += 1) {
    const small = /[ャュョァィゥェォ]/.test(kana.charAt(at + 1)) ? 2 : 1;
    const doubled = kana.charAt(at) === "ッ";
    const piece = romanOf(kana.slice(at, at + small + (doubled ? 1 : 0)));
    text += piece;
    at += small - 1 + (doubled ? 1 : 0);
  }
  return text.toUpperCase();
}

export type Names = { surnames: NameList; givens: NameList };

/**
 * Reads frequency lists from a folder (`last_name_org.csv`: kanji, head-count, hiragana, Roman;
 * `first_name_man_org.csv` and `first_name_woman_org.csv`: hiragana, Roman, spellings …), or takes the
 * product's own lists when `folder` is null. Of given names there are no head-counts: six in ten bear one of
 * the product's common names, the others a name of the lists, by the number of its spellings.
 */
export function loadNames(folder: string | null): Names {
  const surnames = new NameList();
  const givens = new NameList();
  surnames.add("japanese", folder === null ? rankedSurnames() : readSurnames(folder));
  givens.add("japanese-f", [
    ...ranked(womensNames, 0.6),
    ...(folder === null ? [] : readGivens(join(folder, "first_name_woman_org.csv"))),
  ]);
  givens.add("japanese-m", [
    ...ranked(mensNames, 0.6),
    ...(folder === null ? [] : readGivens(join(folder, "first_name_man_org.csv"))),
  ]);
  surnames.add("chinese", weighted(foreign.chineseSurnames, 0.9));
  surnames.add("korean", weighted(foreign.koreanSurnames, 0.8));
  surnames.add("western", weighted(foreign.westernSurnames, 0.98));
  for (const sex of ["f", "m"]) {
    givens.add(`chinese-${sex}`, weighted(foreign.chineseGivens, 1));
    givens.add(`korean-${sex}`, weighted(foreign.koreanGivens, 1));
  }
  givens.add("western-f", weighted(foreign.westernWomen, 0.98));
  givens.add("western-m", weighted(foreign.westernMen, 0.98));
  return { surnames, givens };
}

function weighted(list: readonly { kanji: string; kana: string; roman: string }[], fall: number): Entry[] {
  return list.map((one, rank) => ({ ...one, weight: fall ** rank }));
}

function ranked(list: readonly { kanji: string; kana: string }[], share: number): Entry[] {
  const sum = list.reduce((total, _, rank) => total + 1 / (rank + 20), 0);
  return list.map((one, rank) => ({ ...one, weight: share / (rank + 20) / sum }));
}

function rankedSurnames(): Entry[] {
  return commonSurnames.map((one, rank) => ({ ...one, weight: 1 / (rank + 15) }));
}

function readSurnames(folder: string): Entry[] {
  // The list reads some common surnames oddly (金子 as キンス): the product's own readings go first.
  const usual = new Map(commonSurnames.map(({ kanji, kana }) => [kanji, kana]));
  return readRows(join(folder, "last_name_org.csv")).map(([kanji = "", count = "0", hiragana = ""]) => ({
    kanji,
    kana: usual.get(kanji) ?? katakanaOf(hiragana),
    weight: Number(count),
  }));
}

function readGivens(file: string): Entry[] {
  const entries = readRows(file).flatMap(([hiragana = "", , ...spellings]) =>
    // The first spellings are no commoner than the last; a reading with many is a common one.
    spellings
      .filter((kanji) => kanji !== "")
      .map((kanji) => ({ kanji, kana: katakanaOf(hiragana), weight: Math.sqrt(spellings.length) })),
  );
  const sum = entries.reduce((total, { weight }) => total + weight, 0);
  return entries.map((entry) => ({ ...entry, weight: (0.4 * entry.weight) / sum }));
}

function readRows(file: string): string[][] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(","));
}
