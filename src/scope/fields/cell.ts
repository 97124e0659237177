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

const asciiClasses = classes.slice(0, 0x80);

export { classes as unitClasses };

/**
 * One cell's text as folded units with what kinds of characters it holds. One object is used for all cells of
 * a thread: making one for each costs more than reading it.
 */
export class Cell {
  readonly units = new Uint16Array(limits.unitsMax + 8);
  /** Of the code points before they were folded, without blanks: tells the same text from a variant of it. */
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
    let mask = 0;
    let digits = 0;
    let kanji = 0;
    let blanks = 0;
    let raw = 0;
    let at = start;
    this.cut = false;
    while (at < end) {
      let point = bytes[at] as number;
      if (point > 0x20 && point < 0x7f && length < 4_096) {
        // Most of what is read; it folds to itself.
        const bit = asciiClasses[point] as number;
        raw = (Math.imul(raw, 31) + point) | 0;
        mask |= bit;
        digits += bit & 1;
        out[length] = point;
        length += 1;
        at += 1;
        continue;
      }
      if (point < 0x80) at += 1;
      else if (point >= 0xe0 && point < 0xf0 && at + 2 < end) {
        point =
          ((point & 15) << 12) | (((bytes[at + 1] as number) & 63) << 6) | ((bytes[at + 2] as number) & 63);
        at += 3;
      } else {
        this.#at = at;
        point = this.#rare(bytes, end);
        at = this.#at;
      }
      if (length >= limits.unitsMax) {
        this.cut = true;
        break;
      }
      const unit = point < foldedCodePoints ? (units[point] as number) : 0xfffd;
      const bit = classes[unit] as number;
      if (unit === 0x20) {
        if (length === 0 || out[length - 1] === 0x20) continue;
        blanks += 1;
      } else if (unit >= expanded || unit === 0x3099 || unit === 0x309a) {
        length = this.#special(point, unit, length);
        if (unit !== dropped) raw = (Math.imul(raw, 31) + point) | 0;
        if (unit === expanded) mask |= this.#maskOf(length);
        continue;
      } else {
        raw = (Math.imul(raw, 31) + point) | 0;
        if (bit === has.digit) digits += 1;
        else if (bit === has.kanji) kanji += 1;
      }
      mask |= bit;
      out[length] = unit;
      length += 1;
    }
    if (length > 0 && out[length - 1] === 0x20) {
      length -= 1;
      blanks -= 1;
    }
    if (blanks === 0) mask &= ~has.blank;
    this.rawHash = raw;
    this.length = length;
    this.mask = mask;
    this.digits = digits;
    this.kanji = kanji;
    this.blanks = blanks;
  }

  #at = 0;

  /** Two and four bytes, and what is no UTF-8. */
  #rare(bytes: Uint8Array, end: number): number {
    const at = this.#at;
    const byte = bytes[at] as number;
    if (byte >= 0xc2 && byte < 0xe0 && at + 1 < end) {
      this.#at = at + 2;
      return ((byte & 31) << 6) | ((bytes[at + 1] as number) & 63);
    }
    if (byte >= 0xf0 && byte < 0xf5 && at + 3 < end) {
      this.#at = at + 4;
      return (
        ((byte & 7) << 18) |
        (((bytes[at + 1] as number) & 63) << 12) |
        (((bytes[at + 2] as number) & 63) << 6) |
        ((bytes[at + 3] as number) & 63)
      );
    }
    this.#at = at + 1;
    return 0xfffd;
  }

  #special(point: number, unit: number, length: number): number {
    if (unit === dropped) return length;
    return unit === expanded ? this.#expand(point, length) : this.#compose(unit, length);
  }

  /** Classes of all units up to `length`. */
  #maskOf(length: number): number {
    let mask = 0;
    for (let at = 0; at < length; at += 1) mask |= classes[this.units[at] as number] as number;
    return mask;
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

  /** The folded text, for what is rare enough to be worked on as a string. */
  text(): string {
    return String.fromCharCode(...this.units.subarray(0, this.length));
  }
}
