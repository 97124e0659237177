import { standing, type Claim, type Words } from "./facts.ts";
import type { Duty, HolidaySet, Law } from "./law.ts";
import { isClosed, nextOpenDay } from "./openDays.ts";
import { judgeTrigger, type Judged } from "./trigger.ts";

/** One duty of one law, as one claim starts it. Two claims that contradict each other make two clocks. */
export type LegalClock = {
  law: string;
  version: string;
  duty: Duty;
  /** Whether the duty is there at all, and why. */
  judged: Judged;
  /** The claim that starts it; null: nobody has said yet when that was. */
  from: Claim | null;
  startsAt: Temporal.Instant | null;
  /** First moment at which it is too late; null where the law names no day, or nothing has started it. */
  deadline: Temporal.Instant | null;
  /** Last day, in the law's time zone, of a duty that is counted in days. */
  lastDay: Temporal.PlainDate | null;
  /** How it was counted, for people. */
  counted: Words;
};

/** The clocks of a law over what is claimed, one for each duty and each claim that may start it. */
export function clocksOf(law: Law, claims: readonly Claim[]): LegalClock[] {
  return law.duties.flatMap((duty): LegalClock[] => {
    const judged = judgeTrigger(duty.when, claims);
    const starts = standing(claims, duty.from);
    const base = { law: law.id, version: law.version, duty, judged };
    if (starts.length === 0) {
      const counted = {
        ja: "起算点となる事実がまだ記録されていません",
        en: "nobody has recorded the fact that starts it",
      };
      return [{ ...base, from: null, startsAt: null, deadline: null, lastDay: null, counted }];
    }
    return starts.map((from) => ({ ...base, from, ...count(duty, String(from.value), law.timeZone) }));
  });
}

type Counted = Pick<LegalClock, "startsAt" | "deadline" | "lastDay" | "counted">;

/** `moment`: an instant, or a day; of a day its beginning counts, which leaves the least time. */
function count(duty: Duty, moment: string, timeZone: string): Counted {
  const { length } = duty;
  const start = zonedOf(moment, timeZone);
  const startsAt = start.toInstant();
  const day = start.toPlainDate();
  switch (length.unit) {
    case "without-delay":
      return {
        startsAt,
        deadline: null,
        lastDay: null,
        counted: {
          ja: `${day} から遅滞なく（日数の定めなし）`,
          en: `without delay from ${day}; no number of days`,
        },
      };
    case "moment": {
      const isDay = isPlainDate(moment);
      const deadline = isDay ? startOfNextDay(day, timeZone) : startsAt;
      return {
        startsAt,
        deadline,
        lastDay: isDay ? day : null,
        counted: { ja: `${moment} まで`, en: `until ${moment}` },
      };
    }
    case "hours":
      return {
        startsAt,
        deadline: startsAt.add({ hours: length.count }),
        lastDay: null,
        counted: {
          ja: `${moment} から ${length.count} 時間`,
          en: `${length.count} hours from ${moment}`,
        },
      };
    case "days":
      return countDays(length, day, { startsAt, timeZone });
  }
}

type Days = Extract<Duty["length"], { unit: "days" }>;

function countDays(
  length: Days,
  day: Temporal.PlainDate,
  { startsAt, timeZone }: { startsAt: Temporal.Instant; timeZone: string },
): Counted {
  let last = length.dayOne === "same-day" ? day : day.add({ days: 1 });
  last = nextOpenDay(last, length.counted);
  for (let left = length.count - 1; left > 0; left -= 1)
    last = nextOpenDay(last.add({ days: 1 }), length.counted);
  const moved = nextOpenDay(last, length.movesOver);
  const first = {
    ja: length.dayOne === "same-day" ? `${day} を 1 日目` : `${day} の翌日を 1 日目`,
    en: length.dayOne === "same-day" ? `${day} is day 1` : `the day after ${day} is day 1`,
  };
  const closed = skipped(last, length.movesOver);
  return {
    startsAt,
    deadline: startOfNextDay(moved, timeZone),
    lastDay: moved,
    counted: {
      ja: `${first.ja}として ${length.count} 日目の ${last}${closed > 0 ? `、閉庁日のため ${moved}` : ""}`,
      en:
        `${first.en}, day ${length.count} is ${last}` +
        (closed > 0 ? `, moved over closed days to ${moved}` : ""),
    },
  };
}

function skipped(day: Temporal.PlainDate, set: HolidaySet): number {
  return isClosed(day, set) ? day.until(nextOpenDay(day, set)).days : 0;
}

function startOfNextDay(day: Temporal.PlainDate, timeZone: string): Temporal.Instant {
  return day.add({ days: 1 }).toZonedDateTime(timeZone).toInstant();
}

const isPlainDate = (moment: string): boolean => /^\d{4}-\d\d-\d\d$/.test(moment);

/** Throws RangeError for what is neither a day nor an instant. */
function zonedOf(moment: string, timeZone: string): Temporal.ZonedDateTime {
  if (isPlainDate(moment)) return Temporal.PlainDate.from(moment).toZonedDateTime(timeZone);
  return Temporal.Instant.from(moment).toZonedDateTimeISO(timeZone);
}
