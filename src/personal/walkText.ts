import { classes } from "./characters.ts";

/**
 * Walkers over text of many rows. They hand out cells as places in the text, with the classes of their
 * characters (see characters.ts): nothing is copied, so that a chunk of megabytes is walked in
 * milliseconds.
 */
export type Cells = {
  /** One cell; gives the kinds found in it as bits. */
  cell(column: number, from: number, to: number, seen: number): number;
  /** The end of a row with the kinds of its cells. False stops the walk. */
  row(kinds: number, cells: number): boolean;
};

const newline = 10;
const carriageReturn = 13;
const quote = 34;
const apostrophe = 39;
const backslash = 92;

export const limits = { columnsMax: 4_096, depthMax: 200, keysMax: 10_000 } as const;

/**
 * CSV and TSV as RFC 4180 and spreadsheets write them. A quote inside an unquoted cell is a character like
 * others.
 */
export function walkDelimited(
  text: string,
  { delimiter, from: begin = 0, to: length = text.length }: { delimiter: string; from?: number; to?: number },
  cells: Cells,
): void {
  const border = delimiter.charCodeAt(0);
  let [column, kinds, at] = [0, 0, begin];
  while (at < length) {
    let from = at;
    let seen = 0;
    let to = at;
    if (text.charCodeAt(at) === quote && border !== newline) {
      from = at + 1;
      const end = Math.min(length, endOfQuoted(text, from));
      for (to = from; to < end; to += 1) seen |= classes[text.charCodeAt(to)] as number;
      at = end + 1;
      while (at < length && text.charCodeAt(at) !== border && text.charCodeAt(at) !== newline) at += 1;
    } else {
      for (; at < length; at += 1) {
        const code = text.charCodeAt(at);
        if (code === border || code === newline) break;
        if (code !== carriageReturn) {
          seen |= classes[code] as number;
          to = at + 1;
        }
      }
    }
    if (to > from && column < limits.columnsMax) kinds |= cells.cell(column, from, to, seen);
    column += 1;
    if (at >= length || text.charCodeAt(at) === newline) {
      if (!cells.row(kinds, column)) return;
      [column, kinds] = [0, 0];
    }
    at += 1;
  }
  if (column > 0) cells.row(kinds, column);
}

/** Where a quoted cell ends. One that never ends is taken to end with its line: the rest is not swallowed. */
function endOfQuoted(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text.charCodeAt(at + 1) !== quote) return at - from <= 1_000_000 ? at : endOfLine(text, from);
  }
  return endOfLine(text, from);
}

export function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** Tuples of an INSERT: ('佐藤', NULL, 3), (…). Ends at what is no tuple; gives where. */
export function walkTuples(text: string, from: number, cells: Cells): number {
  let at = from;
  const { length } = text;
  for (;;) {
    while (at < length && /[\s,]/.test(text.charAt(at))) at += 1;
    if (text.charAt(at) !== "(") return at;
    at += 1;
    let [column, kinds] = [0, 0];
    let open = true;
    while (open && at < length) {
      while (text.charAt(at) === " " || text.charAt(at) === "\n") at += 1;
      const quoted = text.charCodeAt(at) === apostrophe || /^[nNeE]'/.test(text.slice(at, at + 2));
      if (quoted && text.charCodeAt(at) !== apostrophe) at += 1;
      const start = quoted ? at + 1 : at;
      const end = quoted ? endOfLiteral(text, start) : endOfValue(text, start);
      let seen = 0;
      for (let place = start; place < end; place += 1) seen |= classes[text.charCodeAt(place)] as number;
      const empty = end === start || (!quoted && text.slice(start, end).toUpperCase() === "NULL");
      if (!empty && column < limits.columnsMax) kinds |= cells.cell(column, start, end, seen);
      column += 1;
      at = quoted ? endOfValue(text, end + 1) : end;
      open = text.charAt(at) === ",";
      at += 1;
    }
    if (!cells.row(kinds, column)) return length;
  }
}

function endOfLiteral(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === apostrophe) {
      if (text.charCodeAt(at + 1) !== apostrophe) return at;
      at += 1;
    }
  }
  return text.length;
}

function endOfValue(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 44 || code === 41 || code === newline) return at; // , )
  }
  return text.length;
}
