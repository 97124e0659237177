import type { SignatureTable } from "../signatures/columns.ts";

/**
 * How two signatures agree, group of evidence by group: the writings of a name are one fact and count once,
 * so do postal code and address. A pattern is one level of every group as one number, so that all there is to
 * say of a link is one row of a small table.
 */
export const LEVELS = {
  /** Whole name: in kanji, as it sounds, or both. */
  name: [
    "missing",
    "differs",
    "family-same",
    "given-same",
    "similar",
    "sound-same",
    "sound-same-kanji-differs",
    "kanji-same-sound-differs",
    "variant",
    "same",
    "family-only",
  ],
  birth: ["missing", "differs", "near", "same"],
  email: ["missing", "differs", "similar", "same"],
  phone: ["missing", "differs", "near", "same"],
  /** "town": the block is not known on one side; "block-differs": the same town, another house. */
  address: ["missing", "differs", "town", "block-differs", "same"],
  sex: ["missing", "differs", "same"],
  passport: ["missing", "differs", "same"],
  customer: ["missing", "differs", "same"],
} as const;
export type Group = keyof typeof LEVELS;
export const GROUPS = Object.keys(LEVELS) as Group[];

const sizes = GROUPS.map((group) => LEVELS[group].length);
export const patternCount = sizes.reduce((product, size) => product * size, 1);

const step: number[] = [];
sizes.reduce((product, size, at) => {
  step[at] = product;
  return product * size;
}, 1);
const [nameStep, birthStep, emailStep, phoneStep, addressStep, sexStep, passportStep, customerStep] =
  step as [number, number, number, number, number, number, number, number];

/** Levels of all patterns, group after group: `allLevels[pattern * GROUPS.length + group]`. */
export const allLevels = new Uint8Array(patternCount * GROUPS.length);
for (let pattern = 0; pattern < patternCount; pattern += 1) {
  let rest = pattern;
  for (let group = 0; group < sizes.length; group += 1) {
    const size = sizes[group] as number;
    allLevels[pattern * sizes.length + group] = rest % size;
    rest = Math.floor(rest / size);
  }
}

/** The level of each group in a pattern, in the order of GROUPS. */
export function levelsOf(pattern: number): number[] {
  return [...allLevels.subarray(pattern * GROUPS.length, (pattern + 1) * GROUPS.length)];
}

/**
 * Dice's coefficients from which on two texts are similar: a letter or a digit off, two neighbours swapped.
 */
export const similarity = { sound: 0.72, soundOfFamily: 0.79, email: 0.8, phone: 0.79 } as const;

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function dice(a: Uint32Array, x: number, b: Uint32Array, y: number): number {
  const al = a[x] as number;
  const ah = a[x + 1] as number;
  const bl = b[y] as number;
  const bh = b[y + 1] as number;
  const all = countBits(al) + countBits(ah) + countBits(bl) + countBits(bh);
  return all === 0 ? 0 : (2 * (countBits(al & bl) + countBits(ah & bh))) / all;
}

/** Compares rows of two tables; the same table on both sides finds who is there twice. */
export class Comparer {
  readonly #a: SignatureTable;
  readonly #b: SignatureTable;

  constructor(a: SignatureTable, b: SignatureTable) {
    this.#a = a;
    this.#b = b;
  }

  /** The pattern of a pair. */
  pattern(a: number, b: number): number {
    return (
      this.#name(a, b) * nameStep +
      this.#birth(a, b) * birthStep +
      this.#email(a, b) * emailStep +
      this.#phone(a, b) * phoneStep +
      this.#address(a, b) * addressStep +
      this.#sex(a, b) * sexStep +
      this.#same("passport", a, b) * passportStep +
      this.#same("customer", a, b) * customerStep
    );
  }

  /** 0 where one side is missing, 1 where they differ, 2 where they are the same. */
  #same(column: "kanji" | "sound" | "roman" | "passport" | "customer", a: number, b: number): number {
    const one = this.#a.wide[column];
    const other = this.#b.wide[column];
    const x = a * 2;
    const y = b * 2;
    const al = one[x] as number;
    const ah = one[x + 1] as number;
    const bl = other[y] as number;
    const bh = other[y + 1] as number;
    if ((al | ah) === 0 || (bl | bh) === 0) return 0;
    return al === bl && ah === bh ? 2 : 1;
  }

  #narrow(
    column: "kanjiFamily" | "kanjiGiven" | "soundFamily" | "soundGiven" | "town" | "postalCode" | "block",
    a: number,
    b: number,
  ): number {
    const one = this.#a.narrow[column][a] as number;
    const other = this.#b.narrow[column][b] as number;
    if (one === 0 || other === 0) return 0;
    return one === other ? 2 : 1;
  }

  #name(a: number, b: number): number {
    const kanji = this.#same("kanji", a, b);
    const sound = this.#sound(a, b);
    if (kanji === 2) {
      if (sound === 1 && !this.#soundsAlike(a, b)) return 7;
      return this.#a.narrow.kanjiRaw[a] === this.#b.narrow.kanjiRaw[b] ? 9 : 8;
    }
    if (sound === 2) return kanji === 0 ? 5 : 6;
    if (kanji === 0 && sound === 0) return 0;
    const alike = sound === 1 && this.#soundsAlike(a, b);
    const kanjiGiven = this.#narrow("kanjiGiven", a, b);
    const kanjiFamily = this.#narrow("kanjiFamily", a, b);
    const soundGiven = this.#narrow("soundGiven", a, b);
    const soundFamily = this.#narrow("soundFamily", a, b);
    if (kanji === 1) {
      // Of brothers and twins family name and half of the sound are the same; whoever errs in kana writes the
      // kanji.
      if (alike && (kanjiGiven === 2 || kanjiGiven === 0)) return 4;
      if (kanjiGiven === 2 || (kanjiGiven !== 1 && soundGiven === 2)) return 3;
      return kanjiFamily === 2 || (kanjiFamily !== 1 && soundFamily === 2) ? 2 : 1;
    }
    if (alike) return 4;
    if (soundGiven === 2) return 3;
    return soundFamily === 2 ? 2 : 1;
  }

  /** A name from abroad sounds otherwise in kana and in Latin letters: any two writings may agree. */
  #sound(a: number, b: number): number {
    const best = this.#same("sound", a, b);
    if (best === 2 || this.#same("roman", a, b) === 2) return 2;
    return best;
  }

  /** Within a family half of the name is the same from the beginning: more of it must be. */
  #soundsAlike(a: number, b: number): boolean {
    const least = this.#narrow("soundFamily", a, b) === 2 ? similarity.soundOfFamily : similarity.sound;
    return dice(this.#a.wide.soundPairs, a * 2, this.#b.wide.soundPairs, b * 2) >= least;
  }

  /** Near: one of year, month and day differs, or month and day are swapped. */
  #birth(a: number, b: number): number {
    const al = this.#a.wide.birth[a * 2] as number;
    const ah = this.#a.wide.birth[a * 2 + 1] as number;
    const bl = this.#b.wide.birth[b * 2] as number;
    const bh = this.#b.wide.birth[b * 2 + 1] as number;
    if (al === 0 || bl === 0) return 0;
    if (al === bl && ah === bh) return 3;
    const low = al ^ bl;
    const high = ah ^ bh;
    return (low & 0xffff) === 0 || low >>> 16 === 0 || (high & 0xffff) === 0 || high >>> 16 === 0 ? 2 : 1;
  }

  #email(a: number, b: number): number {
    const one = this.#a.wide.email;
    const other = this.#b.wide.email;
    const al = one[a * 2] as number;
    const bl = other[b * 2] as number;
    const ah = one[a * 2 + 1] as number;
    const bh = other[b * 2 + 1] as number;
    if ((al | ah) === 0 || (bl | bh) === 0) return 0;
    if (al === bl && ah === bh) return 3;
    if (this.#a.narrow.emailLocal[a] === this.#b.narrow.emailLocal[b]) return 2;
    return dice(this.#a.wide.emailPairs, a * 2, this.#b.wide.emailPairs, b * 2) >= similarity.email ? 2 : 1;
  }

  /** Any of one side's numbers with any of the other's. */
  #phone(a: number, b: number): number {
    let best = this.#phones("phone", "phone", a, b);
    if (best === 3) return 3;
    best = Math.max(best, this.#phones("phone2", "phone", a, b), this.#phones("phone", "phone2", a, b));
    if (best === 3 || best === 0) return best;
    const near = dice(this.#a.wide.phoneDigits, a * 2, this.#b.wide.phoneDigits, b * 2) >= similarity.phone;
    return near ? 2 : best;
  }

  #phones(columnA: "phone" | "phone2", columnB: "phone" | "phone2", a: number, b: number): number {
    const one = this.#a.wide[columnA];
    const other = this.#b.wide[columnB];
    const al = one[a * 2] as number;
    const ah = one[a * 2 + 1] as number;
    const bl = other[b * 2] as number;
    const bh = other[b * 2 + 1] as number;
    if ((al | ah) === 0 || (bl | bh) === 0) return 0;
    return al === bl && ah === bh ? 3 : 1;
  }

  #address(a: number, b: number): number {
    const one = this.#a.wide.address;
    const other = this.#b.wide.address;
    const al = one[a * 2] as number;
    const bl = other[b * 2] as number;
    if (al !== 0 && al === bl && one[a * 2 + 1] === other[b * 2 + 1]) return 4;
    const town = this.#narrow("town", a, b);
    const postal = this.#narrow("postalCode", a, b);
    const block = this.#narrow("block", a, b);
    if (town === 2 || postal === 2) {
      // A town may be written with or without its county; then postal code and house number say the same.
      if (block === 2 && (town !== 1 || postal === 2)) return 4;
      return block === 1 ? 3 : 2;
    }
    return town === 0 && postal === 0 && (al === 0 || bl === 0) ? 0 : 1;
  }

  #sex(a: number, b: number): number {
    const one = (this.#a.narrow.flags[a] as number) & 3;
    const other = (this.#b.narrow.flags[b] as number) & 3;
    if (one === 0 || other === 0) return 0;
    return one === other ? 2 : 1;
  }
}
