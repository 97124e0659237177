// Unpacks signatures: of each row which of its words are there, in 64 bits, and these words. Others are 0.
const BLOCK: i32 = 16;
// For each choice among four words, from where in those that follow each of the four comes; 128: it is 0.
const PLACES: i32 = 0;
export const INPUT: i32 = 0x1000;
export const INPUT_BYTES: i32 = 0x40000;
// What is read beyond the input's end is not looked at.
export const OUTPUT: i32 = 0x42000;
export const OUTPUT_BYTES: i32 = 0x60000;
export const END: i32 = 0xb0000;

/** Where the first row begins that was not unpacked. */
export let next: i32 = INPUT;

export function begin(): void {
  for (let chosen = 0; chosen < 16; chosen++) {
    let from: i32 = 0;
    for (let word = 0; word < 4; word++) {
      const to = PLACES + (chosen << 4) + (word << 2);
      if (((chosen >> word) & 1) == 0) {
        store<u32>(to, 0x80808080);
        continue;
      }
      store<u32>(to, <u32>from * 0x04040404 + 0x03020100);
      from += 1;
    }
  }
}

/** Unpacks rows of so many words that stand from `from` to `end`: at most `rows`, and whole ones only. */
export function unpack(from: i32, end: i32, words: i32, rows: i32): i32 {
  let to = OUTPUT;
  let done: i32 = 0;
  while (done < rows && from + 8 <= end) {
    let there = load<u64>(from);
    if (from + 8 + (<i32>i64.popcnt(there) << 2) > end) break;
    from += 8;
    for (let word = 0; word < words; word += 4) {
      const chosen = <i32>there & 15;
      there >>= 4;
      v128.store(to, i8x16.swizzle(v128.load(from), v128.load(PLACES + (chosen << 4))));
      from += i32.popcnt(chosen) << 2;
      to += BLOCK;
    }
    done += 1;
  }
  next = from;
  return done;
}
