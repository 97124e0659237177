import { Worker } from "node:worker_threads";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { siblingModule } from "../../lib/sibling.ts";
import type { Answered, Asked, ThreadData } from "./jobLink.ts";

export const limits = { threadHeapMegabytesMax: 2_048 } as const;

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

  /** Answers in the order in which tasks end. */
  async run(
    tasks: readonly Asked[],
    told: { answer: (answer: Answered) => void; progress: (bytes: number) => void },
  ): Promise<void> {
    let next = 0;
    await Promise.all(
      this.#threads.map(
        (thread) =>
          new Promise<void>((resolve, reject) => {
            const fail = (asked: Asked | undefined, problem: string): void =>
              reject(
                new SekishoError(
                  "input-unreadable",
                  `Cannot read ${asked?.task.input.source ?? "an input"}: ${problem}`,
                  {
                    hint: "what was read is kept: mend it and run the same command, or leave it out",
                  },
                ),
              );
            const give = (): void => {
              const asked = tasks[next];
              next += 1;
              if (asked === undefined) {
                thread.removeAllListeners("message");
                thread.removeAllListeners("error");
                resolve();
                return;
              }
              thread.removeAllListeners("error");
              thread.once("error", (error) => fail(asked, textOfError(error)));
              thread.postMessage(asked);
            };
            thread.removeAllListeners("message");
            thread.on("message", (answer: Answered) => {
              if ("progress" in answer) return told.progress(answer.progress);
              if (answer.done === "failed")
                return fail(
                  tasks.find((one) => one.task.id === answer.task),
                  answer.problem,
                );
              told.answer(answer);
              give();
            });
            give();
          }),
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
