import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { SekishoError } from "../../lib/error.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";

/** What a reviewer can say of a record and a customer. */
export const VERDICTS = ["same", "another", "unclear"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Where the pair came from: the queue, or a sample for an estimate. */
export const DECIDED_IN = ["queue", "precision", "recall"] as const;
export type DecidedIn = (typeof DECIDED_IN)[number];

export const limits = { reasonCharactersMax: 2_000, lineBytesMax: 65_536 } as const;

const Decision = z.strictObject({
  id: z.string(),
  /** The job that it is about: another job in the same folder takes no notice of it. */
  job: z.string(),
  record: z.int().nonnegative(),
  /** The customer who was looked at; null: none of those who were offered. */
  customer: z.string().nullable(),
  verdict: z.enum(VERDICTS),
  in: z.enum(DECIDED_IN),
  by: z.string(),
  at: z.string(),
  reason: z.string().nullable(),
});
export type Decision = z.infer<typeof Decision>;

const Undo = z.strictObject({
  id: z.string(),
  job: z.string(),
  undoes: z.string(),
  by: z.string(),
  at: z.string(),
});
export type Undo = z.infer<typeof Undo>;

const Line = z.union([Decision, Undo]);

/** How lines are kept: as they are, or sealed with the job's key. */
export type LineSeal = { seal(text: string): string; open(line: string): string };
export const plainLines: LineSeal = { seal: (text) => text, open: (line) => line };

/** What a reviewer says, before it has a name and a time. */
export type Said = {
  record: number;
  customer: string | null;
  verdict: Verdict;
  in: DecidedIn;
  by: string;
  reason?: string | null;
};

/**
 * The decisions of a job, in a file that only grows: one line each, on the medium before the call returns.
 * Several processes may write at once, since a line goes to the end in one write; what a stop cut off is no
 * line, is counted, and harms no other. Where two say different things of one record, the later holds and
 * both stay.
 */
export class DecisionLog {
  readonly #file: string;
  readonly #job: string;
  readonly #lines: LineSeal;
  #read = 0;
  #rest = Buffer.alloc(0);
  readonly #all: Decision[] = [];
  readonly #byId = new Map<string, Decision>();
  readonly #undone = new Set<string>();
  #changed = new Set<number>();
  /** Lines that cannot be read. */
  broken = 0;

  constructor(file: string, job: string, lines: LineSeal = plainLines) {
    this.#file = file;
    this.#job = job;
    this.#lines = lines;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    this.refresh();
  }

  /**
   * Takes in what was written since, by others too; gives the records about which something new was said
   * since this was asked last.
   */
  refresh(): Set<number> {
    this.#pull();
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  #pull(): void {
    const changed = this.#changed;
    if (!existsSync(this.#file)) return;
    const file = openSync(this.#file, "r");
    try {
      const size = fstatSync(file).size;
      const chunk = Buffer.alloc(Math.max(0, size - this.#read));
      let done = 0;
      while (done < chunk.length) {
        const count = readSync(file, chunk, done, chunk.length - done, this.#read + done);
        if (count === 0) break;
        done += count;
      }
      this.#read += done;
      this.#rest = Buffer.concat([this.#rest, chunk.subarray(0, done)]);
    } finally {
      closeSync(file);
    }
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      const line = this.#rest.toString("utf8", 0, end);
      this.#rest = this.#rest.subarray(end + 1);
      if (line !== "") this.#take(line, changed);
    }
  }

  #take(line: string, changed: Set<number>): void {
    const said = this.#parse(line);
    if (said === null) {
      this.broken += 1;
      return;
    }
    if (said.job !== this.#job) return;
    if ("undoes" in said) {
      this.#undone.add(said.undoes);
      const undone = this.#byId.get(said.undoes);
      if (undone !== undefined) changed.add(undone.record);
      return;
    }
    this.#all.push(said);
    this.#byId.set(said.id, said);
    changed.add(said.record);
  }

  #parse(line: string): Decision | Undo | null {
    try {
      return Line.parse(JSON.parse(this.#lines.open(line)));
    } catch {
      return null;
    }
  }

  /** Keeps a decision; it is on the medium when this returns. */
  decide(said: Said): Decision {
    const reason = said.reason?.trim() || null;
    if (reason !== null && reason.length > limits.reasonCharactersMax) {
      throw new SekishoError("limit-passed", "Cannot keep a reason of so many characters", {
        hint: `write at most ${limits.reasonCharactersMax}`,
      });
    }
    const decision: Decision = { id: makeUuidV7(Date.now()), job: this.#job, ...said, reason, at: now() };
    this.#append(decision);
    return decision;
  }

  /** Takes a decision back; what was said of the record before holds again. */
  undo(id: string, by: string): Decision {
    this.#pull();
    const decision = this.#byId.get(id);
    if (decision === undefined || this.#undone.has(id)) {
      throw new SekishoError("not-found", "Cannot undo this decision: it does not stand", {
        hint: "see the decisions: sekisho scope review OUT list --state decided",
      });
    }
    this.#append({ id: makeUuidV7(Date.now()), job: this.#job, undoes: id, by, at: now() });
    return decision;
  }

  #append(line: Decision | Undo): void {
    const file = openSync(this.#file, "a+", 0o600);
    try {
      const { size } = fstatSync(file);
      const last = Buffer.alloc(1);
      // A line that a stop cut off must not take this one with it.
      const cut = size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 10;
      const bytes = Buffer.from(`${cut ? "\n" : ""}${this.#lines.seal(JSON.stringify(line))}\n`, "utf8");
      const written = writeSync(file, bytes);
      fsyncSync(file);
      if (written !== bytes.length) {
        throw new SekishoError("limit-passed", "Cannot keep the decision: the disk took only a part of it", {
          hint: "free space on this disk, then decide again",
        });
      }
    } finally {
      closeSync(file);
    }
    this.#pull();
  }

  /** All that stands, in the order in which it was said. */
  standing(): Decision[] {
    return this.#all.filter(({ id }) => !this.#undone.has(id));
  }

  /** Of each record what was said last. */
  current(): Map<number, Decision> {
    return new Map(this.standing().map((decision) => [decision.record, decision]));
  }

  /** What was said last of one record. */
  of(record: number): Decision | null {
    for (let at = this.#all.length - 1; at >= 0; at -= 1) {
      const decision = this.#all[at] as Decision;
      if (decision.record === record && !this.#undone.has(decision.id)) return decision;
    }
    return null;
  }

  /** The last decision of somebody that stands, which an undo without a name takes back. */
  lastOf(by: string): Decision | null {
    return this.standing().findLast((decision) => decision.by === by) ?? null;
  }
}

const now = (): string => Temporal.Now.instant().toString({ fractionalSecondDigits: 3 });
