/** Writes text in the charsets of Japanese files. The tables come from what Node's decoder reads. */

export const LEAK_ENCODINGS = ["utf-8", "cp932", "euc-jp", "utf-16le"] as const;
export type LeakEncoding = (typeof LEAK_ENCODINGS)[number];

/** One for each UTF-16 unit: one byte, or two as (lead << 8 | trail); 0 where the charset has none. */
function tableOf(label: string): Uint16Array {
  const table = new Uint16Array(65_536);
  const decoder = new TextDecoder(label);
  const bytes = new Uint8Array(2);
  const put = (text: string, code: number): void => {
    if (text.length !== 1 || text === "\ufffd") return;
    const unit = text.charCodeAt(0);
    if (table[unit] === 0) table[unit] = code;
  };
  for (let byte = 1; byte < 0x80; byte += 1) table[byte] = byte;
  if (label === "shift_jis") {
    for (let byte = 0xa1; byte <= 0xdf; byte += 1) put(decoder.decode(bytes.subarray(0, 1).fill(byte)), byte);
  } else {
    // Half-width kana have a shift of their own: 0x8E and the byte of CP932.
    for (let byte = 0xa1; byte <= 0xdf; byte += 1) table[0xff61 + byte - 0xa1] = 0x8e00 | byte;
  }
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    // NEC's selection of IBM's extensions is read and never written (as Windows does).
    if (label === "shift_jis" && (lead === 0xed || lead === 0xee)) continue;
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      bytes[0] = lead;
      bytes[1] = trail;
      put(decoder.decode(bytes), (lead << 8) | trail);
    }
  }
  // One code for two signs: Windows reads it as the wide hyphen and writes both.
  table[0x2212] = table[0xff0d] as number;
  // A character that was destroyed is a byte that no charset of the two has.
  table[0xfffd] = 0xff;
  return table;
}

const tables = new Map<LeakEncoding, Uint16Array>();

function tableFor(encoding: "cp932" | "euc-jp"): Uint16Array {
  const known = tables.get(encoding);
  if (known !== undefined) return known;
  const made = tableOf(encoding === "cp932" ? "shift_jis" : "euc-jp");
  tables.set(encoding, made);
  return made;
}

/** Whether a character can stand in a file of this charset. */
export function canWrite(encoding: LeakEncoding): (character: string) => boolean {
  if (encoding === "utf-8" || encoding === "utf-16le") return () => true;
  const table = tableFor(encoding);
  return (character) => character.length === 1 && table[character.charCodeAt(0)] !== 0;
}

/** Writes `text` into `into` at `at`; returns the bytes written. What the charset lacks becomes "?". */
export function writerOf(encoding: LeakEncoding): (text: string, into: Buffer, at: number) => number {
  if (encoding === "utf-8") return (text, into, at) => into.write(text, at, "utf8");
  if (encoding === "utf-16le") return (text, into, at) => into.write(text, at, "utf16le");
  const table = tableFor(encoding);
  return (text, into, at) => {
    let to = at;
    for (let place = 0; place < text.length; place += 1) {
      const unit = text.charCodeAt(place);
      const code = table[unit] as number;
      if (code === 0) {
        into[to++] = 0x3f;
        if (unit >= 0xd800 && unit < 0xdc00) place += 1;
      } else {
        if (code > 0xff) into[to++] = code >> 8;
        into[to++] = code & 0xff;
      }
    }
    return to - at;
  };
}
