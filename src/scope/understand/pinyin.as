// Syllables of Mandarin (汉语拼音方案), as Roman names of visitors are written.
import { PINYIN } from "./layout";
import { letterAt } from "./sound";

const LETTERS_MOST: i32 = 24;

/** Whether both parts of a name of two words are syllables of Mandarin, and nothing besides. */
export function isPinyin(split: i32, length: i32): bool {
  if (split == 0 || split == length || length > LETTERS_MOST) return false;
  return isSyllables(0, split) && isSyllables(split, length);
}

/** Bit n of `ends`: the first n letters are syllables. */
function isSyllables(from: i32, to: i32): bool {
  let ends: i32 = 1;
  const size = to - from;
  for (let at = 0; at < size; at++) {
    if (((ends >> at) & 1) == 0) continue;
    ends |= finalsFrom(from + at, to) << at;
    const initial = initialLength(from + at, to);
    if (initial > 0) ends |= finalsFrom(from + at + initial, to) << (at + initial);
    // zh, ch and sh begin as z, c and s do.
    if (initial == 2) ends |= finalsFrom(from + at + 1, to) << (at + 1);
  }
  return ((ends >> size) & 1) == 1;
}

/** b p m f d t n l g k h j q x r z c s y w, zh ch sh; 0: none. */
function initialLength(at: i32, to: i32): i32 {
  if (at >= to) return 0;
  const one = letterAt(at);
  if (one < 0x61 || one > 0x7a) return 0;
  // a, e, i, o, u and v begin no syllable with a final behind them.
  if (((0x304111 >> (one - 0x61)) & 1) == 1) return 0;
  const zcs = one == 0x7a || one == 0x63 || one == 0x73;
  return zcs && at + 1 < to && letterAt(at + 1) == 0x68 ? 2 : 1;
}

/** Bit n: a final of n letters stands here. */
function finalsFrom(at: i32, to: i32): i32 {
  let bits: i32 = 0;
  let place = PINYIN;
  let size: i32 = load<u8>(place);
  while (size != 0) {
    if (at + size <= to) {
      let same = true;
      for (let letter = 0; letter < size && same; letter++)
        same = letterAt(at + letter) == <i32>load<u8>(place + 1 + letter);
      if (same) bits |= 1 << size;
    }
    place += 1 + size;
    size = load<u8>(place);
  }
  return bits;
}
