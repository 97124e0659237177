import { fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
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

type Told = { ready?: true; done?: AnalysisDone; problem?: string };

export const limits = { minutesMax: 60, heapMegabytes: 1_024 } as const;

/**
 * Analyses a span of the record in a process of its own, at low priority: orders and packets never wait for
 * it, and ending it harms nobody (a database that runs in a thread would take its process along).
 */
export function runAnalysis(asked: AnalysisAsked): { done: Promise<AnalysisDone>; stop: () => void } {
  const child = fork(fileURLToPath(siblingModule(import.meta.url, "./analysisProgram")), {
    execArgv: ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${limits.heapMegabytes}`],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const stop = (): void => void child.kill("SIGKILL");
  const done = new Promise<AnalysisDone>((resolve, reject) => {
    const late = new Error(`the analysis took more than ${limits.minutesMax} minutes`);
    const timer = setTimeout(() => {
      reject(late);
      stop();
    }, limits.minutesMax * 60_000);
    child.on("message", (told: Told) => {
      if (told.ready === true) child.send(asked);
      if (told.done !== undefined) resolve(told.done);
      if (told.problem !== undefined) reject(new Error(told.problem));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the analysis ended with ${signal ?? `status ${code}`}`));
    });
  });
  return { done, stop };
}
