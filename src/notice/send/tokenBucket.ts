/** Lets through `perSecond` on average, and at most one second's worth at once. Time comes from outside. */
export class TokenBucket {
  readonly #most: number;
  #perSecond: number;
  #tokens: number;
  #at: number;
  /** Until when nothing goes, after a refusal that may pass. */
  #restsUntil = 0;
  #failures = 0;

  constructor(perSecond: number, now: number) {
    this.#most = perSecond;
    this.#perSecond = perSecond;
    this.#tokens = Math.max(1, perSecond);
    this.#at = now;
  }

  /** Takes a token, or says how many milliseconds to wait for one. */
  take(now: number): number {
    const wait = this.waitFor(now);
    if (wait === 0) this.#tokens -= 1;
    return wait;
  }

  waitFor(now: number): number {
    if (now < this.#restsUntil) return this.#restsUntil - now;
    const most = Math.max(1, this.#perSecond);
    this.#tokens = Math.min(most, this.#tokens + (Math.max(0, now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000);
  }

  /** Gives a token back that was not used. */
  giveBack(): void {
    this.#tokens += 1;
  }

  /**
   * A refusal that may pass: one alone may be chance; from the third in a row on it is the server's, so the
   * rate halves and everything rests, ever longer up to `restMsMax`.
   */
  backOff(now: number, restMsMax: number): void {
    this.#failures += 1;
    if (this.#failures < 3) return;
    this.#perSecond = Math.max(this.#most / 64, this.#perSecond / 2);
    const rest = Math.min(restMsMax, 1_000 * 2 ** Math.min(12, this.#failures - 3));
    this.#restsUntil = Math.max(this.#restsUntil, now + rest);
  }

  /** A mail was taken: the rate recovers by a tenth. */
  recover(): void {
    this.#failures = 0;
    this.#perSecond = Math.min(this.#most, this.#perSecond * 1.1);
  }
}
