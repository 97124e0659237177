import type { CopyFormat } from "../verdict.ts";

/**
 * Finds the cells of some columns in one row, without copying. `cells` gets start and end of each wanted
 * column, or -1 and -1 for NULL; `wanted` is ascending. False: the row is not as it should be.
 */
export type Row = { bytes: Buffer; start: number; end: number };

/** DataRow (54.7): a count of columns, then a length and bytes for each. */
export function findDataCells({ bytes, start, end }: Row, wanted: Int32Array, cells: Int32Array): boolean {
  if (start + 2 > end) return false;
  const columns = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
  let at = start + 2;
  let place = 0;
  for (let column = 0; column < columns && place < wanted.length; column++) {
    if (at + 4 > end) return false;
    const length =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
    at += 4;
    const stop = length < 0 ? at : at + length;
    if (stop > end) return false;
    if (wanted[place] === column) {
      cells[place * 2] = length < 0 ? -1 : at;
      cells[place * 2 + 1] = length < 0 ? -1 : stop;
      place += 1;
    }
    at = stop;
  }
  return place === wanted.length;
}

/** One tuple of COPY's binary format; gives the place behind it, or -1. */
export function findBinaryCells({ bytes, start, end }: Row, wanted: Int32Array, cells: Int32Array): number {
  if (start + 2 > end) return -1;
  const columns = bytes.readInt16BE(start);
  let at = start + 2;
  let place = 0;
  for (let column = 0; column < columns; column++) {
    if (at + 4 > end) return -1;
    const length = bytes.readInt32BE(at);
    at += 4;
    const stop = length < 0 ? at : at + length;
    if (stop > end) return -1;
    if (wanted[place] === column) {
      cells[place * 2] = length < 0 ? -1 : at;
      cells[place * 2 + 1] = length < 0 ? -1 : stop;
      place += 1;
    }
    at = stop;
  }
  return place === wanted.length ? at : -1;
}

const newline = 0x0a;
const backslash = 0x5c;

/** What COPY's options say, once for all rows. */
export type CopyBytes = { delimiter: number; quote: number; escape: number; absent: Buffer };

export function bytesOfFormat(format: CopyFormat): CopyBytes {
  const [delimiter, quote, escape] = [format.delimiter, format.quote, format.escape].map((character) =>
    character.charCodeAt(0),
  ) as [number, number, number];
  return { delimiter, quote, escape, absent: Buffer.from(format.null, "utf8") };
}

function isAbsent(bytes: Buffer, from: number, to: number, absent: Buffer): boolean {
  if (to - from !== absent.length) return false;
  for (let at = 0; at < absent.length; at++) if (bytes[from + at] !== absent[at]) return false;
  return true;
}

/**
 * A line of COPY's text format: the server sends one row a message, with its newline at the end and no other.
 * Read no further than the last wanted column.
 */
export function findTextCells(
  { bytes, start, end }: Row,
  wanted: Int32Array,
  options: { cells: Int32Array; format: CopyBytes },
): boolean {
  const { cells, format } = options;
  const { delimiter, absent } = format;
  const stop = end - 1;
  if (end <= start || bytes[stop] !== newline) return false;
  let place = 0;
  let column = 0;
  let from = start;
  for (let at = start; at <= stop && place < wanted.length; at++) {
    const byte = bytes[at] as number;
    if (byte === backslash) {
      at += 1;
      continue;
    }
    if (byte !== delimiter && at !== stop) {
      if (byte === newline) return false;
      continue;
    }
    if (wanted[place] === column) {
      const none = isAbsent(bytes, from, at, absent);
      cells[place * 2] = none ? -1 : from;
      cells[place * 2 + 1] = none ? -1 : at;
      place += 1;
    }
    column += 1;
    from = at + 1;
  }
  return place === wanted.length;
}

/** A row of COPY's CSV format: quoted cells may hold delimiters and newlines; the quotes stay in the cell. */
export function findCsvCells(
  { bytes, start, end }: Row,
  wanted: Int32Array,
  options: { cells: Int32Array; format: CopyBytes },
): boolean {
  const { cells, format } = options;
  if (end <= start || bytes[end - 1] !== newline) return false;
  const stop = end - 1;
  const { delimiter, quote, escape, absent } = format;
  let place = 0;
  let column = 0;
  let from = start;
  let quoted = false;
  for (let at = start; at <= stop; at++) {
    const byte = at === stop ? -1 : (bytes[at] as number);
    if (quoted && at === stop) return false;
    if (quoted) {
      if (byte === escape && (bytes[at + 1] === quote || bytes[at + 1] === escape) && at + 1 < stop) at += 1;
      else if (byte === quote) quoted = false;
      continue;
    }
    if (byte === quote) {
      quoted = true;
      continue;
    }
    if (byte === newline) return false;
    if (byte !== delimiter && at !== stop) continue;
    if (wanted[place] === column) {
      const none = isAbsent(bytes, from, at, absent);
      cells[place * 2] = none ? -1 : from;
      cells[place * 2 + 1] = none ? -1 : at;
      place += 1;
    }
    column += 1;
    from = at + 1;
  }
  return place === wanted.length;
}
