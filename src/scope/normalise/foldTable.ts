import { readFileSync } from "node:fs";

/**
 * One table that takes a code point to the form in which it is compared: NFKC (Unicode 15 TR15), variant
 * kanji of the MJ map to the usual form, every hyphen to "-", every blank to " ", half-width kana to kana.
 */

/** Code points of the planes in which names are written: 0 to 2. */
const foldedCodePoints = 0x30000;

/** Takes no place in a name: variation selectors, joiners, controls, byte order marks. */
const dropped = 0xffff;
/** Stands for several characters: see `expansions`. */
const expanded = 0xfffe;
/**
 * Folds to a character outside the first plane; rare kanji keep their low bits, so that they still differ.
 */
const privateUse = 0xe000;

const voicedMark = 0x3099;
const roundMark = 0x309a;

export type FoldTable = {
  /** Code point → code unit, or one of the marks above. */
  units: Uint16Array;
  /** Code point → code units, for the few that stand for several. */
  expansions: ReadonlyMap<number, readonly number[]>;
};

let made: FoldTable | null = null;

/** The table; made once in a thread, which takes some 0.1 s. */
export function foldTable(): FoldTable {
  made ??= makeTable();
  return made;
}

function makeTable(): FoldTable {
  const units = new Uint16Array(foldedCodePoints);
  const expansions = new Map<number, readonly number[]>();
  for (let point = 0; point < foldedCodePoints; point += 1) {
    if (point >= 0xd800 && point < 0xe000) units[point] = 0xfffd;
    else if (point >= 0xac00 && point < 0xd7a4) units[point] = point;
    else foldOne(point, units, expansions);
  }
  foldVariants(units);
  foldMarks(units);
  return { units, expansions };
}

function foldOne(point: number, units: Uint16Array, expansions: Map<number, readonly number[]>): void {
  const text = String.fromCodePoint(point).normalize("NFKC");
  const points = [...text].map((one) => one.codePointAt(0) as number);
  if (points.length === 1) units[point] = unitOf(points[0] as number);
  else {
    units[point] = expanded;
    expansions.set(
      point,
      points.map(unitOf).filter((unit) => unit !== dropped),
    );
  }
}

function unitOf(point: number): number {
  if (point < 0x10000) return point;
  return privateUse + (point % 0x1900);
}

function foldVariants(units: Uint16Array): void {
  const file = new URL("./variants/variants.txt", import.meta.url);
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [usual, ...variants] = [...line].map((one) => one.codePointAt(0) as number);
    if (usual === undefined) continue;
    for (const variant of variants) {
      if (variant < foldedCodePoints) units[variant] = unitOf(usual);
    }
  }
  // The law keeps 斉 (齊) and 斎 (齋) apart; people do not.
  units[0x6589] = 0x658e;
  for (const one of [0x9f4a, 0x9f50, 0x4e9d]) units[one] = 0x658e;
}

function foldMarks(units: Uint16Array): void {
  const to = (from: readonly number[], unit: number): void => {
    for (const point of from) units[point] = unit;
  };
  // U+2010 to U+2015, minus, small and full-width hyphens; not ー, which is a sound.
  to([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xfe58, 0xfe63, 0xff0d, 0x00ad], 0x2d);
  to([0x3000, 0x00a0, 0x2002, 0x2003, 0x2009, 0x202f, 0x0009, 0x000a, 0x000d], 0x20);
  to([0x309b, 0xff9e, voicedMark], voicedMark);
  to([0x309c, 0xff9f, roundMark], roundMark);
  for (let point = 0; point < 0x20; point += 1) {
    if (point !== 9 && point !== 10 && point !== 13) units[point] = dropped;
  }
  for (let point = 0xfe00; point <= 0xfe0f; point += 1) units[point] = dropped;
  to([0x7f, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2060, 0xfeff, 0x180e], dropped);
  // ヷ to ヺ are written with a mark of their own; ヸ and the like occur in no name.
  to([0x30fb, 0xff65, 0x00b7, 0x2022], 0x30fb);
}

const voiced = "カキクケコサシスセソタチツテトハヒフヘホウかきくけこさしすせそたちつてとはひふへほう";
const voicedTo = "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴがぎぐげござじずぜぞだぢづでどばびぶべぼゔ";
const round = "ハヒフヘホはひふへほ";
const roundTo = "パピプペポぱぴぷぺぽ";

/** What a kana becomes with ゛ (0) or ゜ (1) behind it; 0: nothing. Index: unit − U+3040. */
export const composedKana = [new Uint16Array(0xc0), new Uint16Array(0xc0)] as const;
for (const [from, to, table] of [
  [voiced, voicedTo, composedKana[0]],
  [round, roundTo, composedKana[1]],
] as const) {
  for (let at = 0; at < from.length; at += 1) table[from.charCodeAt(at) - 0x3040] = to.charCodeAt(at);
}
