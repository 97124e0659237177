/**
 * HalfSipHash-1-3 with 64 bits of output (Aumasson, Bernstein: SipHash; the reference code's
 * `halfsiphash.c`): 32-bit additions, rotations and exclusive ors only, which JavaScript does at full speed.
 * Without the key a signature says nothing of the text, so an index of a customer table is no copy of it.
 */

/** Two words of key. */
export type HashKey = { k0: number; k1: number };

export class KeyedHash {
  readonly #k0: number;
  readonly #k1: number;
  /** The two halves of the last result, unsigned. */
  low = 0;
  high = 0;

  constructor(key: HashKey) {
    this.#k0 = key.k0 | 0;
    this.#k1 = key.k1 | 0;
  }

  /** Hashes 16-bit units; `domain` keeps equal texts of different kinds apart. Results: `low`, `high`. */
  hash(units: Uint16Array, from: number, to: number, domain: number): void {
    let v0 = this.#k0;
    let v1 = this.#k1 ^ 0xee;
    let v2 = this.#k0 ^ 0x6c796765;
    let v3 = this.#k1 ^ 0x74656462;
    const count = to - from;
    // The last word holds what is left over and, as in the original, the length; and here the kind, whose
    // byte is always free since units have two.
    const words = (count >> 1) + 1;
    for (let word = 0, at = from; word < words; word += 1, at += 2) {
      let m = 0;
      if (word < words - 1) m = (units[at] as number) | ((units[at + 1] as number) << 16);
      else m = ((count & 1) === 1 ? (units[at] as number) : 0) | (domain << 16) | (count << 25);
      v3 ^= m;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= m;
    }
    v2 ^= 0xee;
    for (let round = 0; round < 6; round += 1) {
      if (round === 3) {
        this.low = (v1 ^ v3) >>> 0;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.high = (v1 ^ v3) >>> 0;
    // 0 means "not there" in every column.
    if (this.low === 0 && this.high === 0) this.low = 1;
  }
}
