import { Turn } from "../../../lib/turn.ts";
import type { CutPlan } from "./cutOrder.ts";
import { KeptOrder, type KernelMemory } from "./keptOrders.ts";
import { driftOf, fixedText, journalsOf, readListing, type Listed } from "./listing.ts";
import { covers, readNetwork, type Network } from "./networks.ts";
import { listNftOnce, NftChild, runNftOnce, type NftAnswer } from "./nftChild.ts";
import {
  halves,
  readJournal,
  seenMs,
  seenTable,
  stopTable,
  tableNames,
  targetsOf,
  wantedOf,
  watchTable,
  type Table,
  type Wanted,
} from "./ruleset.ts";
import { changeText, createText } from "./transaction.ts";

/** Past the first, a process of its own does it; past the second, it is told as a failure and tried again. */
export const limits = {
  answerMsMax: 250,
  rebuildMsMax: 10_000,
  listMsMax: 2_000,
  sightingsMsMax: 5_000,
} as const;

/** Packets by element, since it was put there. */
export type Counts = {
  /** Another one than last time: all counters began anew in between. */
  epoch: number;
  stopped: Map<string, number>;
  passed: Map<string, number>;
  everything: { stopped: number; passed: number };
};

export type Look = { counts: Counts | null; drift: string[]; problem: string | null };

/** When addresses last passed: the age in milliseconds at `atMs` (monotonic). */
export type Sightings = { atMs: number; ages: Map<string, number>; anything: number | null };

/**
 * Our tables in the kernel: one writer that nothing else ever waits in front of, one reader, one that looks
 * at the large sets. What is wanted is kept here; `look` compares and puts back what is missing.
 */
export class Kernel {
  readonly writer = new NftChild();
  readonly #reader = new NftChild(["-j"]);
  readonly #looker = new NftChild();
  readonly #turn = new Turn();
  readonly #looks = new Turn();
  #tables: { stop: Table; watch: Table; seen: Table };
  #wanted: Wanted = wantedOf([]);
  /** The fixed part as it was right after we had made it; null until it was looked at. */
  readonly #fixed = new Map<string, string>();
  /** Counts changes of ours, so that a listing from in between is not taken for somebody else's doing. */
  #generation = 0;
  /** Changes under way: what a listing says meanwhile is neither the one nor the other. */
  #changing = 0;
  /** Somebody's doing that a change ran into, and that the rebuild has mended already. */
  readonly #met: string[] = [];
  /** Grows with each rebuild, because counters begin anew then. */
  #epoch = 0;
  /** A rebuild that failed is tried again at each look. */
  #broken = false;

  constructor(plan: CutPlan) {
    this.#tables = tablesOf(plan);
    for (const child of [this.writer, this.#reader, this.#looker]) child.warm();
  }

  /** What the kernel itself remembers of orders; the journals are as they were given to `wantedOf`. */
  async remembered(): Promise<KernelMemory> {
    const listed = await this.#list(this.#tables.stop);
    if (listed === null) return { journals: [], stands: false, holds: () => false };
    const journals = journalsOf(listed).map(readJournal);
    const known = journals.map((one) => KeptOrder.safeParse(one)).filter(({ success }) => success);
    const explained = known.map(({ data }) => targetsOf((data as KeptOrder).order));
    const elements = [...listed.sets.values()].flatMap((set) => [...set.keys()].map(readNetwork));
    const inSets = (one: Network) => elements.some((element) => element !== null && covers(element, one));
    const inOthers = (one: Network) =>
      explained.some(({ networks }) => networks.some((wide) => covers(wide, one)));
    const cutOff = (listed.chains.get("cut_off")?.rules.length ?? 0) > 0;
    return {
      journals,
      stands: true,
      holds: (order) => {
        const { networks, everything } = targetsOf(order);
        if (everything) return cutOff && !explained.some((other) => other.everything);
        return networks.flatMap(halves).some((one) => inSets(one) && !inOthers(one));
      },
    };
  }

  /** Takes what stands in the kernel for ours, where it is as it should be; else makes it anew. */
  async adopt(wanted: Wanted): Promise<{ drift: string[]; problem: string | null }> {
    return this.#turn.take(async () => {
      this.#wanted = wanted;
      const { stop, watch, seen } = this.#tables;
      const listings = [await this.#list(stop), await this.#list(watch)] as const;
      const drift = [
        ...driftOf(stop, listings[0], { wanted, fixed: null }),
        ...driftOf(watch, listings[1], { wanted, fixed: null }),
      ];
      const blind = !(await this.#sees(seen));
      const problem = drift.length > 0 || blind ? await this.#rebuild() : null;
      this.#rehearse();
      // On a machine that we never were on before, nothing is missing: it was not there yet.
      return { drift: listings[0] === null && listings[1] === null ? [] : drift, problem };
    });
  }

  /** Changes nothing, the way an order changes something: the first order does not pay for a cold start. */
  #rehearse(): void {
    void this.writer.run(`add chain inet ${tableNames.stop} cut_off`, limits.answerMsMax);
  }

  /** Makes everything anew under another plan, in one transaction. */
  async setPlan(plan: CutPlan): Promise<string | null> {
    return this.#turn.take(async () => {
      this.#tables = tablesOf(plan);
      return this.#rebuild();
    });
  }

  /** Brings the kernel to what is wanted; resolves when it has taken it, or with the problem. */
  async change(wanted: Wanted): Promise<string | null> {
    return this.#turn.take(async () => {
      const commands = this.#commands(wanted);
      this.#wanted = wanted;
      this.#generation += 1;
      this.#changing += 1;
      try {
        return await this.#carryOut(commands);
      } finally {
        this.#changing -= 1;
        this.#generation += 1;
      }
    });
  }

  async #carryOut(commands: readonly string[]): Promise<string | null> {
    if (commands.length === 0 && !this.#broken) return null;
    if (!this.#broken) {
      const answer = await this.writer.run(commands.join("; "), limits.answerMsMax);
      if (answer.ok) return null;
      if (answer.output !== "") this.#met.push(`tables were not as we left them (${answer.problem})`);
    }
    // Somebody flushed our tables, or the process hung and nobody knows what took effect: all anew.
    return this.#rebuild();
  }

  /** Asks the kernel whether it would take the change, and changes nothing. */
  async check(wanted: Wanted): Promise<string | null> {
    const commands = this.#commands(wanted);
    if (commands.length === 0) return null;
    const answer = await runNftOnce(commands.join("\n"), { msMax: limits.listMsMax, flags: ["-c"] });
    return answer.problem;
  }

  #commands(wanted: Wanted): string[] {
    return [tableNames.stop, tableNames.watch].flatMap((name) => changeText(name, this.#wanted, wanted));
  }

  async #rebuild(): Promise<string | null> {
    this.#generation += 1;
    this.#changing += 1;
    this.#fixed.clear();
    const { stop, watch, seen } = this.#tables;
    const script = [createText(stop, this.#wanted), createText(watch, this.#wanted), createText(seen, null)];
    const answer = await runNftOnce(script.join("\n"), { msMax: limits.rebuildMsMax });
    this.#generation += 1;
    this.#changing -= 1;
    this.#broken = !answer.ok;
    if (answer.ok) this.#epoch += 1;
    return answer.problem;
  }

  /**
   * Reads the counters, and puts back what somebody else took away. Null where a change of ours came in
   * between, or nothing could be read.
   */
  look(): Promise<Look> {
    return this.#looks.take(() => this.#look());
  }

  /** What was last asked of the kernel. */
  get wanted(): Wanted {
    return this.#wanted;
  }

  async #look(): Promise<Look> {
    const generation = this.#generation;
    const epoch = this.#epoch;
    const changing = this.#changing > 0;
    const { stop, watch, seen } = this.#tables;
    const [stopped, passed] = [await this.#list(stop), await this.#list(watch)];
    const sees = await this.#sees(seen);
    const met = this.#met.splice(0);
    if (changing || generation !== this.#generation) return { counts: null, drift: met, problem: null };
    const drift = [
      ...driftOf(stop, stopped, { wanted: this.#wanted, fixed: this.#fixed.get(stop.name) ?? null }),
      ...driftOf(watch, passed, { wanted: this.#wanted, fixed: this.#fixed.get(watch.name) ?? null }),
      ...(sees ? [] : [`table ${seen.name} was changed`]),
    ];
    if (drift.length > 0) {
      // Looked at once more in turn: between the listing and now we may have mended it ourselves.
      const problem = await this.#turn.take(async () =>
        generation === this.#generation ? this.#rebuild() : null,
      );
      // What the witness counted while the rules were gone is part of the proof.
      const whole = stopped !== null && passed !== null;
      return { counts: whole ? countsOf(stopped, passed, epoch) : null, drift: [...met, ...drift], problem };
    }
    for (const [table, listed] of [
      [stop, stopped],
      [watch, passed],
    ] as const) {
      if (listed !== null && !this.#fixed.has(table.name)) {
        this.#fixed.set(table.name, fixedText(table, listed));
      }
    }
    return { counts: countsOf(stopped, passed, epoch), drift: met, problem: null };
  }

  /** When each address last passed. Costs a listing of the set; taken only around an order. */
  async sightings(): Promise<Sightings> {
    const started = performance.now();
    const at = `inet ${tableNames.seen}`;
    const answers = await Promise.all(
      ["seen4", "seen6", "anything"].map((set) =>
        this.#looker.run(`list set ${at} ${set}`, limits.sightingsMsMax),
      ),
    );
    const atMs = (started + performance.now()) / 2;
    const [four, six, anything] = answers.map((answer) => readAges(answer.output));
    const any = [...(anything?.values() ?? [])];
    return {
      atMs,
      ages: new Map([...(four ?? []), ...(six ?? [])]),
      anything: any.length === 0 ? null : Math.min(...any),
    };
  }

  async #list(table: Table): Promise<Listed | null> {
    const answer = await this.#read(`list table inet ${table.name}`);
    return readListing(answer.output);
  }

  /** Whether the chains of a table stand, without listing its large sets. */
  async #sees(table: Table): Promise<boolean> {
    for (const { name, rules } of table.chains) {
      const answer = await this.#read(`list chain inet ${table.name} ${name}`);
      const chain = readListing(answer.output)?.chains.get(name);
      if (chain === undefined || chain.rules.length !== rules.length) return false;
    }
    return true;
  }

  /** A reader that died says nothing about the kernel, so a process of its own is asked. */
  async #read(line: string): Promise<NftAnswer> {
    const answer = await this.#reader.run(line, limits.listMsMax);
    if (answer.ok || answer.output !== "") return answer;
    return listNftOnce(line, ["-j"], limits.listMsMax);
  }

  close(): void {
    for (const child of [this.writer, this.#reader, this.#looker]) child.close();
  }
}

function tablesOf(plan: CutPlan): { stop: Table; watch: Table; seen: Table } {
  return { stop: stopTable(plan), watch: watchTable(plan), seen: seenTable(plan) };
}

function countsOf(stopped: Listed | null, passed: Listed | null, epoch: number): Counts {
  const merged = (listed: Listed | null) =>
    new Map([...(listed?.sets.values() ?? [])].flatMap((elements) => [...elements]));
  return {
    epoch,
    stopped: merged(stopped),
    passed: merged(passed),
    everything: {
      stopped: stopped?.everythingPackets ?? 0,
      passed: passed?.everythingPackets ?? 0,
    },
  };
}

/** "192.0.2.1 expires 59s992ms": what is left of `seenMs` tells how long ago the last packet was. */
export function readAges(output: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, key = "", left = ""] of output.matchAll(/([0-9a-zA-Z.:]+) expires ([0-9dhms]+)/g)) {
    const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
    let ms = 0;
    for (const [, number, unit] of left.matchAll(/(\d+)(ms|[dhms])/g)) {
      ms += Number(number) * units[unit as keyof typeof units];
    }
    found.set(key, Math.max(0, seenMs - ms));
  }
  return found;
}
