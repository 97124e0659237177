import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DnsAnswer, DnsResolver } from "../dns.ts";
import type { MailReading, Transport } from "../seen.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

export type ReadResult =
  { ok: true; reading: MailReading } | { ok: false; problem: string; code: "timeout" | "memory" | "died" };

export type ReaderPool = {
  /** Never rejects: a message that cannot be read is an outcome. */
  read(raw: Uint8Array, transport: Transport): Promise<ReadResult>;
  /** When the first worker can read, or it is known that none starts. */
  ready(): Promise<void>;
  close(): Promise<void>;
  /** Process ids of the workers, for figures. */
  processes(): number[];
};

export type ReaderPoolOptions = {
  workers: number;
  /** Time for one message, from the moment a worker takes it. */
  msMax: number;
  rssBytesMax: number;
  dns: DnsResolver | null;
};

/** While one message waits for the name service, its worker reads others. */
const inFlightMax = 4;
const heapMegabytes = 384;
const watchMs = 50;
const startsMax = 5;
const pageBytes = 4096;

type Task = {
  id: number;
  raw: Uint8Array;
  transport: Transport;
  resolve: (result: ReadResult) => void;
  /** Was under way when its worker ended, so it is read again, alone: only then it is to blame. */
  alone: boolean;
  /** How many readers ended by themselves while they read it alone. */
  deaths: number;
  since: number;
};

type Worker = {
  process: ChildProcess;
  tasks: Map<number, Task>;
  ready: boolean;
  /** Why we ended it ourselves. */
  blame: { code: "timeout" | "memory"; id: number | null } | null;
  errors: string;
};

/**
 * Worker processes that parse hostile bytes. One that dies, grows or is late is ended and replaced; messages
 * that were under way in it are read again one by one, so that a bad one never harms another.
 */
export function createReaderPool(options: ReaderPoolOptions): ReaderPool {
  return new Pool(options);
}

class Pool implements ReaderPool {
  readonly #options: ReaderPoolOptions;
  readonly #workers = new Set<Worker>();
  readonly #queue: Task[] = [];
  readonly #watch: NodeJS.Timeout;
  readonly #ready = Promise.withResolvers<void>();
  #nextId = 1;
  #failedStarts = 0;
  #closing = false;

  constructor(options: ReaderPoolOptions) {
    this.#options = options;
    for (let index = 0; index < options.workers; index += 1) this.#start();
    this.#watch = setInterval(() => this.#look(), watchMs);
    this.#watch.unref();
  }

  read(raw: Uint8Array, transport: Transport): Promise<ReadResult> {
    return new Promise((resolve) => {
      if (this.#closing) {
        resolve({ ok: false, code: "died", problem: "the readers are closed" });
        return;
      }
      this.#queue.push({ id: this.#nextId, raw, transport, resolve, alone: false, deaths: 0, since: 0 });
      this.#nextId += 1;
      this.#hand();
    });
  }

  processes(): number[] {
    return [...this.#workers].flatMap((worker) => worker.process.pid ?? []);
  }

  ready(): Promise<void> {
    return this.#ready.promise;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#ready.resolve();
    clearInterval(this.#watch);
    const ended = [...this.#workers].map(
      (worker) => new Promise<void>((resolve) => worker.process.once("exit", () => resolve())),
    );
    for (const worker of this.#workers) worker.process.kill("SIGKILL");
    await Promise.all(ended);
    for (const task of this.#queue.splice(0)) this.#fail(task, "died", "the readers are closed");
  }

  #start(): void {
    const child = fork(workerPath(), [], {
      execPath: process.execPath,
      execArgv: workerArguments(),
      // Nothing of our own environment: it may hold secrets.
      env: { NODE_NO_WARNINGS: "1" },
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const worker: Worker = { process: child, tasks: new Map(), ready: false, blame: null, errors: "" };
    this.#workers.add(worker);
    child.stderr?.on("data", (chunk: Buffer) => {
      worker.errors = (worker.errors + chunk.toString("utf8")).slice(-1000);
    });
    child.on("message", (message: FromWorker) => this.#receive(worker, message));
    child.on("error", () => child.kill("SIGKILL"));
    child.on("exit", () => this.#ended(worker));
  }

  #receive(worker: Worker, message: FromWorker): void {
    if (message.type === "ready") {
      worker.ready = true;
      this.#failedStarts = 0;
      this.#ready.resolve();
    } else if (message.type === "dns") {
      void this.#answer(worker, message);
      return;
    } else {
      const task = worker.tasks.get(message.id);
      worker.tasks.delete(message.id);
      if (message.type === "done") task?.resolve({ ok: true, reading: message.reading });
      else if (task !== undefined) this.#fail(task, "died", message.problem);
    }
    this.#hand();
  }

  async #answer(worker: Worker, question: Extract<FromWorker, { type: "dns" }>): Promise<void> {
    const nobody: DnsAnswer = { ok: false, code: "ENOTFOUND" };
    const answer = (await this.#options.dns?.resolve(question.name, question.record)) ?? nobody;
    if (worker.process.connected) send(worker, { type: "answer", ask: question.ask, answer });
  }

  /**
   * Gives what waits to the least busy worker that has room; a message to be read alone needs an idle one.
   */
  #hand(): void {
    for (let index = 0; index < this.#queue.length;) {
      const task = this.#queue[index] as Task;
      const worker = this.#roomFor(task);
      if (worker === null) {
        index += 1;
        if (!task.alone) return;
        continue;
      }
      this.#queue.splice(index, 1);
      task.since = performance.now();
      worker.tasks.set(task.id, task);
      const dnsMsMax = this.#options.dns?.messageMsMax ?? null;
      send(worker, { type: "read", id: task.id, raw: task.raw, transport: task.transport, dnsMsMax });
    }
  }

  #roomFor(task: Task): Worker | null {
    let best: Worker | null = null;
    for (const worker of this.#workers) {
      if (!worker.ready || worker.blame !== null || !worker.process.connected) continue;
      const tasks = [...worker.tasks.values()];
      if (task.alone ? tasks.length > 0 : tasks.length >= inFlightMax || tasks.some((other) => other.alone))
        continue;
      if (best === null || worker.tasks.size < best.tasks.size) best = worker;
    }
    return best;
  }

  #look(): void {
    for (const worker of this.#workers) {
      if (worker.tasks.size === 0 || worker.blame !== null) continue;
      const oldest = [...worker.tasks.values()].reduce((first, task) =>
        task.since < first.since ? task : first,
      );
      if (performance.now() - oldest.since > this.#options.msMax)
        worker.blame = { code: "timeout", id: oldest.id };
      else if (residentBytes(worker.process.pid) > this.#options.rssBytesMax)
        worker.blame = { code: "memory", id: null };
      if (worker.blame !== null) worker.process.kill("SIGKILL");
    }
  }

  #ended(worker: Worker): void {
    this.#workers.delete(worker);
    if (!worker.ready) this.#failedStarts += 1;
    const tasks = [...worker.tasks.values()];
    for (const task of tasks) {
      // What ended by itself may have been ended from outside (the kernel's out-of-memory killer).
      // One reading alone proves nothing either: two readers may be ended at once, and the second one gets
      // what the first one had before anybody knows that it has ended too.
      const alone = task.alone && (worker.blame !== null || task.deaths > 0);
      const toBlame = alone || (tasks.length === 1 && worker.blame !== null);
      if (this.#closing) this.#fail(task, "died", "the readers are closed");
      else if (toBlame) this.#fail(task, worker.blame?.code ?? "died", problemOf(worker));
      else this.#queue.unshift({ ...task, alone: true, deaths: task.deaths + (task.alone ? 1 : 0) });
    }
    if (this.#closing) return;
    if (this.#failedStarts < startsMax) this.#start();
    else if (this.#workers.size === 0) {
      this.#ready.resolve();
      // Nobody can read: every message gets the policy for failures, and a later one tries to start again.
      for (const task of this.#queue.splice(0))
        this.#fail(task, "died", `no reader starts: ${worker.errors.slice(-300)}`);
      this.#failedStarts = startsMax - 1;
      setTimeout(() => this.#closing || this.#start(), 1000).unref();
    }
    this.#hand();
  }

  #fail(task: Task, code: "timeout" | "memory" | "died", problem: string): void {
    task.resolve({ ok: false, code, problem });
  }
}

function send(worker: Worker, message: ToWorker): void {
  // The channel may close at any moment; the exit handler then deals with what was under way.
  worker.process.send(message, () => undefined);
}

function problemOf(worker: Worker): string {
  if (worker.blame?.code === "timeout") return "reading took too long";
  if (worker.blame?.code === "memory") return "reading took too much memory";
  if (/heap out of memory/i.test(worker.errors)) return "reading took too much memory (heap)";
  return `the reader ended: ${worker.process.signalCode ?? worker.process.exitCode ?? "unknown"}`;
}

/** Resident memory by /proc; where there is none, the limit of the heap is what bounds a worker. */
function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * pageBytes;
  } catch {
    return 0;
  }
}

const here = fileURLToPath(import.meta.url);

/** Beside this file; a built package has JavaScript where a checkout has TypeScript. */
function workerPath(): string {
  return join(dirname(here), here.endsWith(".ts") ? "worker.ts" : "worker.js");
}

function workerArguments(): string[] {
  const root = join(dirname(here), "../../../..");
  const modules = dirname(dirname(createRequire(import.meta.url).resolve("7z-wasm/package.json")));
  return [
    "--permission",
    `--allow-fs-read=${join(root, here.endsWith(".ts") ? "src" : "dist")}`,
    `--allow-fs-read=${join(root, "package.json")}`,
    `--allow-fs-read=${modules}`,
    `--max-old-space-size=${heapMegabytes}`,
  ];
}
