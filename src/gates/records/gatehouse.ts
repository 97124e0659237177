import { createHash } from "node:crypto";
import { AccessSpool } from "./access/accessSpool.ts";
import { Fuse } from "./fuse/fuse.ts";
import { fingerprintOf } from "./judge/fingerprint.ts";
import { indexCatalog } from "./judge.ts";
import { JudgeCache } from "./judgeCache.ts";
import type { FromMain, FromThread, Grant, MinuteFigures, ThreadData } from "./threadLink.ts";
import type { Group } from "./policy.ts";
import { hashKey, type HashSeeds } from "./fuse/hashKey.ts";
import { markOf } from "./reading.ts";
import type { JudgedText } from "./verdict.ts";

export const limits = {
  /** Longer texts are judged in a thread of their own, so that no connection of this one waits for them. */
  judgedHereCharactersMax: 8_192,
} as const;

type Answer = Extract<FromMain, { id: number | null }>;

/**
 * What all sessions of one thread share: the judge and what it knows, the fuses, the record, and the way to
 * the main thread.
 */
export class Gatehouse {
  readonly data: ThreadData;
  readonly seeds: HashSeeds;
  readonly spool: AccessSpool;
  readonly cache: JudgeCache;
  readonly groups: ReadonlyMap<string, Group>;
  readonly counters: Record<string, number> = {};
  canaries: ReadonlyMap<number, string>;
  verifiers: Record<string, string>;
  /** Raised with every new catalog. */
  generation = 0;
  #grants = new Map<string, Grant>();
  #fuses = new Map<string, Promise<Fuse>>();
  #patterns = new Map<string, ReadonlySet<string>>();
  #waiting = new Map<number, (answer: Answer) => void>();
  #number = 0;
  #figures = new Map<string, MinuteFigures>();
  readonly #post: (message: FromThread) => void;
  #catalogKnown: boolean;

  constructor(data: ThreadData, post: (message: FromThread) => void) {
    this.data = data;
    this.#post = post;
    this.seeds = data.seeds;
    this.canaries = marksOf(data.canaries, data.seeds);
    this.verifiers = data.verifiers;
    this.groups = new Map(data.settings.policy.groups.map((group) => [group.name, group]));
    this.spool = new AccessSpool({ first: data.spool, askForNext: () => post({ type: "next-spool" }) });
    this.#catalogKnown = data.catalog !== null;
    const catalog = indexCatalog(data.catalog ?? { version: "", relations: [], routines: [] });
    this.cache = new JudgeCache(catalog, { knownRoutines: new Set(data.settings.knownRoutines) });
    for (const grant of data.grants) this.#keepGrant(grant);
    for (const group of data.settings.policy.groups) {
      const shapes = group.statements.map((text) => fingerprintOf(text)).filter((shape) => shape !== null);
      this.#patterns.set(group.name, new Set(shapes));
    }
    post({ type: "next-spool" });
  }

  /** Before the first catalog nothing can be resolved. */
  get catalogKnown(): boolean {
    return this.#catalogKnown;
  }

  send(message: FromThread): void {
    this.#post(message);
  }

  count(name: string, by = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + by;
  }

  /** Asks the main thread; `then` gets its answer. */
  ask<Kind extends Answer["type"]>(
    make: (id: number) => FromThread,
    kind: Kind,
    then: (answer: Extract<Answer, { type: Kind }>) => void,
  ): number {
    const id = ++this.#number;
    this.#waiting.set(id, (answer) => {
      if (answer.type === kind) then(answer as Extract<Answer, { type: Kind }>);
    });
    this.#post(make(id));
    return id;
  }

  /** Nobody waits for this answer any more. */
  forget(id: number): void {
    this.#waiting.delete(id);
  }

  hear(message: FromMain): void {
    if (message.type === "catalog") this.#renew(message);
    else if (message.type === "canaries") this.canaries = marksOf(message.customers, this.seeds);
    else if (message.type === "grant") this.#keepGrant(message.grant);
    else if (message.type === "persons") this.verifiers = message.verifiers;
    else if (message.type === "spool") this.spool.prepare(message.file);
    else if (message.type === "rotate") {
      this.spool.rotate();
      this.#post({ type: "rotated" });
    }
    if ("id" in message && message.id !== null) this.#answer(message);
  }

  #answer(message: Answer): void {
    const id = message.id as number;
    const then = this.#waiting.get(id);
    // "asked" says only that somebody has been asked; the answer comes later.
    if (message.type !== "asked") this.#waiting.delete(id);
    then?.(message);
  }

  #renew(message: Extract<FromMain, { type: "catalog" }>): void {
    this.#catalogKnown = true;
    this.cache.renew(indexCatalog(message.catalog));
    this.generation += 1;
  }

  #keepGrant(grant: Grant): void {
    this.#grants.set(`${grant.person} ${grant.text}`, grant);
  }

  grantOf(person: string, text: string, now: number): Grant | null {
    if (this.#grants.size === 0) return null;
    const key = `${person} ${digestOf(text)}`;
    const grant = this.#grants.get(key);
    if (grant === undefined) return null;
    if (grant.until > now) return grant;
    this.#grants.delete(key);
    return null;
  }

  get anyGrants(): boolean {
    return this.#grants.size > 0;
  }

  /** One person's fuse for a purpose; the memory is the same in all threads. */
  fuseOf(person: string, group: string, purpose: string | null): Promise<Fuse> {
    const key = JSON.stringify([person, purpose]);
    const known = this.#fuses.get(key);
    if (known !== undefined) return known;
    const made = new Promise<Fuse>((resolve) => {
      this.ask(
        (id) => ({ type: "fuse", id, person, group, purpose }),
        "fuse",
        ({ shared }) => resolve(new Fuse(shared)),
      );
    });
    this.#fuses.set(key, made);
    return made;
  }

  /** The judgement at once, or null: then `later` gets it. */
  judge(text: string, later: (judged: JudgedText) => void): JudgedText | null {
    const soon = text.length <= limits.judgedHereCharactersMax ? this.cache.judgeSoon(text) : null;
    if (soon !== null) return soon.judged;
    const { generation } = this;
    this.ask(
      (id) => ({ type: "judge", id, text }),
      "judged",
      ({ judged }) => {
        if (generation === this.generation) this.cache.keep(text, judged);
        later(judged);
      },
    );
    return null;
  }

  /** Whether a service account's statement is written down; null: its group has none written. */
  isWritten(group: Group, text: string): boolean | null {
    const patterns = this.#patterns.get(group.name);
    if (patterns === undefined || patterns.size === 0) return null;
    const known = this.cache.find(text);
    const shape = known === undefined ? fingerprintOf(text) : this.cache.fingerprint(text, known);
    return shape !== null && patterns.has(shape);
  }

  addFigures(person: string, read: { customers: number; rows: number; bytes: number }): void {
    let figures = this.#figures.get(person);
    if (figures === undefined) {
      figures = { person, statements: 0, customers: 0, rows: 0, bytes: 0 };
      this.#figures.set(person, figures);
    }
    figures.statements += 1;
    figures.customers += read.customers;
    figures.rows += read.rows;
    figures.bytes += read.bytes;
  }

  tellStatus(): void {
    this.#post({ type: "status", counters: { ...this.counters }, figures: [...this.#figures.values()] });
    this.#figures.clear();
  }
}

function marksOf(customers: readonly string[], seeds: HashSeeds): Map<number, string> {
  const hash = { high: 0, low: 0 };
  return new Map(
    customers.map((customer) => {
      const bytes = Buffer.from(customer);
      hashKey(bytes, { start: 0, end: bytes.length, seeds }, hash);
      return [markOf(hash), customer];
    }),
  );
}

/** SHA-256 of a text of SQL, hex. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
