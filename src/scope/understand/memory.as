// What the records of one source have in common: the byte between fields, and what each column holds, if it has
// columns. Learnt from its first records; the same records teach the same, so that a job gives the same twice. All
// of it lies in MEMORY, from where sourceMemory.ts takes it away when another source comes.
import { KINDS, MEMORY, OTHER, UNKNOWN } from "./layout";
import { guessSeparator } from "./split";

const LEARN_RECORDS: i32 = 2000;
const SETTLED_AFTER: i32 = 40;
const WARM_RECORDS: i32 = 200;
const COLUMNS_MOST: i32 = 512;

const SEPARATOR: i32 = MEMORY;
const FIXED: i32 = MEMORY + 4;
const RECORDS: i32 = MEMORY + 8;
const FIELDS: i32 = MEMORY + 12;
// Fields of all but the longest fiftieth of the records; 0: not known yet.
const USUAL: i32 = MEMORY + 16;
const DATED: i32 = MEMORY + 20;
const MANY: i32 = MEMORY + 24;
const OTHERS: i32 = MEMORY + 28;
const COMMONEST: i32 = MEMORY + 32;
const ROWS: i32 = MEMORY + 36;
const LETTER_NUMBERS: i32 = MEMORY + 40;
const HAS_KINDS: i32 = MEMORY + 44;
// How many columns have names; -1: none has.
const NAMED: i32 = MEMORY + 48;
const LONE: i32 = MEMORY + 64;
const FORMATS: i32 = MEMORY + 128;
const KINDS_OF: i32 = MEMORY + 384;
// By what their names say; 255: nothing.
const NAMED_KINDS: i32 = MEMORY + 896;
const SIZES: i32 = MEMORY + 1408;
const WORDS: i32 = MEMORY + 3584;
const COUNTS: i32 = WORDS + 32768;
export const MEMORY_BYTES: i32 = 3584 + 32768 + COLUMNS_MOST * 20 * 4;

// @ts-ignore: decorator
@inline
function get(place: i32): i32 {
  return load<i32>(place);
}
// @ts-ignore: decorator
@inline
function increase(place: i32): i32 {
  const value = load<i32>(place) + 1;
  store<i32>(place, value);
  return value;
}

/** Begins with nothing known but the separator, 0: it is to be found. */
export function newMemory(separator: i32): void {
  memory.fill(MEMORY, 0, MEMORY_BYTES);
  store<i32>(SEPARATOR, separator);
  store<i32>(FIXED, separator != 0 ? 1 : 0);
  store<i32>(NAMED, -1);
}

/** Says that there are names for so many columns; of each, its kind by `nameColumn`. */
export function nameColumns(count: i32): void {
  store<i32>(NAMED, min(count, COLUMNS_MOST));
  memory.fill(NAMED_KINDS, 255, COLUMNS_MOST);
}
export function nameColumn(column: i32, found: i32): void {
  if (column < COLUMNS_MOST) store<u8>(NAMED_KINDS + column, <u8>found);
}

export function separator(): i32 {
  return get(SEPARATOR);
}

/** Finds the separator of a record where the source has not said it: the last one, as long as it is there. */
export function settleSeparator(start: i32, end: i32): void {
  if (get(FIXED) == 1) return;
  const last = get(SEPARATOR);
  if (last != 0 && get(RECORDS) > 50) {
    for (let at = start; at < end; at++) if (<i32>load<u8>(at) == last) return;
  }
  const guess = guessSeparator(start, end);
  if (guess != 0) store<i32>(SEPARATOR, guess);
}

export function learning(): bool {
  return get(RECORDS) < LEARN_RECORDS;
}

/** A record begins. */
export function begin(): void {
  increase(ROWS);
}

/** Whether too little of the source has been seen to understand it. */
export function isNew(): bool {
  return get(ROWS) < WARM_RECORDS;
}

/** One item of kind `found` in a column. */
export function see(column: i32, found: i32): void {
  if (column < COLUMNS_MOST) increase(COUNTS + ((column * 20 + found) << 2));
}

/** A record with so many fields is over. */
export function seen(fields: i32): void {
  const records = increase(RECORDS);
  increase(SIZES + (fields << 2));
  if (records == SETTLED_AFTER || records == 300 || records == LEARN_RECORDS) settle();
}

export function countDates(count: i32): void {
  increase(DATED);
  if (count > 1) increase(MANY);
}

/** A date that is no birth was written so. */
export function noteOtherDate(format: i32): void {
  increase(OTHERS);
  const count = increase(FORMATS + ((format & 63) << 2));
  if (count > get(COMMONEST)) store<i32>(COMMONEST, count);
}

// @ts-ignore: decorator
@inline
function formatCount(format: i32): i32 {
  return get(FORMATS + ((format & 63) << 2));
}

/** Whether other dates of this source are written so; programs write all of theirs in one way. */
export function writesOtherDates(format: i32): bool {
  const others = get(OTHERS);
  if (others < 50) return others < 20 || formatCount(format) * 20 >= others;
  const most = get(COMMONEST);
  return <i64>most * 10 < <i64>others * 8 || formatCount(format) == most;
}

/** Whether nine tenths of the other dates are written so. */
export function isMachineFormat(format: i32): bool {
  return get(OTHERS) >= 50 && <i64>formatCount(format) * 10 >= <i64>get(OTHERS) * 9;
}

/** Whether rows of this source commonly hold other dates than births. */
export function hasOtherDates(): bool {
  return <i64>get(MANY) * 20 > <i64>get(DATED);
}

/** Whether a record has more fields than hardly any of its source. */
export function isLong(fields: i32): bool {
  return get(RECORDS) >= SETTLED_AFTER && fields > get(USUAL);
}

/**
 * Counts a short text that may be a name. Whether it comes again and again, as kinds of bookings do and hardly a
 * name does; two of sixteen thousand may be counted together.
 */
export function isWord(hash: i32): bool {
  const at = WORDS + (((hash ^ <i32>(<u32>hash >> 14)) & 0x3fff) << 1);
  const count = min<i32>(0xffff, <i32>load<u16>(at) + 1);
  store<u16>(at, <u16>count);
  return <f64>count > 3 + <f64>get(ROWS) / 250;
}

/** Whether lone digits of this source say the sex (ISO/IEC 5218: 1 male, 2 female): hardly any other occurs. */
export function lonelyDigit(digit: i32): bool {
  increase(LONE + (digit << 2));
  let others: i32 = 0;
  for (let at = 3; at < 9; at++) others += get(LONE + (at << 2));
  return (digit == 1 || digit == 2) && <i64>others * 50 <= <i64>get(LONE + 4) + get(LONE + 8);
}

/**
 * Whether a letter and eight digits are too common here to be passports of visitors: bookings are numbered so.
 */
export function isBooking(): bool {
  const count = increase(LETTER_NUMBERS);
  return <i64>count * 8 > <i64>get(ROWS) && count > 3;
}

/** A column is of one kind where nine tenths of what can be told in it are. */
function settle(): void {
  const records = get(RECORDS);
  let left = <f64>records / 50;
  let usual = COLUMNS_MOST;
  for (let size = COLUMNS_MOST; size >= 0; size--) {
    const count = get(SIZES + (size << 2));
    if (count == 0) continue;
    left -= <f64>count;
    if (left <= 0) {
      usual = size;
      break;
    }
  }
  store<i32>(USUAL, usual);
  let fields: i32 = 0;
  for (let size = 1; size <= COLUMNS_MOST; size++)
    if (get(SIZES + (size << 2)) > get(SIZES + (fields << 2))) fields = size;
  store<i32>(HAS_KINDS, 0);
  if (fields < 2 || get(SIZES + (fields << 2)) * 10 < records * 7) return;
  store<i32>(FIELDS, fields);
  let settled: i32 = 0;
  for (let column = 0; column < fields; column++) {
    const found = kindOfCounts(COUNTS + column * 80);
    store<u8>(KINDS_OF + column, <u8>found);
    if (found != UNKNOWN) settled += 1;
  }
  // Rows in any order have no column that is anything.
  if (settled * 3 >= fields) store<i32>(HAS_KINDS, 1);
}

function kindOfCounts(counts: i32): i32 {
  let all: i32 = 0;
  let best: i32 = 1;
  for (let at = 0; at < KINDS; at++) {
    all += get(counts + (at << 2));
    if (at > 0 && get(counts + (at << 2)) > get(counts + (best << 2))) best = at;
  }
  const told = all - get(counts);
  if (all < 10) return UNKNOWN;
  if (told * 10 < all) return OTHER;
  return get(counts + (best << 2)) * 10 >= told * 8 && told * 2 >= all ? best : UNKNOWN;
}

export function hasColumns(fields: i32): bool {
  if (get(NAMED) >= 0) return fields <= get(NAMED);
  return get(HAS_KINDS) == 1 && fields == get(FIELDS);
}

/** What a column holds; UNKNOWN where it holds this and that. */
export function kindOf(column: i32): i32 {
  if (get(NAMED) >= 0 && column < COLUMNS_MOST) {
    const named: i32 = load<u8>(NAMED_KINDS + column);
    if (named != 255) return named;
  }
  return get(HAS_KINDS) == 1 && column < get(FIELDS) ? <i32>load<u8>(KINDS_OF + column) : UNKNOWN;
}
