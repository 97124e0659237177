import { wordOf, wordsOfRow, type SignatureTable } from "../signatures/columns.ts";

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
    "similar-kanji-differs",
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

/** Compares rows of two tables; the same table on both sides finds who is there twice. */
export class Comparer {
  readonly #a: Uint32Array;
  readonly #b: Uint32Array;
  /** Where the rows under way begin. */
  #x = 0;
  #y = 0;

  constructor(a: SignatureTable, b: SignatureTable) {
    this.#a = a.words;
    this.#b = b.words;
  }

  /** The pattern of a pair. */
  pattern(a: number, b: number): number {
    this.#x = a * wordsOfRow;
    this.#y = b * wordsOfRow;
    return (
      this.#name() * nameStep +
      this.#birth() * birthStep +
      this.#email() * emailStep +
      this.#phone() * phoneStep +
      this.#address() * addressStep +
      this.#sex() * sexStep +
      this.#same(wordOf.passport, wordOf.passport) * passportStep +
      this.#same(wordOf.customer, wordOf.customer) * customerStep
    );
  }

  /** 0 where one side is missing, 1 where they differ, 2 where they are the same. */
  #same(one: number, other: number): number {
    const x = this.#x + one;
    const y = this.#y + other;
    const al = this.#a[x] as number;
    const ah = this.#a[x + 1] as number;
    const bl = this.#b[y] as number;
    const bh = this.#b[y + 1] as number;
    if ((al | ah) === 0 || (bl | bh) === 0) return 0;
    return al === bl && ah === bh ? 2 : 1;
  }

  /** The same of a column of 32 bits. */
  #narrow(word: number): number {
    const one = this.#a[this.#x + word] as number;
    const other = this.#b[this.#y + word] as number;
    if (one === 0 || other === 0) return 0;
    return one === other ? 2 : 1;
  }

  #name(): number {
    const kanji = this.#same(wordOf.kanji, wordOf.kanji);
    const sound = this.#sound();
    if (kanji === 2) {
      if (sound === 1 && !this.#soundsAlike()) return 7;
      return this.#narrow(wordOf.kanjiRaw) === 2 ? 9 : 8;
    }
    if (sound === 2) return kanji === 0 ? 5 : 6;
    if (kanji === 0 && sound === 0) return 0;
    const alike = sound === 1 && this.#soundsAlike();
    const soundGiven = this.#narrow(wordOf.soundGiven);
    const soundFamily = this.#narrow(wordOf.soundFamily);
    if (kanji === 1) {
      const given = this.#narrow(wordOf.kanjiGiven);
      const family = this.#narrow(wordOf.kanjiFamily);
      // Of brothers and twins family name and half of the sound are the same; kana errors leave the kanji.
      if (alike && given !== 1) return 10;
      if (given === 2 || (given !== 1 && soundGiven === 2)) return 3;
      return family === 2 || (family !== 1 && soundFamily === 2) ? 2 : 1;
    }
    if (alike) return 4;
    if (soundGiven === 2) return 3;
    return soundFamily === 2 ? 2 : 1;
  }

  /** A name from abroad sounds otherwise in kana and in Latin letters: any two writings may agree. */
  #sound(): number {
    const best = this.#same(wordOf.sound, wordOf.sound);
    return best === 2 || this.#same(wordOf.roman, wordOf.roman) === 2 ? 2 : best;
  }

  /** Within a family half of the name is the same from the beginning: more of it must be. */
  #soundsAlike(): boolean {
    const least = this.#narrow(wordOf.soundFamily) === 2 ? similarity.soundOfFamily : similarity.sound;
    return this.#dice(wordOf.soundPairs) >= least;
  }

  /** Dice's coefficient of two sets of bits. */
  #dice(word: number): number {
    const al = this.#a[this.#x + word] as number;
    const ah = this.#a[this.#x + word + 1] as number;
    const bl = this.#b[this.#y + word] as number;
    const bh = this.#b[this.#y + word + 1] as number;
    const all = countBits(al) + countBits(ah) + countBits(bl) + countBits(bh);
    return all === 0 ? 0 : (2 * (countBits(al & bl) + countBits(ah & bh))) / all;
  }

  /** Near: one of year, month and day differs, or month and day are swapped. */
  #birth(): number {
    const same = this.#same(wordOf.birth, wordOf.birth);
    if (same === 2) return 3;
    // Which day of a row is the birth was guessed.
    if (this.#same(wordOf.birth2, wordOf.birth) === 2 || this.#same(wordOf.birth, wordOf.birth2) === 2)
      return 3;
    if (same === 0) return 0;
    const x = this.#x + wordOf.birth;
    const y = this.#y + wordOf.birth;
    const low = (this.#a[x] as number) ^ (this.#b[y] as number);
    const high = (this.#a[x + 1] as number) ^ (this.#b[y + 1] as number);
    const near = (low & 0xffff) === 0 || low >>> 16 === 0 || (high & 0xffff) === 0 || high >>> 16 === 0;
    return near ? 2 : 1;
  }

  #email(): number {
    const same = this.#same(wordOf.email, wordOf.email);
    if (same !== 1) return same === 2 ? 3 : 0;
    if (this.#narrow(wordOf.emailLocal) === 2) return 2;
    return this.#dice(wordOf.emailPairs) >= similarity.email ? 2 : 1;
  }

  /** Any of one side's numbers with any of the other's. */
  #phone(): number {
    const { phone, phone2 } = wordOf;
    const same = this.#same(phone, phone);
    if (same === 2 || this.#same(phone2, phone) === 2 || this.#same(phone, phone2) === 2) return 3;
    if (same === 0) return 0;
    return this.#dice(wordOf.phoneDigits) >= similarity.phone ? 2 : 1;
  }

  #address(): number {
    const whole = this.#same(wordOf.address, wordOf.address);
    if (whole === 2) return 4;
    const town = this.#narrow(wordOf.town);
    const postal = this.#narrow(wordOf.postalCode);
    const block = this.#narrow(wordOf.block);
    if (town === 2 || postal === 2) {
      // A town may be written with or without its county; then postal code and house number say the same.
      if (block === 2 && (town !== 1 || postal === 2)) return 4;
      return block === 1 ? 3 : 2;
    }
    return town === 0 && postal === 0 && whole === 0 ? 0 : 1;
  }

  #sex(): number {
    const one = (this.#a[this.#x + wordOf.flags] as number) & 3;
    const other = (this.#b[this.#y + wordOf.flags] as number) & 3;
    if (one === 0 || other === 0) return 0;
    return one === other ? 2 : 1;
  }
}
