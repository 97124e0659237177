/** Random numbers that depend on (seed, stream, number) alone, so that no order of work changes them. */

/** A well mixed number in [0, 2^32): the finish of MurmurHash3, twice. */
export function hashOf(seed: number, stream: number, number: number): number {
  return mix(mix(number ^ mix(seed + Math.imul(stream, 0x9e37_79b1))) + stream);
}

/** The same as a fraction in [0, 1). */
export function fractionOf(seed: number, stream: number, number: number): number {
  return hashOf(seed, stream, number) / 4_294_967_296;
}

function mix(number: number): number {
  let mixed = number >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * Many numbers for one person or row: xoroshiro64** (Blackman and Vigna, public domain), whose 64 bits of
 * state differ for all numbers below 2^32. One object is set anew for each.
 */
export class Draw {
  #one = 1;
  #other = 2;

  reset(seed: number, stream: number, number: number): this {
    this.#one = hashOf(seed, stream, number) | 0;
    this.#other = hashOf(~seed, stream + 1_000, number) | 0;
    if (this.#one === 0 && this.#other === 0) this.#one = 1;
    return this;
  }

  /** In [0, 1). */
  next(): number {
    const one = this.#one;
    const mixed = this.#other ^ one;
    const product = Math.imul(one, 0x9e37_79bb);
    const result = Math.imul((product << 5) | (product >>> 27), 5);
    this.#one = ((one << 26) | (one >>> 6)) ^ mixed ^ (mixed << 9);
    this.#other = (mixed << 13) | (mixed >>> 19);
    return (result >>> 0) / 4_294_967_296;
  }

  /** A whole number in [0, most). */
  below(most: number): number {
    return Math.floor(this.next() * most);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<One>(list: readonly One[]): One {
    return list[Math.floor(this.next() * list.length)] as One;
  }
}

/** Picks by weight in constant time: Walker's alias method. */
export class Weighted {
  readonly #share: Float64Array;
  readonly #alias: Int32Array;

  constructor(weights: ArrayLike<number>) {
    const count = weights.length;
    let sum = 0;
    for (let at = 0; at < count; at += 1) sum += weights[at] as number;
    this.#share = new Float64Array(count);
    this.#alias = new Int32Array(count);
    const small: number[] = [];
    const large: number[] = [];
    for (let at = 0; at < count; at += 1) {
      this.#share[at] = ((weights[at] as number) * count) / sum;
      ((this.#share[at] as number) < 1 ? small : large).push(at);
    }
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() as number;
      const more = large.at(-1) as number;
      this.#alias[less] = more;
      this.#share[more] = (this.#share[more] as number) + (this.#share[less] as number) - 1;
      if ((this.#share[more] as number) < 1) small.push(large.pop() as number);
    }
    for (const rest of [...small, ...large]) this.#share[rest] = 1;
  }

  pick(random: number): number {
    const place = random * this.#share.length;
    const at = Math.floor(place);
    return place - at < (this.#share[at] as number) ? at : (this.#alias[at] as number);
  }
}

/** A repeatable order of the numbers in [0, count): `at()` is a permutation, and `place()` its inverse. */
export class Shuffle {
  readonly #count: number;
  readonly #factor: bigint;
  readonly #back: bigint;
  readonly #shift: number;
  readonly #small: number;
  readonly #smallBack: number;

  constructor(count: number, seed: number) {
    this.#count = Math.max(1, count);
    let factor = (Math.floor(0.618_034 * this.#count) + (seed % 97)) % this.#count || 1;
    while (greatestDivisor(factor, this.#count) !== 1) factor += 1;
    this.#factor = BigInt(factor);
    this.#back = inverseOf(this.#factor, BigInt(this.#count));
    this.#shift = hashOf(seed, 7, count) % this.#count;
    this.#small = factor;
    this.#smallBack = Number(this.#back);
  }

  at(number: number): number {
    return (times(number, this.#small, this.#count, this.#factor) + this.#shift) % this.#count;
  }

  place(number: number): number {
    const unshifted = (number - this.#shift + this.#count) % this.#count;
    return times(unshifted, this.#smallBack, this.#count, this.#back);
  }
}

// A product below 2^53 is exact; counts beyond 90 million need whole numbers.
function times(number: number, factor: number, modulus: number, whole: bigint): number {
  if (number * factor <= Number.MAX_SAFE_INTEGER) return (number * factor) % modulus;
  return Number((BigInt(number) * whole) % BigInt(modulus));
}

function greatestDivisor(one: number, other: number): number {
  let [large, small] = [one, other];
  while (small !== 0) [large, small] = [small, large % small];
  return large;
}

function inverseOf(number: bigint, modulus: bigint): bigint {
  let [before, now, rest, next] = [0n, 1n, modulus, number];
  while (next !== 0n) {
    const quotient = rest / next;
    [before, now] = [now, before - quotient * now];
    [rest, next] = [next, rest - quotient * next];
  }
  return modulus === 1n ? 0n : ((before % modulus) + modulus) % modulus;
}
