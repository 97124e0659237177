/**
 * A key under which texts that differ in literals only are the same: found in one pass, without a parse.
 * Sound while standard_conforming_strings is on. Each literal becomes a mark that tells a string, an integer
 * and another number apart; no text that holds such a mark itself has a key.
 */

const marks = { string: "\u0001", integer: "\u0002", number: "\u0003" } as const;

const kinds = {
  other: 0,
  name: 1,
  digit: 2,
  quote: 3,
  doubleQuote: 4,
  stop: 5,
  dot: 6,
  minus: 7,
  slash: 8,
  dollar: 9,
};

const kindOfCode = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) {
  const char = String.fromCharCode(code);
  if (/[a-z_]/i.test(char)) kindOfCode[code] = kinds.name;
  else if (/[0-9]/.test(char)) kindOfCode[code] = kinds.digit;
  else if (code < 9 || char === "\\") kindOfCode[code] = kinds.stop;
}
kindOfCode[0x27] = kinds.quote;
kindOfCode[0x22] = kinds.doubleQuote;
kindOfCode[0x2e] = kinds.dot;
kindOfCode[0x2d] = kinds.minus;
kindOfCode[0x2f] = kinds.slash;
kindOfCode[0x24] = kinds.dollar;

const [quote, doubleQuote, backslash, ampersand, minus, star] = [0x27, 0x22, 0x5c, 0x26, 0x2d, 0x2a];

/** The kind of the character at a place; letters beyond ASCII belong to names, as in PostgreSQL. */
function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (kindOfCode[code] as number) : code === code ? kinds.name : kinds.other;
}

/** The key of a text, or null where only the whole text can be one. */
export function textKey(text: string): string | null {
  const { length } = text;
  let key = "";
  let copied = 0;
  let at = 0;
  while (at < length) {
    const kind = kindAt(text, at);
    let end = at + 1;
    let mark = "";
    if (kind === kinds.name) end = endOfName(text, at);
    else if (kind === kinds.quote) {
      end = endOfString(text, at);
      mark = marks.string;
    } else if (kind === kinds.digit || (kind === kinds.dot && kindAt(text, at + 1) === kinds.digit)) {
      end = endOfNumber(text, at);
      mark = markOfNumber(text, at, end);
    } else if (kind !== kinds.other) end = endOfOther(text, at, kind);
    if (end < 0) return null;
    if (mark !== "") {
      key += text.slice(copied, at) + mark;
      copied = end;
    }
    at = end;
  }
  return copied === 0 ? text : key + text.slice(copied);
}

/** A name may hold digits and `$`. Before a quote it may change what the string means: E'', B'', X'', N''. */
function endOfName(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const kind = kindAt(text, at);
    if (kind !== kinds.name && kind !== kinds.digit && kind !== kinds.dollar) break;
    at += 1;
  }
  if (text.charCodeAt(at) === quote) return -1;
  // U&'' and U&"".
  if (text.charCodeAt(at) === ampersand && isQuote(text.charCodeAt(at + 1))) return -1;
  // float(24) and float(25) are two types.
  return at - start === 5 && text.slice(start, at).toLowerCase() === "float" ? -1 : at;
}

function isQuote(code: number): boolean {
  return code === quote || code === doubleQuote;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== code || code === backslash) return -1;
    if (code !== quote) continue;
    if (text.charCodeAt(at + 1) !== quote) return at + 1;
    at += 1;
  }
}

/** Digits, with a point or an exponent; -1 for every other form (0x1F, 1_000, 1..2, 12abc). */
function endOfNumber(text: string, start: number): number {
  let at = digitsFrom(text, start);
  if (kindAt(text, at) === kinds.dot) {
    if (kindAt(text, at + 1) === kinds.dot) return -1;
    at = digitsFrom(text, at + 1);
  }
  const code = text.charCodeAt(at) | 0x20;
  if (code === 0x65) {
    const sign = text.charCodeAt(at + 1);
    const digits = at + (sign === minus || sign === 0x2b ? 2 : 1);
    if (kindAt(text, digits) !== kinds.digit) return -1;
    at = digitsFrom(text, digits);
  }
  const next = kindAt(text, at);
  return next === kinds.name || next === kinds.dot || next === kinds.dollar ? -1 : at;
}

function digitsFrom(text: string, start: number): number {
  let at = start;
  while (kindAt(text, at) === kinds.digit) at += 1;
  return at;
}

const largestInteger = "2147483647";

/** PostgreSQL's parser takes what does not fit an int4 for a number of another kind. */
function markOfNumber(text: string, start: number, end: number): string {
  if (end < 0) return marks.number;
  if (digitsFrom(text, start) !== end) return marks.number;
  const digits = end - start;
  if (digits < largestInteger.length) return marks.integer;
  const plain = text.slice(start, end).replace(/^0+/, "");
  if (plain.length !== largestInteger.length)
    return plain.length < largestInteger.length ? marks.integer : marks.number;
  return plain <= largestInteger ? marks.integer : marks.number;
}

function endOfOther(text: string, at: number, kind: number): number {
  if (kind === kinds.doubleQuote) {
    const end = text.indexOf('"', at + 1);
    // A doubled quote begins a second part of the name. Marks in a name would be taken for literals.
    return end < 0 || hasStop(text, at + 1, end) ? -1 : end + 1;
  }
  const next = text.charCodeAt(at + 1);
  if (kind === kinds.minus) return next === minus ? -1 : at + 1;
  if (kind === kinds.slash) return next === star ? -1 : at + 1;
  if (kind === kinds.dot) return at + 1;
  // $1 is a parameter, everything else with $ a string of its own rules.
  if (kind !== kinds.dollar || kindAt(text, at + 1) !== kinds.digit) return -1;
  const end = digitsFrom(text, at + 1);
  const after = kindAt(text, end);
  return after === kinds.name || after === kinds.dollar || after === kinds.dot ? -1 : end;
}

function hasStop(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (kindAt(text, at) === kinds.stop) return true;
  return false;
}
