import { Worker } from "node:worker_threads";
import { siblingModule } from "../../lib/sibling.ts";
import type { Catalog } from "./catalog.ts";
import type { FromJudge, ToJudge } from "./judgeThread.ts";
import type { JudgedText } from "./verdict.ts";

export const limits = { heapMegabytesMax: 1_024 } as const;

/** What a text is that its judge did not survive. */
const unjudged: JudgedText = {
  literalsDoNotMatter: false,
  statements: [
    {
      class: "unknown",
      codes: ["cannot-parse"],
      detail: "the statement is too much for its judge",
      verb: "UNKNOWN",
      writes: true,
      touches: [],
      personalOutput: [],
      keys: [],
      keyless: 0,
      nullCounts: [],
      keyTypes: [],
      copyOut: null,
      copyIn: false,
      effect: null,
    },
  ],
};

/** Judges texts that take long, one after another, in a thread that may die over them. */
export class LongJudge {
  readonly #knownRoutines: readonly string[];
  #worker: Worker | null = null;
  #catalog: Catalog | null = null;
  #number = 0;
  readonly #waiting = new Map<number, (judged: JudgedText) => void>();

  constructor(knownRoutines: readonly string[]) {
    this.#knownRoutines = knownRoutines;
  }

  renew(catalog: Catalog): void {
    this.#catalog = catalog;
    this.#worker?.postMessage({ catalog } satisfies ToJudge);
  }

  judge(text: string): Promise<JudgedText> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#number;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      worker.postMessage({ id, text } satisfies ToJudge);
    });
  }

  #start(): Worker {
    const worker = new Worker(siblingModule(import.meta.url, "./judgeThread"), {
      workerData: { knownRoutines: this.#knownRoutines },
      resourceLimits: { maxOldGenerationSizeMb: limits.heapMegabytesMax },
    });
    if (this.#catalog !== null) worker.postMessage({ catalog: this.#catalog } satisfies ToJudge);
    worker.on("message", ({ id, judged }: FromJudge) => this.#answer(id, judged));
    worker.on("error", () => {}); // It says so by its end.
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = null;
      for (const id of [...this.#waiting.keys()]) this.#answer(id, unjudged);
    });
    return worker;
  }

  #answer(id: number, judged: JudgedText): void {
    this.#waiting.get(id)?.(judged);
    this.#waiting.delete(id);
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }
}
