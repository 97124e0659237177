// What one record says: which of its dates is the birth, of how many persons it is, and whether of any.
import {
  ADDRESS,
  BIRTH_DATE,
  CUSTOMER_ID,
  EMAIL,
  KANA,
  MY_NUMBER,
  NAME,
  OTHER,
  OTHER_DATE,
  PASSPORT,
  PASSPORT_EXPIRES,
  PASSPORT_ISSUED,
  PAYMENT_CARD,
  PHONE,
  POSTAL_CODE,
  ROMAN_NAME,
  UNKNOWN,
} from "./layout";
import {
  beginNormal,
  changed,
  clearItems,
  columned,
  dateAt,
  dateCount,
  dayAt,
  endNormal,
  eraAt,
  fieldAt,
  formatAt,
  identifies,
  itemCount,
  kindAt,
  readField,
  repeated,
  setKind,
  settleByColumns,
  sureAt,
  SURE_FROM,
  sureKinds,
  takeItem,
  weakCount,
} from "./items";
import {
  begin,
  countDates,
  hasOtherDates,
  isLong,
  isMachineFormat,
  learning,
  noteOtherDate,
  see,
  seen,
  separator,
  settleSeparator,
  writesOtherDates,
} from "./memory";
import { clearNormal, writeDay } from "./normal";
import { clearSignature, takeDay } from "./signature";
import { fieldCount, fieldEnd, fieldStart, splitRecord } from "./split";

/** By one of these alone a record is of a person. */
const ENOUGH: i32 =
  (1 << NAME) |
  (1 << KANA) |
  (1 << EMAIL) |
  (1 << PHONE) |
  (1 << ADDRESS) |
  (1 << PASSPORT) |
  (1 << MY_NUMBER) |
  (1 << PAYMENT_CARD) |
  (1 << CUSTOMER_ID);

/** Of these it takes two. */
const HALVES: i32 = (1 << ROMAN_NAME) | (1 << POSTAL_CODE) | (1 << BIRTH_DATE);

let today: i32 = 0;

/** yyyymmdd of the day on which the data left. */
export function setToday(day: i32): void {
  today = day;
}

/** Splits bytes [from, to) and reads their fields; persons are taken from the items then. */
export function readRecord(from: i32, to: i32): void {
  settleSeparator(from, to);
  clearItems();
  clearSignature();
  clearNormal();
  begin();
  splitRecord(from, to, separator());
  for (let field = 0; field < fieldCount; field++) {
    const start = fieldStart(field);
    const end = fieldEnd(field);
    if (end > start) readField(field, start, end);
  }
  const learns = learning();
  // What cells say by themselves: a column that was taken for something else would only agree with itself.
  for (let at = 0; learns && at < itemCount; at++) {
    const found = kindAt(at);
    see(fieldAt(at), found == OTHER || sureAt(at) >= SURE_FROM ? found : UNKNOWN);
  }
  settleByColumns();
  if (learns) seen(fieldCount);
}

/**
 * Of how many persons a record is: where two rows stand in one line, the kinds of the first come again in the second.
 * Gives the item at which the second begins, or their number.
 */
export function secondPerson(): i32 {
  const again = columned ? repeatedKinds() : repeated;
  if (again == 0 || (again == 1 && !isLong(fieldCount))) return itemCount;
  // Everything that is there twice must be once on each side of the cut. Of all such cuts the last: the first field
  // of the second row mostly is of a kind that the first row has had.
  for (let cut = itemCount - 1; cut > 0; cut--) {
    if (fieldAt(cut) != fieldAt(cut - 1) && isOnceOnEachSide(cut)) return cut;
  }
  return itemCount;
}

function repeatedKinds(): i32 {
  let known: i32 = 0;
  let again: i32 = 0;
  for (let at = 0; at < itemCount; at++) {
    if (!identifies(at)) continue;
    const bit = 1 << kindAt(at);
    if ((known & bit) != 0) again += 1;
    known |= bit;
  }
  return again;
}

function isOnceOnEachSide(cut: i32): bool {
  let left: i32 = 0;
  let right: i32 = 0;
  for (let at = 0; at < itemCount; at++) {
    if (!identifies(at)) continue;
    const bit = 1 << kindAt(at);
    if (((at < cut ? left : right) & bit) != 0) return false;
    if (at < cut) left |= bit;
    else right |= bit;
  }
  return (left & right) != 0;
}

/**
 * Reads items [from, to) into the signature and writes their canonical forms. Gives whether they are of a person at
 * all: a lone date, number or word of Latin letters is not.
 */
export function takePerson(from: i32, to: i32): bool {
  settleDates(from, to);
  return !columned && from == 0 && to == itemCount ? takeAll() : takeSome(from, to);
}

/** All of a row without columns has been read and taken; only the days wait. */
function takeAll(): bool {
  let kinds = sureKinds;
  for (let date = 0; date < dateCount; date++) {
    const at = dateAt(date);
    kinds |= 1 << kindAt(at);
    beginNormal(at);
    keepDay(at, kindAt(at));
    endNormal(at);
  }
  if (weakCount > 0) {
    for (let at = 0; at < itemCount; at++)
      if (sureAt(at) < SURE_FROM && kindAt(at) != OTHER) setKind(at, UNKNOWN);
  }
  return isPerson(kinds);
}

/** Whether these kinds together are of a person. */
// @ts-ignore: decorator
@inline
function isPerson(kinds: i32): bool {
  return (kinds & ENOUGH) != 0 || popcnt(kinds & HALVES) >= 2;
}

function takeSome(from: i32, to: i32): bool {
  const anew = changed || from != 0 || to != itemCount;
  if (anew) {
    clearSignature();
    clearNormal();
  }
  let kinds: i32 = 0;
  for (let at = from; at < to; at++) {
    const found = kindAt(at);
    const sure = sureAt(at) >= SURE_FROM;
    if (anew) beginNormal(at);
    if (!sure) {
      if (found != OTHER) setKind(at, UNKNOWN);
    } else if (dayAt(at) != 0) {
      beginNormal(at);
      keepDay(at, found);
      endNormal(at);
    } else if (anew && found != UNKNOWN && found != OTHER) takeItem(at, found);
    if (anew) endNormal(at);
    // Two phrases of Latin letters are no more a person than one.
    if (sure) kinds |= 1 << found;
  }
  return isPerson(kinds);
}

/**
 * Which of the dates is the birth: the oldest, unless it alone is written as the other dates of the source are, which
 * a program writes in one way. What lies ahead of today is when a passport ends; ten or five years before it, it was
 * issued. A single young date is a birth where no row of the file has other dates.
 */
function settleDates(from: i32, to: i32): void {
  const most: i32 = columned ? to - from : dateCount;
  if (most == 0) return;
  let oldest: i32 = -1;
  let count: i32 = 0;
  let expires: i32 = 0;
  for (let place = 0; place < most; place++) {
    const at: i32 = columned ? from + place : dateAt(place);
    if (at < from || at >= to || kindAt(at) != OTHER_DATE) continue;
    const day = dayAt(at);
    if (day > today) {
      setKind(at, PASSPORT_EXPIRES);
      expires = day;
      continue;
    }
    if (eraAt(at) == 2) continue;
    count += 1;
    if (oldest < 0 || comesBefore(at, oldest)) oldest = at;
  }
  if (oldest < 0) return;
  countDates(count);
  const years = (today - dayAt(oldest)) / 10000;
  const birth =
    count > 1 ||
    years >= 15 ||
    eraAt(oldest) == 1 ||
    !hasOtherDates() ||
    !writesOtherDates(formatAt(oldest));
  if (birth) setKind(oldest, BIRTH_DATE);
  for (let place = 0; place < most; place++) {
    const at: i32 = columned ? from + place : dateAt(place);
    if (at < from || at >= to || kindAt(at) != OTHER_DATE) continue;
    noteOtherDate(formatAt(at));
    const span = expires / 10000 - dayAt(at) / 10000;
    if (expires != 0 && (span == 10 || span == 5)) setKind(at, PASSPORT_ISSUED);
  }
}

/** Whether a day is rather the birth than another: older, unless only the other is written as machines do. */
function comesBefore(at: i32, other: i32): bool {
  if ((eraAt(at) == 1) != (eraAt(other) == 1)) return eraAt(at) == 1;
  const machine = isMachineFormat(formatAt(at));
  if (machine != isMachineFormat(formatAt(other))) return !machine;
  return dayAt(at) < dayAt(other);
}

function keepDay(item: i32, found: i32): void {
  const day = dayAt(item);
  writeDay(day);
  if (found == BIRTH_DATE) takeDay(true, day);
  else if (found == OTHER_DATE) takeDay(false, day);
}

/** yyyymmdd of the first item of a kind; 0: none. */
export function dayOf(from: i32, to: i32, wanted: i32): i32 {
  const most: i32 = columned ? to - from : dateCount;
  for (let place = 0; place < most; place++) {
    const at: i32 = columned ? from + place : dateAt(place);
    if (at >= from && at < to && kindAt(at) == wanted) return dayAt(at);
  }
  return 0;
}
