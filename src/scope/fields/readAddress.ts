import { places } from "../normalise/places.ts";
import { has, unitClasses, type Cell } from "./cell.ts";

export const limits = { townUnitsMax: 48, numbersMax: 3, placeUnitsMax: 12 } as const;

/** An address in parts that can be compared: 東京都千代田区丸の内一丁目2番3号 ビル is 千代田区丸の内, 1-2-3. */
export class FoundAddress {
  /** City and town without prefecture, blanks and 大字. */
  readonly town = new Uint16Array(limits.townUnitsMax);
  townLength = 0;
  readonly numbers = new Int32Array(limits.numbersMax);
  numberCount = 0;
  confidence = 0;
}

/** A table is asked for every character of millions of addresses; a Set takes ten times as long. */
function unitsOfText(text: string): { has(unit: number): boolean } {
  const table = new Uint8Array(0x10000);
  for (const one of text) table[one.charCodeAt(0)] = 1;
  return { has: (unit) => table[unit] === 1 };
}
const prefectureEnds = unitsOfText("都道府県");
const cityEnds = unitsOfText("市区町村郡");
/** Between the numbers of a block: 1丁目2番地3号, 1の2. */
const numberMarks = unitsOfText("丁目番地号の-ノ条");
const ten = "十".charCodeAt(0);
const [chome, banchi] = ["丁".charCodeAt(0), "番".charCodeAt(0)];
const go = "号".charCodeAt(0);
const oaza = [..."大字"].map((one) => one.charCodeAt(0));

/** Reads a Japanese address; false where nothing of one is there. */
export function readAddress(cell: Cell, found: FoundAddress): boolean {
  found.townLength = 0;
  found.numberCount = 0;
  found.confidence = 0;
  const { units, length } = cell;
  if (length < 3 || cell.kanji === 0) return false;
  let at = skipMark(cell);
  const prefecture = prefectureLength(units, at, length);
  at += prefecture;
  while (units[at] === 0x20) at += 1;
  const start = at;
  const { cities, towns } = places();
  const most = (from: number): number => Math.min(length, from + limits.placeUnitsMax);
  const city = cities.longestPrefix(units, start, most(start));
  // Where the prefecture or the city is known, nobody need look for the town.
  const town = prefecture + city > 0 ? 0 : towns.longestPrefix(units, start, most(start));
  at = readTown(cell, start, found);
  readNumbers(cell, at, found);
  found.confidence = confidenceOf(cell, found, { prefecture, city, town });
  return found.confidence > 0;
}

/** 〒100-0005 東京都…: the postal code is left out here. */
function skipMark(cell: Cell): number {
  const { units, length } = cell;
  if (units[0] !== 0x3012) return 0;
  let at = 1;
  while (
    at < length &&
    ((unitClasses[units[at] as number] as number) & (has.digit | has.hyphen | has.blank)) !== 0
  )
    at += 1;
  return at;
}

function prefectureLength(units: Uint16Array, from: number, length: number): number {
  for (const size of [3, 4]) {
    if (from + size > length || !prefectureEnds.has(units[from + size - 1] as number)) continue;
    if (places().prefectures.has(units, from, from + size)) return size;
  }
  return 0;
}

/** Up to the first number of a block. */
function readTown(cell: Cell, start: number, found: FoundAddress): number {
  const { units, length } = cell;
  let at = start;
  for (; at < length; at += 1) {
    const unit = units[at] as number;
    const bit = unitClasses[unit] as number;
    if (bit === has.digit) break;
    if (isKanjiNumber(cell, at)) break;
    if (bit === has.blank || bit === has.hyphen) continue;
    if (unit === oaza[1] && found.townLength > 0 && found.town[found.townLength - 1] === oaza[0]) {
      found.townLength -= 1;
      continue;
    }
    if (found.townLength < limits.townUnitsMax) found.town[found.townLength++] = unit;
  }
  return at;
}

/** 二丁目, 十二番: a number; 一番町, 三田, 八王子: none. */
function isKanjiNumber(cell: Cell, at: number): boolean {
  let end = at;
  while (end < cell.length && kanjiDigit(cell.units[end] as number) >= 0) end += 1;
  if (end === at) return false;
  const mark = cell.units[end] as number;
  if (mark === chome) return true;
  const after = cell.units[end + 1] as number;
  // 一番町 is a town, 一番地 and 一番2号 are numbers.
  return (mark === banchi || mark === go) && after !== "町".charCodeAt(0) && after !== "丁".charCodeAt(0);
}

const kanjiValues = new Int8Array(0x10000).fill(-1);
for (const [value, one] of [..."〇一二三四五六七八九十"].entries()) kanjiValues[one.charCodeAt(0)] = value;

/** 0 to 9, 10 for 十, −1 for others. */
function kanjiDigit(unit: number): number {
  return kanjiValues[unit] as number;
}

function readNumbers(cell: Cell, start: number, found: FoundAddress): void {
  const { units, length } = cell;
  let at = start;
  while (at < length && found.numberCount < limits.numbersMax) {
    let value = 0;
    const from = at;
    for (; at < length && at - from < 6; at += 1) {
      const unit = units[at] as number;
      const digit = unit >= 0x30 && unit <= 0x39 ? unit - 0x30 : kanjiDigit(unit);
      if (digit < 0) break;
      if (digit === 10) value = at === from ? 10 : value * 10;
      else value = unit > 0x39 && units[at - 1] === ten && at > from ? value + digit : value * 10 + digit;
    }
    if (at === from) return;
    found.numbers[found.numberCount++] = value;
    const marks = at;
    while (at < length && numberMarks.has(units[at] as number)) at += 1;
    // A blank, or a word, ends the block: what follows is a building.
    if (at === marks) return;
  }
}

type Lengths = { prefecture: number; city: number; town: number };

function confidenceOf(cell: Cell, found: FoundAddress, { prefecture, city, town }: Lengths): number {
  const numbers = found.numberCount > 0;
  if (prefecture > 0) return city > 0 || numbers ? 0.97 : cell.length <= 4 ? 0.6 : 0.7;
  if (city > 0) return numbers || town > 0 ? 0.95 : cell.length > city ? 0.6 : 0.5;
  if (!numbers || (cell.mask & has.other) !== 0) return 0;
  // Many towns are called like anything else: their name must end where the block begins, and that be whole.
  if (town > 0 && found.townLength - town <= 2 && found.numberCount >= 2) return town >= 3 ? 0.8 : 0.6;
  for (let at = 1; at < found.townLength; at += 1) {
    if (cityEnds.has(found.town[at] as number)) return 0.6;
  }
  return found.numberCount >= 2 && found.townLength >= 2 ? 0.35 : 0;
}
