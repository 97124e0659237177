// How a name sounds, whatever it is written in: see normalise/sound.ts, which makes the sounds of known names in
// the same way (soundAlike.test.ts holds the two against each other).
import { nameLength, nameUnit, wordEnd, words } from "./names";
import {
  KANA_LETTERS,
  LETTERS,
  LETTERS_MOST,
  PART_ENDS,
  PARTS_MOST,
  PLAIN_LETTERS,
  SCRATCH,
  SMALL_KANA,
} from "./layout";

const A: i32 = 0x61;
const E: i32 = 0x65;
const H: i32 = 0x68;
const I: i32 = 0x69;
const N: i32 = 0x6e;
const O: i32 = 0x6f;
const U: i32 = 0x75;
const Y: i32 = 0x79;

/** Letters at LETTERS, lower case. */
export let soundLength: i32 = 0;
/** Where those of the family name end; 0: unknown. */
export let split: i32 = 0;
/** Words of a Roman name; where each ends in letters stands at PART_ENDS: a syllable never goes over that. */
export let parts: i32 = 0;
let start: i32 = 0;

// @ts-ignore: decorator
@inline
export function letterAt(place: i32): i32 {
  return load<u16>(LETTERS + (place << 1));
}
// @ts-ignore: decorator
@inline
function putLetter(place: i32, letter: i32): void {
  store<u16>(LETTERS + (place << 1), <u16>letter);
}
// @ts-ignore: decorator
@inline
export function partEnd(part: i32): i32 {
  return load<i32>(PART_ENDS + (part << 2));
}
// @ts-ignore: decorator
@inline
function scratchAt(place: i32): i32 {
  return load<u16>(SCRATCH + (place << 1));
}

// @ts-ignore: decorator
@inline
export function isVowel(letter: i32): bool {
  return letter == A || letter == E || letter == I || letter == O || letter == U;
}

/** Letters of the name, which is in kana; `family` units are of the family name. Other units are left out. */
export function fromKana(family: i32): void {
  soundLength = 0;
  split = 0;
  parts = 0;
  if (family > 0) {
    addKana(0, family);
    split = soundLength;
  }
  addKana(family, nameLength);
}

/** Letters of the name, which is in Latin letters; its first word is the family name. */
export function fromRoman(): void {
  soundLength = 0;
  split = 0;
  parts = 0;
  let from: i32 = 0;
  for (let word = 0; word < words && parts < PARTS_MOST; word++) {
    const to = wordEnd(word);
    addRoman(from, to);
    from = to;
    store<i32>(PART_ENDS + (parts << 2), soundLength);
    parts += 1;
    if (word == 0 && words > 1) split = soundLength;
  }
}

function addKana(from: i32, to: i32): void {
  let length = soundLength;
  start = length;
  for (let at = from; at < to && length < LETTERS_MOST - 4; at++) {
    let unit = nameUnit(at);
    if (unit >= 0x3041 && unit <= 0x3096) unit += 0x60;
    const packed: u32 =
      unit >= 0x30a0 && unit < 0x3100 ? load<u32>(KANA_LETTERS + ((unit - 0x30a0) << 2)) : 0;
    if (packed == 0) continue;
    if (load<u8>(SMALL_KANA + unit - 0x30a0) == 1 && length > start) {
      length = join(packed, length);
      continue;
    }
    for (let rest = packed; rest != 0; rest >>= 8) {
      putLetter(length, <i32>(rest & 0xff));
      length += 1;
    }
  }
  soundLength = length;
  reduce();
}

/** キ and ャ are kya, シ and ャ sha, フ and ァ fa, ウ and ィ wi. */
function join(packed: u32, length: i32): i32 {
  const glides = packed > 0xff;
  const vowel = <i32>(glides ? packed >> 8 : packed);
  const last = letterAt(length - 1);
  const before = length - 1 > start ? letterAt(length - 2) : 0;
  if (!isVowel(last)) {
    putLetter(length, vowel);
    return length + 1;
  }
  if (before == 0 || isVowel(before)) {
    // What stands before has no consonant: ウィ is wi, the rest is a long vowel.
    if (last == U) putLetter(length - 1, 0x77);
    putLetter(length, vowel);
    return length + 1;
  }
  if (glides && !(last == I && (before == H || before == 0x6a))) {
    putLetter(length - 1, Y);
    putLetter(length, vowel);
    return length + 1;
  }
  putLetter(length - 1, vowel);
  return length;
}

function addRoman(from: i32, to: i32): void {
  let length: i32 = 0;
  for (let at = from; at < to && length < LETTERS_MOST / 2; at++) {
    const unit = nameUnit(at);
    const letter: i32 = unit < 0x80 ? unit | 0x20 : unit < 0x250 ? <i32>load<u8>(PLAIN_LETTERS + unit) : 0;
    if (letter >= A && letter <= 0x7a) {
      store<u16>(SCRATCH + (length << 1), <u16>letter);
      length += 1;
    }
  }
  start = soundLength;
  hepburn(length);
  reduce();
}

/** Kunrei and typing habits to Hepburn: si → shi, tya → cha, tu → tsu, hu → fu, zi → ji, oh → o. */
function hepburn(length: i32): void {
  let made = soundLength;
  for (let at = 0; at < length && made < LETTERS_MOST - 4; at++) {
    const one = scratchAt(at);
    const next = at + 1 < length ? scratchAt(at + 1) : 0;
    const third = at + 2 < length ? scratchAt(at + 2) : 0;
    const glide = next == Y && isVowel(third);
    const soft = next == I || glide;
    if ((one == 0x73 || one == 0x74) && soft) {
      putLetter(made, one == 0x73 ? one : 0x63);
      putLetter(made + 1, H);
      made += 2;
    } else if (one == 0x63 && glide) {
      putLetter(made, one);
      putLetter(made + 1, H);
      made += 2;
    } else if (((one == 0x7a || one == 0x64) && soft) || (one == 0x6a && glide)) {
      putLetter(made, 0x6a);
      made += 1;
    } else {
      if (one == H && at > 0 && scratchAt(at - 1) == O && !isVowel(next) && next != Y) continue;
      if (one == 0x64 && (next == U || (next == 0x7a && third == U))) {
        putLetter(made, 0x7a);
        made += 1;
        if (next != U) at += 1;
      } else if (one == H && next == U && !(at > 0 && isCluster(scratchAt(at - 1)))) {
        putLetter(made, 0x66);
        made += 1;
      } else {
        putLetter(made, one);
        made += 1;
        if (one == 0x74 && next == U) {
          putLetter(made, 0x73);
          made += 1;
        }
      }
      continue;
    }
    if (glide) at += 1;
  }
  soundLength = made;
}

/** Long vowels and doubled consonants become short, m before b, m and p becomes n. */
function reduce(): void {
  let made = start;
  for (let at = start; at < soundLength; at++) {
    const one = letterAt(at);
    const next = at + 1 < soundLength ? letterAt(at + 1) : 0;
    const last = made > start ? letterAt(made - 1) : 0;
    if (one == last || (one == U && last == O)) continue;
    if (one == 0x74 && next == 0x63) continue; // tch
    putLetter(made, one == 0x6d && (next == 0x62 || next == 0x6d || next == 0x70) ? N : one);
    made += 1;
  }
  soundLength = made;
}

/** Letters behind which h is no sound of its own: sh, ch, th, ph, kh, gh. */
function isCluster(letter: i32): bool {
  return (
    letter == 0x73 || letter == 0x63 || letter == 0x74 || letter == 0x70 || letter == 0x6b || letter == 0x67
  );
}

/** Whether letters fall into syllables of Japanese: a vowel behind every consonant but n. */
export function isSyllabic(): bool {
  if (soundLength < 2) return false;
  let run: i32 = 0;
  for (let at = 0; at < soundLength; at++) {
    const letter = letterAt(at);
    if (letter == 0x6c || letter == 0x71 || letter == 0x78 || letter == 0x76) return false;
    if (isVowel(letter)) run = 0;
    else if (letter == N && at > 0 && run == 0) run = 0;
    else run += 1;
    if (run > 2) return false;
  }
  return run == 0;
}
