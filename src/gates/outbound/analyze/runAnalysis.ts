import { Worker } from "node:worker_threads";
import { siblingModule } from "../../../lib/sibling.ts";
import type { Finding } from "../findings.ts";
import type { OutboundSettings } from "../settings.ts";

export type AnalysisAsked = {
  folder: string;
  settings: OutboundSettings;
  /** Microseconds since 1970. */
  since: number;
  until: number;
  rolling: boolean;
  today: string;
  memoryBytesMax: number;
};
export type AnalysisDone = { findings: Finding[]; pairs: number; hosts: number };

export const limits = { minutesMax: 60 } as const;

/** Analyses a span of the record in a thread of its own, so that orders and packets never wait for it. */
export function runAnalysis(asked: AnalysisAsked): {
  done: Promise<AnalysisDone>;
  stop: () => Promise<unknown>;
} {
  const worker = new Worker(siblingModule(import.meta.url, "./analysisWorker"), {
    workerData: asked,
    resourceLimits: { maxOldGenerationSizeMb: 1_024 },
  });
  const done = new Promise<AnalysisDone>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the analysis took more than ${limits.minutesMax} minutes`));
      void worker.terminate();
    }, limits.minutesMax * 60_000);
    worker.once("message", (message: AnalysisDone) => {
      clearTimeout(timer);
      resolve(message);
      void worker.terminate();
    });
    worker.once("error", (error) => {
      clearTimeout(timer);
      reject(error as Error);
    });
    worker.once("exit", () => {
      clearTimeout(timer);
      reject(new Error("the analysis was stopped"));
    });
  });
  return { done, stop: () => worker.terminate() };
}
