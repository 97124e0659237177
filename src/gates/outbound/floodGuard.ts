const hourMs = 3_600_000;
const keysMax = 20_000;

/** Lets so many of a kind through in an hour, and no more. */
export class FloodGuard {
  readonly #most: number;
  #since = 0;
  #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Times are milliseconds. */
  allows(key: string, now: number): boolean {
    if (now - this.#since >= hourMs || now < this.#since || this.#counts.size >= keysMax) {
      this.#since = now;
      this.#counts = new Map();
    }
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= this.#most;
  }
}
