/** What a file is by its bytes; its name may say anything. */
export type ByteKind = "empty" | "text" | "zip" | "gzip" | "7z" | "xz" | "bzip2" | "rar" | "zstd" | "binary";

const magics: readonly [ByteKind, Buffer][] = [
  ["zip", Buffer.from("PK\u0003\u0004", "latin1")],
  ["zip", Buffer.from("PK\u0005\u0006", "latin1")],
  ["gzip", Buffer.from([0x1f, 0x8b, 0x08])],
  ["7z", Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ["bzip2", Buffer.from("BZh")],
  ["rar", Buffer.from("Rar!\u001a\u0007", "latin1")],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];

export const ENCODINGS = ["utf-8", "utf-16le", "utf-16be", "shift_jis", "euc-jp", "iso-2022-jp"] as const;
/** shift_jis is CP932 here, as the Encoding Standard has it. */
export type TextEncodingName = (typeof ENCODINGS)[number];

const lookBytesMax = 64 * 1024;

/** What the head of a file shows; for text, in which encoding. */
export function detectFile(head: Buffer): { kind: ByteKind; encoding: TextEncodingName | null } {
  if (head.length === 0) return { kind: "empty", encoding: null };
  for (const [kind, magic] of magics) {
    if (head.subarray(0, magic.length).equals(magic)) return { kind, encoding: null };
  }
  const encoding = encodingOf(head.subarray(0, lookBytesMax));
  return encoding === null ? { kind: "binary", encoding: null } : { kind: "text", encoding };
}

/** The encoding of text, or null where the bytes are no text. */
export function encodingOf(head: Buffer): TextEncodingName | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8";
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const wide = wideEncoding(head);
  if (wide !== null) return wide;
  if (controlShare(head) > 0.01) return null;
  // ESC $ B, ESC $ @ and ESC ( J announce JIS X 0208 (RFC 1468).
  if (/\u001b(?:\$[@B]|\(J)/.test(head.toString("latin1"))) return "iso-2022-jp";
  if (isUtf8(head)) return "utf-8";
  const [shiftJis, eucJp] = [faultsOf(head, "shift_jis"), faultsOf(head, "euc-jp")];
  const best = Math.min(shiftJis, eucJp);
  if (best > 0.05) return null;
  return eucJp < shiftJis ? "euc-jp" : "shift_jis";
}

/** UTF-16 without a mark: every other byte is zero, or most units are Japanese. */
function wideEncoding(head: Buffer): TextEncodingName | null {
  if (head.length < 8) return null;
  for (const encoding of ["utf-16le", "utf-16be"] as const) {
    let [fit, units] = [0, 0];
    for (let at = 0; at + 1 < head.length; at += 2) {
      const unit = encoding === "utf-16le" ? head.readUInt16LE(at) : head.readUInt16BE(at);
      units += 1;
      const printable = (unit >= 0x20 && unit < 0x7f) || unit === 9 || unit === 10 || unit === 13;
      if (printable || (unit >= 0x3000 && unit <= 0x30ff) || (unit >= 0x4e00 && unit <= 0x9fff)) fit += 1;
    }
    // Zero bytes, or line ends as whole units: text of one byte a character has neither.
    const lineEnd = encoding === "utf-16le" ? head.indexOf("\n\u0000") : head.indexOf("\u0000\n");
    if (fit / units > 0.9 && lineEnd >= 0) return encoding;
  }
  return null;
}

function controlShare(head: Buffer): number {
  let controls = 0;
  for (const byte of head)
    if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 27) || byte === 127) controls += 1;
  return controls / head.length;
}

/** The end may be torn within a character. */
function isUtf8(head: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Share of characters that the encoding cannot have, or that nobody writes in it. */
function faultsOf(head: Buffer, encoding: "shift_jis" | "euc-jp"): number {
  const text = new TextDecoder(encoding).decode(head, { stream: true });
  let [faults, wide] = [0, 0];
  for (const one of text) {
    const code = one.codePointAt(0) as number;
    if (code < 0x80) continue;
    wide += 1;
    // Half-width kana in long runs is what EUC-JP looks like when it is read as Shift_JIS.
    if (code === 0xfffd) faults += 1;
    else if (code >= 0xff61 && code <= 0xff9f) faults += encoding === "shift_jis" ? 0.04 : 0.2;
    else if (code >= 0xe000 && code <= 0xf8ff) faults += 0.5;
  }
  return wide === 0 ? 0 : faults / wide;
}

export function decodeText(bytes: Uint8Array, encoding: TextEncodingName): string {
  return new TextDecoder(encoding).decode(bytes);
}
