import type { Entry, EntryDraft } from "./entry.ts";

/** Where a gate or the station writes what happened. */
export type Recorder = {
  /** Resolves when the entry is on disk: for a refusal, a hold, a block, a decision. */
  append(draft: EntryDraft): Promise<Entry>;
  /** Joins the open batch and does not wait: for what is let through. */
  note(draft: EntryDraft): Entry;
  /** What was noted outlives this process when this returns: for a gate, before it lets something through. */
  flush(): void;
};
