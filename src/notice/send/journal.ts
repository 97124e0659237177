import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What became of one mail, in the fewest words: what the journal, the store and the ledger keep. */
export type Answer = {
  outcome: "sent" | "refused" | "deferred" | "doubt";
  /** Enhanced status, such as 5.1.1. */
  status: string;
  /** The server's answer, without addresses. */
  text: string;
  /** When it was heard, Unix milliseconds. */
  at: number;
};

type Line = ["d", number] | ["a", number, Answer["outcome"], string, string, number];

/**
 * What one sender has begun and heard, line by line, each written before anything follows from it. A line is
 * in the kernel when `begun` returns, so `kill -9` loses none; when the machine itself goes down lines may be
 * lost, and the next sender believes none of them (see recover.ts).
 */
export class Journal {
  readonly path: string;
  readonly #file: number;

  constructor(folder: string, run: number) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.path = journalPath(folder, run);
    this.#file = openSync(this.path, "a", 0o600);
  }

  /** The body of this notice is about to be sent. */
  begun(number: number): void {
    this.#write(["d", number]);
  }

  answered(number: number, { outcome, status, text, at }: Answer): void {
    this.#write(["a", number, outcome, status, text, at]);
  }

  #write(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

const journalPath = (folder: string, run: number): string => join(folder, `journal-${run}.log`);

/** What a run's journal knows, by notice: null is begun without an answer. Null: there is no journal. */
export function readJournal(folder: string, run: number): Map<number, Answer | null> | null {
  const path = journalPath(folder, run);
  if (!existsSync(path)) return null;
  const known = new Map<number, Answer | null>();
  for (const text of readFileSync(path, "utf8").split("\n")) {
    const line = parseLine(text);
    if (line === null) continue;
    if (line[0] === "d") known.set(line[1], null);
    else known.set(line[1], { outcome: line[2], status: line[3], text: line[4], at: line[5] });
  }
  return known;
}

/** A line that is cut off was not finished: what it speaks of had not begun. */
function parseLine(text: string): Line | null {
  try {
    return text === "" ? null : (JSON.parse(text) as Line);
  } catch {
    return null;
  }
}

export function removeJournal(folder: string, run: number): void {
  rmSync(journalPath(folder, run), { force: true });
}
