import { fork, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { EntryDraft } from "../../../ledger/entry.ts";
import type { Recorder } from "../../../ledger/recorder.ts";
import { siblingModule } from "../../../lib/sibling.ts";
import { Turn } from "../../../lib/turn.ts";
import type { RecordsMemory } from "../memory.ts";
import type { RecordsSettings } from "../settings.ts";
import type { SpoolKeeper } from "../spoolKeeper.ts";
import { limits as archiveLimits, type FinishedFile } from "./archive.ts";
import { foldersOf } from "./dayIndex.ts";
import type { FromArchive, ToArchive } from "./archiveLink.ts";

export const limits = { roundMs: 10 * 60_000, quietMs: 60 * 60_000 } as const;

export type ArchiveKeeperOptions = {
  dataFolder: string;
  spool: SpoolKeeper;
  memory: RecordsMemory;
  settings: RecordsSettings;
  recorder: Recorder;
  onProblem: (problem: string) => void;
};

/** Sees to it that what the threads have spooled comes into the record, and the ledger hears of each file. */
export class ArchiveKeeper {
  readonly #options: ArchiveKeeperOptions;
  readonly #turn = new Turn();
  #child: ChildProcess | null = null;
  #first = true;
  #lastAt = 0;
  #waiting = false;
  #closed = false;

  constructor(options: ArchiveKeeperOptions) {
    this.#options = options;
  }

  /** One round, where there is something to do. */
  async run(): Promise<void> {
    // One round at a time, and at most one that waits for it.
    if (this.#waiting) return;
    this.#waiting = true;
    await this.#turn.take(async () => {
      this.#waiting = false;
      if (!this.#closed) await this.#run();
    });
  }

  async #run(): Promise<void> {
    const { spool, memory } = this.#options;
    const files = spool.finished().filter((file) => !memory.isArchived(file));
    const now = Date.now();
    // Hours come to their end without accesses too.
    const { record } = foldersOf(this.#options.dataFolder);
    const quiet = this.#first ? !existsSync(record) : now - this.#lastAt < limits.quietMs;
    if (files.length === 0 && quiet) return;
    const done = await this.#round(files.slice(0, archiveLimits.spoolsMax));
    if (done === null) return;
    for (const file of done.archived) memory.keepArchived(file, now);
    for (const { day, files: count } of done.pruned)
      await this.#options.recorder.append(draftOfPruned(day, count));
    spool.prune((file) => memory.isArchived(file), now);
    this.#first = false;
    this.#lastAt = now;
  }

  #round(files: string[]): Promise<(FromArchive & { type: "done" }) | null> {
    const { dataFolder, settings, onProblem } = this.#options;
    const { retentionDays } = settings.record;
    const program = fileURLToPath(siblingModule(import.meta.url, "./archiveProgram"));
    const execArgv = ["--disable-warning=ExperimentalWarning"];
    const child = fork(program, [], { execArgv, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    this.#child = child;
    const timer = setTimeout(() => child.kill("SIGKILL"), limits.roundMs);
    const say = (message: ToArchive): void => void child.send(message, () => {});
    return new Promise((resolve) => {
      let done: (FromArchive & { type: "done" }) | null = null;
      let told = "";
      child.on("message", (message: FromArchive) => {
        if (message.type === "done") done = message;
        else if (message.type === "problem") onProblem((told = message.problem));
        else
          this.#tell(message.files).then(
            () => say({ type: "told" }),
            () => child.kill("SIGKILL"), // They are told of in the next round.
          );
      });
      child.on("error", (error) => onProblem((told = error.message)));
      child.on("exit", (status, signal) => {
        clearTimeout(timer);
        this.#child = null;
        if (done === null && told === "" && !this.#closed)
          onProblem(`the archive of accesses ended with ${signal ?? status}; it is tried again`);
        resolve(done);
      });
      say({ type: "run", dataFolder, files, retentionDays, all: this.#first });
    });
  }

  async #tell(files: FinishedFile[]): Promise<void> {
    for (const file of files) await this.#options.recorder.append(draftOfFile(file));
  }

  /** What is left is taken up at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#child?.kill("SIGKILL");
    await this.#turn.take(async () => {});
  }
}

/** Each finished file of the record stands in the ledger by its hash. */
function draftOfFile({ path, table, hour, rows, bytes, sha256 }: FinishedFile): EntryDraft {
  const [day, of] = hour.split("/");
  return {
    kind: "observed",
    code: "access-file",
    about: { gate: "records", hour },
    data: { path, table, hour: `${day}T${of}:00:00.000Z`, rows, bytes, sha256 },
  };
}

/** What is older than the configuration says goes; the entry says that it was there. */
function draftOfPruned(day: string, files: number): EntryDraft {
  return { kind: "enforced", code: "record-pruned", about: { gate: "records" }, data: { day, files } };
}
