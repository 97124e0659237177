/** Two secret 32-bit seeds: whoever does not know them cannot find two keys of one hash. */
export type HashSeeds = readonly [number, number, number, number];

/** 64 bits of a hash, in two lanes of murmur3's mixing (Appleby, public domain) with seeds of our own. */
export type KeyHash = { high: number; low: number };

/**
 * Hashes the bytes of a customer's key into `into`: no object is made per row. Not cryptographic; the seeds
 * are secret, and customers do not choose their keys.
 */
export function hashKey(
  bytes: Uint8Array,
  range: { start: number; end: number; seeds: HashSeeds },
  into: KeyHash,
): void {
  const { start, end, seeds } = range;
  let one = seeds[0] ^ (end - start);
  let two = seeds[1];
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    one = Math.imul(one ^ byte, 0x85eb_ca6b);
    one ^= one >>> 15;
    two = Math.imul((two << 5) ^ (two >>> 2) ^ byte ^ seeds[2], 0xcc9e_2d51);
    two ^= two >>> 13;
  }
  one = Math.imul(one ^ (two >>> 16) ^ seeds[3], 0x1b87_3593);
  two = Math.imul(two ^ (one >>> 15), 0x85eb_ca6b);
  into.high = (one ^ (one >>> 13)) | 0;
  into.low = (two ^ (two >>> 16)) | 0;
}
