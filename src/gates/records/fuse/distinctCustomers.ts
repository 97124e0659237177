import type { KeyHash } from "./hashKey.ts";

export const limits = { bitsMax: 22 } as const;

/**
 * The distinct customers of one statement. Exact to some three millions; above, every key counts as another
 * customer, so that a limit is never passed.
 */
export class DistinctCustomers {
  #bits = 6;
  #words = new Int32Array(2 << 6);
  #used = 0;
  #zero = false;
  /** Keys that came after the table was full. */
  #uncounted = 0;

  get count(): number {
    return this.#used + this.#uncounted + (this.#zero ? 1 : 0);
  }

  /** True for a customer who was not there before. */
  add(key: KeyHash): boolean {
    if (key.high === 0 && key.low === 0) {
      const fresh = !this.#zero;
      this.#zero = true;
      return fresh;
    }
    const at = this.#find(key.high, key.low);
    if (this.#words[at] !== 0 || this.#words[at + 1] !== 0) return false;
    if (this.#used * 4 >= 3 * 2 ** this.#bits) {
      if (this.#bits === limits.bitsMax) {
        this.#uncounted += 1;
        return true;
      }
      this.#grow();
      return this.add(key);
    }
    this.#words[at] = key.high;
    this.#words[at + 1] = key.low;
    this.#used += 1;
    return true;
  }

  #find(high: number, low: number): number {
    const words = this.#words;
    const mask = 2 ** this.#bits - 1;
    let slot = (high ^ Math.imul(low, 0x9e37_79b1)) & mask;
    for (;;) {
      const one = words[slot * 2] as number;
      const two = words[slot * 2 + 1] as number;
      if ((one === high && two === low) || (one === 0 && two === 0)) return slot * 2;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const before = this.#words;
    this.#bits = Math.min(limits.bitsMax, this.#bits + 2);
    this.#words = new Int32Array(2 << this.#bits);
    for (let from = 0; from < before.length; from += 2) {
      const [high, low] = [before[from] as number, before[from + 1] as number];
      if (high === 0 && low === 0) continue;
      const at = this.#find(high, low);
      this.#words[at] = high;
      this.#words[at + 1] = low;
    }
  }
}
