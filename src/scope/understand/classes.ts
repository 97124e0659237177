/** Classes of folded characters, as bits; the same numbers stand in layout.as. */
const has = {
  digit: 1,
  lower: 2,
  upper: 4,
  blank: 8,
  hyphen: 16,
  kanji: 32,
  hiragana: 64,
  katakana: 128,
  at: 256,
  dot: 512,
  slash: 1024,
  telephone: 2048,
  hangul: 4096,
  /** Latin letters with marks. */
  accented: 8192,
  /** What could not be decoded. */
  broken: 16384,
  other: 32768,
} as const;

/** The class of every unit. */
export const unitClasses = new Uint16Array(0x10000).fill(has.other);
function classify(from: number, to: number, bit: number): void {
  unitClasses.fill(bit, from, to + 1);
}
classify(0x30, 0x39, has.digit);
classify(0x61, 0x7a, has.lower);
classify(0x41, 0x5a, has.upper);
classify(0x20, 0x20, has.blank);
classify(0x2d, 0x2d, has.hyphen);
classify(0x3400, 0x9fff, has.kanji);
classify(0xe000, 0xf8ff, has.kanji); // Rare kanji, see foldTable.ts.
for (const one of "々〆〇ヶ") unitClasses[one.charCodeAt(0)] = has.kanji;
classify(0x3041, 0x309f, has.hiragana);
classify(0x30a1, 0x30ff, has.katakana);
unitClasses["ヶ".charCodeAt(0)] = has.kanji;
classify(0x40, 0x40, has.at);
classify(0x2e, 0x2e, has.dot);
classify(0x2f, 0x2f, has.slash);
for (const one of "+()〒") unitClasses[one.charCodeAt(0)] = has.telephone;
classify(0xac00, 0xd7a3, has.hangul);
classify(0xc0, 0x24f, has.accented);
classify(0xfffd, 0xfffd, has.broken);
