import type { NoticeSettings } from "../settings.ts";
import { mailboxOf } from "../list/person.ts";
import { allLanes, type Leased } from "./lease.ts";
import { TokenBucket } from "./tokenBucket.ts";

export const limits = { perLane: 256, domainsMax: 50_000 } as const;

export type Ready = { leased: Leased; domain: string };

/**
 * What is leased and waits for its turn, in lanes by domain, so that one slow domain keeps back only its
 * lane. Holds at most 256 notices a lane.
 */
export class WaitingLanes {
  readonly #rates: NoticeSettings["rates"];
  readonly #all: TokenBucket;
  readonly #domains = new Map<string, TokenBucket>();
  readonly #lanes = new Map<number, Ready[]>(allLanes.map((lane) => [lane, []]));
  #turn = 0;
  #first = 0;
  #count = 0;

  constructor(rates: NoticeSettings["rates"], now: number) {
    this.#rates = rates;
    this.#all = new TokenBucket(rates.perSecond, now);
  }

  get count(): number {
    return this.#count;
  }

  /** How many more each lane can hold; lanes that are more than half full ask for none. */
  room(): Map<number, number> {
    const room = new Map<number, number>();
    // Another lane comes first each time, so that a lease that is cut off favours none.
    this.#first = (this.#first + 1) % this.#lanes.size;
    for (let at = 0; at < this.#lanes.size; at += 1) {
      const lane = (this.#first + at) % this.#lanes.size;
      const { length } = this.#lanes.get(lane) as Ready[];
      if (length <= limits.perLane / 2) room.set(lane, limits.perLane - length);
    }
    return room;
  }

  add(leased: Leased): void {
    const domain = mailboxOf(leased.person.emails[leased.step - 1] ?? "")?.domain ?? "";
    (this.#lanes.get(leased.lane) as Ready[]).push({ leased, domain });
    this.#count += 1;
  }

  /** Up to `most` notices whose domains may be written to now, lanes in turn. */
  take(most: number, now: number): Ready[] {
    const taken: Ready[] = [];
    for (let idle = 0; idle < this.#lanes.size && taken.length < most;) {
      const waiting = this.#lanes.get(this.#turn) as Ready[];
      this.#turn = (this.#turn + 1) % this.#lanes.size;
      const at = waiting.findIndex(({ domain }) => this.bucketOf(domain, now).waitFor(now) === 0);
      if (at < 0) {
        idle += 1;
        continue;
      }
      if (this.#all.take(now) > 0) break;
      const [ready] = waiting.splice(at, 1) as [Ready];
      this.bucketOf(ready.domain, now).take(now);
      this.#count -= 1;
      taken.push(ready);
      idle = 0;
    }
    return taken;
  }

  bucketOf(domain: string, now: number): TokenBucket {
    let bucket = this.#domains.get(domain);
    if (bucket === undefined) {
      if (this.#domains.size >= limits.domainsMax)
        this.#domains.delete(this.#domains.keys().next().value as string);
      const rate = this.#rates.domains[domain] ?? this.#rates.domainPerSecond;
      bucket = new TokenBucket(rate, now);
      this.#domains.set(domain, bucket);
    }
    return bucket;
  }

  /** Takes everything out. */
  clear(): Ready[] {
    const all = [...this.#lanes.values()].flatMap((waiting) => waiting.splice(0));
    this.#count = 0;
    return all;
  }
}
