import holidayJp from "@holiday-jp/holiday_jp";
import type { HolidaySet } from "./law.ts";

/** Whether a day counts as closed. Throws RangeError for years of which the holidays are not known. */
export function isClosed(day: Temporal.PlainDate, set: HolidaySet): boolean {
  if (set === "none") return false;
  const weekend = day.dayOfWeek >= 6;
  if (set === "weekends") return weekend;
  // 行政機関の休日に関する法律 1条: Saturdays, Sundays, holidays, and 29 December to 3 January.
  const yearEnd = (day.month === 12 && day.day >= 29) || (day.month === 1 && day.day <= 3);
  return weekend || (set === "japan-government" && yearEnd) || isJapaneseHoliday(day);
}

/** 国民の祝日に関する法律. The table of holidays ends; what lies behind it is not guessed. */
function isJapaneseHoliday(day: Temporal.PlainDate): boolean {
  if (day.year < 1970 || day.year > 2050) throw new RangeError(`no holidays of Japan are known for ${day}`);
  return Object.hasOwn(holidayJp.holidays, day.toString());
}

/** The first day from `day` on that is open. */
export function nextOpenDay(day: Temporal.PlainDate, set: HolidaySet): Temporal.PlainDate {
  let next = day;
  while (isClosed(next, set)) next = next.add({ days: 1 });
  return next;
}
