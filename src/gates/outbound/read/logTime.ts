const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const syslogTime = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2})$/;
const day = 86_400_000_000;

/**
 * Reads the times of logs: "[1458000000]", RFC 3339, or "Mar 15 00:00:00" in the zone of this machine. The
 * last names no year: it is the latest in which the time is not more than a day ahead of `now`.
 */
export class ClockOfLog {
  readonly #now: () => number;
  /** Many lines bear the same second. */
  #last: { text: string; at: number | null } = { text: "", at: null };

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Microseconds since 1970, or null. */
  read(text: string): number | null {
    if (this.#last.text !== text) this.#last = { text, at: this.#readAnew(text) };
    return this.#last.at;
  }

  #readAnew(text: string): number | null {
    const seconds = /^\[?(\d{9,10}(?:\.\d{1,6})?)\]?$/.exec(text)?.[1];
    if (seconds !== undefined) return Math.round(Number(seconds) * 1e6);
    const words = syslogTime.exec(text);
    try {
      if (words === null) return Number(Temporal.Instant.from(text).epochNanoseconds / 1000n);
      return this.#inYear(words.slice(1));
    } catch {
      return null;
    }
  }

  #inYear([name = "", ...numbers]: string[]): number | null {
    const month = months.indexOf(name) + 1;
    if (month === 0) return null;
    const now = this.#now();
    const timeZone = Temporal.Now.timeZoneId();
    const thisYear = Temporal.Instant.fromEpochMilliseconds(now / 1_000).toZonedDateTimeISO(timeZone).year;
    const [dayOfMonth, hour, minute, second] = numbers.map(Number);
    for (const year of [thisYear + 1, thisYear, thisYear - 1]) {
      const fields = { year, month, day: dayOfMonth, hour, minute, second, timeZone } as never;
      // 29 February is no day in most years, and then the year is another.
      try {
        const at = Temporal.ZonedDateTime.from(fields, { overflow: "reject" }).epochMilliseconds * 1_000;
        if (at <= now + day) return at;
      } catch {
        continue;
      }
    }
    return null;
  }
}
