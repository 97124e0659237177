import type { AccessRecord } from "./access/accessSpool.ts";
import { allocateFuse, Fuse, unlimited, type FuseLimits } from "./fuse/fuse.ts";
import { hashKey, type HashSeeds, type KeyHash } from "./fuse/hashKey.ts";
import type { Budget, RecordsPolicy } from "./policy.ts";

/** The fuses of all persons, and what was read before this process began. */
export class FuseKeeper {
  readonly #policy: RecordsPolicy;
  readonly #seeds: HashSeeds;
  readonly #groupOf: (person: string) => string | null;
  readonly #fuses = new Map<string, Fuse>();
  /** Person and purpose of statements that the spool has begun. */
  readonly #statements = new Map<string, { person: string; purpose: string | null } | null>();

  constructor(options: {
    policy: RecordsPolicy;
    seeds: HashSeeds;
    groupOf: (person: string) => string | null;
  }) {
    this.#policy = options.policy;
    this.#seeds = options.seeds;
    this.#groupOf = options.groupOf;
  }

  /** The fuse of a person for a purpose; made where it is not there. */
  get(person: string, purpose: string | null): Fuse {
    const key = JSON.stringify([person, purpose]);
    let fuse = this.#fuses.get(key);
    if (fuse === undefined) {
      fuse = new Fuse(allocateFuse(this.#limitsOf(person, purpose)));
      this.#fuses.set(key, fuse);
    }
    return fuse;
  }

  #limitsOf(person: string, purpose: string | null): FuseLimits {
    const budget = this.#budgetOf(person, purpose);
    return { hour: budget.hour ?? unlimited, day: budget.day ?? unlimited };
  }

  #budgetOf(person: string, purpose: string | null): Budget {
    const group = this.#policy.groups.find(({ name }) => name === this.#groupOf(person));
    const own = group?.purposes.find(({ name }) => name === purpose);
    return own?.budget ?? group?.budget ?? {};
  }

  /** A restart gives nobody a new budget: what the last day's spool holds counts again. */
  restore(records: Iterable<AccessRecord>, now: number): void {
    const hash: KeyHash = { high: 0, low: 0 };
    const minuteNow = Math.floor(now / 60_000);
    for (const record of records) {
      if (record.kind === "begin") {
        const { statement, person, purpose, grant } = record.begin;
        // What was approved counted against its approval, not against the budget.
        this.#statements.set(statement, grant === null ? { person, purpose } : null);
        continue;
      }
      if (record.kind === "end") {
        this.#statements.delete(record.end.statement);
        continue;
      }
      const read = this.#statements.get(record.statement);
      if (read === null || read === undefined) continue;
      const fuse = this.get(read.person, this.#knownPurpose(read.person, read.purpose));
      const minute = Math.floor(record.at / 60_000);
      if (record.kind === "keyless") {
        fuse.restore(minute, minuteNow, { keyless: record.customers });
        continue;
      }
      const bytes = Buffer.from(record.customer);
      hashKey(bytes, { start: 0, end: bytes.length, seeds: this.#seeds }, hash);
      fuse.restore(minute, minuteNow, hash);
    }
  }

  #knownPurpose(person: string, purpose: string | null): string | null {
    const group = this.#policy.groups.find(({ name }) => name === this.#groupOf(person));
    return group?.purposes.some(({ name }) => name === purpose) === true ? purpose : null;
  }

  /** A thread ended in the middle of something. */
  breakLocksOf(thread: number): void {
    for (const fuse of this.#fuses.values()) fuse.breakLockOf(thread);
  }
}
