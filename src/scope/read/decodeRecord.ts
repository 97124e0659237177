import { lineFlag, type Kernel } from "./kernel.ts";
import type { RecordEncoding } from "./record.ts";

/** A piece of UTF-8 in the kernel's memory, and what it was before. */
export type Decoded = { start: number; end: number; encoding: RecordEncoding };

/** Mean cost of a byte up to which the letters are those of names and places. */
const commonCost = 3;
const faultCost = 60;
/** An encoding's cost counts less where the line before had it: short lines alone say little. */
const priorShare = 0.6;
/** A half of a letter at the line's end or beginning is no sign of another encoding. */
const cutAllowance = 255 - 40;

/** Bytes of a line, with the flags that the kernel gives to it. */
export type Piece = { start: number; end: number; flags: number };

/** Which encoding a line has, from the flags of its bytes and the encoding of the line before. */
export function encodingOfLine(kernel: Kernel, line: Piece, prior: RecordEncoding | null): RecordEncoding {
  const { start, end, flags } = line;
  if ((flags & lineFlag.escape) !== 0 && isIso2022(kernel.bytes, start, end)) return "iso-2022-jp";
  if ((flags & lineFlag.notAscii) === 0) return "ascii";
  // Two-byte letters alone may be accents, or kanji in EUC-JP.
  if ((flags & lineFlag.utf8Long) !== 0) return "utf-8";
  // Letters that are common in one encoding are rare or nothing in the other: most lines end here.
  const eucFirst = prior === "euc-jp";
  const first = eucFirst ? kernel.costEuc(start, end) : kernel.costCp932(start, end);
  if (first <= commonCost * kernel.highBytes()) return eucFirst ? "euc-jp" : "cp932";
  const second = eucFirst ? kernel.costCp932(start, end) : kernel.costEuc(start, end);
  const valid = (flags & lineFlag.utf8) !== 0;
  const utf8 = valid ? latinCost(kernel.bytes, start, end) : kernel.faultsUtf8(start, end) * faultCost;
  const cut = cutAtEnd(kernel.bytes, start, end) ? cutAllowance : 0;
  const cp932 = Math.max(0, (eucFirst ? second : first) - cut) * (prior === "cp932" ? priorShare : 1);
  const euc = Math.max(0, (eucFirst ? first : second) - cut) * (eucFirst ? priorShare : 1);
  const unicode = utf8 * (prior === "utf-8" ? priorShare : 1);
  if (unicode <= cp932 && unicode <= euc) return "utf-8";
  return cp932 <= euc ? "cp932" : "euc-jp";
}

/** Letters of two bytes in UTF-8 cost as much as rare ones of the others: é is rare in these records. */
function latinCost(bytes: Buffer, start: number, end: number): number {
  let letters = 0;
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) >= 0xc0) letters += 1;
  return letters * 12;
}

function cutAtEnd(bytes: Buffer, start: number, end: number): boolean {
  let high = 0;
  for (let at = end - 1; at >= start && (bytes[at] as number) >= 0x80; at -= 1) high += 1;
  return high % 2 === 1;
}

function isIso2022(bytes: Buffer, start: number, end: number): boolean {
  for (let at = bytes.indexOf(27, start); at >= 0 && at + 2 < end; at = bytes.indexOf(27, at + 1)) {
    const [one, two] = [bytes[at + 1], bytes[at + 2]];
    // ESC $ B, ESC $ @, ESC ( J, ESC ( I (RFC 1468; the last is half-width kana).
    if ((one === 0x24 && (two === 0x42 || two === 0x40)) || (one === 0x28 && (two === 0x4a || two === 0x49)))
      return true;
  }
  return false;
}

/** The bytes as UTF-8: in place where they are that already, else in the kernel's own space. */
export function decodeRecord(
  kernel: Kernel,
  piece: { start: number; end: number; valid: boolean },
  encoding: RecordEncoding,
  into: Decoded,
): void {
  const { start, end } = piece;
  into.encoding = encoding;
  into.start = kernel.out;
  switch (encoding) {
    case "ascii":
      into.start = start;
      into.end = end;
      return;
    case "utf-8":
      into.start = piece.valid ? start : kernel.out;
      into.end = piece.valid ? end : kernel.decodeUtf8(start, end);
      return;
    case "cp932":
      into.end = kernel.decodeCp932(start, end);
      return;
    case "euc-jp":
      into.end = kernel.decodeEuc(start, end);
      return;
    case "iso-2022-jp": {
      const text = new TextDecoder("iso-2022-jp").decode(kernel.bytes.subarray(start, end));
      into.end = kernel.out + kernel.bytes.write(text, kernel.out, "utf8");
      return;
    }
    case "utf-16le":
    case "utf-16be":
      into.end = kernel.decodeWide(start, end, encoding === "utf-16le");
  }
}
