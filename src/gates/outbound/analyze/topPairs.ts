import type { ScoredPair } from "../judge/pair.ts";

/** Keeps the best pairs of very many: by our own score, then by RITA's, then by their names. */
export class TopPairs {
  readonly #most: number;
  #pairs: ScoredPair[] = [];
  #floor: ScoredPair | null = null;

  constructor(most: number) {
    this.#most = most;
  }

  add(pair: ScoredPair): void {
    if (this.#floor !== null && byScore(pair, this.#floor) >= 0) return;
    this.#pairs.push(pair);
    if (this.#pairs.length >= this.#most * 2) this.#cut();
  }

  #cut(): void {
    this.#pairs.sort(byScore);
    this.#pairs.length = Math.min(this.#pairs.length, this.#most);
    if (this.#pairs.length === this.#most) this.#floor = this.#pairs.at(-1) ?? null;
  }

  take(): ScoredPair[] {
    this.#cut();
    return this.#pairs;
  }
}

function byScore(one: ScoredPair, other: ScoredPair): number {
  return (
    other.score - one.score ||
    other.rita.final - one.rita.final ||
    other.rita.score - one.rita.score ||
    (one.src < other.src ? -1 : one.src > other.src ? 1 : one.dst < other.dst ? -1 : 1)
  );
}
