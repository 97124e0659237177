import encoding from "encoding-japanese";

/** Part of a cell, read in its place. */
export type Piece = { bytes: Uint8Array; from: number; to: number };

export const limits = { mendBytesMax: 4_096, piecesMax: 24 } as const;

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true });
const anyUtf8 = new TextDecoder("utf-8");

/** Characters of which UTF-8 consists where it was read as CP932: 繧, 縺, 譁, 荳, 髮 and half-width kana. */
const asCp932 = /[繝繧縺譛蜿髢邨譁荳莠蟶蟆蠎蠑逕逶遶邱郢閭髮鬮]/;
/** The same as Latin-1 or Windows-1252: ã, æ, å and what follows them. */
const asLatin =
  /[\u00c2-\u00ef][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]/;

/**
 * Text that was decoded wrongly once, put right: UTF-8 that was read as CP932 or as Latin-1 and saved so.
 * Null where it is none, or cannot be put right.
 */
export function mendMojibake(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length > limits.mendBytesMax) return null;
  const text = anyUtf8.decode(bytes);
  if (asLatin.test(text)) return decoded(latinBytes(text));
  if (!asCp932.test(text)) return null;
  const units = [...text].map((one) => one.charCodeAt(0));
  const back = encoding.convert(units, { to: "SJIS", from: "UNICODE" });
  return decoded(Uint8Array.from(back));
}

const windows = new Map<number, number>();
{
  const decoder = new TextDecoder("windows-1252");
  for (let byte = 0x80; byte < 0xa0; byte += 1) {
    windows.set(decoder.decode(Uint8Array.of(byte)).charCodeAt(0), byte);
  }
}

function latinBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    bytes[at] = windows.get(unit) ?? (unit < 0x100 ? unit : 0x3f);
  }
  return bytes;
}

/** UTF-8 again; what is lost at the seams becomes U+FFFD, as long as most of it is text. */
function decoded(bytes: Uint8Array): Uint8Array | null {
  try {
    utf8.decode(bytes);
    return bytes;
  } catch {
    const text = anyUtf8.decode(bytes);
    const broken = text.split("\ufffd").length - 1;
    if (broken * 4 > text.length || !/[\u3041-\u30ff\u4e00-\u9fff]/.test(text)) return null;
    return encoder.encode(text);
  }
}

/** What stands out in any text: mail, postal code, telephone, days in Japanese and in figures, passport. */
const pieces = new RegExp(
  [
    "[a-z0-9._%+'-]{1,64}@(?:[a-z0-9-]{1,63}\\.){1,4}[a-z]{2,12}",
    "〒?\\d{3}-\\d{4}(?![\\d-])",
    "(?:\\+81[- ]?|0)[5789]0[- ]?\\d{4}[- ]?\\d{4}",
    "0\\d{1,4}[- (]\\d{1,4}[-) ]\\d{4}(?!\\d)",
    "(?:明治|大正|昭和|平成|令和)(?:\\d{1,2}|元)年\\d{1,2}月\\d{1,2}日",
    "(?:18|19|20)\\d\\d[-/.年]\\d{1,2}[-/.月]\\d{1,2}日?",
    "[A-Z]{2}\\d{7}(?!\\d)",
  ].join("|"),
  "gi",
);
/** Names in kana, and in kanji. */
const words = new RegExp(
  "[\\u30a1-\\u30f6ー]{2,12}[ \\u3000]?[\\u30a1-\\u30f6ー]{2,12}|" +
    "[\\u3005\\u3400-\\u9fff]{1,4}[ \\u3000]?[\\u3005\\u3041-\\u3096\\u30a1-\\u30f6\\u3400-\\u9fff]{1,5}",
  "g",
);

/**
 * Cuts a cell that holds several things: fields that lost what stood between them, or a sentence. Empty where
 * nothing of a person stands out.
 */
export function segmentCell(text: string): Piece[] {
  const found: Piece[] = [];
  let last = 0;
  const rest: string[] = [];
  for (const match of text.matchAll(pieces)) {
    if (found.length >= limits.piecesMax) break;
    rest.push(text.slice(last, match.index));
    found.push(pieceOf(match[0]));
    last = match.index + match[0].length;
  }
  if (found.length === 0) return [];
  rest.push(text.slice(last));
  for (const between of rest) {
    if (/(?:都|道|府|県|市|区|町|村)/.test(between) && /\d/.test(between))
      found.push(pieceOf(between.trim()));
    else for (const match of between.matchAll(words)) found.push(pieceOf(match[0]));
    if (found.length >= limits.piecesMax) break;
  }
  return found;
}

function pieceOf(text: string): Piece {
  const bytes = encoder.encode(text);
  return { bytes, from: 0, to: bytes.length };
}
