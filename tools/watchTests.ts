import { existsSync, readdirSync, readFileSync } from "node:fs";

export const limits = { fileMsMax: 15 * 60_000, lookMs: 5_000 } as const;

/**
 * A test that hangs must not take the whole run with it: node:test gives such a file up but waits for its
 * process, and whatever that one started keeps it alive. Here the process is ended, the run goes on, and the
 * file counts as failed.
 */
export class TestWatch {
  readonly #startedAt = new Map<string, number>();
  readonly #tell: (line: string) => void;
  readonly #timer: NodeJS.Timeout;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
    this.#timer = setInterval(() => this.#look(), limits.lookMs);
  }

  started(file: string): void {
    this.#startedAt.set(file, performance.now());
  }

  ended(file: string): void {
    this.#startedAt.delete(file);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [file, startedAt] of this.#startedAt) {
      if (performance.now() - startedAt < limits.fileMsMax) continue;
      const pid = findTestProcess(file);
      if (pid === null) continue;
      this.#tell(
        `${file} has not ended after ${limits.fileMsMax / 60_000} minutes: its process ${pid} is ended`,
      );
      process.kill(pid, "SIGKILL");
    }
  }
}

/** The child of this process that runs the file (proc(5)), or null; elsewhere than on Linux always null. */
function findTestProcess(file: string): number | null {
  if (!existsSync("/proc/self/stat")) return null;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (parent === process.pid && command.some((word) => word.endsWith(file))) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return null;
}
