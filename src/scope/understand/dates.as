// Days as they are written in Japan or in databases.
import { cellLength, classOf, unitAt } from "./cell";
import { DATE_NUMBERS, DATE_WIDTHS, DIGIT, ERA_SECOND, KANJI, SIGNS } from "./layout";

/** yyyymmdd of the last day that was read. */
export let day: i32 = 0;
/** Whether an era stood before it: hardly anything but a birth date is written so. */
export let era: bool = false;
/** Whether a time of day that is not midnight followed. */
export let timed: bool = false;
/** In which of some forty ways it was written: programs write one, people all. */
export let format: i32 = 0;

let follower: i32 = 0;

// @ts-ignore: decorator
@inline
function numberAt(place: i32): i32 {
  return load<i32>(DATE_NUMBERS + (place << 2));
}
// @ts-ignore: decorator
@inline
function widthAt(place: i32): i32 {
  return load<i32>(DATE_WIDTHS + (place << 2));
}

/** First year of an era, less one: 昭和60 is 1925 + 60; 0: no era. */
function eraOf(unit: i32): i32 {
  switch (unit) {
    case 0x660e: // 明
    case 0x4d:
    case 0x6d:
      return 1867;
    case 0x5927: // 大
    case 0x54:
    case 0x74:
      return 1911;
    case 0x662d: // 昭
    case 0x53:
    case 0x73:
      return 1925;
    case 0x5e73: // 平
    case 0x48:
    case 0x68:
      return 1988;
    case 0x4ee4: // 令
    case 0x52:
    case 0x72:
      return 2018;
    default:
      return 0;
  }
}

/**
 * Reads a day: 1985-03-02, 1985/3/2, 19850302, 1985年3月2日, 昭和60年3月2日, S60.3.2, with or without a time behind it,
 * and 2/3/1985 where only one reading is a day.
 */
export function readDate(): bool {
  era = false;
  timed = false;
  if (cellLength < 5 || cellLength > 40) return false;
  let at: i32 = 0;
  const first = unitAt(0);
  const before = first >= 0x30 && first <= 0x39 ? 0 : eraOf(first);
  if (before != 0) {
    at = (load<u8>(SIGNS + unitAt(1)) & ERA_SECOND) != 0 ? 2 : 1;
    if (classOf(first) == KANJI && unitAt(at) == 0x2e) at += 1;
    while (at < cellLength && unitAt(at) == 0x20) at += 1;
    era = true;
  }
  const count = readNumbers(at);
  if (count == 0) return false;
  format = count == 1 ? 1 : formatOf();
  if (count == 1) {
    const packed = numberAt(0);
    return !era && widthAt(0) == 8 && take(packed / 10000, (packed / 100) % 100, packed % 100);
  }
  if (count < 3) return false;
  if (count > 3) timed = numberAt(3) + (count > 4 ? numberAt(4) : 0) > 0;
  const one = numberAt(0);
  const two = numberAt(1);
  const three = numberAt(2);
  if (before != 0) return take(before + one, two, three);
  if (widthAt(0) == 4) return take(one, two, three);
  if (widthAt(2) != 4) return false;
  // A day stands before its month in Europe, behind it in America.
  if (one > 12) return take(three, two, one);
  return take(three, one, two);
}

/** Mark, padding and order of the numbers that were just read. */
function formatOf(): i32 {
  const code: i32 =
    follower == 0x2d ? 2 : follower == 0x2f ? 3 : follower == 0x2e ? 4 : follower == 0x5e74 ? 5 : 6;
  const narrow = numberAt(1) < 10 || numberAt(2) < 10;
  // Of 2014/12/11 nobody can tell whether zeros would stand there.
  const padding = narrow && (widthAt(1) != 2 || widthAt(2) != 2) ? 2 : 1;
  return code * 8 + padding * 2 + (era ? 1 : 0);
}

/** Numbers and what stands behind each; 0 where anything else than a date's marks is among them. */
function readNumbers(from: i32): i32 {
  let count: i32 = 0;
  let at = from;
  // 元年 is the first year.
  if (at < cellLength && unitAt(at) == 0x5143) {
    store<i32>(DATE_NUMBERS, 1);
    store<i32>(DATE_WIDTHS, 1);
    follower = unitAt(at + 1);
    if (follower != 0x5e74) return 0;
    count = 1;
    at += 2;
  }
  while (at < cellLength && count < 6) {
    const start = at;
    let value: i32 = 0;
    while (at < cellLength && at - start < 9) {
      const digit = unitAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at += 1;
    }
    if (at == start) return 0;
    store<i32>(DATE_NUMBERS + (count << 2), value);
    store<i32>(DATE_WIDTHS + (count << 2), at - start);
    count += 1;
    if (at >= cellLength) break;
    const mark = unitAt(at);
    if (!isMark(mark, count)) return 0;
    if (count == 1) follower = mark;
    at += 1;
    // "1985年 3月 2日", "1985-03-02 10:00".
    while (at < cellLength && (unitAt(at) == 0x20 || (count >= 3 && unitAt(at) == 0x54))) at += 1;
    // "生", "生まれ", "Z" and the like end a date.
    if (count >= 3 && at < cellLength && classOf(unitAt(at)) != DIGIT && cellLength - at <= 4) break;
  }
  return at >= cellLength || count >= 3 ? count : 0;
}

function isMark(mark: i32, count: i32): bool {
  if (mark == 0x2d || mark == 0x2f || mark == 0x2e || mark == 0x20) return true;
  if (count == 1) return mark == 0x5e74; // 年
  if (count == 2) return mark == 0x6708; // 月
  return mark == 0x65e5 || mark == 0x54 || mark == 0x3a || mark == 0x2b; // 日 T : +
}

function monthDays(month: i32): i32 {
  if (month == 2) return 29;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

function take(year: i32, month: i32, dayOfMonth: i32): bool {
  if (year < 1868 || year > 2100 || month < 1 || month > 12 || dayOfMonth < 1) return false;
  if (dayOfMonth > monthDays(month)) return false;
  day = year * 10000 + month * 100 + dayOfMonth;
  return true;
}
