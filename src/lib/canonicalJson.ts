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
  if (Array.isArray(value)) return printArray(value);
  if (typeof value !== "object") throw new TypeError(`Cannot print ${typeof value} as JSON`);
  return printObject(value);
}

function printArray(values: readonly Json[]): string {
  let text = "[";
  for (const [place, value] of values.entries()) text += (place === 0 ? "" : ",") + printCanonicalJson(value);
  return `${text}]`;
}

// Loops and no intermediate arrays: the ledger prints every entry once to write it and once to verify it.
function printObject(value: { [key: string]: Json }): string {
  const keys = Object.keys(value);
  for (let place = 1; place < keys.length; place++) {
    if ((keys[place - 1] as string) < (keys[place] as string)) continue;
    keys.sort();
    break;
  }
  let text = "{";
  for (const key of keys) {
    const member = value[key];
    if (member === undefined) continue;
    text += `${text === "{" ? "" : ","}${printString(key)}:${printCanonicalJson(member)}`;
  }
  return `${text}}`;
}

function printNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`Cannot print ${value} as JSON`);
  return JSON.stringify(value);
}

// RFC 8785 3.2.2.2: lone surrogates have no canonical form, so they become U+FFFD before they are kept.
function printString(value: string): string {
  return JSON.stringify(value.isWellFormed() ? value : value.toWellFormed());
}
