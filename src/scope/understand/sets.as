// Sets of names and places, laid into memory by nameSets.ts and places.ts: a text is in a set if its hash is.
import { POSTAL_CODES, SETS } from "./layout";

// FNV-1a over units; never 0: the same as in nameSets.ts.
const START: i32 = 0x811c9dc5;
const PRIME: i32 = 0x01000193;

// Of each set: its slots, the mask of their number, and a table of the longest text by its first unit.
// @ts-ignore: decorator
@inline
function slotsOf(set: i32): i32 {
  return load<i32>(SETS + set * 12);
}
// @ts-ignore: decorator
@inline
function maskOf(set: i32): i32 {
  return load<i32>(SETS + set * 12, 4);
}
// @ts-ignore: decorator
@inline
function longestOf(set: i32, unit: i32): i32 {
  return load<u8>(load<i32>(SETS + set * 12, 8) + unit);
}

// @ts-ignore: decorator
@inline
function finished(hash: i32): i32 {
  const mixed = hash ^ <i32>(<u32>hash >> 15);
  return mixed == 0 ? 1 : mixed;
}

function holds(set: i32, hash: i32): bool {
  const mask = maskOf(set);
  const slots = slotsOf(set);
  let at = hash & mask;
  let slot = load<i32>(slots + (at << 2));
  while (slot != 0 && slot != hash) {
    at = (at + 1) & mask;
    slot = load<i32>(slots + (at << 2));
  }
  return slot != 0;
}

/** Whether a set has units [from, to) of a text; wrong for one text in some million that is not in it. */
export function has(set: i32, units: i32, from: i32, to: i32): bool {
  if (to <= from) return false;
  if (to - from > longestOf(set, load<u16>(units + (from << 1)))) return false;
  let hash = START;
  for (let at = from; at < to; at++) hash = (hash ^ <i32>load<u16>(units + (at << 1))) * PRIME;
  return holds(set, finished(hash));
}

/** Units of the longest text in the set with which [from, to) begins, of at least two; 0: none. */
export function longestPrefix(set: i32, units: i32, from: i32, to: i32): i32 {
  if (to <= from) return 0;
  let hash = START;
  let longest: i32 = 0;
  const end = min(to, from + longestOf(set, load<u16>(units + (from << 1))));
  for (let at = from; at < end; at++) {
    hash = (hash ^ <i32>load<u16>(units + (at << 1))) * PRIME;
    if (at > from && holds(set, finished(hash))) longest = at + 1 - from;
  }
  return longest;
}

/** Whether Japan Post knows a postal code of seven digits. */
export function isPostalCode(code: i32): bool {
  return (load<u8>(POSTAL_CODES + (code >> 3)) & (1 << (code & 7))) != 0;
}
