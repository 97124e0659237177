import { composeKana, dropped, expanded, foldedCodePoints, foldTable } from "../normalise/foldTable.ts";

/** Classes of folded characters, as bits. */
export const has = {
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
export const latin = has.lower | has.upper;
export const japanese = has.kanji | has.hiragana | has.katakana;

export const limits = { unitsMax: 4_096 } as const;

const classes = new Uint16Array(0x10000).fill(has.other);
function classify(from: number, to: number, bit: number): void {
  classes.fill(bit, from, to + 1);
}
classify(0x30, 0x39, has.digit);
classify(0x61, 0x7a, has.lower);
classify(0x41, 0x5a, has.upper);
classify(0x20, 0x20, has.blank);
classify(0x2d, 0x2d, has.hyphen);
classify(0x3400, 0x9fff, has.kanji);
classify(0xe000, 0xf8ff, has.kanji); // Rare kanji, see foldTable.ts.
for (const one of "々〆〇ヶ") classes[one.charCodeAt(0)] = has.kanji;
classify(0x3041, 0x309f, has.hiragana);
classify(0x30a1, 0x30ff, has.katakana);
classes["ヶ".charCodeAt(0)] = has.kanji;
classify(0x40, 0x40, has.at);
classify(0x2e, 0x2e, has.dot);
classify(0x2f, 0x2f, has.slash);
for (const one of "+()〒") classes[one.charCodeAt(0)] = has.telephone;
classify(0xac00, 0xd7a3, has.hangul);
classify(0xc0, 0x24f, has.accented);
classify(0xfffd, 0xfffd, has.broken);

export { classes as unitClasses };

/**
 * One cell's text as folded units with what kinds of characters it holds. One object is used for all cells of
 * a thread: making one for each costs more than reading it.
 */
export class Cell {
  readonly units = new Uint16Array(limits.unitsMax + 8);
  /** Units before variant kanji were folded are not kept; this tells "the same text" from "a variant of it". */
  rawHash = 0;
  length = 0;
  mask = 0;
  digits = 0;
  kanji = 0;
  blanks = 0;
  /** Whether text was longer than what was read. */
  cut = false;
  readonly #table = foldTable();

  /** Reads `bytes[start..end)`, UTF-8 (RFC 3629); what is not is U+FFFD, as decoders have it. */
  read(bytes: Uint8Array, start: number, end: number): void {
    const { units } = this.#table;
    const out = this.units;
    let length = 0;
    let raw = 0;
    let at = start;
    this.cut = false;
    while (at < end) {
      const byte = bytes[at] as number;
      let point = byte;
      if (byte < 0x80) at += 1;
      else if (byte >= 0xe0 && byte < 0xf0 && at + 2 < end) {
        point = ((byte & 15) << 12) | (((bytes[at + 1] as number) & 63) << 6) | ((bytes[at + 2] as number) & 63);
        at += 3;
      } else if (byte >= 0xc2 && byte < 0xe0 && at + 1 < end) {
        point = ((byte & 31) << 6) | ((bytes[at + 1] as number) & 63);
        at += 2;
      } else if (byte >= 0xf0 && byte < 0xf5 && at + 3 < end) {
        point =
          ((byte & 7) << 18) |
          (((bytes[at + 1] as number) & 63) << 12) |
          (((bytes[at + 2] as number) & 63) << 6) |
          ((bytes[at + 3] as number) & 63);
        at += 4;
      } else {
        point = 0xfffd;
        at += 1;
      }
      if (length >= limits.unitsMax) {
        this.cut = true;
        break;
      }
      const unit = point < foldedCodePoints ? (units[point] as number) : 0xfffd;
      if (unit === dropped) continue;
      raw = (Math.imul(raw, 31) + point) | 0;
      if (unit === expanded) length = this.#expand(point, length);
      else if (unit === 0x3099 || unit === 0x309a) length = this.#compose(unit, length);
      else if (unit !== 0x20 || (length > 0 && out[length - 1] !== 0x20)) {
        out[length] = unit;
        length += 1;
      }
    }
    if (length > 0 && out[length - 1] === 0x20) length -= 1;
    this.rawHash = raw;
    this.length = length;
    this.#count();
  }

  #expand(point: number, length: number): number {
    for (const unit of this.#table.expansions.get(point) ?? []) {
      if (length < limits.unitsMax) this.units[length] = unit;
      length += 1;
    }
    return Math.min(length, limits.unitsMax);
  }

  /** A mark that goes with nothing (a cut, a typing error) is left out: it is no letter. */
  #compose(mark: number, length: number): number {
    const made = length > 0 ? composeKana(this.units[length - 1] as number, mark) : 0;
    if (made !== 0) this.units[length - 1] = made;
    return length;
  }

  #count(): void {
    const { units, length } = this;
    let [mask, digits, kanji, blanks] = [0, 0, 0, 0];
    for (let at = 0; at < length; at += 1) {
      const bit = classes[units[at] as number] as number;
      mask |= bit;
      if (bit === has.digit) digits += 1;
      else if (bit === has.kanji) kanji += 1;
      else if (bit === has.blank) blanks += 1;
    }
    this.mask = mask;
    this.digits = digits;
    this.kanji = kanji;
    this.blanks = blanks;
  }

  /** The folded text, for what is rare enough to be worked on as a string. */
  text(): string {
    return String.fromCharCode(...this.units.subarray(0, this.length));
  }
}
