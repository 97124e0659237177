/**
 * How a name sounds, whatever it is written in: katakana and the Roman writings of Hepburn, Kunrei (ISO 3602)
 * and passports (外務省ヘボン式) come to the same letters. Long vowels, doubled consonants, and n or m before b, m
 * and p make no difference, since people and forms write them in every way.
 */

const a = 0x61;
const e = 0x65;
const h = 0x68;
const i = 0x69;
const n = 0x6e;
const o = 0x6f;
const u = 0x75;
const y = 0x79;

const syllables =
  "アa イi ウu エe オo カka キki クku ケke コko サsa シshi スsu セse ソso タta チchi ツtsu テte トto ナna ニni ヌnu ネne ノno " +
  "ハha ヒhi フfu ヘhe ホho マma ミmi ムmu メme モmo ヤya ユyu ヨyo ラra リri ルru レre ロro ワwa ヲo ンn ガga ギgi グgu ゲge " +
  "ゴgo ザza ジji ズzu ゼze ゾzo ダda ヂji ヅzu デde ドdo バba ビbi ブbu ベbe ボbo パpa ピpi プpu ペpe ポpo ヴbu ヰi ヱe " +
  "ァa ィi ゥu ェe ォo ャya ュyu ョyo ヮwa ヵka ヶke";
/** Katakana that are written small; index: unit − U+30A0. */
export const smallKana = new Uint8Array(0x60);
for (const one of "ァィゥェォャュョヮ") smallKana[one.charCodeAt(0) - 0x30a0] = 1;
/** Up to three letters of each katakana, 8 bits each, the first lowest; index: unit − U+30A0. */
export const kanaLetters = new Uint32Array(0x60);
for (const one of syllables.split(" ")) {
  let packed = 0;
  for (let at = 1; at < one.length; at += 1) packed |= one.charCodeAt(at) << (8 * (at - 1));
  kanaLetters[one.charCodeAt(0) - 0x30a0] = packed;
}

export const limits = { lettersMax: 256 } as const;

/**
 * A name's letters, `letters[0..length)`, lower case; those of the family name end at `split`, 0: unknown.
 */
export class Sound {
  readonly letters = new Uint16Array(limits.lettersMax + 8);
  length = 0;
  split = 0;
  /** Where each part ends, in letters: a syllable never goes over that. */
  readonly partEnds = new Int32Array(8);
  parts = 0;
  /** Where the part under way begins. */
  #start = 0;

  /** From katakana or hiragana; other units are left out. `family` units are of the family name. */
  fromKana(units: Uint16Array, family: number, length: number): void {
    this.length = 0;
    this.split = 0;
    this.parts = 0;
    if (family > 0) {
      this.#addKana(units, 0, family);
      this.split = this.length;
    }
    this.#addKana(units, family, length);
  }

  /**
   * From Latin letters of either case; other units are left out. `ends`: where the words end, the first the
   * family name.
   */
  fromRoman(units: Uint16Array, ends: ArrayLike<number>, words: number): void {
    this.length = 0;
    this.split = 0;
    this.parts = 0;
    let from = 0;
    for (let word = 0; word < words && this.parts < this.partEnds.length; word += 1) {
      const to = ends[word] as number;
      this.#addRoman(units, from, to);
      from = to;
      this.partEnds[this.parts++] = this.length;
      if (word === 0 && words > 1) this.split = this.length;
    }
  }

  #addKana(units: Uint16Array, from: number, to: number): void {
    const out = this.letters;
    let length = this.length;
    this.#start = length;
    for (let at = from; at < to && length < limits.lettersMax - 4; at += 1) {
      let unit = units[at] as number;
      if (unit >= 0x3041 && unit <= 0x3096) unit += 0x60;
      const packed = unit >= 0x30a0 && unit < 0x3100 ? (kanaLetters[unit - 0x30a0] as number) : 0;
      if (packed === 0) continue;
      if (smallKana[unit - 0x30a0] === 1 && length > this.#start) {
        length = this.#join(packed, length);
        continue;
      }
      for (let rest = packed; rest !== 0; rest >>>= 8) out[length++] = rest & 0xff;
    }
    this.length = length;
    this.#reduce();
  }

  /** キ and ャ are kya, シ and ャ sha, フ and ァ fa, ウ and ィ wi. */
  #join(packed: number, length: number): number {
    const out = this.letters;
    const glides = packed > 0xff;
    const vowel = glides ? packed >>> 8 : packed;
    const last = out[length - 1] as number;
    const before = length - 1 > this.#start ? (out[length - 2] as number) : 0;
    if (!isVowel(last)) {
      out[length] = vowel;
      return length + 1;
    }
    if (before === 0 || isVowel(before)) {
      // What stands before has no consonant: ウィ is wi, the rest is a long vowel.
      if (last === u) out[length - 1] = 0x77;
      out[length] = vowel;
      return length + 1;
    }
    if (glides && !(last === i && (before === h || before === 0x6a))) {
      out[length - 1] = y;
      out[length] = vowel;
      return length + 1;
    }
    out[length - 1] = vowel;
    return length;
  }

  #addRoman(units: Uint16Array, from: number, to: number): void {
    let length = 0;
    for (let at = from; at < to && length < limits.lettersMax / 2; at += 1) {
      const unit = units[at] as number;
      const letter = unit < 0x80 ? unit | 0x20 : plainLetter(unit);
      if (letter >= a && letter <= 0x7a) scratch[length++] = letter;
    }
    this.#start = this.length;
    this.#hepburn(length);
    this.#reduce();
  }

  /** Kunrei and typing habits to Hepburn: si → shi, tya → cha, tu → tsu, hu → fu, zi → ji, oh → o. */
  #hepburn(length: number): void {
    const out = this.letters;
    let made = this.length;
    for (let at = 0; at < length && made < limits.lettersMax - 4; at += 1) {
      const one = scratch[at] as number;
      const next = at + 1 < length ? (scratch[at + 1] as number) : 0;
      const third = at + 2 < length ? (scratch[at + 2] as number) : 0;
      const glide = next === y && isVowel(third);
      const soft = next === i || glide;
      if ((one === 0x73 || one === 0x74) && soft) {
        out[made++] = one === 0x73 ? one : 0x63;
        out[made++] = h;
      } else if (one === 0x63 && glide) {
        out[made++] = one;
        out[made++] = h;
      } else if (((one === 0x7a || one === 0x64) && soft) || (one === 0x6a && glide)) out[made++] = 0x6a;
      else {
        if (one === h && at > 0 && scratch[at - 1] === o && !isVowel(next) && next !== y) continue;
        if (one === 0x64 && (next === u || (next === 0x7a && third === u))) {
          out[made++] = 0x7a;
          if (next !== u) at += 1;
        } else if (one === h && next === u && !(at > 0 && isCluster(scratch[at - 1] as number)))
          out[made++] = 0x66;
        else {
          out[made++] = one;
          if (one === 0x74 && next === u) out[made++] = 0x73;
        }
        continue;
      }
      if (glide) at += 1;
    }
    this.length = made;
  }

  /** Long vowels and doubled consonants become short, m before b, m and p becomes n. */
  #reduce(): void {
    const letters = this.letters;
    let made = this.#start;
    for (let at = this.#start; at < this.length; at += 1) {
      const one = letters[at] as number;
      const next = at + 1 < this.length ? (letters[at + 1] as number) : 0;
      const last = made > this.#start ? (letters[made - 1] as number) : 0;
      if (one === last || (one === u && last === o)) continue;
      if (one === 0x74 && next === 0x63) continue; // tch
      letters[made++] = one === 0x6d && (next === 0x62 || next === 0x6d || next === 0x70) ? n : one;
    }
    this.length = made;
  }
}

const scratch = new Uint16Array(limits.lettersMax);

function isVowel(letter: number): boolean {
  return letter === a || letter === e || letter === i || letter === o || letter === u;
}

/** Letters behind which h is no sound of its own: sh, ch, th, ph, kh, gh. */
function isCluster(letter: number): boolean {
  return (
    letter === 0x73 ||
    letter === 0x63 ||
    letter === 0x74 ||
    letter === 0x70 ||
    letter === 0x6b ||
    letter === 0x67
  );
}

/** É → e; 0 for what is no letter. */
export function plainLetter(unit: number): number {
  if (unit < 0xc0 || unit > 0x24f) return 0;
  const letter = String.fromCharCode(unit).normalize("NFD").charCodeAt(0) | 0x20;
  return letter >= a && letter <= 0x7a ? letter : 0;
}
