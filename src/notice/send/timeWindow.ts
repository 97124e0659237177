/** Hours of the day in which mails go out; `until` before `from` goes over midnight. */
export type TimeWindow = { from: string; until: string };

/** How many milliseconds until mails may go out; 0: now. */
export function msUntilWindow(now: Temporal.Instant, window: TimeWindow | undefined, zone: string): number {
  if (window === undefined) return 0;
  const local = now.toZonedDateTimeISO(zone);
  const minute = local.hour * 60 + local.minute;
  const [from, until] = [minutesOf(window.from), minutesOf(window.until)];
  const open = from <= until ? minute >= from && minute < until : minute >= from || minute < until;
  if (open || from === until) return 0;
  const clock = { hour: Math.floor(from / 60) % 24, minute: from % 60 };
  const today = local.with({ ...clock, second: 0, millisecond: 0, microsecond: 0, nanosecond: 0 });
  const next = today.epochMilliseconds > local.epochMilliseconds ? today : today.add({ days: 1 });
  return next.epochMilliseconds - local.epochMilliseconds;
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}
