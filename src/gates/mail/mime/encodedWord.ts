import { decodeText, guessText, isDoubtful } from "./charset.ts";

/** A reading of a text with encoded words. */
export type WordReading = { text: string; charset: string | null };

type Piece = { bytes: Buffer; charset: string } | { plain: string };

// RFC 2047 2; RFC 2231 5 adds "*language". White space inside is tolerated as mail programs tolerate it.
const WORD = /=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bq])\?([^?]*)\?=/gi;

/**
 * Decodes the encoded words of a header value (RFC 2047). Words of the same charset that stand side by side
 * are joined as bytes before they are decoded, since Japanese mail programs split them inside a character.
 */
export function decodeWords(value: string): string {
  return readWords(value).text;
}

/** Like `decodeWords`, and tells the first charset that was named. */
export function readWords(value: string): WordReading {
  if (!value.includes("=?")) return { text: value, charset: null };
  const pieces = splitWords(value);
  let charset: string | null = null;
  let text = "";
  for (const piece of pieces) {
    if ("plain" in piece) text += piece.plain;
    else {
      charset ??= piece.charset;
      text += decodeText(piece.bytes, piece.charset).text;
    }
  }
  return { text, charset };
}

/** A second reading where the named charset may be false: the bytes decide. Null where there is no doubt. */
export function rereadWords(value: string): WordReading | null {
  if (!value.includes("=?")) return null;
  let doubtful = false;
  let charset: string | null = null;
  let text = "";
  for (const piece of splitWords(value)) {
    if ("plain" in piece) {
      text += piece.plain;
      continue;
    }
    const decoded = decodeText(piece.bytes, piece.charset);
    if (isDoubtful(decoded, piece.bytes)) {
      const guess = guessText(piece.bytes);
      doubtful ||= guess.text !== decoded.text;
      charset ??= guess.charset;
      text += guess.text;
    } else text += decoded.text;
  }
  return doubtful ? { text, charset } : null;
}

function splitWords(value: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of value.matchAll(WORD)) {
    const between = value.slice(at, match.index);
    const charset = (match[1] as string).toLowerCase();
    const bytes = decodeWordBytes(match[2] as string, match[3] as string);
    const last = pieces.at(-1);
    // RFC 2047 6.2: white space between two encoded words is not shown.
    const adjacent = last !== undefined && !("plain" in last) && /^[ \t\r\n]*$/.test(between);
    if (adjacent && last.charset === charset) last.bytes = Buffer.concat([last.bytes, bytes]);
    else {
      if (!adjacent && between !== "") pieces.push({ plain: between });
      pieces.push({ bytes, charset });
    }
    at = match.index + match[0].length;
  }
  if (at < value.length) pieces.push({ plain: value.slice(at) });
  return pieces;
}

function decodeWordBytes(encoding: string, text: string): Buffer {
  if (encoding.toLowerCase() === "b") return Buffer.from(text, "base64");
  // RFC 2047 4.2: "_" is a blank, whatever the charset.
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const hex = code === 0x3d ? text.slice(at + 1, at + 3) : "";
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(code === 0x5f ? 0x20 : code & 0xff);
  }
  return Buffer.from(bytes);
}
