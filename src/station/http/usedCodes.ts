import { createHash } from "node:crypto";

/** A code is accepted for its own half minute and the ones beside it; after that it is refused anyway. */
const KEPT_MS = 120_000;

/** Codes that were accepted lately, so that one seen over a shoulder opens nothing. RFC 6238 5.2. */
export class UsedCodes {
  readonly #now: () => number;
  readonly #until = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whether this person's code is used for the first time; from now on it is not. */
  take(person: string, code: string): boolean {
    const now = this.#now();
    for (const [key, until] of this.#until) {
      if (until > now) break;
      this.#until.delete(key);
    }
    const key = createHash("sha256").update(`${person} ${code.trim()}`).digest("hex");
    if (this.#until.has(key)) return false;
    this.#until.set(key, now + KEPT_MS);
    return true;
  }
}
