import type { Unread } from "../connection.ts";

const detailsPerFile = 20;

/** Counts what could not be read; the first of each file in detail, the others by their number. */
export class UnreadCounter {
  count = 0;
  readonly #tell: (unread: Unread) => void;
  readonly #byFile = new Map<string, number>();

  constructor(tell: (unread: Unread) => void) {
    this.#tell = tell;
  }

  add(unread: Unread): void {
    const before = this.#byFile.get(unread.file) ?? 0;
    this.#byFile.set(unread.file, before + 1);
    this.count += 1;
    if (before < detailsPerFile) this.#tell(unread);
  }

  /** Tells how many more each file has than were told in detail. */
  end(): void {
    for (const [file, count] of this.#byFile) {
      const more = count - detailsPerFile;
      if (more > 0) this.#tell({ file, line: 0, problem: `${more} more lines could not be read` });
    }
    this.#byFile.clear();
  }
}
