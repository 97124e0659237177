import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Keyring, WrappedKey } from "../../ledger/keyring.ts";
import { textOfError } from "../../lib/error.ts";
import { headOfSpool, readSpool, type AccessRecord, type SpoolFile } from "./access/accessSpool.ts";

export const limits = {
  /** Budgets reach back a day; what they rest on is kept a little longer. */
  keptMs: 25 * 3_600_000,
} as const;

type Head = { version: 1; file: string; key: WrappedKey; iv: string };

/** Makes the files that threads append to, and reads them again: for the budgets and for the record. */
export class SpoolKeeper {
  readonly folder: string;
  readonly #keyring: Keyring;
  readonly #onProblem: (problem: string) => void;
  #number = 0;
  /** Files of this run, and their threads: the last one of a thread is being written. */
  readonly #made = new Map<string, number>();

  constructor(options: { folder: string; keyring: Keyring; onProblem: (problem: string) => void }) {
    this.folder = options.folder;
    this.#keyring = options.keyring;
    this.#onProblem = options.onProblem;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** A file for one thread, with a key of its own. */
  make(thread: number): SpoolFile {
    const file = `${Date.now()}-${thread}-${++this.#number}.spool`;
    this.#made.set(file, thread);
    const key = randomBytes(32);
    const iv = randomBytes(16);
    const wrapped = this.#keyring.wrap(key, contextOf(file));
    const head: Head = { version: 1, file, key: wrapped, iv: iv.toString("base64") };
    return { path: join(this.folder, file), head: JSON.stringify(head), key, iv };
  }

  /** Names of the files, oldest first. */
  list(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith(".spool"))
      .sort((one, other) => beganAt(one) - beganAt(other) || numberOf(one) - numberOf(other));
  }

  /** Files to which no thread writes any more, oldest first. */
  finished(): string[] {
    const files = this.list();
    const written = new Map<number, string>();
    for (const file of files) {
      const thread = this.#made.get(file);
      if (thread !== undefined) written.set(thread, file);
    }
    const open = new Set(written.values());
    return files.filter((file) => !open.has(file));
  }

  /** What a file holds. Throws where it cannot be read. */
  *records(file: string): Generator<AccessRecord> {
    const parts = headOfSpool(join(this.folder, file));
    if (parts === null) return;
    const head = JSON.parse(parts.head) as Head;
    const key = this.#keyring.unwrap(head.key, contextOf(head.file));
    yield* readSpool(parts.body, { key, iv: Buffer.from(head.iv, "base64") });
  }

  /** What a file holds; a file that cannot be read is told, and gives nothing. */
  *read(file: string): Generator<AccessRecord> {
    try {
      yield* this.records(file);
    } catch (error) {
      this.#onProblem(`Cannot read ${join(this.folder, file)}: ${textOfError(error)}`);
    }
  }

  /** Takes away files that are in the record and no budget needs any more. */
  prune(isArchived: (file: string) => boolean, now: number): void {
    for (const file of this.list())
      if (now - beganAt(file) > limits.keptMs && isArchived(file)) {
        rmSync(join(this.folder, file), { force: true });
        this.#made.delete(file);
      }
  }
}

function beganAt(file: string): number {
  return Number(file.split("-")[0]);
}

function numberOf(file: string): number {
  return Number.parseInt(file.split("-")[2] ?? "", 10);
}

function contextOf(file: string): string {
  return `records-spool ${file}`;
}
