/** Numbers whole numbers of 32 bits in the order in which they first come: a dictionary's places. */
export class NumberCodes {
  /** As many as indices of sixteen bits can tell apart. */
  static readonly max = 65_536;
  readonly #keys = new Int32Array(NumberCodes.max);
  readonly #slots = new Int32Array(NumberCodes.max * 2);
  count = 0;

  /** The numbers that came, by their places. */
  get keys(): Int32Array {
    return this.#keys.subarray(0, this.count);
  }

  /** How many more numbers can come. */
  get room(): number {
    return NumberCodes.max - this.count;
  }

  code(key: number): number {
    const mask = this.#slots.length - 1;
    let at = (Math.imul(key, 0x9e3779b1) >>> 15) & mask;
    for (;;) {
      const code = (this.#slots[at] as number) - 1;
      if (code < 0) break;
      if (this.#keys[code] === key) return code;
      at = (at + 1) & mask;
    }
    this.#keys[this.count] = key;
    this.count += 1;
    this.#slots[at] = this.count;
    return this.count - 1;
  }

  clear(): void {
    this.#slots.fill(0);
    this.count = 0;
  }
}
