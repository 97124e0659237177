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
  LOWER,
  ROUND_MARK,
  SIGNS,
  UPPER,
  VOICED_MARK,
} from "./layout";

export let cellLength: i32 = 0;
export let cellMask: i32 = 0;
export let cellDigits: i32 = 0;
export let cellKanji: i32 = 0;
export let cellBlanks: i32 = 0;
let cellFrom: i32 = 0;
let cellTo: i32 = 0;

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

/** Whether a unit is one of the signs of that bit: see SIGNS. */
// @ts-ignore: decorator
@inline
export function isSign(unit: i32, bit: i32): bool {
  return (<i32>load<u8>(SIGNS + unit) & bit) != 0;
}

// @ts-ignore: decorator
@inline
function put(place: i32, unit: i32): void {
  store<u16>(CELL + (place << 1), <u16>unit);
}

/** The unit to which a code point folds and, above it, its class. */
// @ts-ignore: decorator
@inline
function foldOf(point: i32): i32 {
  return load<i32>(FOLD + ((point < FOLDED_POINTS ? point : 0xfffd) << 2));
}

let pointBytes: i32 = 0;

/** The code point that begins here, of more than one byte; how many it has: `pointBytes`. */
// @ts-ignore: decorator
@inline
function pointAt(at: i32, end: i32): i32 {
  const byte: i32 = load<u8>(at);
  if (byte >= 0xe0 && byte < 0xf0 && at + 2 < end) {
    pointBytes = 3;
    return ((byte & 15) << 12) | ((<i32>load<u8>(at, 1) & 63) << 6) | (<i32>load<u8>(at, 2) & 63);
  }
  if (byte >= 0xc2 && byte < 0xe0 && at + 1 < end) {
    pointBytes = 2;
    return ((byte & 31) << 6) | (<i32>load<u8>(at, 1) & 63);
  }
  if (byte >= 0xf0 && byte < 0xf5 && at + 3 < end) {
    pointBytes = 4;
    return (
      ((byte & 7) << 18) |
      ((<i32>load<u8>(at, 1) & 63) << 12) |
      ((<i32>load<u8>(at, 2) & 63) << 6) |
      (<i32>load<u8>(at, 3) & 63)
    );
  }
  pointBytes = 1;
  return 0xfffd;
}

/**
 * A hash of the cell's code points before they were folded, without blanks: tells the same text from a variant of it.
 */
export function rawHash(): i32 {
  let raw: i32 = 0;
  let at = cellFrom;
  while (at < cellTo) {
    let point: i32 = load<u8>(at);
    if (point < 0x80) at += 1;
    else {
      point = pointAt(at, cellTo);
      at += pointBytes;
    }
    const unit = foldOf(point) & 0xffff;
    if (unit != 0x20 && unit != DROPPED) raw = raw * 31 + point;
  }
  return raw;
}

/** Reads bytes [at, end), UTF-8 (RFC 3629); what is not is U+FFFD, as decoders have it. */
export function readCell(at: i32, end: i32): void {
  let length: i32 = 0;
  let mask: i32 = 0;
  let digits: i32 = 0;
  let kanji: i32 = 0;
  let blanks: i32 = 0;
  cellFrom = at;
  cellTo = end;
  while (at < end) {
    let point: i32 = load<u8>(at);
    if (point > 0x20 && point < 0x7f && length < CELL_MOST) {
      // Most of what is read; it folds to itself. Sixteen bytes at a time, up to the first of another kind.
      const bytes = v128.load(at);
      const strange =
        i8x16.bitmask(v128.or(i8x16.le_s(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x7f)))) |
        (end - at < 16 ? 0xffff << (end - at) : 0x10000);
      const count = min(ctz(strange), CELL_MOST - length);
      v128.store(CELL + (length << 1), i16x8.extend_low_i8x16_u(bytes));
      v128.store(CELL + (length << 1), i16x8.extend_high_i8x16_u(bytes), 16);
      const all = (1 << count) - 1;
      const numbers = i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10))) & all;
      const small = i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x61)), i8x16.splat(26))) & all;
      const large = i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x41)), i8x16.splat(26))) & all;
      if (numbers != 0) mask |= DIGIT;
      if (small != 0) mask |= LOWER;
      if (large != 0) mask |= UPPER;
      digits += popcnt(numbers);
      for (let rest = all & ~(numbers | small | large); rest != 0; rest &= rest - 1)
        mask |= classOf(load<u8>(at + ctz(rest)));
      length += count;
      at += count;
      continue;
    }
    if (point < 0x80) at += 1;
    else {
      point = pointAt(at, end);
      at += pointBytes;
    }
    if (length >= CELL_MOST) break;
    const folded = foldOf(point);
    const unit = folded & 0xffff;
    const bit = <i32>(<u32>folded >> 16);
    if (unit == 0x20) {
      if (length == 0 || unitAt(length - 1) == 0x20) continue;
      blanks += 1;
    } else if (unit >= EXPANDED || unit == VOICED_MARK || unit == ROUND_MARK) {
      if (unit != DROPPED) {
        length = unit == EXPANDED ? expand(point, length) : compose(unit, length);
        if (unit == EXPANDED) for (let place = 0; place < length; place++) mask |= classOf(unitAt(place));
      }
      continue;
    } else {
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
