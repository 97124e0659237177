// HalfSipHash-1-3 with 64 bits of output (Aumasson, Bernstein: SipHash): see signatures/keyedHash.ts.

let k0: i32 = 0;
let k1: i32 = 0;
/** The two halves of the last result. */
export let low: i32 = 0;
export let high: i32 = 0;

/** Sets the key under which everything is hashed from now on. */
export function setKey(one: i32, two: i32): void {
  k0 = one;
  k1 = two;
}

/**
 * Hashes 16-bit units [from, to) of a text into `low` and, unless only that half is wanted, `high`; `domain` keeps
 * equal texts of different kinds apart.
 */
// @ts-ignore: decorator
@inline
function mix(units: i32, from: i32, to: i32, domain: i32, whole: bool): void {
  let v0 = k0;
  let v1 = k1 ^ 0xee;
  let v2 = k0 ^ 0x6c796765;
  let v3 = k1 ^ 0x74656462;
  const count = to - from;
  const last = units + ((to - (count & 1)) << 1);
  for (let at = units + (from << 1); ; at += 4) {
    // The last word holds what is left over and, as in the original, the length; and here the kind, whose
    // byte is always free since units have two.
    const ends = at >= last;
    const m: i32 = ends
      ? ((count & 1) == 1 ? <i32>load<u16>(at) : 0) | (domain << 16) | (count << 25)
      : load<i32>(at);
    v3 ^= m;
    v0 += v1;
    v1 = rotl<i32>(v1, 5) ^ v0;
    v0 = rotl<i32>(v0, 16);
    v2 += v3;
    v3 = rotl<i32>(v3, 8) ^ v2;
    v0 += v3;
    v3 = rotl<i32>(v3, 7) ^ v0;
    v2 += v1;
    v1 = rotl<i32>(v1, 13) ^ v2;
    v2 = rotl<i32>(v2, 16);
    v0 ^= m;
    if (ends) break;
  }
  v2 ^= 0xee;
  const rounds: i32 = whole ? 6 : 3;
  for (let round = 0; round < rounds; round++) {
    if (round == 3) {
      low = v1 ^ v3;
      v1 ^= 0xdd;
    }
    v0 += v1;
    v1 = rotl<i32>(v1, 5) ^ v0;
    v0 = rotl<i32>(v0, 16);
    v2 += v3;
    v3 = rotl<i32>(v3, 8) ^ v2;
    v0 += v3;
    v3 = rotl<i32>(v3, 7) ^ v0;
    v2 += v1;
    v1 = rotl<i32>(v1, 13) ^ v2;
    v2 = rotl<i32>(v2, 16);
  }
  if (whole) high = v1 ^ v3;
  else low = v1 ^ v3;
}

/** All 64 bits of a text's hash: `low` and `high`. */
export function hash(units: i32, from: i32, to: i32, domain: i32): void {
  mix(units, from, to, domain, true);
  // 0 means "not there" in every column.
  if ((low | high) == 0) low = 1;
}

/** The low half alone; never 0. */
export function narrowHash(units: i32, from: i32, to: i32, domain: i32): i32 {
  mix(units, from, to, domain, false);
  return low == 0 ? 1 : low;
}
