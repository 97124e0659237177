// AssemblyScript (TypeScript for WebAssembly): the loops over every byte. tools/buildWasm.mjs compiles it
// into triageBytes.ts; a test compiles it again and compares. The caller lays out the memory.

// Classes of a sector of 512 bytes; the same numbers stand in kernel.ts.
const ZERO: u8 = 0;
const RANDOM: u8 = 1;
const BINARY: u8 = 2;
const TEXT: u8 = 3;
const WIDE_LITTLE: u8 = 4;
const WIDE_BIG: u8 = 5;

const SECTOR: usize = 512;

const PLACES = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
// Each bit is an error that a pair of bytes may be: too short 1, too long 2, overlong of three 4, too large 8,
// surrogate 16, overlong of two 32, overlong of four 64, two continuations 128.
const FIRST_HIGH = i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 0x21, 1, 0x15, 0x49);
const FIRST_LOW = i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53);
const SECOND_HIGH = i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1);

// Bits of `mode`.
const IMAGE: i32 = 1;
const LITTLE: i32 = 2;
const BIG: i32 = 4;
const FINAL: i32 = 8;

// Bits of a line's flags.
const NOT_ASCII: i32 = 1;
const UTF8: i32 = 2;
const UTF8_LONG: i32 = 4;
const ESCAPE: i32 = 8;
const AT_SIGN: i32 = 64;

/** All lanes where a byte is a control character that no text holds; NUL is none of them. */
// @ts-ignore: decorator
@inline
function controls(v: v128): v128 {
  // 1 to 8, 11, 12, 14 to 26, 28 to 31, 127: below 32 but for NUL, TAB, LF, CR, ESC.
  const low = i8x16.lt_u(v, i8x16.splat(32));
  const allowed = v128.or(
    v128.or(i8x16.eq(v, i8x16.splat(9)), i8x16.eq(v, i8x16.splat(10))),
    v128.or(
      v128.or(i8x16.eq(v, i8x16.splat(13)), i8x16.eq(v, i8x16.splat(27))),
      i8x16.eq(v, i8x16.splat(0)),
    ),
  );
  return v128.or(v128.andnot(low, allowed), i8x16.eq(v, i8x16.splat(127)));
}

/** Writes the class of each sector from `from` to `out`. */
export function triage(from: usize, sectors: i32, out: usize): void {
  for (let sector = 0; sector < sectors; sector++) {
    store<u8>(out + <usize>sector, classOf(from + <usize>sector * SECTOR));
  }
}

function classOf(at: usize): u8 {
  let used: i32 = 0;
  let control: i32 = 0;
  let clean: i32 = 0;
  let evenZeros: i32 = 0;
  for (let p: usize = 0; p < SECTOR; p += 16) {
    const v = v128.load(at + p);
    const zeros = i8x16.bitmask(i8x16.eq(v, i8x16.splat(0)));
    if (zeros == 0xffff) continue;
    const bad = popcnt(i8x16.bitmask(controls(v)));
    const empty = popcnt(zeros);
    used += 16 - empty;
    control += bad;
    evenZeros += popcnt(zeros & 0x5555) - popcnt(zeros & 0xaaaa);
    if (bad == 0 && empty == 0) clean++;
  }
  if (used == 0) return ZERO;
  // In UTF-16 the upper bytes of ASCII are zero: every other byte.
  if (evenZeros <= -12 && isWide(at, 1)) return WIDE_LITTLE;
  if (evenZeros >= 12 && isWide(at, 0)) return WIDE_BIG;
  if (control * 40 <= used || clean >= 14) return TEXT;
  return used >= 400 ? RANDOM : BINARY;
}

/** Whether nearly all units that are not zero are letters of scripts that a record may hold. */
function isWide(at: usize, high: usize): bool {
  let units: i32 = 0;
  let ascii: i32 = 0;
  let fit: i32 = 0;
  for (let p: usize = 0; p < SECTOR; p += 2) {
    const unit = (<i32>load<u8>(at + p + high) << 8) | <i32>load<u8>(at + p + 1 - high);
    if (unit == 0) continue;
    units++;
    if ((unit >= 32 && unit < 127) || unit == 9 || unit == 10 || unit == 13) {
      ascii++;
      fit++;
    } else if (
      (unit >= 0x3000 && unit < 0x3100) ||
      (unit >= 0x4e00 && unit < 0xa000) ||
      unit >= 0xff00 ||
      (unit >= 0xac00 && unit < 0xe000) ||
      (unit >= 0xa0 && unit < 0x250)
    ) {
      fit++;
    }
  }
  return ascii >= 8 && fit * 10 >= units * 9;
}

let consumedTo: usize = 0;

/** Where the line begins whose end `lines()` did not see. */
export function consumed(): usize {
  return consumedTo;
}

/**
 * Finds lines in [from, to) and writes four words for each at `index`: start, end, flags (with the kind of
 * its end in bits 4 and 5, digits in bits 8 to 15, quotes in bits 16 to 31), and counts of , TAB ; | (eight
 * bits each). Returns how many; at most `most`.
 */
export function lines(from: usize, to: usize, index: usize, most: i32, mode: i32): i32 {
  if (mode & (LITTLE | BIG)) return wideLines(from, to, index, most, mode);
  const image = (mode & IMAGE) != 0;
  let count: i32 = 0;
  let start = from;
  let flags: i32 = 0;
  let quotes: i32 = 0;
  let digits: i32 = 0;
  let marks: u64 = 0;
  let p = from;
  while (p < to) {
    const v = v128.load(p);
    const rest: u32 = to - p < 16 ? (1 << <u32>(to - p)) - 1 : 0xffff;
    let ends: u32 = i8x16.bitmask(
      v128.or(i8x16.eq(v, i8x16.splat(10)), i8x16.eq(v, i8x16.splat(13))),
    );
    let stops: u32 = 0;
    if (image) {
      stops = i8x16.bitmask(v128.or(controls(v), i8x16.eq(v, i8x16.splat(0))));
      ends |= stops;
    }
    ends &= rest;
    let live: u32 = rest;
    const high: u32 = i8x16.bitmask(v);
    const quoted: u32 = i8x16.bitmask(i8x16.eq(v, i8x16.splat(34)));
    const escaped: u32 = i8x16.bitmask(i8x16.eq(v, i8x16.splat(27)));
    let commas: u32 = 0;
    let tabs: u32 = 0;
    let semicolons: u32 = 0;
    let bars: u32 = 0;
    let figures: u32 = 0;
    let ats: u32 = 0;
    if (image) {
      commas = i8x16.bitmask(i8x16.eq(v, i8x16.splat(44)));
      tabs = i8x16.bitmask(i8x16.eq(v, i8x16.splat(9)));
      semicolons = i8x16.bitmask(i8x16.eq(v, i8x16.splat(59)));
      bars = i8x16.bitmask(i8x16.eq(v, i8x16.splat(124)));
      figures = i8x16.bitmask(i8x16.lt_u(i8x16.sub(v, i8x16.splat(48)), i8x16.splat(10)));
      ats = i8x16.bitmask(i8x16.eq(v, i8x16.splat(64)));
    }
    while (true) {
      const bit: u32 = ends == 0 ? 16 : ctz(ends);
      const part: u32 = live & ((1 << bit) - 1);
      if (high & part) flags |= NOT_ASCII;
      if (escaped & part) flags |= ESCAPE;
      quotes += popcnt(quoted & part);
      if (image) {
        digits += popcnt(figures & part);
        if (ats & part) flags |= AT_SIGN;
        marks +=
          <u64>popcnt(commas & part) |
          (<u64>popcnt(tabs & part) << 16) |
          (<u64>popcnt(semicolons & part) << 32) |
          (<u64>popcnt(bars & part) << 48);
      }
      if (bit == 16) break;
      const end = p + <usize>bit;
      const byte = load<u8>(end);
      // The LF of a CRLF may not be here yet.
      if (byte == 13 && end + 1 == to && !(mode & FINAL)) {
        consumedTo = start;
        return count;
      }
      const pair = byte == 13 && end + 1 < to && load<u8>(end + 1) == 10;
      const kind: i32 = (stops >> bit) & 1 ? (byte == 0 ? 1 : 2) : 0;
      put(index, count, start, end, flags, quotes, digits, marks, kind);
      count++;
      flags = 0;
      quotes = 0;
      digits = 0;
      marks = 0;
      start = end + (pair ? 2 : 1);
      if (count == most) {
        consumedTo = start;
        return count;
      }
      const taken: u32 = pair ? (4 << bit) - 1 : (2 << bit) - 1;
      ends &= ~taken;
      live &= ~taken;
      if (pair && bit == 15) {
        // The LF is the next vector's first byte: begin there anew.
        p = start - 16;
        break;
      }
    }
    p += 16;
  }
  if (mode & FINAL && start < to) {
    put(index, count, start, to, flags, quotes, digits, marks, 3);
    count++;
    start = to;
  }
  consumedTo = start;
  return count;
}

// @ts-ignore: decorator
@inline
function most8(count: u64): u32 {
  return <u32>min(count & 0xffff, 255);
}

// @ts-ignore: decorator
@inline
function put(
  index: usize,
  count: i32,
  start: usize,
  end: usize,
  flags: i32,
  quotes: i32,
  digits: i32,
  marks: u64,
  kind: i32,
): void {
  const at = index + <usize>count * 16;
  let all = flags | (kind << 4) | (min(digits, 255) << 8) | (min(quotes, 65535) << 16);
  if (flags & NOT_ASCII) all |= utf8Flags(start, end);
  store<u32>(at, <u32>start);
  store<u32>(at, <u32>end, 4);
  store<i32>(at, all, 8);
  store<u32>(
    at,
    most8(marks) | (most8(marks >> 16) << 8) | (most8(marks >> 32) << 16) | (most8(marks >> 48) << 24),
    12,
  );
}

/**
 * Whether the bytes are well-formed UTF-8 (Unicode 3.9, table 3-7), and have more than two-byte letters: by
 * three look-ups of half bytes (Keiser and Lemire, Validating UTF-8 in less than one instruction per byte).
 */
function utf8Flags(from: usize, to: usize): i32 {
  const zero = i8x16.splat(0);
  let before = zero;
  let error = zero;
  let long = zero;
  let p = from;
  while (true) {
    let v = zero;
    const left = <isize>(to - p);
    if (left >= 16) v = v128.load(p);
    else if (left > 0) v = v128.and(v128.load(p), i8x16.lt_u(PLACES, i8x16.splat(<i8>left)));
    const last = i8x16.shuffle(before, v, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    const special = v128.and(
      v128.and(
        i8x16.swizzle(FIRST_HIGH, i8x16.shr_u(last, 4)),
        i8x16.swizzle(FIRST_LOW, v128.and(last, i8x16.splat(15))),
      ),
      i8x16.swizzle(SECOND_HIGH, i8x16.shr_u(v, 4)),
    );
    const two = i8x16.shuffle(before, v, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    const three = i8x16.shuffle(before, v, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
    const must = v128.or(
      i8x16.sub_sat_u(two, i8x16.splat(0x60)),
      i8x16.sub_sat_u(three, i8x16.splat(0x70)),
    );
    error = v128.or(error, v128.xor(v128.and(must, i8x16.splat(<i8>0x80)), special));
    long = v128.or(long, i8x16.ge_u(v, i8x16.splat(<i8>0xe0)));
    before = v;
    p += 16;
    // Zeros behind the end show a letter that was cut.
    if (left <= 0) break;
  }
  if (v128.any_true(error)) return 0;
  return UTF8 | (v128.any_true(long) ? UTF8_LONG : 0);
}

/** Bytes of the well-formed letter at p, 0 where there is none. */
// @ts-ignore: decorator
@inline
function utf8Length(p: usize, to: usize): usize {
  const one = load<u8>(p);
  if (one < 0x80) return 1;
  if (one >= 0xe0 && one < 0xf0) {
    if (p + 2 >= to) return 0;
    const two = load<u8>(p, 1);
    if ((two & 0xc0) != 0x80 || (load<u8>(p, 2) & 0xc0) != 0x80) return 0;
    if (one == 0xe0 && two < 0xa0) return 0;
    if (one == 0xed && two > 0x9f) return 0;
    return 3;
  }
  if (one < 0xc2) return 0;
  if (one < 0xe0) return p + 1 < to && (load<u8>(p, 1) & 0xc0) == 0x80 ? 2 : 0;
  if (one > 0xf4 || p + 3 >= to) return 0;
  const two = load<u8>(p, 1);
  if ((two & 0xc0) != 0x80 || (load<u8>(p, 2) & 0xc0) != 0x80 || (load<u8>(p, 3) & 0xc0) != 0x80) return 0;
  if (one == 0xf0 && two < 0x90) return 0;
  if (one == 0xf4 && two > 0x8f) return 0;
  return 4;
}

function wideLines(from: usize, to: usize, index: usize, most: i32, mode: i32): i32 {
  const image = (mode & IMAGE) != 0;
  const high: usize = mode & LITTLE ? 1 : 0;
  let count: i32 = 0;
  let start = from;
  let flags: i32 = 0;
  let quotes: i32 = 0;
  let digits: i32 = 0;
  let marks: u64 = 0;
  const last = to - ((to - from) & 1);
  let p = from;
  while (p < last) {
    const unit = (<i32>load<u8>(p + high) << 8) | <i32>load<u8>(p + 1 - high);
    const stop = image && (unit < 32 || unit == 127) && unit != 9 && unit != 10 && unit != 13;
    if (unit == 10 || unit == 13 || stop) {
      if (unit == 13 && p + 4 > last && !(mode & FINAL)) break;
      const next = p + 4 <= last ? (<i32>load<u8>(p + 2 + high) << 8) | <i32>load<u8>(p + 3 - high) : 0;
      const at = index + <usize>count * 16;
      putWide(at, start, p, flags, quotes, digits, marks, stop ? (unit == 0 ? 1 : 2) : 0);
      count++;
      flags = 0;
      quotes = 0;
      digits = 0;
      marks = 0;
      p += unit == 13 && next == 10 ? 4 : 2;
      start = p;
      if (count == most) break;
      continue;
    }
    if (unit >= 0x80) flags |= NOT_ASCII;
    else if (unit == 34) quotes++;
    else if (unit >= 48 && unit < 58) digits++;
    else if (unit == 44) marks += 1;
    else if (unit == 9) marks += 1 << 16;
    else if (unit == 59) marks += (<u64>1) << 32;
    else if (unit == 124) marks += (<u64>1) << 48;
    else if (unit == 64) flags |= AT_SIGN;
    p += 2;
  }
  if (mode & FINAL && p >= last && start < last) {
    putWide(index + <usize>count * 16, start, last, flags, quotes, digits, marks, 3);
    count++;
    start = last;
  }
  consumedTo = start;
  return count;
}

function putWide(
  at: usize,
  start: usize,
  end: usize,
  flags: i32,
  quotes: i32,
  digits: i32,
  marks: u64,
  kind: i32,
): void {
  store<u32>(at, <u32>start);
  store<u32>(at, <u32>end, 4);
  store<i32>(at, flags | (kind << 4) | (min(digits, 255) << 8) | (min(quotes, 65535) << 16), 8);
  store<u32>(
    at,
    most8(marks) | (most8(marks >> 16) << 8) | (most8(marks >> 32) << 16) | (most8(marks >> 48) << 24),
    12,
  );
}

/** Writes a code point as UTF-8 and returns how many bytes that took. */
// @ts-ignore: decorator
@inline
function putPoint(out: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(out, <u8>point);
    return 1;
  }
  if (point < 0x800) {
    store<u8>(out, <u8>(0xc0 | (point >> 6)));
    store<u8>(out, <u8>(0x80 | (point & 63)), 1);
    return 2;
  }
  if (point < 0x10000) {
    store<u8>(out, <u8>(0xe0 | (point >> 12)));
    store<u8>(out, <u8>(0x80 | ((point >> 6) & 63)), 1);
    store<u8>(out, <u8>(0x80 | (point & 63)), 2);
    return 3;
  }
  store<u8>(out, <u8>(0xf0 | (point >> 18)));
  store<u8>(out, <u8>(0x80 | ((point >> 12) & 63)), 1);
  store<u8>(out, <u8>(0x80 | ((point >> 6) & 63)), 2);
  store<u8>(out, <u8>(0x80 | (point & 63)), 3);
  return 4;
}

const UNKNOWN: u32 = 0xfffd;

/**
 * CP932 to UTF-8. `table`: by the bytes of a letter its UTF-8, three bytes at most, and its cost above them; what it
 * costs together is given by `cost()`. Returns the end of what was written, of which up to seven bytes more are spoilt.
 */
export function decodeCp932(from: usize, to: usize, out: usize, table: usize): usize {
  let p = from;
  let sum: i32 = 0;
  let high: i32 = 0;
  while (p < to) {
    if (p + 8 <= to) {
      const eight = load<u64>(p);
      const upper = eight & 0x8080808080808080;
      store<u64>(out, eight);
      const ascii: usize = upper == 0 ? 8 : <usize>(ctz(upper) >> 3);
      p += ascii;
      out += ascii;
      if (upper == 0) continue;
    }
    const one = <u32>load<u8>(p);
    if (one < 0x80) {
      store<u8>(out++, <u8>one);
      p++;
      continue;
    }
    const kana = one >= 0xa1 && one <= 0xdf;
    const two: u32 = !kana && p + 1 < to ? <u32>load<u8>(p, 1) : 0;
    const letter = load<u32>(table + (<usize>(kana ? one : (one << 8) | two) << 2));
    const add = <i32>(letter >> 24);
    sum += add;
    high += kana ? 1 : 2;
    // A trail byte that is ASCII is not swallowed by a lead that it does not fit (Encoding Standard).
    p += kana || (add == 255 && two < 0x80) ? 1 : 2;
    store<u32>(out, letter);
    out += (letter & 0xff) < 0xe0 ? 2 : 3;
  }
  costSum = sum;
  highCount = high;
  return out;
}

/** EUC-JP to UTF-8; `more` is the table of JIS X 0212, by the second and third byte. */
export function decodeEuc(from: usize, to: usize, out: usize, table: usize, more: usize): usize {
  let p = from;
  while (p < to) {
    if (p + 8 <= to && (load<u64>(p) & 0x8080808080808080) == 0) {
      store<u64>(out, load<u64>(p));
      p += 8;
      out += 8;
      continue;
    }
    const one = <u32>load<u8>(p);
    if (one < 0x80) {
      store<u8>(out++, <u8>one);
      p++;
      continue;
    }
    const two: u32 = p + 1 < to ? <u32>load<u8>(p, 1) : 0;
    let point: u32 = 0;
    let length: usize = 2;
    if (one == 0x8e) {
      if (two >= 0xa1 && two <= 0xdf) point = 0xff61 + two - 0xa1;
    } else if (one == 0x8f) {
      const three: u32 = p + 2 < to ? <u32>load<u8>(p, 2) : 0;
      point = <u32>load<u16>(more + (<usize>((two << 8) | three) << 1));
      if (point != 0) length = 3;
    } else {
      point = <u32>load<u16>(table + (<usize>((one << 8) | two) << 1));
    }
    p += point != 0 ? length : two < 0x80 ? 1 : 2;
    out += putPoint(out, point == 0 ? UNKNOWN : point);
  }
  return out;
}

/** UTF-8 whose broken letters become U+FFFD. */
export function decodeUtf8(from: usize, to: usize, out: usize): usize {
  let p = from;
  while (p < to) {
    const length = utf8Length(p, to);
    if (length == 0) {
      out += putPoint(out, UNKNOWN);
      p++;
      while (p < to && (load<u8>(p) & 0xc0) == 0x80) p++;
      continue;
    }
    for (let i: usize = 0; i < length; i++) store<u8>(out++, load<u8>(p++));
  }
  return out;
}

/** UTF-16 to UTF-8; `high` is the place of the upper byte in a unit. */
export function decodeWide(from: usize, to: usize, out: usize, high: usize): usize {
  let p = from;
  while (p + 1 < to) {
    const unit = (<u32>load<u8>(p + high) << 8) | <u32>load<u8>(p + 1 - high);
    p += 2;
    if ((unit & 0xf800) != 0xd800) {
      out += putPoint(out, unit);
      continue;
    }
    const next = p + 1 < to ? (<u32>load<u8>(p + high) << 8) | <u32>load<u8>(p + 1 - high) : 0;
    if (unit < 0xdc00 && (next & 0xfc00) == 0xdc00) {
      out += putPoint(out, 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff));
      p += 2;
    } else out += putPoint(out, UNKNOWN);
  }
  return out;
}

let highCount: i32 = 0;
let costSum: i32 = 0;

/** What all letters that were decoded last cost. */
export function cost(): i32 {
  return costSum;
}

/** Bytes of letters that are not ASCII, of what a cost was taken of last. */
export function highBytes(): i32 {
  return highCount;
}

/** How unlikely the bytes are as EUC-JP, by the cost of each letter; index as in the decoder. */
export function costEuc(from: usize, to: usize, table: usize, more: usize): i32 {
  let cost: i32 = 0;
  let high: i32 = 0;
  let p = from;
  while (p < to) {
    if (p + 8 <= to) {
      const upper = load<u64>(p) & 0x8080808080808080;
      if (upper == 0) {
        p += 8;
        continue;
      }
      p += <usize>(ctz(upper) >> 3);
    }
    const one = <u32>load<u8>(p);
    if (one < 0x80) {
      p++;
      continue;
    }
    const two: u32 = p + 1 < to ? <u32>load<u8>(p, 1) : 0;
    if (one == 0x8f) {
      const three: u32 = p + 2 < to ? <u32>load<u8>(p, 2) : 0;
      cost += load<u16>(more + (<usize>((two << 8) | three) << 1)) != 0 ? 40 : 255;
      high += 3;
      p += 3;
    } else {
      const add = <i32>load<u8>(table + <usize>((one << 8) | two));
      cost += add;
      high += 2;
      p += add == 255 && two < 0x80 ? 1 : 2;
    }
  }
  highCount = high;
  return cost;
}

/** Bytes that are no part of well-formed UTF-8, each run counted once. */
export function faultsUtf8(from: usize, to: usize): i32 {
  let faults: i32 = 0;
  let p = from;
  while (p < to) {
    if (p + 8 <= to) {
      const upper = load<u64>(p) & 0x8080808080808080;
      if (upper == 0) {
        p += 8;
        continue;
      }
      p += <usize>(ctz(upper) >> 3);
    }
    const length = utf8Length(p, to);
    if (length == 0) {
      faults++;
      p++;
      while (p < to && (load<u8>(p) & 0xc0) == 0x80) p++;
    } else p += length;
  }
  return faults;
}
