import { Worker } from "node:worker_threads";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { siblingModule } from "../../lib/sibling.ts";
import type { Answered, Asked, ReadAsked, ThreadData } from "./jobLink.ts";
import type { MatchAnswer, MatchAsked } from "./matchTask.ts";
import type { OutputAnswer, OutputAsked } from "./outputTask.ts";

export const limits = { threadHeapMegabytesMax: 2_048 } as const;

type Told = {
  answer: (answer: Answered, at: number) => void;
  progress: (bytes: number) => void;
  failed: (asked: Asked | undefined, problem: string) => Error;
};

/**
 * Runs tasks on threads, the next one as soon as a thread is free; a task that fails ends the job with its
 * name.
 */
export class ThreadPool implements AsyncDisposable {
  readonly #threads: Worker[];

  constructor(count: number, data: ThreadData) {
    this.#threads = Array.from(
      { length: count },
      () =>
        new Worker(siblingModule(import.meta.url, "./jobThread"), {
          workerData: data,
          resourceLimits: { maxOldGenerationSizeMb: limits.threadHeapMegabytesMax },
        }),
    );
  }

  /** Reads inputs; answers come in the order in which tasks end. */
  async run(
    tasks: readonly ReadAsked[],
    told: { answer: (answer: Answered) => void; progress: (bytes: number) => void },
  ): Promise<void> {
    await this.#all(tasks, {
      ...told,
      failed: (asked, problem) => {
        const source = asked !== undefined && "task" in asked ? asked.task.input.source : "an input";
        return new SekishoError("input-unreadable", `Cannot read ${source}: ${problem}`, {
          hint: "what was read is kept: mend it and run the same command, or leave it out",
        });
      },
    });
  }

  /** Does what matching asks for; answers stand in the order of the tasks. */
  async work(tasks: readonly MatchAsked[]): Promise<MatchAnswer[]> {
    return (await this.#ordered(tasks)) as MatchAnswer[];
  }

  async #ordered(tasks: readonly Asked[]): Promise<Answered[]> {
    const answers: Answered[] = [];
    await this.#all(tasks, {
      answer: (answer, at) => {
        answers[at] = answer;
      },
      progress: () => {},
      failed: (asked, problem) => new Error(`a thread that was to do "${asked?.do}" failed: ${problem}`),
    });
    return answers;
  }

  /** Writes outputs; answers stand in the order of the tasks. */
  async write(tasks: readonly OutputAsked[]): Promise<OutputAnswer[]> {
    return (await this.#ordered(tasks)) as OutputAnswer[];
  }

  async #all(tasks: readonly Asked[], told: Told): Promise<void> {
    let next = 0;
    const take = (): number => {
      next += 1;
      return next - 1;
    };
    await Promise.all(this.#threads.map((thread) => workThrough(thread, tasks, { take, told })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}

/** Gives a thread one task after the other, until none is left. */
function workThrough(
  thread: Worker,
  tasks: readonly Asked[],
  { take, told }: { take: () => number; told: Told },
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let at = -1;
    const give = (): void => {
      at = take();
      const asked = tasks[at];
      thread.removeAllListeners("error");
      if (asked === undefined) {
        thread.removeAllListeners("message");
        resolve();
        return;
      }
      thread.once("error", (error) => reject(told.failed(asked, textOfError(error))));
      thread.postMessage(asked);
    };
    thread.removeAllListeners("message");
    thread.on("message", (answer: Answered) => {
      if ("progress" in answer) return told.progress(answer.progress);
      if (answer.done === "failed") return reject(told.failed(tasks[at], answer.problem));
      told.answer(answer, at);
      give();
    });
    give();
  });
}
