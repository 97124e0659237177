import type { CutOrder, CutProof } from "./cutOrder.ts";
import type { Counts, Sightings } from "./kernel.ts";
import { covers, isSingle, printNetwork, readNetwork, type Network } from "./networks.ts";
import { halves, targetsOf, type Targets, type Wanted } from "./ruleset.ts";

/**
 * What is known of one order. `stopped` and `passed` are sums of what the counters grew by, because counters
 * begin anew whenever rules are put back.
 */
export class OrderProof {
  /**
   * Not counted yet. What the counters say at the first look is where this order begins: packets that were
   * between two chains when the rules came, and those of another order for the same address.
   */
  fresh = true;
  /** What the proxy or a resolver did not take, for orders with names. */
  namesProblem: string | null = null;
  readonly #order: CutOrder;
  readonly #targets: Targets;
  readonly #orderedAtMs: number;
  readonly #proof: CutProof;
  #epoch = -1;
  #known: { wanted: Wanted | null; elements: string[] } = { wanted: null, elements: [] };
  readonly #before = { stopped: new Map<string, number>(), passed: new Map<string, number>() };

  constructor(order: CutOrder, warnings: string[]) {
    this.#order = order;
    this.#targets = targetsOf(order);
    this.#orderedAtMs = Number(Temporal.Instant.from(order.orderedAt).epochNanoseconds) / 1e6;
    this.#proof = {
      id: order.id,
      state: "failed",
      inPlaceMs: null,
      lastPacketMs: null,
      passedSince: 0,
      stopped: 0,
      problem: null,
      warnings,
    };
  }

  inPlace(wallMs: number, problem: string | null): void {
    this.#proof.state = problem === null ? "in-place" : "failed";
    this.#proof.problem = problem;
    this.#proof.inPlaceMs = problem === null ? rounded(wallMs - this.#orderedAtMs) : null;
  }

  /** It was in force before this process: since when exactly, nobody knows. */
  foundAgain(problem: string | null): void {
    this.#proof.state = problem === null ? "in-place" : "failed";
    this.#proof.problem = problem;
    this.fresh = false;
  }

  get holds(): boolean {
    return this.#proof.state === "in-place";
  }

  ended(state: "ended" | "dry" | "failed", problem: string | null): void {
    this.#proof.state = state;
    this.#proof.problem = problem;
  }

  /** Adds what the counters grew by; true where something passed since, so that its time is worth asking. */
  count(counts: Counts, wanted: Wanted, fresh: boolean): boolean {
    // The kernel answered, so the rules are there: an order that failed at first has been put in place.
    if (this.#proof.state === "failed") this.#recovered();
    if (counts.epoch !== this.#epoch) {
      this.#before.stopped.clear();
      this.#before.passed.clear();
      this.#epoch = counts.epoch;
    }
    const passed = this.#growth("passed", counts, wanted);
    const stopped = this.#growth("stopped", counts, wanted);
    if (fresh) {
      this.fresh = false;
      return false;
    }
    this.#proof.stopped += stopped;
    this.#proof.passedSince += passed;
    return passed > 0;
  }

  #recovered(): void {
    this.#proof.state = "in-place";
    this.#proof.problem = null;
    const now = Number(Temporal.Now.instant().epochNanoseconds) / 1e6;
    this.#proof.inPlaceMs ??= rounded(now - this.#orderedAtMs);
  }

  #growth(kind: "stopped" | "passed", counts: Counts, wanted: Wanted): number {
    let growth = 0;
    const add = (key: string, now: number) => {
      const before = this.#before[kind].get(key) ?? 0;
      growth += now >= before ? now - before : now;
      this.#before[kind].set(key, now);
    };
    for (const key of this.#elements(wanted)) add(key, counts[kind].get(key) ?? 0);
    if (this.#targets.everything) add("", counts.everything[kind]);
    return growth;
  }

  /** The elements that stand for this order: its own, or the wider ones that hold them. */
  #elements(wanted: Wanted): string[] {
    if (this.#known.wanted === wanted) return this.#known.elements;
    const elements = this.#targets.networks.flatMap((network) => {
      if (isSingle(network)) return [printNetwork(network)];
      const set = wanted.elements.get(`stopnet${network.family}`) ?? new Map<string, string>();
      return halves(network).flatMap((half) => {
        const own = printNetwork(half);
        if (set.has(own)) return [own];
        return [...set.keys()].filter((text) => covers(readNetwork(text) as Network, half));
      });
    });
    this.#known = { wanted, elements };
    return elements;
  }

  /** The last packet that passed, from the ages of addresses: of the destination, the host, or anything. */
  sighted(sightings: Sightings, wallMs: number): void {
    const ages = this.#targets.everything ? [sightings.anything] : this.#agesOf(sightings);
    const known = ages.filter((age) => age !== null);
    if (known.length === 0) return;
    const passedAt = wallMs - (performance.now() - sightings.atMs) - Math.min(...known);
    const last = passedAt - this.#orderedAtMs;
    const { inPlaceMs, passedSince } = this.#proof;
    // Ages come in ticks of the kernel (4 ms at 250 Hz). Where the witness counted nothing, the last packet
    // cannot be younger than the rules.
    const bounded = passedSince === 0 && inPlaceMs !== null ? Math.min(last, inPlaceMs) : last;
    this.#proof.lastPacketMs = rounded(bounded);
  }

  #agesOf({ ages }: Sightings): (number | null)[] {
    const { networks } = this.#targets;
    if (networks.every(isSingle)) return networks.map((network) => ages.get(printNetwork(network)) ?? null);
    return [...ages].map(([text, age]) => {
      const address = readNetwork(text);
      return address !== null && networks.some((network) => covers(network, address)) ? age : null;
    });
  }

  told(): CutProof {
    const problem = [this.#proof.problem, this.namesProblem].filter((one) => one !== null).join("; ");
    return { ...this.#proof, id: this.#order.id, problem: problem === "" ? null : problem };
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
