/** A value that JSON can carry and that has one canonical form. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * The one canonical form of a JSON value: keys sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript prints them (RFC 8785 3.2). Throws a `TypeError` for what JSON cannot carry.
 */
export function printCanonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return printString(value);
  if (Array.isArray(value)) return `[${value.map(printCanonicalJson).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`Cannot print ${typeof value} as JSON`);
  const members = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${printString(key)}:${printCanonicalJson(value[key] as Json)}`);
  return `{${members.join(",")}}`;
}

function printNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`Cannot print ${value} as JSON`);
  return JSON.stringify(value);
}

// RFC 8785 3.2.2.2: lone surrogates have no canonical form, so they become U+FFFD before they are kept.
function printString(value: string): string {
  return JSON.stringify(value.isWellFormed() ? value : value.toWellFormed());
}
