/** Classes of characters, as bits: the first look at a cell, which rules out most kinds at once. */
export const character = {
  digit: 1,
  lower: 2,
  upper: 4,
  space: 8,
  hyphen: 16,
  kanji: 32,
  hiragana: 64,
  katakana: 128,
  /** What NFKC turns into something of another class: full-width letters and digits, half-width kana. */
  compatible: 256,
  at: 512,
  dot: 1_024,
  slash: 2_048,
  /** + ( ) */
  telephone: 4_096,
  other: 8_192,
} as const;

/** The class of each UTF-16 unit; for those who walk over text themselves. */
export const classes = new Uint16Array(65_536).fill(character.other);
const put = (from: number, to: number, value: number): void => void classes.fill(value, from, to + 1);
put(0x30, 0x39, character.digit);
put(0x61, 0x7a, character.lower);
put(0x41, 0x5a, character.upper);
put(0x3400, 0x9fff, character.kanji);
put(0xf900, 0xfaff, character.kanji);
put(0xd800, 0xdfff, character.kanji); // Surrogates: 𠮷 (U+20BB7) and its like; emoji are rare in names.
put(0x3041, 0x309f, character.hiragana);
put(0x30a1, 0x30ff, character.katakana);
put(0xff01, 0xff9f, character.compatible);
for (const [written, value] of [
  [" \u3000\u00a0\t", character.space],
  ["-\u2010\u2011\u2012\u2013\u2014\u2212", character.hyphen],
  ["々〆〇", character.kanji],
  ["@", character.at],
  [".", character.dot],
  ["/", character.slash],
  ["+()", character.telephone],
] as const) {
  for (const one of written) classes[one.charCodeAt(0)] = value;
}

/** The classes of all characters of a text. */
export function classesOf(text: string): number {
  let found = 0;
  for (let at = 0; at < text.length; at += 1) found |= classes[text.charCodeAt(at)] as number;
  return found;
}

/** One writing of what is written in many: NFKC, one hyphen, one blank. Half-width kana becomes katakana. */
export function plainText(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\u2010-\u2014\u2212]|(?<=\d)ー(?=\d)/g, "-")
    .replace(/\s+/g, " ")
    .trim();
}

export function digitsOf(text: string): string {
  return text.replace(/\D+/g, "");
}
