import type { Language } from "./language.ts";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 minutes ago", "in 2 hours"; seconds only within the last minute. */
export function relativeTime(at: number, now: number, language: Language): string {
  const seconds = Math.round((at - now) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return close(format.format(Math.trunc(seconds / size), unit), language);
  }
  return close(format.format(seconds, "second"), language);
}

/** CLDR sets a blank between figure and unit; Japanese is set without it. */
function close(text: string, language: Language): string {
  return language === "ja" ? text.replaceAll(" ", "") : text;
}

/** "1 h 29 min": how long something still lasts. */
export function duration(milliseconds: number, language: Language): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "day"],
    [Math.floor(seconds / 3600) % 24, "hour"],
    [Math.floor(seconds / 60) % 60, "minute"],
    [seconds % 60, "second"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  const shown = first === -1 ? parts.slice(3) : parts.slice(first, first + 2);
  return shown
    .filter(([value], index) => value > 0 || index === 0)
    .map(([value, unit]) => {
      const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" });
      return close(format.format(value), language);
    })
    .join(language === "ja" ? "" : " ");
}

/** A whole moment in the station's zone, with the zone's name. */
export function absoluteTime(at: number | string, zone: string, language: Language): string {
  return new Intl.DateTimeFormat(language, {
    timeZone: zone,
    year: "numeric",
    month: "short",
    day: "numeric",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(new Date(at));
}

/** Day and minute, for where the year and the zone stand elsewhere on the page. */
export function shortTime(at: number | string, zone: string, language: Language): string {
  const options = { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" } as const;
  const format = new Intl.DateTimeFormat(language, { ...options, timeZone: zone, hourCycle: "h23" });
  return format.format(new Date(at));
}

export function clockTime(at: number | string, zone: string, language: Language): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat(language, { ...options, timeZone: zone }).format(new Date(at));
}

const DAY_MS = 86_400_000;

/** When a day ("2016-03-15") begins in a zone, as the ledger counts time; `days` later where given. */
export function dayStart(date: string, zone: string, days = 0): string {
  const wanted = Date.parse(`${date}T00:00:00Z`) + days * DAY_MS;
  // Twice, because the offset at the first guess may be that of the other side of a change of the clocks.
  const once = wanted - offsetAt(wanted, zone);
  return new Date(wanted - offsetAt(once, zone)).toISOString();
}

/** "4.2 ms", "40 s": how soon something took hold, as exact as it matters. */
export function briefTime(milliseconds: number, language: Language): string {
  if (milliseconds >= 10_000) return duration(milliseconds, language);
  const unit = "millisecond";
  const maximumFractionDigits = milliseconds < 10 ? 1 : 0;
  const format = new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits });
  return close(format.format(milliseconds), language);
}

export function percent(share: number, language: Language): string {
  const digits = share > 0 && share < 0.1 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** A sum of money; three letters that are no currency are set beside the figure. */
export function money(
  { amount, currency }: { amount: number; currency: string },
  language: Language,
): string {
  try {
    const options = { style: "currency", currency, maximumFractionDigits: 0 } as const;
    return new Intl.NumberFormat(language, options).format(amount);
  } catch {
    return `${amount.toLocaleString(language)} ${currency}`;
  }
}

/** By how much the clocks of a zone are ahead of UTC at a moment. */
export function offsetAt(at: number, zone: string): number {
  const options = { timeZone: zone, dateStyle: "short", timeStyle: "medium" } as const;
  // The Swedish form is that of ISO 8601.
  const local = new Intl.DateTimeFormat("sv", options).format(at).replace(" ", "T");
  return Date.parse(`${local}Z`) - Math.floor(at / 1000) * 1000;
}

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

export function byteSize(bytes: number, language: Language): string {
  const step = bytes < 1000 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  const format = new Intl.NumberFormat(language, {
    style: "unit",
    unit: SIZES[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  });
  return format.format(value);
}
