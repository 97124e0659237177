// How a record's bytes fall into fields.
import { FIELD_ENDS, FIELD_STARTS, FIELDS_MOST } from "./layout";

const QUOTE: i32 = 0x22;

export let fieldCount: i32 = 0;

// @ts-ignore: decorator
@inline
export function fieldStart(field: i32): i32 {
  return load<i32>(FIELD_STARTS + (field << 2));
}
// @ts-ignore: decorator
@inline
export function fieldEnd(field: i32): i32 {
  return load<i32>(FIELD_ENDS + (field << 2));
}

/**
 * Splits bytes [at, end) by one byte (RFC 4180: fields may stand in quotes, and a quote in them is doubled). A quote
 * that never ends is a character like any other.
 */
export function splitRecord(at: i32, end: i32, separator: i32): void {
  fieldCount = 0;
  for (;;) {
    if (fieldCount == FIELDS_MOST) return;
    let from = at;
    while (from < end && load<u8>(from) == 0x20) from += 1;
    const closed =
      from < end && load<u8>(from) == QUOTE && separator != 0x1f ? closing(from, end, separator) : -1;
    if (closed >= 0) {
      add(from + 1, closed);
      at = closed + 1;
      while (at < end && <i32>load<u8>(at) != separator) at += 1;
    } else {
      at = next(at, end, separator);
      add(from, at);
    }
    if (at >= end) return;
    at += 1;
  }
}

/** The next separator, or the end. */
// @ts-ignore: decorator
@inline
function next(from: i32, end: i32, separator: i32): i32 {
  const wanted = i8x16.splat(<i8>separator);
  let at = from;
  while (at < end) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (found != 0) return min(end, at + ctz(found));
    at += 16;
  }
  return end;
}

/** The quote that ends a field: before a separator or the end; -1: none. */
function closing(from: i32, end: i32, separator: i32): i32 {
  let at = from + 1;
  while (at < end) {
    if (load<u8>(at) != QUOTE) at += 1;
    else if (at + 1 < end && load<u8>(at + 1) == QUOTE) at += 2;
    else {
      let after = at + 1;
      while (after < end && load<u8>(after) == 0x20) after += 1;
      return after >= end || <i32>load<u8>(after) == separator ? at : -1;
    }
  }
  return -1;
}

function add(start: i32, end: i32): void {
  let to = end;
  while (to > start && (load<u8>(to - 1) == 0x20 || load<u8>(to - 1) == 0x0d)) to -= 1;
  store<i32>(FIELD_STARTS + (fieldCount << 2), start);
  store<i32>(FIELD_ENDS + (fieldCount << 2), to);
  fieldCount += 1;
}

/**
 * The byte that most likely stands between the fields of a record: the most frequent of the usual ones outside
 * quotes; 0 where there is none.
 */
export function guessSeparator(start: i32, end: i32): i32 {
  let best: i32 = 0;
  let most: i32 = 0;
  // , TAB ; | and U+001F. A TAB or a bar stands in hardly any text, a comma in much.
  for (let one = 0; one < 5; one++) {
    const separator: i32 = one == 0 ? 0x2c : one == 1 ? 0x09 : one == 2 ? 0x3b : one == 3 ? 0x7c : 0x1f;
    let count: i32 = 0;
    let quoted = false;
    for (let at = start; at < end; at++) {
      const byte: i32 = load<u8>(at);
      if (byte == QUOTE) quoted = !quoted;
      else if (byte == separator && !quoted) count += 1;
    }
    const weight = separator == 0x2c ? count * 2 : count * 3;
    if (weight > most) {
      most = weight;
      best = separator;
    }
  }
  return best;
}
