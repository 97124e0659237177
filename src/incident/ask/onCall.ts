import { z } from "zod";
import { isClosed } from "../../law/openDays.ts";

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** A turn of duty: who answers first, on which days, from when to when. */
export const Shift = z.strictObject({
  role: z
    .enum(["operator", "analyst", "approver", "privacy-officer", "administrator"])
    .describe("Whose questions go to these persons first."),
  persons: z
    .array(z.email())
    .min(1)
    .max(20)
    .describe("Addresses of persons of the roster: the first is asked first, the others are deputies."),
  days: z
    .enum(["open", "closed", "every"])
    .default("every")
    .describe("open: days on which Japanese offices are open; closed: weekends, holidays, year's end."),
  from: clock.default("00:00").describe("First minute, in the station's time zone."),
  to: clock.default("00:00").describe("End; at or before the beginning means: of the next day."),
});
export type Shift = z.infer<typeof Shift>;

/** Pure: who is on duty for a role at a moment, in the order in which they are asked; nobody: empty. */
export function onCallAt(
  shifts: readonly Shift[],
  role: string,
  at: { instant: Temporal.Instant; timeZone: string },
): string[] {
  const now = at.instant.toZonedDateTimeISO(at.timeZone);
  const persons = shifts
    .filter((shift) => shift.role === role && isOn(shift, now))
    .flatMap((shift) => shift.persons);
  return [...new Set(persons)];
}

/** A turn over midnight belongs to the day on which it begins. */
function isOn(shift: Shift, now: Temporal.ZonedDateTime): boolean {
  const [from, to] = [Temporal.PlainTime.from(shift.from), Temporal.PlainTime.from(shift.to)];
  const time = now.toPlainTime();
  const today = now.toPlainDate();
  const afterFrom = Temporal.PlainTime.compare(time, from) >= 0;
  const beforeTo = Temporal.PlainTime.compare(time, to) < 0;
  const overnight = Temporal.PlainTime.compare(to, from) <= 0;
  if (!overnight) return afterFrom && beforeTo && fits(shift, today);
  return (afterFrom && fits(shift, today)) || (beforeTo && fits(shift, today.subtract({ days: 1 })));
}

function fits({ days }: Shift, day: Temporal.PlainDate): boolean {
  if (days === "every") return true;
  return isClosed(day, "japan-government") === (days === "closed");
}
