import { watch, type FSWatcher } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { textOfError } from "../../../lib/error.ts";
import { makeUuidV7 } from "../../../lib/identifier.ts";
import { Turn } from "../../../lib/turn.ts";
import type { Seen, Unread } from "../connection.ts";
import type { Compression } from "./fileBytes.ts";
import { lineReaderOf, type LineKind } from "./lineKinds.ts";
import { ZeekReader, type LineReader } from "./lineReader.ts";
import { recognise } from "./recognise.ts";
import {
  fingerprint,
  headOf,
  isSame,
  readPacked,
  TailedFile,
  TailPosition,
  type TailedLines,
} from "./tailedFile.ts";
import { lineBytesMax } from "./zeekSql.ts";

export type TailOptions = {
  /** Log files, each with its rotated ones beside it, or folders of Zeek logs. */
  paths: readonly string[];
  kind: "zeek" | LineKind;
  /** Where the last run came to: what `onSeen` was given and is on disk. */
  positions: Readonly<Record<string, unknown>>;
  /** Takes what was read and the position after it (null: forget it). Nothing more is read until then. */
  onSeen(seen: Seen[], read: { source: string; position: TailPosition | null }): Promise<void>;
  onProblem(unread: Unread): void;
  pollMs?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
};

export type TailOfFiles = {
  /** Resolves when all that stands in the files now has been given. */
  settled(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Half-said things (a question without its answer) are given when nothing more comes for so long. */
const idleMs = 5_000;
/** A file that nobody writes is closed; should it grow again, it is found again. */
const restMs = 3_600_000;
/** Packed files are read when they are whole. */
const packedMs = 2_000;
/** What is not there any more may come back packed, or from a backup. */
const forgetMs = 48 * 3_600_000;
const readsPerTurn = 16;
const depthMax = 2;

type Found = { path: string; inode: number; bytes: number; writtenAt: number };
type Opened = { reader: LineReader; compression: Compression | null };

/**
 * Follows logs that grow, through renaming, emptying, copying and packing, and gives every line once: what
 * was read is known by its inode and its first bytes, not by its name.
 */
export async function tailFiles(options: TailOptions): Promise<TailOfFiles> {
  const tail = new Tail(options);
  await tail.start();
  return tail;
}

class Tail implements TailOfFiles {
  readonly #options: TailOptions;
  readonly #now: () => number;
  readonly #turn = new Turn();
  readonly #positions = new Map<string, TailPosition>();
  /** Files that are open, by inode. */
  readonly #live = new Map<number, TailedFile>();
  /** Files that need no look until they change: what they were when they were last looked at. */
  readonly #settled = new Map<string, string>();
  readonly #told = new Set<string>();
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #asked = false;
  #closed = false;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Temporal.Now.instant().epochMilliseconds);
    for (const [key, value] of Object.entries(options.positions)) {
      const position = key.startsWith(`${options.kind}:`) ? TailPosition.safeParse(value) : null;
      if (position?.success === true) this.#positions.set(key, position.data);
    }
  }

  async start(): Promise<void> {
    await this.settled();
    this.#timer = setInterval(() => this.#ask(), this.#options.pollMs ?? 1_000);
    this.#timer.unref();
  }

  settled(): Promise<void> {
    return this.#turn.take(() => this.#look());
  }

  #ask(): void {
    if (this.#asked || this.#closed) return;
    this.#asked = true;
    void this.#turn.take(async () => {
      this.#asked = false;
      if (!this.#closed) await this.#look();
    });
  }

  async #look(): Promise<void> {
    const found = await this.#list();
    const inodes = new Set(found.map(({ inode }) => inode));
    // What is open is read to its end first: a new file may be a packed copy of it.
    await this.#followAll(inodes);
    for (const file of found) await this.#guard(file.path, () => this.#meet(file));
    await this.#followAll(inodes);
    await this.#forget(inodes);
  }

  async #followAll(inodes: ReadonlySet<number>): Promise<void> {
    for (const file of [...this.#live.values()]) {
      await this.#guard(file.path, () => this.#follow(file, inodes));
    }
  }

  /** What goes wrong with one file is told once, and the file begins anew from where it was last given. */
  async #guard(path: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const problem = textOfError(error);
      for (const [inode, file] of this.#live) {
        if (file.path !== path) continue;
        this.#live.delete(inode);
        await file.close().catch(() => {});
      }
      this.#tell({ file: path, line: 0, problem });
    }
  }

  #tell(unread: Unread): void {
    const key = `${unread.file} ${unread.problem}`;
    if (unread.line === 0 && this.#told.has(key)) return;
    if (this.#told.size > 10_000) this.#told.clear();
    if (unread.line === 0) this.#told.add(key);
    this.#options.onProblem(unread);
  }

  /** The files there are, the ones written longest ago first. */
  async #list(): Promise<Found[]> {
    const found: Found[] = [];
    for (const path of this.#options.paths) {
      const folder = this.#options.kind === "zeek";
      if (folder) await this.#listFolder(path, { found, depth: 0, accepts: () => true });
      else {
        const name = basename(path);
        const accepts = (other: string): boolean => other === name || /^[.-]/.test(other.slice(name.length));
        const beside = (other: string): boolean => other.startsWith(name) && accepts(other);
        await this.#listFolder(dirname(path), { found, depth: depthMax, accepts: beside });
      }
    }
    return found.sort((one, other) => one.writtenAt - other.writtenAt);
  }

  async #listFolder(
    folder: string,
    to: { found: Found[]; depth: number; accepts(name: string): boolean },
  ): Promise<void> {
    const names = await readdir(folder).catch((error: unknown) => {
      this.#tell({ file: folder, line: 0, problem: textOfError(error) });
      return [];
    });
    if (names.length > 0) this.#watch(folder);
    for (const name of names) {
      const path = join(folder, name);
      const facts = name.startsWith(".") ? null : await stat(path).catch(() => null); // Gone meanwhile.
      if (facts?.isDirectory() === true && to.depth < depthMax) {
        await this.#listFolder(path, { ...to, depth: to.depth + 1 });
      } else if (facts?.isFile() === true && to.accepts(name)) {
        to.found.push({ path, inode: facts.ino, bytes: facts.size, writtenAt: facts.mtimeMs });
      }
    }
  }

  /** Looking once a second is enough; being told is sooner. */
  #watch(folder: string): void {
    if (this.#watchers.has(folder) || this.#watchers.size >= 64) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#ask());
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // The poll sees it too.
    }
  }

  async #meet(file: Found): Promise<void> {
    const live = this.#live.get(file.inode);
    if (live !== undefined) {
      live.path = file.path;
      return;
    }
    const state = `${file.inode} ${file.bytes} ${file.writtenAt}`;
    const before = this.#settled.get(file.path);
    if (before === state || before === String(file.inode) || file.bytes === 0) return;
    const opened = await this.#open(file);
    if (opened === null) return;
    const head = await headOf(file.path);
    const known = this.#knownAs(file, head);
    const fresh = {
      path: file.path,
      inode: file.inode,
      headBytes: 0,
      head: "",
      offset: 0,
      line: 1,
      seenAt: 0,
    };
    const position = { ...(known?.position ?? fresh), path: file.path, inode: file.inode };
    const same = known?.position.inode === file.inode;
    const key = same ? known.key : `${this.#options.kind}:${makeUuidV7(this.#now())}`;
    if (opened.compression === null) {
      this.#live.set(file.inode, await TailedFile.open(key, position, opened.reader));
      return;
    }
    const original = [...this.#live.values()].some((one) => isSame(one.position, head));
    if (original || this.#now() - file.writtenAt < packedMs) return;
    // It is whole, so its first bytes are known at once.
    const whole = { headBytes: head.length, head: fingerprint(head, head.length) };
    await this.#readPacked({
      ...{ key, position: { ...position, ...whole }, reader: opened.reader },
      compression: opened.compression,
    });
    this.#settled.set(file.path, state);
  }

  #knownAs(file: Found, head: Buffer): { key: string; position: TailPosition } | undefined {
    const same = [...this.#positions].filter(([, position]) => isSame(position, head));
    const [best] = same.sort(
      ([, one], [, other]) =>
        Number(other.inode === file.inode) - Number(one.inode === file.inode) || other.offset - one.offset,
    );
    return best === undefined ? undefined : { key: best[0], position: best[1] };
  }

  /** The reader for a file; null for one that is not needed, or cannot be known yet. */
  async #open(file: Found): Promise<Opened | null> {
    const { kind } = this.#options;
    const { compression, found } = await recognise(file.path, basename(file.path));
    if (found.what === "unknown" && compression !== null) {
      this.#settled.set(file.path, String(file.inode));
      this.#tell({ file: file.path, line: 0, problem: found.problem });
      return null;
    }
    const options = { now: () => this.#now() * 1_000 };
    if (kind !== "zeek") return { compression, reader: lineReaderOf(kind, options) };
    if (found.what === "zeek-tsv" || found.what === "zeek-json") {
      return { compression, reader: new ZeekReader(found.source, basename(file.path)) };
    }
    // A file that has just begun may not have its header yet.
    const old = this.#now() - file.writtenAt > 60_000 || file.bytes > 256 * 1024;
    if (found.what === "unknown" && old) this.#tell({ file: file.path, line: 0, problem: found.problem });
    if (found.what !== "unknown" || old) this.#settled.set(file.path, String(file.inode));
    return null;
  }

  async #readPacked(
    file: Opened & { key: string; position: TailPosition; compression: Compression },
  ): Promise<void> {
    const { key, position, reader, compression } = file;
    let last: TailPosition = { ...position, seenAt: this.#now() };
    try {
      for await (const part of readPacked(position, compression, this.#now())) {
        last = part.position;
        await this.#give({ key, path: position.path, reader }, part);
      }
    } catch (error) {
      this.#tell({ file: position.path, line: 0, problem: textOfError(error) });
    }
    await this.#save(key, reader.end(), last);
  }

  async #follow(file: TailedFile, inodes: ReadonlySet<number>): Promise<void> {
    if (await file.wasEmptied()) return this.#leave(file);
    for (let count = 0; count < readsPerTurn; count += 1) {
      const part = await file.read(this.#now());
      if (part === null) break;
      await this.#give(file, part);
      if (count === readsPerTurn - 1) return this.#ask(); // Others come to their turn, then this again.
    }
    const quiet = this.#now() - file.readAt;
    if (!inodes.has(file.inode) || (file.readAt > 0 && quiet > restMs)) return this.#leave(file);
    if (file.readAt > 0 && quiet > idleMs) {
      const rest = file.reader.end();
      if (rest.length > 0) await this.#save(file.key, rest, file.position);
    }
  }

  /** Takes the last line, ended or not, and closes. */
  async #leave(file: TailedFile): Promise<void> {
    const part = await file.finish(this.#now());
    if (part !== null) await this.#give(file, part);
    await this.#save(file.key, file.reader.end(), file.position);
    this.#live.delete(file.inode);
    await file.close();
    const facts = await stat(file.path).catch(() => null);
    if (facts?.ino !== file.inode) return;
    this.#settled.set(file.path, `${facts.ino} ${facts.size} ${facts.mtimeMs}`);
    if (facts.size < file.position.offset) this.#settled.delete(file.path);
  }

  async #give(file: { key: string; path: string; reader: LineReader }, part: TailedLines): Promise<void> {
    const seen: Seen[] = [];
    for (const { number, text } of part.lines) {
      if (text === "") continue;
      const read = text === null ? null : file.reader.read(text);
      const problem = read === null ? `longer than ${lineBytesMax} bytes` : read.problem;
      if (problem !== null) this.#tell({ file: file.path, line: number, problem });
      for (const one of read?.seen ?? []) seen.push(one);
    }
    await this.#save(file.key, seen, part.position);
  }

  async #save(key: string, seen: Seen[], position: TailPosition): Promise<void> {
    await this.#options.onSeen(seen, { source: key, position });
    this.#positions.set(key, position);
  }

  async #forget(inodes: ReadonlySet<number>): Promise<void> {
    for (const [key, position] of this.#positions) {
      if (inodes.has(position.inode) || this.#now() - position.seenAt < forgetMs) continue;
      this.#positions.delete(key);
      await this.#options.onSeen([], { source: key, position: null });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Gives what was half said, and stops. A line that nobody ended yet waits for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    await this.#turn.take(async () => {
      for (const file of this.#live.values()) {
        const rest = file.reader.end();
        if (rest.length > 0) await this.#save(file.key, rest, file.position);
        await file.close();
      }
      this.#live.clear();
    });
  }
}
