/** A span in which a source said nothing. Milliseconds since 1970. */
export type Silence = { from: number; until: number };

/** Watches that sources go on speaking: what nobody saw is as much a part of the record as what was seen. */
export class SilenceWatch {
  readonly #silenceMs: number;
  readonly heard: Map<string, number>;
  readonly #told = new Set<string>();

  /** `sources` is when each was last heard, before this start too: nobody looked while the gate was away. */
  constructor(options: { silenceMinutes: number; sources: ReadonlyMap<string, number> }) {
    this.#silenceMs = options.silenceMinutes * 60_000;
    this.heard = new Map(options.sources);
  }

  /** A source spoke; gives the silence that ended, where it was long. */
  hear(source: string, at: number): Silence | null {
    const from = this.heard.get(source);
    this.heard.set(source, at);
    this.#told.delete(source);
    if (from === undefined || at - from < this.#silenceMs) return null;
    return { from, until: at };
  }

  /** Sources that have been silent for too long, each told once until it speaks again. */
  check(now: number): { source: string; gap: Silence }[] {
    const silent: { source: string; gap: Silence }[] = [];
    for (const [source, from] of this.heard) {
      // The clock was set back: what was heard "later" was heard before now, and silence counts from here.
      if (from > now) this.heard.set(source, now);
      if (now - from < this.#silenceMs || this.#told.has(source)) continue;
      this.#told.add(source);
      silent.push({ source, gap: { from, until: now } });
    }
    return silent;
  }
}
