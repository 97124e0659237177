import { threadId } from "node:worker_threads";

/** Places in the header of a fuse's memory, in 32-bit words. */
const place = {
  lock: 0,
  minute: 1,
  hourCount: 2,
  dayCount: 3,
  used: 4,
  bits: 5,
  hourLimit: 6,
  dayLimit: 7,
  counts: 16,
} as const;

/** A window is never shorter than it says: the minute that has begun comes on top. */
const hourMinutes = 61;
const dayMinutes = 1_441;

/** Rings of amounts an hour, in kilobytes, bytes or statements: each 61 minutes. */
const AMOUNTS = ["personalBytes", "sideBytes", "conditions", "refusals"] as const;
export type Amount = (typeof AMOUNTS)[number];

const amountsAt = (place.counts + dayMinutes + 1) & ~1;
const ringWords = 64 * 2;
const entriesAt = amountsAt + AMOUNTS.length * ringWords;
const entryWords = 3;

export const limits = { distinctMax: 10_000_000, spins: 200, waitMs: 1 } as const;

export const unlimited = 0x7fff_ffff;

export type FuseLimits = { hour: number; day: number };

/** Memory for one person's counts; `unlimited` in both windows needs no table of customers. */
export function allocateFuse(wanted: FuseLimits): SharedArrayBuffer {
  const most = Math.min(
    limits.distinctMax,
    Math.max(...[wanted.hour, wanted.day].map((limit) => (limit >= unlimited ? 0 : limit))),
  );
  const keepsCustomers = wanted.hour < unlimited || wanted.day < unlimited;
  // At most two thirds full, with room for customers whose day has passed.
  const bits = keepsCustomers ? Math.max(10, Math.ceil(Math.log2((most + 1) * 1.5))) : 0;
  const words = entriesAt + (bits === 0 ? 0 : entryWords * 2 ** bits);
  const shared = new SharedArrayBuffer(words * 4);
  const header = new Int32Array(shared);
  header[place.bits] = bits;
  header[place.hourLimit] = wanted.hour;
  header[place.dayLimit] = wanted.day;
  return shared;
}

/**
 * One person's counts of distinct customers in the last hour and day, shared by all threads of the gate: a
 * customer is counted before she is let through, so two connections together get no more than one.
 * Every call but `read` is made between `lock` and `unlock`.
 */
export class Fuse {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #amounts: Float64Array;
  readonly #mask: number;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
    this.#amounts = new Float64Array(shared, amountsAt * 4, (AMOUNTS.length * ringWords) / 2);
    const bits = this.#words[place.bits] as number;
    this.#mask = bits === 0 ? 0 : 2 ** bits - 1;
  }

  /** Takes the lock; `minute` is minutes since 1970. A clock that is set back resets nothing. */
  lock(minute: number): void {
    for (let spin = 0; ; spin++) {
      const holder = Atomics.compareExchange(this.#words, place.lock, 0, threadId + 1);
      if (holder === 0) break;
      if (spin >= limits.spins) Atomics.wait(this.#words, place.lock, holder, limits.waitMs);
    }
    this.#roll(minute);
  }

  unlock(): void {
    Atomics.store(this.#words, place.lock, 0);
    Atomics.notify(this.#words, place.lock, 1);
  }

  /** A thread that ended in the middle leaves its lock behind; what it had counted stays counted. */
  breakLockOf(thread: number): void {
    if (Atomics.compareExchange(this.#words, place.lock, thread + 1, 0) === thread + 1)
      Atomics.notify(this.#words, place.lock);
  }

  #roll(minute: number): void {
    const words = this.#words;
    const before = words[place.minute] as number;
    if (minute <= before) return;
    words[place.minute] = minute;
    if (before === 0) return;
    // Minute m leaves the hour when m + 61 begins.
    for (let passed = before + 1; passed <= Math.min(minute, before + dayMinutes); passed++) {
      words[place.hourCount] =
        (words[place.hourCount] as number) - this.#countOf(passed - hourMinutes, before - hourMinutes);
      const slot = place.counts + (passed % dayMinutes);
      words[place.dayCount] = (words[place.dayCount] as number) - (words[slot] as number);
      words[slot] = 0;
      this.#rollAmounts(passed);
    }
    if (minute - before >= dayMinutes) {
      words[place.hourCount] = 0;
      words[place.dayCount] = 0;
    }
  }

  #countOf(minute: number, least: number): number {
    return minute <= least ? 0 : (this.#words[place.counts + (minute % dayMinutes)] as number);
  }

  #rollAmounts(minute: number): void {
    for (let ring = 0; ring < AMOUNTS.length; ring++) {
      const start = ring * 64;
      const slot = start + (minute % hourMinutes);
      this.#amounts[start + 63] = (this.#amounts[start + 63] as number) - (this.#amounts[slot] as number);
      this.#amounts[slot] = 0;
    }
  }

  /**
   * Counts a customer by the 64 bits of her key's keyed hash. False where she would be one too many: then
   * nothing of hers may pass.
   */
  take(high: number, low: number): boolean {
    const words = this.#words;
    if (this.#mask === 0) return this.takeKeyless(1);
    const at = this.#find(high, low);
    const now = words[place.minute] as number;
    const last = (words[at + 2] as number) - 1;
    if (last >= 0 && now - last < dayMinutes) return this.#meetAgain(at, last, now);
    if ((words[place.hourCount] as number) >= (words[place.hourLimit] as number)) return false;
    if ((words[place.dayCount] as number) >= (words[place.dayLimit] as number)) return false;
    if (last < 0) {
      words[at] = high;
      words[at + 1] = low;
      words[place.used] = (words[place.used] as number) + 1;
    }
    words[at + 2] = now + 1;
    this.#count(now, 1);
    if ((words[place.used] as number) * 4 > (this.#mask + 1) * 3) this.#sweep(now);
    return true;
  }

  #meetAgain(at: number, last: number, now: number): boolean {
    if (last === now) return true;
    const words = this.#words;
    const old = place.counts + (last % dayMinutes);
    if (now - last >= hourMinutes) {
      if ((words[place.hourCount] as number) >= (words[place.hourLimit] as number)) return false;
      words[place.hourCount] = (words[place.hourCount] as number) + 1;
    }
    words[old] = (words[old] as number) - 1;
    const slot = place.counts + (now % dayMinutes);
    words[slot] = (words[slot] as number) + 1;
    words[at + 2] = now + 1;
    return true;
  }

  #count(minute: number, customers: number): void {
    const words = this.#words;
    const slot = place.counts + (minute % dayMinutes);
    words[slot] = (words[slot] as number) + customers;
    words[place.hourCount] = (words[place.hourCount] as number) + customers;
    words[place.dayCount] = (words[place.dayCount] as number) + customers;
  }

  /** Place of the entry, or of the free one where it would stand: open addressing, linear probing. */
  #find(high: number, low: number): number {
    const words = this.#words;
    let slot = (high ^ Math.imul(low, 0x9e37_79b1)) & this.#mask;
    for (;;) {
      const at = entriesAt + slot * entryWords;
      if (words[at + 2] === 0 || (words[at] === high && words[at + 1] === low)) return at;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Takes out whoever was read more than a day ago. */
  #sweep(now: number): void {
    const words = this.#words;
    const kept: number[] = [];
    const end = entriesAt + (this.#mask + 1) * entryWords;
    for (let at = entriesAt; at < end; at += entryWords) {
      const last = (words[at + 2] as number) - 1;
      if (last >= 0 && now - last < dayMinutes)
        kept.push(words[at] as number, words[at + 1] as number, words[at + 2] as number);
    }
    words.fill(0, entriesAt, end);
    for (let from = 0; from < kept.length; from += entryWords) {
      const at = this.#find(kept[from] as number, kept[from + 1] as number);
      words[at] = kept[from] as number;
      words[at + 1] = kept[from + 1] as number;
      words[at + 2] = kept[from + 2] as number;
    }
    words[place.used] = kept.length / entryWords;
  }

  /** Counts customers of whom no key is known: each is one more. */
  takeKeyless(customers: number): boolean {
    const words = this.#words;
    if ((words[place.hourCount] as number) + customers > (words[place.hourLimit] as number)) return false;
    if ((words[place.dayCount] as number) + customers > (words[place.dayLimit] as number)) return false;
    this.#count(words[place.minute] as number, customers);
    return true;
  }

  /** Adds to an amount of this hour; false, and nothing added, where that would pass the limit. */
  add(amount: Amount, value: number, limit: number): boolean {
    const start = AMOUNTS.indexOf(amount) * 64;
    const sum = (this.#amounts[start + 63] as number) + value;
    if (sum > limit) return false;
    const slot = start + ((this.#words[place.minute] as number) % hourMinutes);
    this.#amounts[slot] = (this.#amounts[slot] as number) + value;
    this.#amounts[start + 63] = sum;
    return true;
  }

  /** The sum of an amount in this hour. */
  amount(amount: Amount): number {
    return this.#amounts[AMOUNTS.indexOf(amount) * 64 + 63] as number;
  }

  /** Counts again what was read before a restart: a customer at a minute, or keyless ones. */
  restore(minute: number, now: number, customer: { high: number; low: number } | { keyless: number }): void {
    const words = this.#words;
    if (now - minute >= dayMinutes || minute > now) return;
    const limit = { hour: words[place.hourLimit] as number, day: words[place.dayLimit] as number };
    words[place.hourLimit] = unlimited;
    words[place.dayLimit] = unlimited;
    this.#roll(minute);
    if ("keyless" in customer) this.takeKeyless(customer.keyless);
    else this.take(customer.high, customer.low);
    words[place.hourLimit] = limit.hour;
    words[place.dayLimit] = limit.day;
  }

  /** Other limits, after the policy has changed. */
  limit(wanted: FuseLimits): void {
    this.#words[place.hourLimit] = wanted.hour;
    this.#words[place.dayLimit] = wanted.day;
  }

  /** Customers in the last hour and day. */
  read(): { hour: number; day: number } {
    return { hour: this.#words[place.hourCount] as number, day: this.#words[place.dayCount] as number };
  }
}
