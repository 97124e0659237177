import { mensNames, womensNames } from "../../personal/givenNames.ts";
import { surnames } from "../../personal/surnames.ts";
import { foldTable } from "./foldTable.ts";
import { Sound } from "./sound.ts";

/** A set of short texts, asked by their units: no string is made to ask it. */
export class UnitSet {
  #slots = new Int32Array(4_096);
  #count = 0;
  /** By the first unit of texts, how long they are at most. */
  readonly #longest = new Uint8Array(0x10000);

  /** What a copy of the set is made of: see understand/tables.ts. */
  get slots(): Int32Array {
    return this.#slots;
  }
  get longest(): Uint8Array {
    return this.#longest;
  }

  add(units: Uint16Array, from: number, to: number): void {
    const first = units[from] as number;
    if (to - from > (this.#longest[first] as number)) this.#longest[first] = Math.min(255, to - from);
    if (this.#count * 3 > this.#slots.length) this.#grow();
    if (this.#put(hashOf(units, from, to))) this.#count += 1;
  }

  /**
   * Wrong for one text in some million that is not in it: names are guessed with this, nothing is decided.
   */
  has(units: Uint16Array, from: number, to: number): boolean {
    if (to - from > (this.#longest[units[from] as number] as number)) return false;
    return this.#holds(hashOf(units, from, to));
  }

  /** Units of the longest text in the set with which `units[from..to)` begins, of at least two; 0: none. */
  longestPrefix(units: Uint16Array, from: number, to: number): number {
    let hash = start;
    let longest = 0;
    const end = Math.min(to, from + (this.#longest[units[from] as number] as number));
    for (let at = from; at < end; at += 1) {
      hash = Math.imul(hash ^ (units[at] as number), prime);
      if (at > from && this.#holds(finish(hash))) longest = at + 1 - from;
    }
    return longest;
  }

  #holds(hash: number): boolean {
    const mask = this.#slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = this.#slots[at] as number;
      if (slot === 0) return false;
      if (slot === hash) return true;
    }
  }

  #put(hash: number): boolean {
    const mask = this.#slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = this.#slots[at] as number;
      if (slot === hash) return false;
      if (slot !== 0) continue;
      this.#slots[at] = hash;
      return true;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (const hash of old) if (hash !== 0) this.#put(hash);
  }
}

// FNV-1a over units; never 0.
const start = 0x811c9dc5 | 0;
const prime = 0x01000193;

function hashOf(units: Uint16Array, from: number, to: number): number {
  let hash = start;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (units[at] as number), prime);
  return finish(hash);
}

function finish(hash: number): number {
  const mixed = hash ^ (hash >>> 15);
  return mixed === 0 ? 1 : mixed;
}

export type NameSets = {
  families: UnitSet;
  givens: UnitSet;
  familyKana: UnitSet;
  givenKana: UnitSet;
  /** Letters of `Sound`. */
  familySounds: UnitSet;
  givenSounds: UnitSet;
};

let made: NameSets | null = null;

/** Names that are known without looking at anybody's customers. */
export function nameSets(): NameSets {
  made ??= makeSets();
  return made;
}

function makeSets(): NameSets {
  const sets: NameSets = {
    families: new UnitSet(),
    givens: new UnitSet(),
    familyKana: new UnitSet(),
    givenKana: new UnitSet(),
    familySounds: new UnitSet(),
    givenSounds: new UnitSet(),
  };
  for (const { kanji, kana } of surnames) {
    addText(sets.families, kanji);
    addKana(sets.familyKana, sets.familySounds, kana);
  }
  for (const { kanji, kana } of [...mensNames, ...womensNames]) {
    addText(sets.givens, kanji);
    addText(sets.givens, kana);
    addKana(sets.givenKana, sets.givenSounds, kana);
  }
  for (const name of foreignFamilies.split(" ")) {
    const sound = new Sound();
    sound.fromRoman(unitsOf(name), [name.length], 1);
    sets.familySounds.add(sound.letters, 0, sound.length);
  }
  return sets;
}

/** Family names from abroad that visitors to Japan commonly bear, in Latin letters. */
const foreignFamilies =
  "kim lee yi park choi jung jeong kang cho jo yoon yun jang lim im han oh seo shin kwon hwang ahn " +
  "an song yoo yu hong jeon ko go moon yang son bae baek heo nam wang li zhang liu chen yang zhao " +
  "huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang feng yu dong " +
  "xiao cheng cao yuan deng nguyen tran le pham hoang vu dang smith johnson williams brown jones " +
  "miller davis garcia martin schmidt schneider mueller dubois rossi";

function unitsOf(text: string): Uint16Array {
  const { units } = foldTable();
  return Uint16Array.from([...text].map((one) => units[one.codePointAt(0) as number] as number));
}

function addText(set: UnitSet, text: string): void {
  const units = unitsOf(text);
  set.add(units, 0, units.length);
}

function addKana(set: UnitSet, sounds: UnitSet, kana: string): void {
  const units = unitsOf(kana);
  set.add(units, 0, units.length);
  const sound = new Sound();
  sound.fromKana(units, 0, units.length);
  sounds.add(sound.letters, 0, sound.length);
}
