import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { copyFile, statfs } from "node:fs/promises";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { textOfError } from "../../../../lib/error.ts";
import type { CanaryPlace } from "../../../../gateCanaries.ts";
import { siblingModule } from "../../../../lib/sibling.ts";
import { FileScanner } from "../fileScanner.ts";
import { explainDisk, Growths } from "./diskShort.ts";
import { HeldFile, keyOf, removeQuietly } from "./heldFile.ts";
import type { FoundFile, FromHolder, HolderOptions, ToHolder } from "./holder.ts";
import { problems } from "./problems.ts";
import { storeFile, type EvidenceSink, type Stored } from "./storeFile.ts";
import type { Occasion, WatchedFile, WatchProblem, WatchStatus } from "./watchedFile.ts";
import { findFatrace, findOpenFiles, Writers, type OpenFile } from "./writers.ts";

export type WatchLimits = {
  /** A file that nobody touches for so long is looked at. */
  settleMs: number;
  /** One that goes on growing is looked at so often. */
  growingMs: number;
  /** Personal records from which a file is told of. */
  reportRecords: number;
  /** Larger files go into evidence by head, middle and tail. */
  copyBytesMax: number;
  /** Larger files are held by their second name only. */
  mirrorBytesMax: number;
  smallBytes: number;
  heldMax: number;
  foldersMax: number;
  /** Free share of a disk below which it is short. */
  freeShareMin: number;
};

export const defaultLimits: WatchLimits = {
  settleMs: 2_000,
  growingMs: 10_000,
  reportRecords: 10,
  copyBytesMax: 2 * 1024 ** 3,
  mirrorBytesMax: 256 * 1024 ** 2,
  smallBytes: 1024 ** 2,
  heldMax: 20_000,
  foldersMax: 65_536,
  freeShareMin: 0.05,
};

export type FileWatchOptions = {
  folders: readonly string[];
  /** Folder of our own: second names and copies lie here until they are in evidence. */
  workFolder: string;
  evidence: EvidenceSink;
  onFile(found: WatchedFile): void | Promise<void>;
  onProblem(problem: WatchProblem): void;
  /** Every ten seconds. */
  onHeartbeat?(status: WatchStatus): void;
  limits?: Partial<WatchLimits>;
  /** Program that tells which process writes what; found by itself where it is installed. */
  fatrace?: string;
  /** Paths below these are passed by: our own data. */
  ignore?: readonly string[];
  /** Which customers are canaries: a file with one is told of, however small it is. */
  canaries?: CanaryPlace;
};

const tickMs = 100;
const beatMs = 10_000;
const restartMs = 1_000;
/** How long the thread that watches may take to end. */
const endMs = 10_000;
const rescueMs = 15;
const knownMax = 50_000;
const againMs = 600_000;

type Job = { held: HeldFile; occasion: Occasion; source: string };
type Known = { bytes: number; modifiedMs: number; sha256: string | null };

/**
 * Watches folders for files with personal records. Whatever appears or changes gets a second name at once,
 * then a copy, so that it can be read and kept even when it is deleted, cut short or written over within
 * the second; it is looked at when it comes to rest, or at once when it vanishes. What holds records goes
 * into evidence.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #limits: WatchLimits;
  #holder: Worker | null = null;
  readonly #holderClosed = Promise.withResolvers<void>();
  #holderEnded: Promise<void> = Promise.resolve();
  #folders = 0;
  readonly #writers = new Writers();
  readonly #scanner: FileScanner;
  readonly #growths = new Growths();
  readonly #held = new Map<string, HeldFile>();
  readonly #byPath = new Map<string, HeldFile>();
  readonly #known = new Map<string, Known>();
  readonly #told = new Map<string, number>();
  readonly #vanished = new Set<string>();
  /** Names of files that were held when they went: one deletion is several events. */
  readonly #deleted = new Set<string>();
  readonly #openers = new Map<string, OpenFile>();
  #jobs: Promise<void> = Promise.resolve();
  #waiting = 0;
  #counts = { scanned: 0, found: 0, missed: 0 };
  /** Names of files of this run begin with it. */
  readonly #run = randomBytes(6).toString("hex");
  #serial = 0;
  #timers: NodeJS.Timeout[] = [];
  #rescue: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#scanner = new FileScanner(options.canaries);
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  /**
   * Begins; resolves when the folders are watched. What was held when the watch last stopped is looked at.
   */
  async start(): Promise<void> {
    const work = resolve(this.#options.workFolder);
    for (const name of ["copies", "links"]) mkdirSync(join(work, name), { recursive: true, mode: 0o700 });
    const { present, linkFolders } = await this.#startHolder();
    for (const folder of [...linkFolders, join(work, "copies")]) this.#takeLeftOvers(folder);
    const fatrace = this.#options.fatrace ?? findFatrace();
    if (fatrace === null) this.#tell(problems.writers("fatrace is not installed, or this is not root"));
    else this.#writers.listen(fatrace, present, (why) => this.#tell(problems.writers(why)));
    this.#timers = [setInterval(() => this.#tick(), tickMs), setInterval(() => void this.#beat(), beatMs)];
  }

  status(): WatchStatus {
    return { folders: this.#folders, held: this.#held.size, waiting: this.#waiting, ...this.#counts };
  }

  /** Ends the watch; what is held is looked at before. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#rescue !== null) clearTimeout(this.#rescue);
    this.#writers.close();
    await this.#askAtEnd("close", this.#holderClosed.promise);
    for (const held of this.#held.values()) this.#finish(held, held.gone ? "deleted" : "settled");
    await this.#jobs;
    // A second name that is still to go would stay behind, in clear text, if the thread ended before that.
    await this.#askAtEnd("end", this.#holderEnded);
    await this.#holder?.terminate();
    await this.#scanner.close();
  }

  /** Waits for the thread that watches; of one that does not answer, what it leaves is left over. */
  async #askAtEnd(act: "close" | "end", answer: Promise<void>): Promise<void> {
    this.#ask({ do: act });
    const tooLate = new AbortController();
    const late = sleep(endMs, undefined, { signal: tooLate.signal }).catch(() => {});
    await Promise.race([answer, this.#holderEnded, late]);
    tooLate.abort();
  }

  /** Resolves when all that was queued until now has been looked at. */
  async idle(): Promise<void> {
    await this.#jobs;
  }

  /** The thread that watches; begun anew when it ends, and that is told. */
  #startHolder(): Promise<Extract<FromHolder, { say: "ready" }>> {
    const { folders, workFolder, ignore = [] } = this.#options;
    const { foldersMax } = this.#limits;
    // A thread that is begun anew must not take a name that the one before it gave.
    const run = `${this.#run}-${this.#serial++}`;
    const workerData: HolderOptions = { folders, workFolder: resolve(workFolder), ignore, foldersMax, run };
    const holder = new Worker(siblingModule(import.meta.url, "./holderThread"), {
      workerData,
      name: "hold",
      execArgv: [],
    });
    this.#holder = holder;
    this.#holderEnded = new Promise((resolve) => holder.once("exit", () => resolve()));
    let why = "it ended";
    holder.on("error", (error) => {
      why = textOfError(error);
    });
    holder.on("exit", () => {
      if (this.#closed) return;
      this.#tell(problems.ended(why));
      setTimeout(() => !this.#closed && void this.#startHolder(), restartMs);
    });
    return new Promise((resolveReady) => {
      holder.on("message", (message: FromHolder) => {
        if (message.say === "ready") resolveReady(message);
        else this.#hear(message);
      });
    });
  }

  #hear(message: Exclude<FromHolder, { say: "ready" }>): void {
    if (message.say === "file") this.#hold(message.file);
    else if (message.say === "gone") this.#lookAfter(message.path);
    else if (message.say === "problem") this.#tell(message.problem);
    else if (message.say === "closed") this.#holderClosed.resolve();
    else this.#folders = message.count;
  }

  #ask(message: ToHolder): void {
    this.#holder?.postMessage(message);
  }

  /** Nothing stands at this path any more. */
  #lookAfter(path: string): void {
    const held = this.#byPath.get(path);
    if (held === undefined) return this.#deleted.has(path) ? undefined : this.#miss(path);
    if (!held.isDeleted()) return; // It has another name by now; that is told of next.
    held.gone = true;
    if (this.#deleted.size > knownMax) this.#deleted.clear();
    for (const name of held.names) this.#deleted.add(name);
    this.#finish(held, "deleted");
  }

  #hold(file: FoundFile): void {
    const { path, link, bytes, modifiedMs } = file;
    const now = performance.now();
    const key = keyOf(file);
    const known = this.#known.get(key);
    let held = this.#held.get(key);
    if (held === undefined) {
      const unchanged = known !== undefined && known.bytes === bytes && known.modifiedMs === modifiedMs;
      const full = this.#held.size >= this.#limits.heldMax;
      if (file.again && !unchanged) return this.#ask({ do: "look", path }); // It was let go meanwhile.
      if (unchanged || full) {
        if (full) this.#tell(problems.tooMany(path, this.#held.size));
        this.#ask({ do: "forget", names: [path] });
        return this.#ask({ do: "release", names: [path], link, rest: { bytes, modifiedMs } });
      }
      held = new HeldFile(file, now);
      this.#held.set(key, held);
    } else if (link !== null) this.#ask({ do: "release", names: [], link, rest: null });
    this.#growths.note(path, bytes, now);
    this.#deleted.delete(path);
    held.names.add(path);
    held.path = path;
    this.#byPath.set(path, held);
    held.lastMs = now;
    this.#guardEarlier(held, file);
    [held.bytes, held.modifiedMs] = [bytes, modifiedMs];
    const { mirrorBytesMax, smallBytes, growingMs } = this.#limits;
    const limits = { bytesMax: mirrorBytesMax, smallBytes, everyMs: growingMs };
    held.startMirror(this.#copyPath(), limits, now);
  }

  /** Where a file has become shorter, or changed without growing, the copy is of what stood there before. */
  #guardEarlier(held: HeldFile, { bytes, modifiedMs }: FoundFile): void {
    const { mirror } = held;
    if (mirror === null || mirror.modifiedMs === modifiedMs || bytes > mirror.bytes) return;
    const occasion = bytes < mirror.bytes ? "cut-short" : "written-over";
    held.detachMirror();
    const job: Job = { held, occasion, source: mirror.path };
    this.#enqueue(job, () => removeQuietly(mirror.path));
  }

  /** What was held before a stop or a crash. */
  #takeLeftOvers(folder: string): void {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.startsWith(this.#run)) continue;
      try {
        const held = heldCopy(path, path);
        this.#enqueue({ held, occasion: "left-over", source: path }, () => removeQuietly(path));
      } catch {
        continue; // Another watch has taken it.
      }
    }
  }

  #copyPath(): string {
    return join(this.#options.workFolder, "copies", `${this.#run}-${this.#serial++}`);
  }

  #tick(): void {
    const now = performance.now();
    const { settleMs, growingMs } = this.#limits;
    for (const held of this.#held.values()) {
      if (now - held.lastMs >= settleMs) this.#finish(held, "settled");
      else if (now - held.firstMs >= growingMs) this.#finish(held, "growing");
    }
  }

  /** Lets go of a file, and has it looked at. What changes from now on is held anew. */
  #finish(held: HeldFile, occasion: Occasion): void {
    this.#held.delete(held.key);
    for (const name of held.names) if (this.#byPath.get(name) === held) this.#byPath.delete(name);
    const names = [...held.names];
    const { link, bytes, modifiedMs } = held;
    const rest = held.gone ? null : { bytes, modifiedMs };
    this.#ask({ do: "forget", names });
    this.#enqueue({ held, occasion, source: held.source }, () => {
      held.dropMirror();
      this.#ask({ do: "release", names, link, rest });
    });
  }

  #enqueue(job: Job, release: () => void): void {
    this.#waiting += 1;
    this.#jobs = this.#jobs
      .then(() => this.#work(job))
      .then((kept) => {
        if (kept) release(); // Else our second name is all that is left of it.
      })
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Looks at one file; false where it must be held on to. */
  async #work({ held, occasion, source }: Job): Promise<boolean> {
    await held.settled();
    try {
      const options = { today: Temporal.Now.plainDateISO(), hash: true };
      let from = source;
      let scan = await this.#scanner.scanFile(from, options);
      // Emptied before it was deleted: the copy is what it held.
      if (scan.bytes === 0 && held.mirror !== null) {
        from = held.mirror.path;
        scan = await this.#scanner.scanFile(from, options);
      }
      this.#counts.scanned += 1;
      const before = this.#known.get(held.key);
      if (occasion === "settled" || occasion === "growing") this.#remember(held, scan.sha256);
      const many = scan.records + scan.items >= this.#limits.reportRecords;
      if ((!many && scan.canaries === 0) || before?.sha256 === scan.sha256) return true;
      const evidence = await this.#keep(from, held.path);
      this.#counts.found += 1;
      const names = [...held.names];
      const age = Math.round(performance.now() - held.firstMs);
      const firstSeen = Temporal.Now.instant().subtract({ milliseconds: age });
      const writer = await this.#writerOf(held);
      await this.#options.onFile({ path: held.path, names, occasion, firstSeen, scan, evidence, writer });
      return evidence !== null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") this.#miss(held.path);
      else this.#tell(problems.notRead(held.path, textOfError(error)));
      return true;
    }
  }

  async #keep(from: string, path: string): Promise<Stored | null> {
    try {
      return await storeFile(from, this.#options.evidence, this.#limits.copyBytesMax);
    } catch (error) {
      this.#tell(problems.notKept(path, textOfError(error)));
      return null;
    }
  }

  async #writerOf(held: HeldFile): Promise<WatchedFile["writer"]> {
    // The kernel may call a file by any of its names, ours too.
    const names = held.link === null ? held.names : [...held.names, held.link];
    const sure = this.#writers.writerOf(names, held.uid, undefined);
    if (sure.by === "fanotify") return sure;
    const known = [...held.names].map((name) => this.#openers.get(name)).find((one) => one !== undefined);
    if (known !== undefined || held.gone) return this.#writers.writerOf(held.names, held.uid, known);
    const open = await findOpenFiles((path) => held.names.has(path));
    return this.#writers.writerOf(held.names, held.uid, open[0]);
  }

  #remember(held: HeldFile, sha256: string | null): void {
    if (this.#known.size >= knownMax) this.#known.clear(); // Then some files are looked at once more.
    this.#known.set(held.key, { bytes: held.bytes, modifiedMs: held.modifiedMs, sha256 });
  }

  /** A file that went before it could be held: a process that still has it open can give it back. */
  #miss(path: string): void {
    if (this.#closed) return;
    this.#vanished.add(path);
    this.#rescue ??= setTimeout(() => void this.#rescueVanished(), rescueMs);
  }

  async #rescueVanished(): Promise<void> {
    const vanished = new Set(this.#vanished);
    this.#vanished.clear();
    this.#rescue = null;
    for (const open of await findOpenFiles((path) => vanished.has(path))) {
      if (!open.deleted || !vanished.delete(open.path)) continue;
      const to = this.#copyPath();
      try {
        await copyFile(open.readAt, to);
        const held = heldCopy(open.path, to);
        held.gone = true;
        this.#openers.set(open.path, open);
        this.#enqueue({ held, occasion: "deleted", source: to }, () => removeQuietly(to));
      } catch {
        vanished.add(open.path); // It was closed meanwhile.
      }
    }
    const [example] = vanished;
    if (example === undefined) return;
    this.#counts.missed += vanished.size;
    this.#tell(problems.missed(example, this.#counts.missed));
  }

  async #beat(): Promise<void> {
    if (this.#openers.size > 1_000) this.#openers.clear();
    this.#deleted.clear();
    for (const folder of [...this.#options.folders, this.#options.workFolder]) await this.#lookAtDisk(folder);
    this.#options.onHeartbeat?.(this.status());
  }

  async #lookAtDisk(folder: string): Promise<void> {
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      if (bavail / Math.max(1, blocks) >= this.#limits.freeShareMin) return;
      const because = explainDisk({ folder, freeBytes: bavail * bsize, files: this.#growths.largest() });
      this.#tell({ code: "disk-short", path: folder, because });
    } catch {
      return; // The folder is gone, of which is told elsewhere.
    }
  }

  /** The same trouble at the same place is told once in ten minutes. */
  #tell(problem: WatchProblem): void {
    const key = problem.code === "missed" ? problem.code : `${problem.code} ${problem.path}`;
    const now = performance.now();
    const before = this.#told.get(key) ?? -Infinity;
    if (now - before < againMs) return;
    if (this.#told.size > 10_000) this.#told.clear();
    this.#told.set(key, now);
    this.#options.onProblem(problem);
  }
}

/** A file of ours that holds what stood at `path`. */
function heldCopy(path: string, copy: string): HeldFile {
  const { dev, ino, size, mtimeMs, uid } = lstatSync(copy);
  const file = { path, link: copy, again: false, dev, ino, bytes: size, modifiedMs: mtimeMs, uid };
  return new HeldFile(file, performance.now());
}
