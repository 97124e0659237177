import { lstatSync, readdirSync, watch, type FSWatcher } from "node:fs";
import { join } from "node:path";

export type FolderEvents = {
  /** Something stands, stood or changed at this path. Called at once, within the event itself. */
  onPath(path: string): void;
  /** The kernel gives no more watches (ENOSPC, EMFILE), or we hold as many as we may. */
  onLimit(folder: string, code: string): void;
  /** A folder that was to be watched is not there any more. */
  onVanished(folder: string): void;
};

/** Clocks of file systems tick coarsely, and a look takes its time. */
const overlapMs = 2_000;

type Watched = { watcher: FSWatcher; modifiedMs: number };

/**
 * Watches folders with all below them, one watch of the kernel for each. A new folder is watched first and
 * swept once afterwards, so that what was put into it in between is not overlooked. Links are not followed.
 */
export class FolderWatches {
  readonly #events: FolderEvents;
  readonly #ignored: (path: string) => boolean;
  readonly #foldersMax: number;
  readonly #watched = new Map<string, Watched>();
  /** Wall clock of the last look at all folders: only what changed since is told of again. */
  #checkedMs = Temporal.Now.instant().epochMilliseconds;
  #roots: string[] = [];

  constructor(events: FolderEvents, options: { ignored: (path: string) => boolean; foldersMax: number }) {
    this.#events = events;
    this.#ignored = options.ignored;
    this.#foldersMax = options.foldersMax;
  }

  get count(): number {
    return this.#watched.size;
  }

  /** Begins to watch a folder that people named. Files that are there already are not told of. */
  addRoot(folder: string): void {
    this.#roots.push(folder);
    this.#add(folder, false);
  }

  /** A folder that appeared: what is in it is new. */
  addNew(folder: string): void {
    if (!this.#watched.has(folder)) this.#add(folder, true);
  }

  has(folder: string): boolean {
    return this.#watched.has(folder);
  }

  /** Ends the watches on a folder that is gone, and on all below it. */
  drop(folder: string): void {
    for (const [path, { watcher }] of this.#watched) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      watcher.close();
      this.#watched.delete(path);
    }
    if (this.#roots.includes(folder)) this.#events.onVanished(folder);
  }

  /**
   * Looks again at folders that changed without our hearing of it: the kernel's queue of events is not
   * endless. Named folders that are back are watched again.
   */
  recheck(): void {
    const sinceMs = this.#checkedMs - overlapMs;
    this.#checkedMs = Temporal.Now.instant().epochMilliseconds;
    for (const root of this.#roots) if (!this.#watched.has(root)) this.#add(root, true);
    for (const [folder, watched] of this.#watched) {
      const modifiedMs = modifiedOf(folder);
      if (modifiedMs === null) this.drop(folder);
      else if (modifiedMs !== watched.modifiedMs) {
        watched.modifiedMs = modifiedMs;
        for (const below of this.#sweep(folder, true, sinceMs)) this.addNew(below);
      }
    }
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
    this.#roots = [];
  }

  #add(folder: string, isNew: boolean): void {
    const waiting = [folder];
    while (waiting.length > 0) {
      const path = waiting.pop() as string;
      if (this.#ignored(path) || this.#watched.has(path)) continue;
      if (!this.#watch(path)) return;
      waiting.push(...this.#sweep(path, isNew));
    }
  }

  /** False where no more can be watched. */
  #watch(folder: string): boolean {
    if (this.#watched.size >= this.#foldersMax) {
      this.#events.onLimit(folder, "foldersMax");
      return false;
    }
    try {
      const watcher = watch(folder, { persistent: true }, (_, name) => {
        if (name !== null) this.#events.onPath(join(folder, name));
      });
      watcher.on("error", () => this.drop(folder));
      this.#watched.set(folder, { watcher, modifiedMs: modifiedOf(folder) ?? 0 });
      return true;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code === "ENOSPC" || code === "EMFILE") {
        this.#events.onLimit(folder, code);
        return false;
      }
      if (this.#roots.includes(folder)) this.#events.onVanished(folder);
      return true; // It is gone already, or not ours to read.
    }
  }

  /** Folders below this one; its files are told of where they are new. */
  #sweep(folder: string, isNew: boolean, sinceMs = 0): string[] {
    const folders: string[] = [];
    try {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (isNew && entry.isFile() && changedSince(path, sinceMs)) this.#events.onPath(path);
      }
    } catch {
      return []; // It went away meanwhile; the event of that follows.
    }
    return folders;
  }
}

function changedSince(path: string, sinceMs: number): boolean {
  if (sinceMs === 0) return true;
  try {
    return lstatSync(path).ctimeMs >= sinceMs;
  } catch {
    return false;
  }
}

function modifiedOf(folder: string): number | null {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() ? stat.mtimeMs : null;
  } catch {
    return null;
  }
}
