import { makeEntry } from "../../ledger/draft.ts";
import type { Entry, EntryDraft } from "../../ledger/entry.ts";
import type { Recorder } from "../../ledger/recorder.ts";

/**
 * A recorder that never keeps traffic from being stopped. Entries that a full disk does not take wait in
 * memory below this one; when there are too many, they are lost, counted, and the next entry that is kept
 * says how many.
 */
export class SteadyRecorder implements Recorder {
  readonly #below: Recorder;
  readonly #onProblem: (error: Error) => void;
  #lost = 0;

  constructor(below: Recorder, onProblem: (error: Error) => void) {
    this.#below = below;
    this.#onProblem = onProblem;
  }

  note(draft: EntryDraft): Entry {
    try {
      if (this.#lost > 0) {
        const data = { lost: this.#lost };
        this.#below.note({ kind: "observed", code: "entries-lost", about: { gate: "outbound" }, data });
        this.#lost = 0;
      }
      return this.#below.note(draft);
    } catch (error) {
      this.#lost += 1;
      this.#onProblem(error as Error);
      // It has a name, so that what rests on it can be written down later.
      return makeEntry(draft, { by: "gate/outbound", now: Temporal.Now.instant() });
    }
  }

  async append(draft: EntryDraft): Promise<Entry> {
    const entry = this.note(draft);
    this.flush();
    return entry;
  }

  flush(): void {
    try {
      this.#below.flush();
    } catch (error) {
      this.#onProblem(error as Error); // It is tried again below.
    }
  }
}
