/** Text made of bytes, and the charset by which it was made. `lossy`: some bytes had no meaning in it. */
export type DecodedText = { text: string; charset: string; lossy: boolean };

/** Labels that mail uses and that the Encoding Standard does not know. */
const ALIASES: Record<string, string> = {
  cp932: "shift_jis",
  "windows-31j": "shift_jis",
  ms932: "shift_jis",
  "x-ms-cp932": "shift_jis",
  sjis: "shift_jis",
  eucjp: "euc-jp",
  ujis: "euc-jp",
  cp50220: "iso-2022-jp",
  cp50221: "iso-2022-jp",
  "iso-2022-jp-ms": "iso-2022-jp",
  "iso-2022-jp-1": "iso-2022-jp",
  "iso-2022-jp-2": "iso-2022-jp",
  "iso-2022-jp-3": "iso-2022-jp",
  "unicode-1-1-utf-8": "utf-8",
  cp1252: "windows-1252",
  cp936: "gbk",
  cp949: "euc-kr",
  cp950: "big5",
};

/** Charsets that give a text for any bytes, so that a false label goes unnoticed. */
const SINGLE_BYTE = /^(?:us-ascii|ascii|iso-8859-\d+|latin\d|windows-125\d|koi8-[ru]|macintosh)$/;

const decoders = new Map<string, TextDecoder | null>();

function decoderFor(label: string): TextDecoder | null {
  const wanted = ALIASES[label] ?? label;
  const known = decoders.get(wanted);
  if (known !== undefined) return known;
  let decoder: TextDecoder | null = null;
  try {
    decoder = new TextDecoder(wanted, { ignoreBOM: true });
  } catch {
    // A label that nobody knows is an observation: the caller falls back to a guess.
  }
  // Labels come from strangers, so the cache of them is bounded.
  if (decoders.size < 200) decoders.set(wanted, decoder);
  return decoder;
}

/** Whether all bytes are below 0x80. */
export function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}

/** Decodes by a declared charset, or by a guess where there is none or nobody knows it. */
export function decodeText(bytes: Uint8Array, label: string | null): DecodedText {
  const wanted = label?.trim().toLowerCase() ?? "";
  const decoder = wanted === "" ? null : decoderFor(wanted);
  if (decoder === null) return guessText(bytes);
  const text = decoder.decode(bytes);
  return { text, charset: wanted, lossy: text.includes("\ufffd") };
}

/** Whether a text may have been made by a false label, so that a guess is worth a second reading. */
export function isDoubtful(decoded: DecodedText, bytes: Uint8Array): boolean {
  if (decoded.lossy) return true;
  return SINGLE_BYTE.test(decoded.charset) && (!isAscii(bytes) || hasEscape(bytes));
}

function hasEscape(bytes: Uint8Array): boolean {
  // ISO-2022-JP announces its characters by ESC $ or ESC ( (RFC 1468).
  for (let at = 0; at + 1 < bytes.length; at += 1) {
    if (bytes[at] === 0x1b && (bytes[at + 1] === 0x24 || bytes[at + 1] === 0x28)) return true;
  }
  return false;
}

/** Decodes bytes that bear no label, as Japanese mail programs of the last thirty years wrote them. */
export function guessText(bytes: Uint8Array): DecodedText {
  if (hasEscape(bytes)) {
    const text = (decoderFor("iso-2022-jp") as TextDecoder).decode(bytes);
    if (!text.includes("\ufffd")) return { text, charset: "iso-2022-jp", lossy: false };
  }
  const unicode = (decoderFor("utf-8") as TextDecoder).decode(bytes);
  if (!unicode.includes("\ufffd")) return { text: unicode, charset: "utf-8", lossy: false };
  let best: DecodedText | null = null;
  let bestScore = -Infinity;
  for (const charset of ["shift_jis", "euc-jp"]) {
    const text = (decoderFor(charset) as TextDecoder).decode(bytes);
    const score = scoreJapanese(text);
    if (score > bestScore) {
      best = { text, charset, lossy: text.includes("\ufffd") };
      bestScore = score;
    }
  }
  if (best !== null && bestScore > 0) return best;
  return {
    text: (decoderFor("windows-1252") as TextDecoder).decode(bytes),
    charset: "windows-1252",
    lossy: false,
  };
}

/**
 * How much a text looks like Japanese: kana and kanji speak for it, half-width kana a little, holes
 * against.
 */
function scoreJapanese(text: string): number {
  let score = 0;
  for (let at = 0; at < text.length && at < 4096; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd) score -= 8;
    else if (code >= 0x3041 && code <= 0x30ff) score += 3;
    else if (code >= 0x4e00 && code <= 0x9fff) score += 2;
    else if (code >= 0xff01 && code <= 0xff60) score += 1;
    else if (code >= 0xff61 && code <= 0xff9f) score += 0.4;
    else if (code >= 0xe000 && code <= 0xf8ff) score -= 4;
    else if (code >= 0x80 && code < 0x3000) score -= 1;
  }
  return score;
}
