import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { siblingModule } from "../../lib/sibling.ts";
import type { ScopeInput } from "../read/record.ts";
import type { Answered, Asked, ReadAsked, ThreadData } from "./jobLink.ts";
import type { MatchAnswer, MatchAsked } from "./matchTask.ts";
import type { OutputAnswer, OutputAsked } from "./outputTask.ts";

export const limits = { threadHeapMegabytesMax: 2_048 } as const;

/**
 * Threads hold few objects and gigabytes in arrays. By default the collector of garbage goes through all
 * objects whenever 64 MiB of arrays were made; so it does when their share of everything has grown.
 */
const collectorFlags = ["--external-memory-accounted-in-global-limit", "--min-semi-space-size=16"] as const;

type Told = {
  answer: (answer: Answered, at: number) => void;
  progress: (bytes: number) => void;
  failed: (asked: Asked | undefined, problem: string) => Error;
};

/** Tasks that were asked together; over when all have their answers, or one has failed. */
type Batch = {
  tasks: readonly Asked[];
  next: number;
  open: number;
  told: Told;
  resolve: () => void;
  reject: (error: Error) => void;
};

/**
 * Runs tasks on threads, the next one as soon as a thread is free; a task that fails ends the job with its
 * name.
 */
export class ThreadPool implements AsyncDisposable {
  readonly #threads: Worker[];
  readonly #idle: Worker[];
  /** What is asked first is done first; records are read, then inputs hashed, while nothing else waits. */
  readonly #batches: Batch[] = [];
  readonly #records: Batch[] = [];
  readonly #later: Batch[] = [];
  /** Why a thread died: nobody waits for what it would have done. */
  #broken: Error | null = null;

  constructor(count: number, data: ThreadData) {
    for (const flag of collectorFlags) setFlagsFromString(flag);
    this.#threads = Array.from(
      { length: count },
      () =>
        new Worker(siblingModule(import.meta.url, "./jobThread"), {
          workerData: data,
          resourceLimits: { maxOldGenerationSizeMb: limits.threadHeapMegabytesMax },
        }),
    );
    this.#idle = [...this.#threads];
  }

  /** Reads inputs; answers come in the order in which tasks end. */
  async run(
    tasks: readonly ReadAsked[],
    told: { answer: (answer: Answered) => void; progress: (bytes: number) => void },
  ): Promise<void> {
    const records = tasks[0]?.do === "understand";
    await this.#all(tasks, { ...told, failed: unreadable }, records ? this.#records : this.#batches);
  }

  /** SHA-256 of inputs, whenever a thread has nothing else to do. */
  async hash(inputs: readonly ScopeInput[]): Promise<string[]> {
    const hashes: string[] = [];
    const answer = (answered: Answered, at: number): void => {
      if ("done" in answered && answered.done === "hash") hashes[at] = answered.sha256;
    };
    const tasks = inputs.map((input) => ({ do: "hash" as const, input }));
    await this.#all(tasks, { answer, progress: () => {}, failed: unreadable }, this.#later);
    return hashes;
  }

  /** Does what matching asks for; answers stand in the order of the tasks. */
  async work(tasks: readonly MatchAsked[]): Promise<MatchAnswer[]> {
    return (await this.#ordered(tasks)) as MatchAnswer[];
  }

  /** Writes outputs; answers stand in the order of the tasks. */
  async write(tasks: readonly OutputAsked[]): Promise<OutputAnswer[]> {
    return (await this.#ordered(tasks)) as OutputAnswer[];
  }

  async #ordered(tasks: readonly Asked[]): Promise<Answered[]> {
    const answers: Answered[] = [];
    const told = {
      answer: (answer: Answered, at: number): void => {
        answers[at] = answer;
      },
      progress: () => {},
      failed: (asked: Asked | undefined, problem: string) =>
        new Error(`a thread that was to do "${asked?.do}" failed: ${problem}`),
    };
    await this.#all(tasks, told, this.#batches);
    return answers;
  }

  #all(tasks: readonly Asked[], told: Told, queue: Batch[]): Promise<void> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (tasks.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      queue.push({ tasks, next: 0, open: tasks.length, told, resolve, reject });
      for (const thread of this.#idle.splice(0)) this.#give(thread);
    });
  }

  get #queues(): Batch[][] {
    return [this.#batches, this.#records, this.#later];
  }

  /** Gives a thread the next task. */
  #give(thread: Worker): void {
    const queue = this.#queues.find((one) => one.length > 0);
    const batch = queue?.[0];
    if (queue === undefined || batch === undefined) {
      this.#idle.push(thread);
      return;
    }
    const at = batch.next;
    const asked = batch.tasks[at] as Asked;
    batch.next += 1;
    if (batch.next === batch.tasks.length) queue.shift();
    const fail = (problem: string): Error => {
      const place = queue.indexOf(batch);
      if (place >= 0) queue.splice(place, 1);
      const error = batch.told.failed(asked, problem);
      batch.reject(error);
      return error;
    };
    thread.once("error", (error) => {
      this.#broken = fail(textOfError(error));
      for (const waiting of this.#queues.flatMap((one) => one.splice(0))) waiting.reject(this.#broken);
    });
    thread.on("message", (answer: Answered) => {
      if ("progress" in answer) return batch.told.progress(answer.progress);
      thread.removeAllListeners("error");
      thread.removeAllListeners("message");
      if (answer.done === "failed") fail(answer.problem);
      else {
        batch.told.answer(answer, at);
        batch.open -= 1;
        if (batch.open === 0) batch.resolve();
      }
      this.#give(thread);
    });
    thread.postMessage(asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}

function unreadable(asked: Asked | undefined, problem: string): Error {
  const input =
    asked === undefined ? null : "task" in asked ? asked.task.input : "input" in asked ? asked.input : null;
  return new SekishoError("input-unreadable", `Cannot read ${input?.source ?? "an input"}: ${problem}`, {
    hint: "what was read is kept: mend it and run the same command, or leave it out",
  });
}
