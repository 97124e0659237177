import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isAlive } from "../lib/processMark.ts";
import { siblingModule } from "../lib/sibling.ts";
import type { GateState, GateStatus } from "./services.ts";

export const limits = {
  backOffMsMin: 500,
  backOffMsMax: 30_000,
  steadyMs: 60_000,
  adoptMs: 1_500,
  stopMs: 15_000,
  lookMs: 30,
} as const;

export type SupervisorOptions = {
  gates: string[];
  configFile: string;
  token: string;
  /** The process that holds the gate, whoever started it, or null; it has marked itself (`holdGate.ts`). */
  runningPid: (gate: string) => number | null;
  askToStop: (gate: string) => boolean;
  /** What the gate said before it ended, if it could. */
  whyEnded: (gate: string) => string | null;
  onChange: (status: GateStatus) => void;
  log: (level: "info" | "warn" | "error", message: string, fields?: Record<string, unknown>) => void;
};

type Watched = {
  status: GateStatus;
  child: ChildProcess | null;
  startedAt: number;
  backOffMs: number;
  timer: NodeJS.Timeout | null;
};

/**
 * Keeps one process per gate. A gate outlives the station: when the station comes back it takes up the gate
 * that is still running, and starts one only where there is none. What dies is started again, ever more
 * slowly.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #gates = new Map<string, Watched>();
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    for (const gate of options.gates) this.#gates.set(gate, { ...freshWatch(gate) });
  }

  start(): void {
    for (const [gate, watched] of this.#gates) this.#takeUp(gate, watched);
  }

  /** Takes up the gate that runs already, or starts one. */
  #takeUp(gate: string, watched: Watched): void {
    if (this.#stopping) return;
    const pid = this.#options.runningPid(gate);
    if (pid === null) return this.#spawn(gate, watched);
    // It knows our socket and comes by itself; one that does not is replaced.
    this.#set(watched, { state: "starting", pid });
    this.#later(watched, limits.adoptMs, () => {
      if (watched.status.state !== "ready") this.#replace(gate, watched, pid);
    });
  }

  #replace(gate: string, watched: Watched, pid: number): void {
    this.#options.log("warn", "a running gate does not answer and is replaced", { gate, pid });
    killQuietly(pid, "SIGKILL");
    this.#afterEnd(gate, watched, pid);
  }

  #afterEnd(gate: string, watched: Watched, pid: number): void {
    if (!isAlive(pid)) return this.#takeUp(gate, watched);
    this.#later(watched, limits.lookMs, () => this.#afterEnd(gate, watched, pid));
  }

  #later(watched: Watched, milliseconds: number, act: () => void): void {
    if (watched.timer !== null) clearTimeout(watched.timer);
    watched.timer = setTimeout(act, milliseconds);
  }

  #spawn(gate: string, watched: Watched): void {
    const program = fileURLToPath(siblingModule(import.meta.url, "./runGate"));
    // Of its own group, so that a Ctrl-C at the station's terminal does not reach it: the station stops it
    // in order.
    const child = spawn(process.execPath, [program, gate, this.#options.configFile], {
      stdio: ["ignore", "ignore", "inherit"],
      detached: true,
      env: { ...process.env, SEKISHO_LINK_TOKEN: this.#options.token },
    });
    watched.child = child;
    watched.startedAt = performance.now();
    this.#set(watched, { state: "starting", pid: child.pid ?? null });
    child.once("error", (error) => this.#set(watched, { lastError: error.message }));
    child.once("exit", (code, signal) => {
      if (watched.child !== child) return;
      watched.child = null;
      const { pid } = watched.status;
      // One that an earlier station started held the gate already, and came by itself.
      if (pid !== null && pid !== child.pid && isAlive(pid)) return;
      this.#ended(gate, watched, `ended with ${signal ?? `status ${code}`}`);
    });
  }

  /** The gate's process is gone, or its link is. */
  #ended(gate: string, watched: Watched, how: string): void {
    const why = this.#options.whyEnded(gate) ?? how;
    if (this.#stopping) return this.#set(watched, { state: "stopped", pid: null });
    const steady = performance.now() - watched.startedAt > limits.steadyMs;
    watched.backOffMs = steady ? limits.backOffMsMin : Math.min(limits.backOffMsMax, watched.backOffMs * 2);
    const { restarts } = watched.status;
    this.#set(watched, { state: "restarting", pid: null, restarts: restarts + 1, lastError: why });
    this.#options.log("error", "a gate ended and is started again", { gate, why, inMs: watched.backOffMs });
    this.#later(watched, watched.backOffMs, () => this.#takeUp(gate, watched));
  }

  /** The gate said hello over the link. */
  helloed(gate: string, pid: number, settings: { current: boolean }): void {
    const watched = this.#gates.get(gate);
    if (watched === undefined) return;
    if (!settings.current) this.#renew(gate, watched, pid);
    if (watched.timer !== null) clearTimeout(watched.timer);
    watched.timer = null;
    this.#set(watched, { pid, note: null });
  }

  /**
   * A gate that ran on while the station was away may go by orders that the configuration has changed since.
   * One of our own was started after the change: then it is the station that is behind.
   */
  #renew(gate: string, watched: Watched, pid: number): void {
    if (watched.child?.pid === pid) {
      const message = "the configuration was changed: start the station again, so that all of it holds";
      return this.#options.log("warn", message, { gate });
    }
    this.#options.log("info", "a running gate goes by an earlier configuration and is started again", {
      gate,
    });
    if (!this.#options.askToStop(gate)) killQuietly(pid, "SIGTERM");
  }

  told(
    gate: string,
    status: { state: GateState; spooled: number; shadow: boolean; lastError: string | null },
  ): void {
    const watched = this.#gates.get(gate);
    if (watched !== undefined) this.#set(watched, { ...status });
  }

  /** The link broke. A child of ours reports its own end; one that was taken up is looked at. */
  lost(gate: string): void {
    const watched = this.#gates.get(gate);
    if (watched === undefined) return;
    this.#set(watched, {
      state: "lost",
      note: {
        en: "The gate goes on by its standing orders and keeps its entries until the station hears it again.",
        ja: "関所は常設の命令に従って動き続け、記録は手元に残し、つながり次第送ります。",
      },
    });
    const { pid } = watched.status;
    if (pid === null || watched.child?.pid === pid) return;
    if (!isAlive(pid)) this.#ended(gate, watched, "was taken up and is gone");
    else this.#later(watched, 1_000, () => this.lost(gate));
  }

  statuses(): GateStatus[] {
    return [...this.#gates.values()].map((watched) => watched.status);
  }

  /**
   * Asks every gate to end in order; one that does not in time is ended. Whoever holds the gate counts, and
   * our own child too, though one of an earlier station be in its place.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    const until = performance.now() + limits.stopMs;
    const ending: number[] = [];
    for (const [gate, watched] of this.#gates) {
      if (watched.timer !== null) clearTimeout(watched.timer);
      const known = [watched.status.pid, watched.child?.pid ?? null, this.#options.runningPid(gate)];
      const pids = [...new Set(known)].filter((pid) => pid !== null && isAlive(pid)) as number[];
      if (pids.length > 0) this.#set(watched, { state: "stopping" });
      for (const pid of pids) {
        const linked = pid === watched.status.pid;
        if (!linked || !this.#options.askToStop(gate)) killQuietly(pid, "SIGTERM");
      }
      ending.push(...pids);
    }
    for (const pid of ending) {
      while (isAlive(pid) && performance.now() < until)
        await new Promise((go) => setTimeout(go, limits.lookMs));
      if (isAlive(pid)) killQuietly(pid, "SIGKILL");
    }
    for (const watched of this.#gates.values()) this.#set(watched, { state: "stopped", pid: null });
  }

  #set(watched: Watched, change: Partial<GateStatus>): void {
    const state = change.state ?? watched.status.state;
    const since = state === watched.status.state ? watched.status.since : Temporal.Now.instant().toString();
    watched.status = { ...watched.status, ...change, since };
    this.#options.onChange(watched.status);
  }
}

function freshWatch(name: string): Watched {
  const since = Temporal.Now.instant().toString();
  const status: GateStatus = {
    name,
    state: "starting",
    since,
    pid: null,
    restarts: 0,
    shadow: false,
    spooled: 0,
    note: null,
    lastError: null,
  };
  return { status, child: null, startedAt: 0, backOffMs: limits.backOffMsMin / 2, timer: null };
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}
