import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { textOfError } from "../../lib/error.ts";
import { Intelligence, readIntelligenceInPart } from "./analyze/intelligence.ts";
import { runPastHits } from "./analyze/runPastHits.ts";
import type { Unread } from "./connection.ts";
import type { Finding } from "./findings.ts";
import type { OutboundSettings } from "./settings.ts";

export const limits = { memoryBytesMax: 300 * 1024 ** 2, lookMs: 10_000, againMs: 600_000 } as const;

export type KeeperOptions = {
  settings: OutboundSettings;
  /** The gate's folder; the record lies in it. */
  folder: string;
  onFindings: (findings: readonly Finding[], by: "analysis") => Promise<void>;
  /** The lists are others now: whoever holds them elsewhere needs them again. */
  onChange: () => void;
  onUnread: (unread: readonly Unread[]) => void;
  onProblem: (problem: string) => void;
};

/**
 * The lists of indicators in force. A list that changes holds for the next packet, and what it brings anew
 * is searched for in the whole record; a list that cannot be read is said, and what it held stays in force.
 */
export class IntelligenceKeeper {
  readonly #options: KeeperOptions;
  #current = new Intelligence();
  #marks = "";
  #searched = "";
  #searchAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: { stop: () => void } | null = null;
  #stopped = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get current(): Intelligence {
    return this.#current;
  }

  /** Reads the lists: at the start, and when one of them has changed. */
  async read(): Promise<void> {
    const { settings, onUnread, onProblem } = this.#options;
    const marks = await this.#marksOfLists();
    const { intelligence, unread, problems } = await readIntelligenceInPart(settings.intel, this.#current);
    this.#current = intelligence;
    this.#marks = marks;
    onUnread(unread);
    for (const problem of problems) onProblem(problem);
  }

  start(): void {
    if (this.#options.settings.intel.length === 0) return;
    this.#timer = setTimeout(() => void this.#look(), limits.lookMs);
  }

  async #look(): Promise<void> {
    try {
      if ((await this.#marksOfLists()) !== this.#marks) {
        await this.read();
        this.#options.onChange();
      }
      // Packets are judged by the new lists already; now the past.
      if (this.#searched !== this.#marks && Date.now() >= this.#searchAt) await this.searchPast();
    } catch (error) {
      this.#searchAt = Date.now() + limits.againMs;
      if (!this.#stopped)
        this.#options.onProblem(`Cannot search the record for indicators: ${textOfError(error)}`);
    }
    if (!this.#stopped) this.start();
  }

  /** Searches the whole record for what no search before looked for, restarts included. */
  async searchPast(): Promise<void> {
    const { settings, folder, onFindings } = this.#options;
    const marks = this.#marks;
    const [knownFile, nextFile] = [join(folder, "indicators"), join(folder, "indicators.next")];
    const asked = { settings, folder: join(folder, "record"), knownFile, nextFile };
    const running = runPastHits({ ...asked, memoryBytesMax: limits.memoryBytesMax });
    this.#running = running;
    try {
      const { findings } = await running.done;
      await onFindings(findings, "analysis");
      // Only now: a search whose findings were lost with the gate is made again.
      await rename(nextFile, knownFile);
      this.#searched = marks;
    } finally {
      this.#running = null;
    }
  }

  async #marksOfLists(): Promise<string> {
    const marks: string[] = [];
    for (const file of this.#options.settings.intel) {
      const found = await stat(file).catch(() => null);
      marks.push(found === null ? `${file} -` : `${file} ${found.mtimeMs} ${found.size} ${found.ino}`);
    }
    return marks.join("\n");
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#running?.stop();
  }
}
