/** Years in which eras begin, by their letter and first kanji: 元年 is 1. */
const eras: ReadonlyMap<string, { from: number; to: number }> = new Map(
  (
    [
      ["M明", 1868, 1912],
      ["T大", 1912, 1926],
      ["S昭", 1926, 1989],
      ["H平", 1989, 2019],
      ["R令", 2019, 2100],
    ] as const
  ).flatMap(([names, from, to]) => [...names].map((name) => [name, { from, to }])),
);

const western = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/;
const kanjiDate = /^(\d{4})年\s?(\d{1,2})月\s?(\d{1,2})日?$/;
const american = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/;
const eraName = "(?:(明治|大正|昭和|平成|令和|[明大昭平令])|([MTSHRmtshr])[. ]?)";
const era = new RegExp(
  `^${eraName}\\s?(\\d{1,2}|元)(?:年\\s?|[-/.])(\\d{1,2})(?:月\\s?|[-/.])(\\d{1,2})日?$`,
);
const packedEra = /^([MTSHR])(\d{2})(\d{2})(\d{2})$/;
const midnight = /[ T]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?$/;

export type ReadDate = { year: number; month: number; day: number; style: "western" | "era" | "packed" };

/** A day as people and systems of Japan write it, or null. A time of day other than midnight is no date. */
export function readDate(text: string): ReadDate | null {
  const day = text.length > 11 ? text.replace(midnight, "") : text;
  let match = western.exec(day);
  if (match !== null) return dateOf(match[1], match[3], match[4], "western");
  if (/^\d{8}$/.test(day)) return dateOf(day.slice(0, 4), day.slice(4, 6), day.slice(6), "packed");
  match = kanjiDate.exec(day);
  if (match !== null) return dateOf(match[1], match[2], match[3], "western");
  match = american.exec(day);
  if (match !== null) {
    return dateOf(match[3], match[1], match[2], "western") ?? dateOf(match[3], match[2], match[1], "western");
  }
  match = era.exec(day);
  if (match !== null) return eraDate(match[1] ?? match[2], match.slice(3), "era");
  match = packedEra.exec(day);
  return match === null ? null : eraDate(match[1], match.slice(2), "packed");
}

function eraDate(
  name: string | undefined,
  parts: (string | undefined)[],
  style: ReadDate["style"],
): ReadDate | null {
  const found = eras.get((name ?? "").charAt(0).toUpperCase());
  const count = parts[0] === "元" ? 1 : Number(parts[0]);
  if (found === undefined || count < 1) return null;
  const year = found.from + count - 1;
  return year > found.to ? null : dateOf(String(year), parts[1], parts[2], style);
}

function dateOf(
  yearText: string | undefined,
  monthText: string | undefined,
  dayText: string | undefined,
  style: ReadDate["style"],
): ReadDate | null {
  const [year, month, day] = [Number(yearText), Number(monthText), Number(dayText)];
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  return year >= 1800 && year <= 2200 ? { year, month, day, style } : null;
}
