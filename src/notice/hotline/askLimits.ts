/** How much one agent may ask: a look-up says whether somebody is a customer of ours. */
export const limits = {
  windowMs: 10 * 60_000,
  asksMax: 60,
  missesMax: 12,
  lockMs: 15 * 60_000,
  agentsMax: 1_000,
} as const;

type Agent = { asks: number[]; misses: number[]; lockedUntil: number };

/** Pure but for its memory: who asked how often, and who is locked because too much was guessed wrong. */
export class AskLimits {
  readonly #agents = new Map<string, Agent>();

  /** Milliseconds until this agent may ask again; 0: now, and then it counts. */
  take(agent: string, now: number): number {
    const known = this.#agentOf(agent, now);
    if (known.lockedUntil > now) return known.lockedUntil - now;
    const oldest = known.asks[0];
    if (known.asks.length >= limits.asksMax && oldest !== undefined) return oldest + limits.windowMs - now;
    known.asks.push(now);
    return 0;
  }

  /** Nobody was found; gives whether the agent is locked from now on. */
  miss(agent: string, now: number): boolean {
    const known = this.#agentOf(agent, now);
    known.misses.push(now);
    if (known.misses.length < limits.missesMax) return false;
    known.lockedUntil = now + limits.lockMs;
    known.misses.length = 0;
    return true;
  }

  #agentOf(agent: string, now: number): Agent {
    let known = this.#agents.get(agent);
    if (known === undefined) {
      if (this.#agents.size >= limits.agentsMax) this.#forget(now);
      known = { asks: [], misses: [], lockedUntil: 0 };
      this.#agents.set(agent, known);
    }
    const since = now - limits.windowMs;
    for (const times of [known.asks, known.misses]) while ((times[0] ?? now) < since) times.shift();
    return known;
  }

  /** Those who have not asked for long; a lock is never forgotten before its end. */
  #forget(now: number): void {
    for (const [agent, { asks, lockedUntil }] of this.#agents)
      if (lockedUntil <= now && (asks.at(-1) ?? 0) < now - limits.windowMs) this.#agents.delete(agent);
  }
}
