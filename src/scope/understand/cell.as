// One cell's text as folded units, with what kinds of characters it holds.
import {
  BLANK,
  CELL,
  CELL_MOST,
  CLASSES,
  COMPOSED,
  DIGIT,
  DROPPED,
  EXPANDED,
  EXPANSION_PLACES,
  EXPANSIONS,
  FOLD,
  FOLDED_POINTS,
  KANJI,
  ROUND_MARK,
  VOICED_MARK,
} from "./layout";

// Of the code points before they were folded, without blanks: tells the same text from a variant of it.
export let rawHash: i32 = 0;
export let cellLength: i32 = 0;
export let cellMask: i32 = 0;
export let cellDigits: i32 = 0;
export let cellKanji: i32 = 0;
export let cellBlanks: i32 = 0;

/** One unit of the cell. */
// @ts-ignore: decorator
@inline
export function unitAt(place: i32): i32 {
  return load<u16>(CELL + (place << 1));
}

/** The class of a unit. */
// @ts-ignore: decorator
@inline
export function classOf(unit: i32): i32 {
  return load<u16>(CLASSES + (unit << 1));
}

// @ts-ignore: decorator
@inline
function put(place: i32, unit: i32): void {
  store<u16>(CELL + (place << 1), <u16>unit);
}

/** Reads bytes [at, end), UTF-8 (RFC 3629); what is not is U+FFFD, as decoders have it. */
export function readCell(at: i32, end: i32): void {
  let length: i32 = 0;
  let mask: i32 = 0;
  let digits: i32 = 0;
  let kanji: i32 = 0;
  let blanks: i32 = 0;
  let raw: i32 = 0;
  while (at < end) {
    let point: i32 = load<u8>(at);
    if (point > 0x20 && point < 0x7f && length < CELL_MOST) {
      // Most of what is read; it folds to itself.
      const bit = classOf(point);
      raw = raw * 31 + point;
      mask |= bit;
      digits += bit & DIGIT;
      put(length, point);
      length += 1;
      at += 1;
      continue;
    }
    if (point < 0x80) at += 1;
    else if (point >= 0xe0 && point < 0xf0 && at + 2 < end) {
      point = ((point & 15) << 12) | ((<i32>load<u8>(at, 1) & 63) << 6) | (<i32>load<u8>(at, 2) & 63);
      at += 3;
    } else if (point >= 0xc2 && point < 0xe0 && at + 1 < end) {
      point = ((point & 31) << 6) | (<i32>load<u8>(at, 1) & 63);
      at += 2;
    } else if (point >= 0xf0 && point < 0xf5 && at + 3 < end) {
      point =
        ((point & 7) << 18) |
        ((<i32>load<u8>(at, 1) & 63) << 12) |
        ((<i32>load<u8>(at, 2) & 63) << 6) |
        (<i32>load<u8>(at, 3) & 63);
      at += 4;
    } else {
      point = 0xfffd;
      at += 1;
    }
    if (length >= CELL_MOST) break;
    const unit: i32 = point < FOLDED_POINTS ? <i32>load<u16>(FOLD + (point << 1)) : 0xfffd;
    const bit = classOf(unit);
    if (unit == 0x20) {
      if (length == 0 || unitAt(length - 1) == 0x20) continue;
      blanks += 1;
    } else if (unit >= EXPANDED || unit == VOICED_MARK || unit == ROUND_MARK) {
      if (unit != DROPPED) {
        length = unit == EXPANDED ? expand(point, length) : compose(unit, length);
        raw = raw * 31 + point;
        if (unit == EXPANDED) for (let place = 0; place < length; place++) mask |= classOf(unitAt(place));
      }
      continue;
    } else {
      raw = raw * 31 + point;
      if (bit == DIGIT) digits += 1;
      else if (bit == KANJI) kanji += 1;
    }
    mask |= bit;
    put(length, unit);
    length += 1;
  }
  if (length > 0 && unitAt(length - 1) == 0x20) {
    length -= 1;
    blanks -= 1;
  }
  if (blanks == 0) mask &= ~BLANK;
  // What reads beyond the end finds nothing that belongs to a cell before.
  put(length, 0);
  put(length + 1, 0);
  rawHash = raw;
  cellLength = length;
  cellMask = mask;
  cellDigits = digits;
  cellKanji = kanji;
  cellBlanks = blanks;
}

function expand(point: i32, length: i32): i32 {
  const place: i32 = load<u16>(EXPANSION_PLACES + (point << 1));
  const count: i32 = load<u16>(EXPANSIONS + (place << 1));
  for (let at = 1; at <= count && length < CELL_MOST; at++) {
    put(length, load<u16>(EXPANSIONS + ((place + at) << 1)));
    length += 1;
  }
  return length;
}

/** A mark that goes with nothing (a cut, a typing error) is left out: it is no letter. */
function compose(mark: i32, length: i32): i32 {
  if (length == 0) return length;
  const kana = unitAt(length - 1);
  if (kana < 0x3040 || kana > 0x30ff) return length;
  const table = mark == VOICED_MARK ? COMPOSED : COMPOSED + 0x180;
  const made: i32 = load<u16>(table + ((kana - 0x3040) << 1));
  if (made != 0) put(length - 1, made);
  return length;
}
