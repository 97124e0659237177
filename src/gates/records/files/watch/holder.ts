import { lstatSync, mkdirSync, statSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { FolderWatches } from "./folderWatches.ts";
import { holdByName, removeQuietly } from "./heldFile.ts";
import { problems } from "./problems.ts";
import type { WatchProblem } from "./watchedFile.ts";

/** What the main thread asks of the one that watches. */
export type ToHolder =
  /** What changes under these names from now on is held anew. */
  | { do: "forget"; names: string[] }
  /** This second name goes; `rest`: how the file was when it was looked at. */
  | {
      do: "release";
      names: string[];
      link: string | null;
      rest: { bytes: number; modifiedMs: number } | null;
    }
  | { do: "look"; path: string }
  /** Nothing more is held; what was told before is told, and then `closed`. */
  | { do: "close" }
  /** All that was asked before is done, and the thread ends. */
  | { do: "end" };
/**
 * A file as it was found. `link`: its second name, if it was given one just now; `again`: it is believed to
 * have one.
 */
export type FoundFile = {
  path: string;
  link: string | null;
  again: boolean;
  dev: number;
  ino: number;
  bytes: number;
  modifiedMs: number;
  uid: number;
};
export type FromHolder =
  | { say: "file"; file: FoundFile }
  | { say: "gone"; path: string }
  | { say: "problem"; problem: WatchProblem }
  | { say: "folders"; count: number }
  | { say: "closed" }
  | { say: "ready"; present: string[]; linkFolders: string[] };

export type HolderOptions = {
  folders: readonly string[];
  workFolder: string;
  ignore: readonly string[];
  foldersMax: number;
  /** Second names of this run begin with it. */
  run: string;
};

/** Where second names lie on a disk that is not the work folder's. */
export const hiddenFolder = ".sekisho-held";
const recheckMs = 30_000;
const rememberedMax = 50_000;

/**
 * Watches folders and gives whatever appears a second name, at once and before anything else is asked about
 * it. It does nothing besides, in a thread of its own: what is deleted a millisecond after it was written
 * is held all the same.
 */
export class Holder {
  readonly #options: HolderOptions;
  readonly #post: (message: FromHolder) => void;
  readonly #watches: FolderWatches;
  /** Names that have a second one, and of which inode. */
  readonly #held = new Map<string, number>();
  /** Files that were looked at and are as they were then: our own links are events too. */
  readonly #resting = new Map<string, { bytes: number; modifiedMs: number }>();
  /** Folder for second names by device, and by folder of files; null where there is none. */
  readonly #linkFolders = new Map<number, string | null>();
  readonly #linkFolderOf = new Map<string, string | null>();
  #serial = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: HolderOptions, post: (message: FromHolder) => void) {
    this.#options = options;
    this.#post = post;
    const passed = [options.workFolder, ...options.ignore].map((path) => resolve(path));
    this.#watches = new FolderWatches(
      {
        onPath: (path) => this.look(path),
        onLimit: (path, code) => this.#tell(problems.limit(path, code, this.#watches.count)),
        onVanished: (path) => this.#tell(problems.vanished(path)),
      },
      {
        ignored: (path) =>
          path.endsWith(`/${hiddenFolder}`) ||
          passed.some((one) => path === one || path.startsWith(`${one}/`)),
        foldersMax: options.foldersMax,
      },
    );
  }

  start(): void {
    const folders = this.#options.folders.map((folder) => resolve(folder));
    for (const folder of folders) this.#prepareLinks(folder);
    for (const folder of folders) this.#watches.addRoot(folder);
    this.#timer = setInterval(() => {
      this.#watches.recheck();
      this.#post({ say: "folders", count: this.#watches.count });
    }, recheckMs);
    const linkFolders = [...this.#linkFolders.values()].filter((folder) => folder !== null);
    this.#post({ say: "folders", count: this.#watches.count });
    this.#post({ say: "ready", present: folders.filter((folder) => this.#watches.has(folder)), linkFolders });
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#closed = true;
    this.#watches.close();
    this.#post({ say: "closed" });
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#held.delete(name);
  }

  release({ names, link, rest }: Extract<ToHolder, { do: "release" }>): void {
    for (const name of names) if (rest !== null && !this.#held.has(name)) this.#resting.set(name, rest);
    if (this.#resting.size > rememberedMax) this.#resting.clear(); // Each is asked about once more.
    if (link !== null) removeQuietly(link);
  }

  look(path: string): void {
    if (this.#closed) return;
    if (this.#held.has(path) || this.#resting.has(path)) this.#lookAgain(path);
    else this.#hold(path);
  }

  #hold(path: string): void {
    const folder = this.#linksFor(dirname(path));
    const link = folder === null ? null : join(folder, `${this.#options.run}-${this.#serial++}`);
    const code = link === null ? "EXDEV" : holdByName(path, link);
    if (code === "ENOENT") return this.#gone(path);
    const found = statOf(code === null ? (link ?? path) : path);
    if (found === null) return this.#gone(path);
    if (!found.isFile()) {
      if (code === null && link !== null) removeQuietly(link);
      if (found.isDirectory()) this.#watches.addNew(path);
      return;
    }
    // EPERM: the file is not ours, under fs.protected_hardlinks.
    if (code !== null) this.#tell(problems.noLinks(dirname(path), code));
    this.#resting.delete(path);
    this.#held.set(path, found.ino);
    // Each gets one more second name then, which is let go again.
    if (this.#held.size > rememberedMax * 2) this.#held.clear();
    this.#sayFile(path, found, { link: code === null ? link : null, again: false });
  }

  #lookAgain(path: string): void {
    const found = statOf(path);
    if (found === null) return this.#gone(path);
    const rest = this.#resting.get(path);
    if (rest !== undefined) {
      if (rest.bytes === found.size && rest.modifiedMs === found.mtimeMs) return;
      this.#resting.delete(path);
      return this.#hold(path);
    }
    // Another file may have been moved over the one that is held.
    if (this.#held.get(path) !== found.ino) return this.#hold(path);
    this.#sayFile(path, found, { link: null, again: true });
  }

  #gone(path: string): void {
    this.#held.delete(path);
    this.#resting.delete(path);
    const folder = dirname(path);
    if (this.#watches.has(path)) this.#watches.drop(path);
    else if (statOf(folder) === null) this.#watches.drop(folder);
    else this.#post({ say: "gone", path });
  }

  #sayFile(path: string, found: Stats, how: { link: string | null; again: boolean }): void {
    const { dev, ino, size, mtimeMs, uid } = found;
    this.#post({ say: "file", file: { path, ...how, dev, ino, bytes: size, modifiedMs: mtimeMs, uid } });
  }

  #tell(problem: WatchProblem): void {
    this.#post({ say: "problem", problem });
  }

  /** Where second names of files in this folder lie. */
  #linksFor(folder: string): string | null {
    const known = this.#linkFolderOf.get(folder);
    if (known !== undefined) return known;
    const device = deviceOf(folder);
    if (device === null) return null;
    let links = this.#linkFolders.get(device);
    if (links === undefined) {
      // A mount below a watched folder: second names lie at its own top.
      let root = folder;
      while (root !== "/" && deviceOf(dirname(root)) === device) root = dirname(root);
      links = this.#makeLinkFolder(root, device);
    }
    if (this.#linkFolderOf.size > rememberedMax) this.#linkFolderOf.clear();
    this.#linkFolderOf.set(folder, links);
    return links;
  }

  #prepareLinks(folder: string): void {
    const device = deviceOf(folder);
    if (device === null || this.#linkFolders.has(device)) return;
    const { workFolder } = this.#options;
    if (deviceOf(workFolder) === device) this.#linkFolders.set(device, join(workFolder, "links"));
    else this.#makeLinkFolder(folder, device);
  }

  #makeLinkFolder(root: string, device: number): string | null {
    const folder = join(root, hiddenFolder);
    let made: string | null = null;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // A folder or link that somebody else put there is not ours to trust.
      const stat = lstatSync(folder);
      if (stat.isDirectory() && stat.uid === process.getuid?.()) made = folder;
    } catch {
      made = null; // Told of with the first file.
    }
    this.#linkFolders.set(device, made);
    return made;
  }
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

function deviceOf(path: string): number | null {
  try {
    return statSync(path).dev;
  } catch {
    return null;
  }
}
