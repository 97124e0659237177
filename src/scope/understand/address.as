// A Japanese address in parts that can be compared: 東京都千代田区丸の内一丁目2番3号 ビル is 千代田区丸の内, 1-2-3.
import { cellKanji, cellLength, cellMask, classOf, isSign, unitAt } from "./cell";
import {
  BLANK,
  CELL,
  CITIES,
  CITY_END,
  DIGIT,
  HYPHEN,
  KANJI_NUMBERS,
  NUMBER_MARK,
  NUMBERS,
  NUMBERS_MOST,
  OTHERS,
  PREFECTURE_END,
  PREFECTURES,
  TOWN,
  TOWN_MOST,
  TOWNS,
} from "./layout";
import { has, longestPrefix } from "./sets";

const PLACE_MOST: i32 = 12;

/** City and town without prefecture, blanks and 大字: units at TOWN. */
export let townLength: i32 = 0;
/** Numbers of the block, at NUMBERS. */
export let numberCount: i32 = 0;
export let addressSure: f64 = 0;

/** The cell holds an address in Latin letters, which has neither town nor numbers. */
export function clearAddress(): void {
  townLength = 0;
  numberCount = 0;
}

// @ts-ignore: decorator
@inline
export function townUnit(place: i32): i32 {
  return load<u16>(TOWN + (place << 1));
}
// @ts-ignore: decorator
@inline
export function blockNumber(place: i32): i32 {
  return load<i32>(NUMBERS + (place << 2));
}
/** 0 to 9, 10 for 十, 255 for others. */
// @ts-ignore: decorator
@inline
function kanjiNumber(unit: i32): i32 {
  return load<u8>(KANJI_NUMBERS + unit);
}

/** Reads a Japanese address; false where nothing of one is there. */
export function readAddress(): bool {
  townLength = 0;
  numberCount = 0;
  addressSure = 0;
  if (cellLength < 3 || cellKanji == 0) return false;
  let at = skipMark();
  const prefecture = prefectureLength(at);
  at += prefecture;
  while (at < cellLength && unitAt(at) == 0x20) at += 1;
  const most = min(cellLength, at + PLACE_MOST);
  const city = longestPrefix(CITIES, CELL, at, most);
  // Where the prefecture or the city is known, nobody need look for the town.
  const town = prefecture + city > 0 ? 0 : longestPrefix(TOWNS, CELL, at, most);
  readNumbers(readTown(at));
  addressSure = sureOf(prefecture, city, town);
  return addressSure > 0;
}

/** 〒100-0005 東京都…: the postal code is left out here. */
function skipMark(): i32 {
  if (unitAt(0) != 0x3012) return 0;
  let at: i32 = 1;
  while (at < cellLength && (classOf(unitAt(at)) & (DIGIT | HYPHEN | BLANK)) != 0) at += 1;
  return at;
}

function prefectureLength(from: i32): i32 {
  for (let size = 3; size <= 4; size++) {
    if (from + size > cellLength || !isSign(unitAt(from + size - 1), PREFECTURE_END)) continue;
    if (has(PREFECTURES, CELL, from, from + size)) return size;
  }
  return 0;
}

/** Up to the first number of a block. */
function readTown(start: i32): i32 {
  let at = start;
  for (; at < cellLength; at++) {
    const unit = unitAt(at);
    const bit = classOf(unit);
    if (bit == DIGIT) break;
    if (kanjiNumber(unit) != 255 && isKanjiNumber(at)) break;
    if (bit == BLANK || bit == HYPHEN) continue;
    // 大字
    if (unit == 0x5b57 && townLength > 0 && townUnit(townLength - 1) == 0x5927) {
      townLength -= 1;
      continue;
    }
    if (townLength < TOWN_MOST) {
      store<u16>(TOWN + (townLength << 1), <u16>unit);
      townLength += 1;
    }
  }
  return at;
}

/** 二丁目, 十二番: a number; 一番町, 三田, 八王子: none. */
function isKanjiNumber(at: i32): bool {
  let end = at;
  while (end < cellLength && kanjiNumber(unitAt(end)) != 255) end += 1;
  if (end == at || end >= cellLength) return false;
  const mark = unitAt(end);
  if (mark == 0x4e01) return true; // 丁
  const after = end + 1 < cellLength ? unitAt(end + 1) : 0;
  // 一番町 is a town, 一番地 and 一番2号 are numbers.
  return (mark == 0x756a || mark == 0x53f7) && after != 0x753a && after != 0x4e01;
}

function readNumbers(start: i32): void {
  let at = start;
  while (at < cellLength && numberCount < NUMBERS_MOST) {
    let value: i32 = 0;
    const from = at;
    for (; at < cellLength && at - from < 6; at++) {
      const unit = unitAt(at);
      const digit = unit >= 0x30 && unit <= 0x39 ? unit - 0x30 : kanjiNumber(unit);
      if (digit == 255) break;
      if (digit == 10) value = at == from ? 10 : value * 10;
      else value = unit > 0x39 && at > from && unitAt(at - 1) == 0x5341 ? value + digit : value * 10 + digit;
    }
    if (at == from) return;
    store<i32>(NUMBERS + (numberCount << 2), value);
    numberCount += 1;
    const marks = at;
    while (at < cellLength && isSign(unitAt(at), NUMBER_MARK)) at += 1;
    // A blank, or a word, ends the block: what follows is a building.
    if (at == marks) return;
  }
}

function sureOf(prefecture: i32, city: i32, town: i32): f64 {
  const numbers = numberCount > 0;
  if (prefecture > 0) return city > 0 || numbers ? 0.97 : cellLength <= 4 ? 0.6 : 0.7;
  if (city > 0) return numbers || town > 0 ? 0.95 : cellLength > city ? 0.6 : 0.5;
  if (!numbers || (cellMask & OTHERS) != 0) return 0;
  // Many towns are called like anything else: their name must end where the block begins, and that be whole.
  if (town > 0 && townLength - town <= 2 && numberCount >= 2) return town >= 3 ? 0.8 : 0.6;
  for (let at = 1; at < townLength; at++) {
    if (isSign(townUnit(at), CITY_END)) return 0.6;
  }
  return numberCount >= 2 && townLength >= 2 ? 0.35 : 0;
}

/** The cell is a street or a town abroad, as it stands; `number`: of the house, -1: none. */
export function putPlace(number: i32): void {
  townLength = min(TOWN_MOST, cellLength);
  memory.copy(TOWN, CELL, townLength << 1);
  numberCount = number < 0 ? 0 : 1;
  store<i32>(NUMBERS, number);
}
