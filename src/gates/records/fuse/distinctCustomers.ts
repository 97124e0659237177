import type { KeyHash } from "./hashKey.ts";

export const limits = {
  bitsMax: 22,
  /** So many are told apart exactly where no limit hangs on them; the table stays in the cache. */
  exactMax: 65_536,
  recentBits: 13,
  registerBits: 14,
} as const;

/**
 * The distinct customers of one statement. Exact where a limit hangs on them (above some three millions
 * every key counts as another). Else exact to 65,536, and above an estimate by HyperLogLog (Flajolet et al.
 * 2007, error 0.8 %): one look into a table of megabytes for each row would cost more than all else.
 */
export class DistinctCustomers {
  readonly #exact: boolean;
  #bits = 6;
  #words = new Int32Array(2 << 6);
  #used = 0;
  #uncounted = 0;
  #zero = false;
  #registers: Uint8Array | null = null;
  #recent: Int32Array = new Int32Array(0);

  constructor(options: { exact: boolean }) {
    this.#exact = options.exact;
  }

  get count(): number {
    if (this.#registers === null) return this.#used + this.#uncounted + (this.#zero ? 1 : 0);
    let sum = 0;
    for (const register of this.#registers) sum += 2 ** -register;
    const size = this.#registers.length;
    return Math.max(this.#used, Math.round(((0.7213 / (1 + 1.079 / size)) * size * size) / sum));
  }

  /** True for a customer who was not there before; where it is estimated, true for some who were. */
  add(key: KeyHash): boolean {
    if (this.#registers !== null) return this.#addEstimated(key);
    if (key.high === 0 && key.low === 0) {
      const fresh = !this.#zero;
      this.#zero = true;
      return fresh;
    }
    const at = this.#find(key.high, key.low);
    if (this.#words[at] !== 0 || this.#words[at + 1] !== 0) return false;
    if (!this.#exact && this.#used >= limits.exactMax) {
      this.#estimate();
      return this.#addEstimated(key);
    }
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

  /** From here on an estimate: it begins with all who are known. */
  #estimate(): void {
    this.#registers = new Uint8Array(2 ** limits.registerBits);
    this.#recent = new Int32Array(2 << limits.recentBits);
    for (let at = 0; at < this.#words.length; at += 2) {
      const [high, low] = [this.#words[at] as number, this.#words[at + 1] as number];
      if (high !== 0 || low !== 0) this.#register(high, low);
    }
    this.#words = new Int32Array(0);
  }

  #register(high: number, low: number): void {
    const registers = this.#registers as Uint8Array;
    const place = low & (registers.length - 1);
    const rank = Math.clz32(high) + 1;
    if (rank > (registers[place] as number)) registers[place] = rank;
  }

  /** Rows of one customer lie near each other in most results: the last few thousands are remembered. */
  #addEstimated({ high, low }: KeyHash): boolean {
    this.#register(high, low);
    const at = ((low >>> limits.registerBits) & (2 ** limits.recentBits - 1)) * 2;
    if (this.#recent[at] === high && this.#recent[at + 1] === low) return false;
    this.#recent[at] = high;
    this.#recent[at + 1] = low;
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
