import { runAnalysis } from "./analyze/runAnalysis.ts";
import type { Finding } from "./findings.ts";
import type { OutboundSettings } from "./settings.ts";

export const limits = { memoryBytesMax: 400 * 1024 ** 2, deepDays: 7, deepMs: 24 * 3_600_000 } as const;

export type RegularWorkOptions = {
  settings: OutboundSettings;
  /** The record's folder. */
  folder: string;
  onFindings: (findings: readonly Finding[], by: "analysis") => Promise<void>;
  onProblem: (problem: string) => void;
  /** Once a day, beginning with the first. */
  onDay: () => Promise<void>;
};

/**
 * Analyses the last day again and again, and the last week once a day, which finds what calls less than four
 * times a day or sends little every day.
 */
export class RegularWork {
  readonly #options: RegularWorkOptions;
  #timer: NodeJS.Timeout | null = null;
  #running: { stop: () => void } | null = null;
  #deepAt = 0;
  #stopped = false;

  constructor(options: RegularWorkOptions) {
    this.#options = options;
  }

  start(): void {
    this.#later(Math.min(60_000, this.#options.settings.analysisMinutes * 60_000));
  }

  #later(milliseconds: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#work(), milliseconds);
  }

  async #work(): Promise<void> {
    const { settings, onProblem } = this.#options;
    try {
      const now = Date.now();
      const deep = now - this.#deepAt >= limits.deepMs;
      const days = deep ? limits.deepDays : 1;
      if (deep) {
        this.#deepAt = now;
        await this.#options.onDay();
      }
      await this.analyze(days, now);
    } catch (error) {
      if (!this.#stopped)
        onProblem(`Cannot analyse the record: ${String((error as Error).message ?? error)}`);
    }
    this.#later(settings.analysisMinutes * 60_000);
  }

  /** Analyses the days before `now` (milliseconds). */
  async analyze(days: number, now: number): Promise<void> {
    const { settings, folder, onFindings } = this.#options;
    const running = runAnalysis({
      folder,
      settings,
      since: (now - days * 86_400_000) * 1_000,
      until: (now + 60_000) * 1_000,
      rolling: true,
      today: Temporal.Now.plainDateISO().toString(),
      memoryBytesMax: limits.memoryBytesMax,
    });
    this.#running = running;
    try {
      const { findings } = await running.done;
      await onFindings(findings, "analysis");
    } finally {
      this.#running = null;
    }
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#running?.stop();
  }
}
