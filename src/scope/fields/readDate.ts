import { has, unitClasses, type Cell } from "./cell.ts";

/** A day as it was written, and how. */
export class FoundDate {
  year = 0;
  month = 0;
  day = 0;
  /** Whether an era stood before it: hardly anything but a birth date is written so. */
  era = false;
  /** Whether a time of day that is not midnight followed. */
  timed = false;
  /** In which of some forty ways it was written: programs write one, people all. */
  format = 0;

  /** yyyymmdd; 0 where there is none. */
  get packed(): number {
    return this.year * 10_000 + this.month * 100 + this.day;
  }
}

/** First years of the eras, less one: 昭和60 is 1925 + 60. */
const eras: Readonly<Record<string, number>> = {
  明: 1867,
  大: 1911,
  昭: 1925,
  平: 1988,
  令: 2018,
  M: 1867,
  T: 1911,
  S: 1925,
  H: 1988,
  R: 2018,
  m: 1867,
  t: 1911,
  s: 1925,
  h: 1988,
  r: 2018,
};
const eraOf = new Int16Array(0x10000);
for (const [letter, before] of Object.entries(eras)) eraOf[letter.charCodeAt(0)] = before;

const years = "年".charCodeAt(0);
const months = "月".charCodeAt(0);
const days = "日".charCodeAt(0);
const first = "元".charCodeAt(0);
const second = new Set([..."治正和成"].map((one) => one.charCodeAt(0)));

const numbers = new Int32Array(8);
const widths = new Int32Array(8);
const followers = new Int32Array(8);

/**
 * Reads a day written as in Japan or as in databases: 1985-03-02, 1985/3/2, 19850302, 1985年3月2日, 昭和60年3月2日,
 * S60.3.2, with or without a time behind it, and 2/3/1985 where only one reading is a day.
 */
export function readDate(cell: Cell, found: FoundDate): boolean {
  const { units, length } = cell;
  found.era = false;
  found.timed = false;
  if (length < 5 || length > 40) return false;
  let at = 0;
  let before = eraOf[units[0] as number] as number;
  if (before !== 0) {
    at = second.has(units[1] as number) ? 2 : 1;
    if ((unitClasses[units[0] as number] as number) === has.kanji && units[at] === 0x2e) at += 1;
    while (units[at] === 0x20) at += 1;
    found.era = true;
  } else before = 0;
  const count = readNumbers(cell, at);
  if (count === 0) return false;
  found.format = count === 1 ? 1 : formatOf(found.era);
  if (count === 1) return !found.era && widths[0] === 8 && takePacked(numbers[0] as number, found);
  if (count < 3) return false;
  if (count > 3) found.timed = (numbers[3] as number) + (count > 4 ? (numbers[4] as number) : 0) > 0;
  const [one, two, three] = [numbers[0] as number, numbers[1] as number, numbers[2] as number];
  if (found.era) return take(before + one, two, { day: three, found });
  if (widths[0] === 4) return take(one, two, { day: three, found });
  if (widths[2] !== 4) return false;
  // A day stands before its month in Europe, behind it in America.
  if (one > 12) return take(three, two, { day: one, found });
  return take(three, one, { day: two, found });
}

/** Mark, padding and order of the numbers that were just read. */
function formatOf(era: boolean): number {
  const mark = followers[0] as number;
  const code = mark === 0x2d ? 2 : mark === 0x2f ? 3 : mark === 0x2e ? 4 : mark === years ? 5 : 6;
  const narrow = (numbers[1] as number) < 10 || (numbers[2] as number) < 10;
  // Of 2014/12/11 nobody can tell whether zeros would stand there.
  const padding = narrow && (widths[1] !== 2 || widths[2] !== 2) ? 2 : 1;
  return code * 8 + padding * 2 + (era ? 1 : 0);
}

/** Numbers and what stands behind each; 0 where anything else than a date's marks is among them. */
function readNumbers(cell: Cell, from: number): number {
  const { units, length } = cell;
  let count = 0;
  let at = from;
  if (units[at] === first) {
    numbers[0] = 1;
    widths[0] = 1;
    followers[0] = units[at + 1] ?? 0;
    if (followers[0] !== years) return 0;
    count = 1;
    at += 2;
  }
  while (at < length && count < 6) {
    const start = at;
    let value = 0;
    while (at < length && at - start < 9) {
      const digit = (units[at] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at += 1;
    }
    if (at === start) return 0;
    numbers[count] = value;
    widths[count] = at - start;
    count += 1;
    if (at >= length) break;
    const mark = units[at] as number;
    if (!isMark(mark, count)) return 0;
    if (count === 1) followers[0] = mark;
    at += 1;
    // "1985年 3月 2日", "1985-03-02 10:00".
    while (at < length && (units[at] === 0x20 || (count >= 3 && units[at] === 0x54))) at += 1;
    if (count >= 3 && at < length && restIsZone(cell, at)) break;
  }
  return at >= length || count >= 3 ? count : 0;
}

function isMark(mark: number, count: number): boolean {
  if (mark === 0x2d || mark === 0x2f || mark === 0x2e || mark === 0x20) return true;
  if (count === 1) return mark === years;
  if (count === 2) return mark === months;
  return mark === days || mark === 0x54 || mark === 0x3a || mark === 0x2b;
}

/** "生", "生まれ", "Z" and the like end a date. */
function restIsZone(cell: Cell, at: number): boolean {
  const bit = unitClasses[cell.units[at] as number] as number;
  return bit !== has.digit && cell.length - at <= 4;
}

function takePacked(value: number, found: FoundDate): boolean {
  return take(Math.floor(value / 10_000), Math.floor(value / 100) % 100, { day: value % 100, found });
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function take(year: number, month: number, { day, found }: { day: number; found: FoundDate }): boolean {
  if (year < 1868 || year > 2100 || month < 1 || month > 12 || day < 1) return false;
  if (day > (monthDays[month - 1] as number)) return false;
  found.year = year;
  found.month = month;
  found.day = day;
  return true;
}
