import type { Defect } from "../seen.ts";
import { guessText, isAscii } from "./charset.ts";

/** One header field: its value is unfolded, but no encoded word is decoded yet. */
export type HeaderField = {
  name: string;
  lowerName: string;
  /** The unfolded bytes of the value, without the white space around it. */
  bytes: Buffer;
  /** The same as text; raw 8-bit bytes are decoded by a guess. */
  value: string;
  start: number;
  end: number;
};

export type HeaderBlock = { fields: HeaderField[]; bodyStart: number; defects: Defect[] };

/** More than this is not read: a header of a megabyte is an attack on the reader. */
export const headerLimits = {
  headerBytesMax: 512 * 1024,
  fieldsMax: 2000,
  fieldBytesMax: 128 * 1024,
} as const;

const LF = 0x0a;
const CR = 0x0d;

/** Reads the header block of a message or part (RFC 5322 2.2, RFC 2045 3), whatever its line ends are. */
export function readHeaderBlock(raw: Buffer, start: number, end: number, where: string): HeaderBlock {
  const fields: HeaderField[] = [];
  const defects: Defect[] = [];
  const note = (code: string, detail: string): void => {
    if (defects.length < 50) defects.push({ code, where, detail });
  };
  let at = start;
  let field: { start: number; colon: number } | null = null;
  let crowded = false;
  const close = (lineStart: number): void => {
    if (field === null) return;
    if (fields.length < headerLimits.fieldsMax) fields.push(makeField(raw, field, lineStart, note));
    else if (!crowded) {
      crowded = true;
      note("header-too-many-fields", `more than ${headerLimits.fieldsMax}`);
    }
    field = null;
  };
  while (at < end) {
    if (at - start > headerLimits.headerBytesMax) {
      note("header-too-long", `${at - start} bytes`);
      close(at);
      return { fields, bodyStart: findBody(raw, at, end), defects };
    }
    const line = endOfLine(raw, at, end);
    if (line.text === at) {
      close(at);
      return { fields, bodyStart: line.next, defects };
    }
    const first = raw[at] as number;
    if (first === 0x20 || first === 0x09) {
      if (field === null) note("header-starts-folded", "the first line is a continuation");
    } else {
      close(at);
      const colon = findColon(raw, at, line.text);
      if (colon === -1) {
        // mbox "From " lines and Postfix' ">From " stand before the first field of many stored mails.
        const stored =
          fields.length === 0 &&
          raw
            .subarray(at, at + 6)
            .toString("latin1")
            .includes("From ");
        if (!stored) {
          note(
            "header-line-without-colon",
            raw.subarray(at, Math.min(line.text, at + 40)).toString("latin1"),
          );
          // A line that cannot be a field ends the header for most programs: what follows is shown as text.
          if (raw[at] === 0x2d && raw[at + 1] === 0x2d) return { fields, bodyStart: at, defects };
        }
      } else field = { start: at, colon };
    }
    at = line.next;
  }
  close(end);
  return { fields, bodyStart: end, defects };
}

function makeField(
  raw: Buffer,
  field: { start: number; colon: number },
  end: number,
  note: (code: string, detail: string) => void,
): HeaderField {
  const name = raw.toString("latin1", field.start, field.colon).trimEnd();
  let valueEnd = end;
  if (valueEnd - field.colon > headerLimits.fieldBytesMax) {
    note("header-field-too-long", `${name.slice(0, 40)}: ${valueEnd - field.colon} bytes`);
    valueEnd = field.colon + headerLimits.fieldBytesMax;
  }
  const bytes = unfold(raw, field.colon + 1, valueEnd);
  if (bytes.includes(0)) note("header-nul", name.slice(0, 40));
  const ascii = isAscii(bytes);
  const escaped = bytes.includes(0x1b);
  if (!ascii) note("header-8bit", name.slice(0, 40));
  const value = ascii && !escaped ? bytes.toString("latin1") : guessText(bytes).text;
  return { name, lowerName: name.toLowerCase(), bytes, value, start: field.start, end };
}

/** RFC 5322 2.2.3: unfolding takes out the line end that stands before white space. */
function unfold(raw: Buffer, start: number, end: number): Buffer {
  const value = raw.subarray(start, end);
  const folded = value.includes(LF) || value.includes(CR);
  const bytes = folded ? Buffer.from(value.toString("latin1").replace(/[\r\n]+/g, ""), "latin1") : value;
  let first = 0;
  let last = bytes.length;
  while (first < last && isBlank(bytes[first] as number)) first += 1;
  while (last > first && isBlank(bytes[last - 1] as number)) last -= 1;
  return bytes.subarray(first, last);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

function findColon(raw: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    const byte = raw[at] as number;
    if (byte === 0x3a) return at === start ? -1 : at;
    // RFC 5322 3.6.8: a name is printable US-ASCII; blanks before the colon are obsolete but read (4.5).
    if (isBlank(byte)) {
      let next = at;
      while (next < end && isBlank(raw[next] as number)) next += 1;
      return raw[next] === 0x3a ? next : -1;
    }
    if (byte < 0x21 || byte > 0x7e) return -1;
  }
  return -1;
}

/** The end of the text of a line and the start of the next; CRLF, LF and a lone CR all end a line. */
export function endOfLine(raw: Buffer, start: number, end: number): { text: number; next: number } {
  // Byte by byte: a search for LF alone would run over the whole message for every line that ends in CR.
  let at = start;
  while (at < end && raw[at] !== LF && raw[at] !== CR) at += 1;
  if (at >= end) return { text: end, next: end };
  if (raw[at] === LF) return { text: at, next: at + 1 };
  let next = at + 1;
  if (raw[next] === CR && raw[next + 1] === LF) next += 1;
  if (next < end && raw[next] === LF) next += 1;
  return { text: at, next };
}

function findBody(raw: Buffer, from: number, end: number): number {
  for (const [mark, length] of [
    ["\r\n\r\n", 4],
    ["\n\n", 2],
  ] as const) {
    const at = raw.indexOf(mark, from, "latin1");
    if (at !== -1 && at < end) return at + length;
  }
  return end;
}
