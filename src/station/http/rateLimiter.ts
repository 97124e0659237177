/** How often something may happen: `max` times in `seconds`, by key. */
export type RateRule = { max: number; seconds: number };

const KEYS_MAX = 100_000;

/**
 * Counts in fixed windows, in memory: the station is one process, and a restart that forgets a count is
 * slower than the attack it would help.
 */
export class RateLimiter {
  readonly #rule: RateRule;
  readonly #now: () => number;
  readonly #windows = new Map<string, { endsAt: number; count: number }>();

  constructor(rule: RateRule, now: () => number = Date.now) {
    this.#rule = rule;
    this.#now = now;
  }

  /** Takes one, and returns 0, or the seconds until the next one may be taken. */
  take(key: string): number {
    const now = this.#now();
    const window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      this.#makeRoom(now);
      this.#windows.set(key, { endsAt: now + this.#rule.seconds * 1000, count: 1 });
      return 0;
    }
    window.count += 1;
    return window.count <= this.#rule.max ? 0 : Math.ceil((window.endsAt - now) / 1000);
  }

  #makeRoom(now: number): void {
    if (this.#windows.size < KEYS_MAX) return;
    for (const [key, window] of this.#windows) if (window.endsAt <= now) this.#windows.delete(key);
    const oldest = this.#windows.keys().next();
    if (this.#windows.size >= KEYS_MAX && oldest.done !== true) this.#windows.delete(oldest.value);
  }
}
