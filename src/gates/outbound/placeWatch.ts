import type { OutboundMemory } from "./memory.ts";
import { Places, type Place } from "./places.ts";
import type { HostRole } from "./settings.ts";

/** A place where no host of a role was seen before. */
export type NewPlace = { kind: "country" | "network"; place: string };

/** Knows, at the first packet, where it goes and whether the host's role was there before. */
export class PlaceWatch {
  readonly #memory: OutboundMemory;
  readonly #met = new Set<string>();
  #places: Places | null = null;

  constructor(memory: OutboundMemory) {
    this.#memory = memory;
  }

  /** Until the tables are read, nothing is said of places: traffic does not wait for them. */
  async read(networkFiles: readonly string[], onProblem: (problem: string) => void): Promise<void> {
    this.#places = await Places.open(networkFiles, onProblem);
  }

  of(address: string): Place {
    return this.#places?.of(address) ?? { country: null, network: null };
  }

  /** Notes that the role went there; gives what of it is new. `now` is in milliseconds. */
  meet(role: HostRole, place: Place, now: number): NewPlace[] {
    const fresh: NewPlace[] = [];
    for (const kind of ["country", "network"] as const) {
      const name = place[kind];
      const key = `${role} ${kind} ${name}`;
      if (name === null || this.#met.has(key)) continue;
      // Networks are many, but not for hosts that have a list of whom they may talk to.
      if (this.#met.size > 50_000) this.#met.clear();
      this.#met.add(key);
      if (this.#memory.meetPlace(role, `${kind} ${name}`, now)) fresh.push({ kind, place: name });
    }
    // A new network in a new country is one matter.
    return fresh.some(({ kind }) => kind === "country") ? fresh.slice(0, 1) : fresh;
  }
}
