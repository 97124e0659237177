import { Worker } from "node:worker_threads";
import { availableParallelism } from "node:os";
import { siblingModule } from "../../lib/sibling.ts";
import { textOfError } from "../../lib/error.ts";
import type { FromMain, FromThread, ThreadData } from "./threadLink.ts";

export const limits = { threadsMax: 8, againMs: 500, stopMs: 3_000 } as const;

export type ThreadsOptions = {
  wanted: number | undefined;
  /** What a thread starts with; `port` is 0 until the first has one. */
  dataFor: (number: number, place: { port: number; shares: boolean }) => ThreadData;
  port: number;
  onMessage: (message: FromThread, thread: Thread) => void;
  /** A thread has ended that was not to. */
  onLost: (thread: Thread, problem: string) => void;
};

/** One thread that passes bytes. */
export type Thread = {
  readonly number: number;
  /** Node's number of it, by which it holds locks. */
  readonly id: number;
  send(message: FromMain): void;
};

/**
 * The threads of the gate: one per core, all listening on one port (SO_REUSEPORT), each started again when it
 * ends. Linux shares the connections among them; elsewhere there is one thread.
 */
export class Threads {
  readonly #options: ThreadsOptions;
  readonly #count: number;
  readonly #workers = new Map<number, { worker: Worker; thread: Thread }>();
  #port: number;
  #stopping = false;

  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#port = options.port;
    const most = Math.min(limits.threadsMax, availableParallelism());
    this.#count = process.platform === "linux" ? (options.wanted ?? most) : 1;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts all; the first finds the port. Throws where it cannot listen. */
  async start(): Promise<void> {
    for (let number = 0; number < this.#count; number++) await this.#start(number);
  }

  #start(number: number): Promise<void> {
    const place = { port: this.#port, shares: this.#count > 1 };
    const worker = new Worker(siblingModule(import.meta.url, "./recordsThread"), {
      workerData: this.#options.dataFor(number, place),
      stderr: false,
      name: `records-${number}`,
    });
    const thread: Thread = {
      number,
      id: worker.threadId,
      send: (message) => worker.postMessage(message),
    };
    this.#workers.set(number, { worker, thread });
    let problem = "";
    return new Promise((resolve, reject) => {
      worker.on("message", (message: FromThread) => {
        if (message.type === "listening") {
          this.#port = message.port;
          resolve();
        } else if (message.type === "problem") {
          reject(new Error(message.problem));
        }
        this.#options.onMessage(message, thread);
      });
      worker.on("error", (error) => {
        problem = textOfError(error);
      });
      worker.on("exit", () => {
        this.#workers.delete(number);
        reject(new Error(problem || "a thread of the gate ended"));
        if (this.#stopping) return;
        this.#options.onLost(thread, problem);
        setTimeout(() => {
          if (!this.#stopping) this.#start(number).catch(() => {});
        }, limits.againMs).unref();
      });
    });
  }

  send(message: FromMain): void {
    for (const { thread } of this.#workers.values()) thread.send(message);
  }

  all(): Thread[] {
    return [...this.#workers.values()].map(({ thread }) => thread);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const ended = [...this.#workers.values()].map(
      ({ worker }) => new Promise<void>((resolve) => worker.once("exit", () => resolve())),
    );
    this.send({ type: "stop" });
    const timer = setTimeout(() => {
      for (const { worker } of this.#workers.values()) void worker.terminate();
    }, limits.stopMs);
    await Promise.all(ended);
    clearTimeout(timer);
  }
}
