import { execFile, spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";

export const limits = {
  lineCharactersMax: 4_096,
  batchMs: 50,
  batchLinesMax: 2_000,
  waitingLinesMax: 200_000,
  openMax: 1_000_000,
  lookMs: 1_000,
  reconcileMs: 60_000,
  /** After a loss: before a lost UDP connection (30 s) or a closed TCP one (120 s) is forgotten. */
  reconcileAfterLossMs: 5_000,
  priority: -15,
  restartMs: 500,
  listBytesMax: 512 * 1024 ** 2,
} as const;

const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

type Handlers = {
  /** `lost` counts events since the last call that the kernel had to drop. False: nobody took them. */
  onLines: (lines: string[], lost: number) => boolean;
  onProblem: (problem: string) => void;
};

/**
 * Connection tracking as a sensor: `conntrack -E` prints each connection as it begins and ends. The kernel
 * drops events where its buffer is full; how many it says in /proc/net/netlink, and what began unseen is
 * found in the list of open connections, which is read at the start, after each loss and now and then.
 */
export class ConnectionWatch {
  readonly #handlers: Handlers;
  #child: ChildProcess | null = null;
  #rest = "";
  #waiting: string[] = [];
  #lost = 0;
  #dropsSeen = 0;
  readonly #open = new Set<string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #flushing: NodeJS.Timeout | null = null;
  #reconciling = false;
  #reconciledAtMs = 0;
  #recovery: NodeJS.Timeout | null = null;
  #hinted = false;
  /** For a while no process followed the events. */
  #blind = false;
  #stopped = true;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#open.clear();
    for (const name of ["nf_conntrack_acct", "nf_conntrack_timestamp"]) {
      try {
        writeFileSync(`/proc/sys/net/netfilter/${name}`, "1\n");
      } catch (error) {
        this.#handlers.onProblem(`cannot set ${name}, so sizes or times are missing: ${String(error)}`);
      }
    }
    this.#spawn();
    this.#timers.push(setInterval(() => this.#countDrops(), limits.lookMs));
    this.#timers.push(setInterval(() => void this.#reconcile(), limits.reconcileMs));
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    if (this.#flushing !== null) clearTimeout(this.#flushing);
    this.#flushing = null;
    if (this.#recovery !== null) clearTimeout(this.#recovery);
    this.#recovery = null;
    this.#child?.kill("SIGKILL");
    this.#child = null;
    this.#waiting = [];
  }

  #spawn(): void {
    // Not with `-b`: conntrack 1.4.7 sets it on another socket than the one that gets the events, so their
    // buffer is net.core.rmem_default (212,992 bytes: 166 events). Running before others makes up for some.
    const words = ["-E", "-o", "timestamp,extended,id", "-e", "NEW,DESTROY"];
    const child = spawn("conntrack", words, { stdio: ["ignore", "pipe", "pipe"], env: environment });
    this.#child = child;
    this.#rest = "";
    this.#dropsSeen = 0;
    child.stdout.setEncoding("latin1").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("latin1").on("data", (text: string) => {
      // It says ENOBUFS once; the number is counted from /proc.
      if (/ENOBUFS|losing/i.test(text)) this.#countDrops();
    });
    const ended = (why: string) => {
      if (this.#child !== child) return;
      this.#child = null;
      if (this.#stopped) return;
      this.#blind = true;
      this.#handlers.onProblem(`conntrack ended (${why}); it is started again`);
      // What happened in between is found in the list of open connections; what ended in it is lost.
      const again = () => (this.#stopped || this.#child !== null ? undefined : this.#spawn());
      setTimeout(again, limits.restartMs);
    };
    child.once("error", (error) => ended(error.message));
    child.once("exit", (code, signal) => ended(String(code ?? signal)));
    // Events first, then the list: what begins in between is in both, and not between them.
    child.once("spawn", () => {
      raisePriority(child.pid as number);
      setTimeout(() => void this.#reconcile(), 100);
    });
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() as string;
    if (this.#rest.length > limits.lineCharactersMax) {
      this.#rest = "";
      this.#lost += 1;
    }
    for (const line of lines) {
      const id = idOf(line);
      if (id === null) continue;
      if (line.includes("[DESTROY]")) this.#open.delete(id);
      else if (this.#open.size < limits.openMax) this.#open.add(id);
      this.#put(line);
    }
  }

  #put(line: string): void {
    if (this.#waiting.length >= limits.waitingLinesMax) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(line);
    this.#flushing ??= setTimeout(() => this.#flush(), limits.batchMs);
  }

  #flush(): void {
    this.#flushing = null;
    do {
      const lines = this.#waiting.splice(0, limits.batchLinesMax);
      const lost = this.#lost;
      if (this.#handlers.onLines(lines, lost)) this.#lost -= lost;
      else this.#lost += lines.length;
    } while (this.#waiting.length > 0);
  }

  #countDrops(): void {
    const drops = dropsOf(this.#child?.pid);
    if (drops <= this.#dropsSeen) return;
    this.#lost += drops - this.#dropsSeen;
    this.#dropsSeen = drops;
    this.#flushing ??= setTimeout(() => this.#flush(), limits.batchMs);
    if (!this.#hinted) {
      const hint = "the kernel dropped events of connections; set net.core.rmem_default=8388608 (sysctl.d)";
      this.#handlers.onProblem(hint);
      this.#hinted = true;
    }
    const wait = this.#reconciledAtMs + limits.reconcileAfterLossMs - performance.now();
    this.#recovery ??= setTimeout(
      () => {
        this.#recovery = null;
        void this.#reconcile();
      },
      Math.max(0, wait),
    );
  }

  /** Connections that are open and whose beginning nobody saw are told as if they had just been seen. */
  async #reconcile(): Promise<void> {
    if (this.#reconciling || this.#stopped) return;
    this.#reconciling = true;
    this.#reconciledAtMs = performance.now();
    try {
      // Only what was held before the list was made can be missed in it.
      const before = new Set(this.#open);
      const listed = new Set<string>();
      const now = Temporal.Now.instant().epochMilliseconds / 1000;
      for (const line of await listConnections()) {
        const id = idOf(line);
        if (id === null) continue;
        listed.add(id);
        if (this.#open.has(id)) continue;
        const age = Number(/ delta-time=(\d+)/.exec(line)?.[1] ?? 0);
        if (this.#open.size < limits.openMax) this.#open.add(id);
        this.#put(`[${(now - age).toFixed(6)}]\t    [NEW] ${line}`);
      }
      const blind = this.#blind;
      this.#blind = false;
      for (const id of before) {
        if (listed.has(id) || !this.#open.has(id)) continue;
        // Its end may be on its way in the pipe. Else it was dropped, and is in the kernel's count; or it
        // ended while no conntrack ran, and nobody has counted it.
        setTimeout(() => {
          if (this.#open.delete(id) && blind) this.#lost += 1;
        }, limits.lookMs);
      }
    } catch (error) {
      this.#handlers.onProblem(`cannot list open connections: ${String(error)}`);
    } finally {
      this.#reconciling = false;
    }
  }
}

function idOf(line: string): string | null {
  return / id=(\d+)/.exec(line)?.[1] ?? null;
}

function raisePriority(pid: number): void {
  try {
    setPriority(pid, limits.priority);
  } catch {
    // Without CAP_SYS_NICE it runs like everybody else; losses are counted all the same.
  }
}

/** Events that the kernel dropped for this process: its netlink sockets' own count (column "Drops"). */
function dropsOf(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const own = new Set(
      readdirSync(`/proc/${pid}/fd`).map(
        (fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1],
      ),
    );
    return readFileSync(`/proc/${pid}/net/netlink`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[1] === "12" && own.has(columns[9]))
      .reduce((sum, columns) => sum + Number(columns[8]), 0);
  } catch {
    return 0;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function listConnections(): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const wanted = ["-L", "-o", "extended,id,ktimestamp"];
    const options = { maxBuffer: limits.listBytesMax, env: environment, timeout: 60_000 };
    execFile("conntrack", wanted, options, (error, output) => {
      if (error !== null) reject(error);
      else resolve(output.split("\n"));
    });
  });
}
