import type { Crossing } from "../../gate.ts";
import type { EntryDraft, EntryId } from "../../ledger/entry.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { textOfError } from "../../lib/error.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import type { CutAct, CutOrder, CutProof } from "./cut/cutOrder.ts";
import type { OutboundAct, SeenTraffic } from "./judge.ts";
import type { KeptOrder, OutboundMemory } from "./memory.ts";

/** What carries out orders: the link to the privileged enforcer. */
export type Cutter = {
  apply(order: CutOrder, options: { dry: boolean }): Promise<CutProof>;
  renew(id: string, until: string): Promise<CutProof>;
  lift(id: string): Promise<CutProof>;
};

export type EnforcerParts = {
  shadow: boolean;
  /** When an act ends whose order says nothing else. */
  minutes: number;
  recorder: Recorder;
  memory: OutboundMemory;
  /** Null without a `cut` section: then nothing can be cut, and that is said. */
  cutter: Cutter | null;
  now: () => Temporal.Instant;
};

export const limits = {
  /** How long after it is in place an order is said to hold, or not. */
  proofMs: 2_000,
} as const;

export type GivenOrder = {
  act: CutAct;
  minutes: number | null;
  about: Record<string, string>;
  rests: readonly EntryId[];
  /** Only rehearse it, as in a drill. */
  dry?: boolean | undefined;
  /** Id of the station's order, which the entries name so that the station knows what became of it. */
  order?: string | undefined;
};

/** What is remembered of an order in force: what its entries are about, and what was said of it. */
type Known = { given: GivenOrder; inPlace: EntryId; proved: boolean; failedAt: number };

/** Of an order that an earlier process gave: its first proof was written then. */
function knownOf({ order, entry }: KeptOrder): Known {
  const about = { gate: "outbound", cut: order.id };
  const given = { act: order.act, minutes: null, about, rests: [] };
  return { given, inPlace: entry as EntryId, proved: true, failedAt: 0 };
}

/** Carries out acts on traffic: block, isolate, cut off; renew, lift; and writes the proof down. */
export class OutboundEnforcer {
  readonly #parts: EnforcerParts;
  readonly #proofs = new Map<string, Known>();

  /** Orders that are being lifted: their end is told with the decision behind it. */
  readonly #lifting = new Set<string>();

  constructor(parts: EnforcerParts) {
    this.#parts = parts;
  }

  async enforce(act: OutboundAct, crossing: Crossing<SeenTraffic, OutboundAct>): Promise<void> {
    const given = { about: crossing.about, rests: [crossing.restsOn] };
    if (act.do === "watch") return;
    if (act.do === "ask") {
      await this.#append({ kind: "enforced", code: "deciders-asked", ...given, data: { state: "asked" } });
      return;
    }
    const cut: CutAct =
      act.do === "isolate"
        ? { do: "isolate", address: act.address }
        : { do: "block", addresses: act.addresses, names: act.names };
    // What is under such an order already is not ordered anew for every further packet.
    if (this.#inForce(cut)) return;
    await this.give({ ...given, act: cut, minutes: act.minutes });
  }

  #inForce(act: CutAct): boolean {
    const same = JSON.stringify(act);
    return this.#parts.memory.openOrders().some(({ order }) => JSON.stringify(order.act) === same);
  }

  /** Gives an order: on record, then in place, then proved. Gives its id. */
  async give(given: GivenOrder): Promise<string> {
    const { cutter, memory, now } = this.#parts;
    const shadow = this.#parts.shadow || given.dry === true;
    const orderedAt = now();
    const minutes = given.minutes ?? this.#parts.minutes;
    const order: CutOrder = {
      id: given.order ?? makeUuidV7(orderedAt.epochMilliseconds),
      act: given.act,
      orderedAt: orderedAt.toString({ smallestUnit: "millisecond" }),
      until: orderedAt.add({ minutes }).toString({ smallestUnit: "millisecond" }),
    };
    const about = {
      ...given.about,
      cut: order.id,
      ...(given.order === undefined ? {} : { order: given.order }),
    };
    const data = { state: "asked", act: given.act.do, target: targetOf(given.act), until: order.until };
    const asked = await this.#append({
      kind: "enforced",
      code: "cut-ordered",
      about,
      rests: given.rests,
      data,
    });
    memory.keepOrder({ order, state: "asked", entry: asked }, orderedAt.epochMilliseconds);
    const proof =
      cutter === null
        ? nothingCut(order.id, shadow)
        : await cutter
            .apply(order, { dry: shadow })
            .catch((error: unknown) => failed(order.id, textOfError(error)));
    // Nothing is in place after a rehearsal; what it measures is how soon the enforcer had answered.
    const answeredMs = now().epochMilliseconds - orderedAt.epochMilliseconds;
    const timed = proof.state === "dry" ? { ...proof, inPlaceMs: proof.inPlaceMs ?? answeredMs } : proof;
    await this.#settle(order, { ...given, about }, { proof: timed, asked });
    return order.id;
  }

  async #settle(
    order: CutOrder,
    given: GivenOrder,
    done: { proof: CutProof; asked: EntryId },
  ): Promise<void> {
    const { proof, asked } = done;
    const { memory, now } = this.#parts;
    const code =
      proof.state === "in-place" ? "cut-in-place" : proof.state === "dry" ? "cut-dry" : "cut-failed";
    const entry = await this.#append({
      kind: "enforced",
      code,
      about: given.about,
      rests: [asked],
      data: {
        state: proof.state,
        act: order.act.do,
        target: targetOf(order.act),
        until: order.until,
        inPlaceMs: proof.inPlaceMs,
        warnings: proof.warnings,
        problem: proof.problem,
      },
    });
    const state = proof.state === "in-place" ? "in-place" : proof.state === "dry" ? "ended" : "failed";
    memory.keepOrder({ order, state, entry }, now().epochMilliseconds);
    if (state === "in-place")
      this.#proofs.set(order.id, { given, inPlace: entry, proved: false, failedAt: 0 });
  }

  /**
   * Takes what the enforcer tells of an order. The first proof a while after it is in place goes on record;
   * so does its end. Gives the number of packets that passed in spite of it, once that is not 0.
   */
  async hear(
    proof: CutProof,
  ): Promise<{ passed: number; about: Record<string, string>; rests: EntryId } | null> {
    const kept = this.#parts.memory.findOrder(proof.id);
    if (kept === null || this.#lifting.has(proof.id)) return null;
    const known = this.#proofs.get(proof.id) ?? knownOf(kept);
    this.#proofs.set(proof.id, known);
    if (proof.state === "ended") {
      await this.#end(kept.order, known, { by: "its end", proof });
      return null;
    }
    const age = this.#parts.now().epochMilliseconds - Date.parse(kept.order.orderedAt);
    if (!known.proved && age >= limits.proofMs) {
      known.proved = true;
      await this.#proof(known, proof);
    }
    if (proof.passedSince <= known.failedAt) return null;
    known.failedAt = proof.passedSince * 2;
    return { passed: proof.passedSince, about: known.given.about, rests: known.inPlace };
  }

  async #proof(known: Known, proof: CutProof): Promise<EntryId> {
    return this.#append({
      kind: "observed",
      code: "cut-proved",
      about: known.given.about,
      rests: [known.inPlace],
      data: {
        state: proof.state,
        inPlaceMs: proof.inPlaceMs,
        lastPacketMs: proof.lastPacketMs,
        passedSince: proof.passedSince,
        stopped: proof.stopped,
      },
    });
  }

  async #end(
    order: CutOrder,
    known: Known,
    how: { by: string; proof: CutProof; rests?: readonly EntryId[]; order?: string | undefined },
  ): Promise<void> {
    const { memory, now } = this.#parts;
    if (memory.findOrder(order.id)?.state === "ended") return;
    const rests = await this.#proof(known, how.proof);
    const about = { ...known.given.about, ...(how.order === undefined ? {} : { order: how.order }) };
    const entry = await this.#append({
      kind: "enforced",
      code: "cut-ended",
      about,
      rests: [rests, ...(how.rests ?? [])],
      data: { state: "ended", act: order.act.do, target: targetOf(order.act), by: how.by },
    });
    memory.keepOrder({ order, state: "ended", entry }, now().epochMilliseconds);
    this.#proofs.delete(order.id);
  }

  /** Lifts an order before its end, because somebody decided so. */
  async lift(
    id: string,
    by: { order: string; rests: readonly EntryId[]; about: Record<string, string> },
  ): Promise<void> {
    const kept = this.#parts.memory.findOrder(id);
    if (kept === null || kept.state !== "in-place") return this.#refuse(id, by, "no such order in force");
    const { cutter } = this.#parts;
    if (cutter === null) return this.#refuse(id, by, "no cut section in sekisho.yaml");
    this.#lifting.add(id);
    try {
      const proof = await cutter.lift(id);
      const known = this.#proofs.get(id) ?? knownOf(kept);
      await this.#end(kept.order, known, { by: "a decision", proof, rests: by.rests, order: by.order });
    } catch (error) {
      await this.#refuse(id, by, textOfError(error));
    } finally {
      this.#lifting.delete(id);
    }
  }

  /** Gives an order in force a new end. */
  async renew(
    id: string,
    minutes: number,
    by: { order: string; rests: readonly EntryId[]; about: Record<string, string> },
  ): Promise<void> {
    const { cutter, memory, now } = this.#parts;
    const kept = memory.findOrder(id);
    if (kept === null || kept.state !== "in-place" || cutter === null)
      return this.#refuse(id, by, "no such order in force");
    const until = now().add({ minutes }).toString({ smallestUnit: "millisecond" });
    try {
      await cutter.renew(id, until);
      const order = { ...kept.order, until };
      const data = { state: "in-place", act: order.act.do, target: targetOf(order.act), until };
      const about = { ...by.about, cut: id, order: by.order };
      const rests = [kept.entry as EntryId, ...by.rests];
      const entry = await this.#append({ kind: "enforced", code: "cut-renewed", about, rests, data });
      memory.keepOrder({ order, state: "in-place", entry }, now().epochMilliseconds);
    } catch (error) {
      await this.#refuse(id, by, textOfError(error));
    }
  }

  async #refuse(
    id: string,
    by: { order: string; rests: readonly EntryId[]; about: Record<string, string> },
    problem: string,
  ): Promise<void> {
    const about = { ...by.about, cut: id, order: by.order };
    const data = { state: "failed", problem };
    await this.#append({ kind: "enforced", code: "cut-failed", about, rests: by.rests, data });
  }

  /** On record, if the disk takes it: a full one must not keep traffic from being cut. */
  async #append(draft: EntryDraft): Promise<EntryId> {
    const { recorder } = this.#parts;
    const entry = recorder.note(draft);
    try {
      recorder.flush();
    } catch {
      // The recorder tries again by itself, and tells its owner.
    }
    return entry.id;
  }
}

/** What an act is aimed at, as the entries and pages say it. */
export function targetOf(act: CutAct): string {
  switch (act.do) {
    case "block":
      return [...act.names, ...act.addresses].join(" ").slice(0, 500);
    case "isolate":
      return act.address;
    case "cut-zone":
      return act.zone;
    case "cut-off":
      return "everything";
  }
}

/** Without a `cut` section nothing can be cut; in shadow nothing was meant to be. */
function nothingCut(id: string, shadow: boolean): CutProof {
  const proof = failed(id, "no cut section in sekisho.yaml: nothing can be cut");
  return shadow ? { ...proof, state: "dry" } : proof;
}

function failed(id: string, problem: string): CutProof {
  return {
    id,
    state: "failed",
    inPlaceMs: null,
    lastPacketMs: null,
    passedSince: 0,
    stopped: 0,
    problem,
    warnings: [],
  };
}
