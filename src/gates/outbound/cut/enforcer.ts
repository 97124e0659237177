import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Server } from "node:net";
import { realDisk } from "../../../lib/disk.ts";
import { textOfError } from "../../../lib/error.ts";
import { FramedSocket, listenLocal } from "../../../lib/framedSocket.ts";
import { tellOperator } from "../../../lib/tellOperator.ts";
import { Turn } from "../../../lib/turn.ts";
import { version } from "../../../lib/version.ts";
import { ConnectionWatch } from "./connectionWatch.ts";
import { CutOrder, ToEnforcer, type CutPlan, type CutProof, type FromEnforcer } from "./cutOrder.ts";
import { IntelSets } from "./intelSets.ts";
import { Kernel, type Counts, type Sightings } from "./kernel.ts";
import {
  EnforcerState,
  joinKept,
  noteRemaining,
  resumeRemaining,
  startRemaining,
  type Clocks,
  type KeptOrder,
} from "./keptOrders.ts";
import { NameOrders } from "./nameOrders.ts";
import { planProblems, refusalOf, warningsOf } from "./orderWarnings.ts";
import { OrderProof } from "./orderProof.ts";
import { wantedOf } from "./ruleset.ts";

export const limits = {
  ordersMax: 1_000,
  tickMs: 1_000,
  saveMs: 15_000,
  untoldMax: 100,
  linksMax: 8,
  sameProblemMs: 30_000,
} as const;

type Held = { kept: KeptOrder; proof: OrderProof };

/**
 * The one program that may change the kernel's rules. It does what an authenticated gate asks, keeps it
 * over the gate's death and its own, and ends every act when its time is over. First the kernel, then the
 * answer, then the disk: a full disk keeps no order from taking effect.
 */
export class Enforcer {
  readonly #options: { socketPath: string; stateFile: string; token: string; clocks: Clocks };
  #kernel: Kernel | null = null;
  #intel: IntelSets | null = null;
  #plan: CutPlan | null = null;
  readonly #orders = new Map<string, Held>();
  #server: Server | null = null;
  /** Gates that showed the token: one, and for a moment two where one takes over from another. */
  readonly #links = new Set<FramedSocket>();
  readonly #watchers = new Set<FramedSocket>();
  readonly #watch: ConnectionWatch;
  #timer: NodeJS.Timeout | null = null;
  #mending = false;
  readonly #looks = new Turn();
  #nextLook: Promise<void> | null = null;
  readonly #sights = new Turn();
  readonly #toSight = new Set<OrderProof>();
  #unsaved = false;
  #saving = false;
  #savedAtMs = 0;
  readonly #names = new NameOrders();
  /** What happened while no gate listened. */
  readonly #untold: FromEnforcer[] = [];
  readonly #toldProblems = new Map<string, number>();
  #stopped = false;

  constructor(options: { socketPath: string; stateFile: string; token: string; clocks?: Clocks }) {
    this.#options = { ...options, clocks: options.clocks ?? machineClocks() };
    this.#watch = new ConnectionWatch({
      onLines: (lines, lost) => tellAll(this.#watchers, { type: "connections", lines, lost }),
      onProblem: (problem) => this.#problem(problem),
    });
  }

  /** Finds again what was in force, puts it in place, and listens. */
  async start(): Promise<void> {
    await this.#recover();
    this.#server = await listenLocal(this.#options.socketPath, (socket) => {
      const link: FramedSocket = new FramedSocket(socket, {
        onMessage: (message) => this.#read(link, message),
        onClose: () => {
          this.#links.delete(link);
          this.#follow(link, false);
        },
      });
    });
    this.#timer = setTimeout(() => void this.#tick(), limits.tickMs);
  }

  /** Stops this program. What is in the kernel stays there. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#watch.stop();
    for (const link of this.#links) link.close();
    this.#server?.close();
    this.#kernel?.close();
    this.#intel?.close();
    await this.#save();
  }

  async #recover(): Promise<void> {
    const state = await this.#readState();
    const plan = state?.plan ?? null;
    if (plan === null) return;
    this.#plan = plan;
    this.#kernel = new Kernel(plan);
    this.#intel = new IntelSets(plan);
    await this.#adopt(state?.orders ?? []);
    if (state?.intel != null) void this.#loadIntel(state.intel);
  }

  /** State is the file and what the kernel remembers, together: neither alone can lose an order. */
  async #adopt(fromFile: readonly KeptOrder[]): Promise<void> {
    if (this.#kernel === null || this.#plan === null) return;
    const { clocks } = this.#options;
    for (const kept of joinKept(fromFile, await this.#kernel.remembered())) {
      if (this.#orders.has(kept.order.id)) continue;
      const note = resumeRemaining(kept, clocks);
      const proof = new OrderProof(kept.order, warningsOf(kept.order, this.#plan));
      this.#orders.set(kept.order.id, { kept: { order: kept.order, note }, proof });
    }
    const { drift, problem } = await this.#kernel.adopt(this.#wanted());
    if (drift.length > 0) this.#tellDrift(drift, problem === null);
    for (const { proof } of this.#orders.values()) proof.foundAgain(problem);
    if (problem !== null) this.#problem(problem);
    this.#unsaved = true;
    void this.#tellNames();
  }

  #wanted(): ReturnType<typeof wantedOf> {
    return wantedOf([...this.#orders.values()].map(({ kept }) => kept));
  }

  #read(link: FramedSocket, message: unknown): void {
    const read = ToEnforcer.safeParse(message);
    if (!read.success) {
      link.send({ type: "problem", problem: "a message was not understood" } satisfies FromEnforcer);
      if (!this.#links.has(link)) link.close();
      return;
    }
    if (read.data.type === "plan") {
      if (sameToken(read.data.token, this.#options.token)) void this.#greet(link, read.data.plan);
      else link.close();
      return;
    }
    // Before the token nothing is heard.
    if (!this.#links.has(link)) link.close();
    else void this.#serve(link, read.data);
  }

  #follow(link: FramedSocket, on: boolean): void {
    if (on) this.#watchers.add(link);
    else this.#watchers.delete(link);
    if (this.#watchers.size > 0) this.#watch.start();
    else this.#watch.stop();
  }

  /** A gate came, or came back; its plan is the one that holds. */
  async #greet(link: FramedSocket, plan: CutPlan): Promise<void> {
    if (this.#links.size >= limits.linksMax && !this.#links.has(link)) {
      link.close();
      return;
    }
    this.#links.add(link);
    const changed = JSON.stringify(this.#plan) !== JSON.stringify(plan);
    const hadPlan = this.#plan !== null;
    this.#plan = plan;
    if (this.#kernel === null) {
      this.#kernel = new Kernel(plan);
      this.#intel = new IntelSets(plan);
      // The state file was lost, perhaps; what the kernel remembers was not.
      await this.#adopt([]);
    } else if (changed && hadPlan) {
      const problem = await this.#kernel.setPlan(plan);
      if (problem !== null) this.#problem(problem);
      void this.#intel?.setPlan(plan);
    }
    this.#unsaved ||= changed;
    const orders = [...this.#orders.values()].map(({ kept }) => kept.order);
    link.send({ type: "hello", version, orders } satisfies FromEnforcer);
    for (const untold of this.#untold.splice(0)) link.send(untold);
    for (const problem of planProblems(plan)) this.#problem(problem);
    void this.#tellNames();
    await this.#save();
  }

  async #serve(link: FramedSocket, message: Exclude<ToEnforcer, { type: "plan" }>): Promise<void> {
    if (message.type === "watch-connections") {
      this.#follow(link, message.on);
      return;
    }
    const { request } = message;
    const said = await this.#act(message).catch((error: unknown) => ({
      ok: false,
      problem: textOfError(error),
    }));
    const nothing = { ok: true, problem: null, proof: null, proofs: null };
    link.send({ type: "answer", request, ...nothing, ...said } satisfies FromEnforcer);
  }

  async #act(
    message: Exclude<ToEnforcer, { type: "plan" | "watch-connections" }>,
  ): Promise<{ ok?: boolean; problem?: string | null; proof?: CutProof; proofs?: CutProof[] }> {
    switch (message.type) {
      case "apply":
        return message.dry ? this.#rehearse(message.order) : this.#apply(message.order);
      case "renew":
        return this.#renew(message.id, message.until);
      case "lift": {
        const proof = await this.#end(message.id);
        return proof === null ? { ok: false, problem: `no order ${message.id} is in force` } : { proof };
      }
      case "list":
        await this.#look();
        return { proofs: [...this.#orders.values()].map(({ proof }) => proof.told()) };
      case "intel":
        return this.#loadIntel(message.file);
    }
  }

  async #apply(order: CutOrder): Promise<{ ok: boolean; problem: string | null; proof: CutProof }> {
    const { clocks } = this.#options;
    const plan = this.#plan as CutPlan;
    const known = this.#orders.get(order.id);
    // Asked again, because the answer was lost with a link: it is in place already, and since when stays.
    if (
      known !== undefined &&
      known.proof.holds &&
      JSON.stringify(known.kept.order) === JSON.stringify(order)
    ) {
      return { ok: true, problem: null, proof: known.proof.told() };
    }
    const proof = new OrderProof(order, warningsOf(order, plan));
    const full = this.#orders.size >= limits.ordersMax && !this.#orders.has(order.id);
    const refusal = full ? `more than ${limits.ordersMax} orders` : refusalOf(order);
    const note = startRemaining(order, clocks);
    if (refusal !== null || note.leftMs <= 0) {
      proof.ended(refusal === null ? "ended" : "failed", refusal);
      return { ok: refusal === null, problem: refusal, proof: proof.told() };
    }
    this.#orders.set(order.id, { kept: { order, note }, proof });
    const problem = await (this.#kernel as Kernel).change(this.#wanted());
    proof.inPlace(clocks.wallMs(), problem);
    this.#unsaved = true;
    const told = this.#tellNames();
    // An order of names alone is in place when the resolver and the proxy have it.
    if (order.act.do === "block" && order.act.addresses.length === 0) {
      await told;
      proof.inPlace(clocks.wallMs(), problem);
    }
    void this.#prove(proof);
    return { ok: problem === null, problem, proof: proof.told() };
  }

  /** Says what would happen, asks the kernel whether it would take it, and changes nothing. */
  async #rehearse(order: CutOrder): Promise<{ ok: boolean; problem: string | null; proof: CutProof }> {
    const proof = new OrderProof(order, warningsOf(order, this.#plan as CutPlan));
    const note = startRemaining(order, this.#options.clocks);
    const others = [...this.#orders.values()]
      .map((held) => held.kept)
      .filter((one) => one.order.id !== order.id);
    const wanted = wantedOf([...others, { order, note }]);
    const problem = refusalOf(order) ?? (await (this.#kernel as Kernel).check(wanted));
    proof.ended("dry", problem);
    return { ok: problem === null, problem, proof: proof.told() };
  }

  async #renew(
    id: string,
    until: string,
  ): Promise<{ ok: boolean; problem: string | null; proof?: CutProof }> {
    const held = this.#orders.get(id);
    if (held === undefined) return { ok: false, problem: `no order ${id} is in force` };
    const { clocks } = this.#options;
    const order: CutOrder = { ...held.kept.order, until };
    // What is left counts from now, and not from when the order was first given.
    const left = Math.max(0, Date.parse(until) - clocks.wallMs());
    held.kept = { order, note: noteRemaining(clocks.monotonicMs() + left, clocks) };
    this.#unsaved = true;
    // The journal in the kernel bears the new end.
    const problem = await (this.#kernel as Kernel).change(this.#wanted());
    void this.#save();
    return { ok: problem === null, problem, proof: held.proof.told() };
  }

  async #end(id: string): Promise<CutProof | null> {
    const held = this.#orders.get(id);
    if (held === undefined) return null;
    // The last figures, before the counters go.
    await this.#look();
    if (!this.#orders.delete(id)) return null;
    const problem = await (this.#kernel as Kernel).change(this.#wanted());
    held.proof.ended("ended", problem);
    this.#unsaved = true;
    void this.#tellNames();
    this.#send({ type: "proof", proof: held.proof.told() });
    void this.#save();
    return held.proof.told();
  }

  async #loadIntel(file: string): Promise<{ ok: boolean; problem: string | null }> {
    if (this.#intel === null) return { ok: false, problem: "no plan was told yet" };
    const { ok, problem } = await this.#intel.load(file);
    if (!ok && problem !== null) this.#problem(problem);
    this.#unsaved = true;
    await this.#save();
    return { ok, problem };
  }

  /** Once a second: ends what is over, compares with the kernel, tells the proofs, keeps the state. */
  async #tick(): Promise<void> {
    try {
      const now = this.#options.clocks.monotonicMs();
      for (const [id, { kept }] of this.#orders) {
        if (kept.note.endsMs <= now) await this.#end(id);
      }
      await this.#look();
      for (const { proof } of this.#orders.values()) this.#send({ type: "proof", proof: proof.told() });
      void this.#mendIntel();
      void this.#tellNames();
      if (this.#unsaved || (this.#orders.size > 0 && now - this.#savedAtMs > limits.saveMs))
        await this.#save();
    } catch (error) {
      this.#problem(textOfError(error));
    }
    if (this.#stopped) return;
    const ends = [...this.#orders.values()].map(({ kept }) => kept.note.endsMs);
    const next = Math.min(limits.tickMs, Math.min(...ends) - this.#options.clocks.monotonicMs());
    this.#timer = setTimeout(() => void this.#tick(), Math.max(10, next));
  }

  /** Many orders at once share one look; it begins after all of them were in place. */
  #look(): Promise<void> {
    this.#nextLook ??= this.#looks.take(() => {
      this.#nextLook = null;
      return this.#lookNow();
    });
    return this.#nextLook;
  }

  async #lookNow(): Promise<void> {
    if (this.#kernel === null) return;
    const fresh = new Set([...this.#orders.values()].filter(({ proof }) => proof.fresh));
    const { counts, drift, problem } = await this.#kernel.look();
    if (drift.length > 0) this.#tellDrift(drift, problem === null);
    if (problem !== null) this.#problem(problem);
    if (counts !== null) await this.#account(counts, fresh);
  }

  async #account(counts: Counts, fresh: ReadonlySet<Held>): Promise<void> {
    const { wanted } = this.#kernel as Kernel;
    let unsure: Sightings | null = null;
    for (const held of this.#orders.values()) {
      if (!held.proof.count(counts, wanted, fresh.has(held))) continue;
      unsure ??= await (this.#kernel as Kernel).sightings();
      held.proof.sighted(unsure, this.#options.clocks.wallMs());
    }
  }

  /** Right after an order: the packets that were under way are not held against it, then its last packet. */
  async #prove(proof: OrderProof): Promise<void> {
    await this.#look();
    this.#toSight.add(proof);
    await this.#sights.take(async () => {
      const some = [...this.#toSight];
      this.#toSight.clear();
      if (some.length === 0) return;
      const sightings = await (this.#kernel as Kernel).sightings();
      for (const one of some) {
        one.sighted(sightings, this.#options.clocks.wallMs());
        this.#send({ type: "proof", proof: one.told() });
      }
    });
    await this.#save();
  }

  /** Beside everything else: loading a list takes seconds. */
  async #mendIntel(): Promise<void> {
    if (this.#mending || this.#intel === null) return;
    this.#mending = true;
    const drift = await this.#intel.drift();
    if (drift.length > 0 && this.#intel.file !== null) {
      const { ok, problem } = await this.#intel.load(this.#intel.file);
      this.#tellDrift(drift, ok);
      if (!ok && problem !== null) this.#problem(problem);
    }
    this.#mending = false;
  }

  /** Proxy and resolvers: told on change, and again each second while one of them did not take it. */
  async #tellNames(): Promise<void> {
    const problems = await this.#names.tell(() => ({
      plan: this.#plan,
      orders: [...this.#orders.values()].map(({ kept }) => kept.order),
    }));
    if (problems === null) return;
    for (const { kept, proof } of this.#orders.values()) {
      if (kept.order.act.do === "block") proof.namesProblem = problems.join("; ") || null;
    }
    if (problems.length > 0) this.#problem(problems.join("; "));
  }

  async #readState(): Promise<EnforcerState | null> {
    try {
      const bytes = await realDisk.read(this.#options.stateFile);
      return bytes === null ? null : EnforcerState.parse(JSON.parse(bytes.toString("utf8")));
    } catch (error) {
      this.#problem(
        `cannot read the state file; only what the kernel remembers is known: ${textOfError(error)}`,
      );
      return null;
    }
  }

  async #save(): Promise<void> {
    this.#unsaved = true;
    if (this.#saving) return;
    this.#saving = true;
    const { clocks, stateFile } = this.#options;
    const orders = [...this.#orders.values()].map(({ kept, proof }) => ({
      order: kept.order,
      note: noteRemaining(kept.note.endsMs, clocks),
      pending: !proof.holds,
    }));
    const state: EnforcerState = { version: 1, plan: this.#plan, intel: this.#intel?.file ?? null, orders };
    this.#unsaved = false;
    try {
      await realDisk.replace(stateFile, Buffer.from(JSON.stringify(state)));
      this.#savedAtMs = clocks.monotonicMs();
      this.#saving = false;
    } catch (error) {
      this.#saving = false;
      this.#unsaved = true;
      this.#problem(`cannot write the state file (orders hold all the same): ${textOfError(error)}`);
      return;
    }
    // Something changed while it was written.
    if (this.#unsaved) await this.#save();
  }

  #send(message: FromEnforcer): boolean {
    return tellAll(this.#links, message);
  }

  /** Somebody changed our rules: a gate that is away is told when it comes back. */
  #tellDrift(what: readonly string[], mended: boolean): void {
    const drift: FromEnforcer = { type: "drift", what: what.join("; ").slice(0, 1_000), mended };
    if (!this.#send(drift) && this.#untold.length < limits.untoldMax) this.#untold.push(drift);
  }

  /** The same one is told once in a while, so that a full disk does not fill the log as well. */
  #problem(problem: string): void {
    const now = performance.now();
    if (now - (this.#toldProblems.get(problem) ?? Number.NEGATIVE_INFINITY) < limits.sameProblemMs) return;
    if (this.#toldProblems.size >= limits.untoldMax) this.#toldProblems.clear();
    this.#toldProblems.set(problem, now);
    tellOperator(`sekisho enforcer: ${problem}\n`);
    this.#send({ type: "problem", problem });
  }
}

/** Whether anybody took it. */
function tellAll(links: ReadonlySet<FramedSocket>, message: FromEnforcer): boolean {
  return [...links].map((link) => link.send(message)).some(Boolean);
}

function sameToken(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** The clocks of this machine. */
export function machineClocks(): Clocks {
  return {
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    wallMs: () => Number(Temporal.Now.instant().epochNanoseconds) / 1e6,
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
  };
}
