import { constants, linkSync, lstatSync, unlinkSync } from "node:fs";
import { copyFile, open, stat } from "node:fs/promises";
import type { FoundFile } from "./holder.ts";

type MirrorLimits = { bytesMax: number; smallBytes: number; everyMs: number };
/** A copy of what a file held before; it grows with the file. */
type Mirror = { path: string; bytes: number; modifiedMs: number };

/**
 * One file that we hold on to: by a second name of it (a hard link), which outlives its deletion, and by a
 * copy, which outlives its being cut short or written over.
 */
export class HeldFile {
  /** Device and inode. */
  readonly key: string;
  readonly names = new Set<string>();
  /** The newest name. */
  path: string;
  readonly firstMs: number;
  lastMs: number;
  bytes: number;
  modifiedMs: number;
  readonly uid: number;
  /** Our own name of it, or null where the file system gives none. */
  readonly link: string | null;
  gone = false;
  #mirror: Mirror | null = null;
  #mirroring: Promise<void> = Promise.resolve();
  #mirroredMs = -Infinity;

  constructor({ path, link, dev, ino, bytes, modifiedMs, uid }: FoundFile, nowMs: number) {
    this.key = keyOf({ dev, ino });
    this.path = path;
    this.names.add(path);
    this.link = link;
    this.firstMs = nowMs;
    this.lastMs = nowMs;
    this.bytes = bytes;
    this.modifiedMs = modifiedMs;
    this.uid = uid;
  }

  /** Whether all names but ours are gone. */
  isDeleted(): boolean {
    if (this.link === null) return true;
    try {
      return lstatSync(this.link).nlink === 1;
    } catch {
      return true;
    }
  }

  /** Where its content can be read now. */
  get source(): string {
    return this.link ?? this.path;
  }

  get mirror(): Mirror | null {
    return this.#mirror;
  }

  /**
   * Copies what is new in the file behind what was copied before. Small files at every change; large ones
   * no oftener than every `everyMs`, since that costs what they weigh.
   */
  startMirror(to: string, limits: MirrorLimits, nowMs: number): void {
    if (this.bytes === 0 || this.bytes > limits.bytesMax) return;
    if (this.bytes > limits.smallBytes && nowMs - this.#mirroredMs < limits.everyMs) return;
    this.#mirroredMs = nowMs;
    // Where no copy can be made, the link is still there.
    this.#mirroring = this.#mirroring.then(() => this.#copy(to)).catch(() => undefined);
  }

  /** Resolves when no copy is under way. */
  async settled(): Promise<void> {
    await this.#mirroring;
  }

  /** Hands the copy over: the file goes on without it. */
  detachMirror(): Mirror | null {
    const mirror = this.#mirror;
    this.#mirror = null;
    return mirror;
  }

  /** Takes the copy away. */
  dropMirror(): void {
    if (this.#mirror !== null) removeQuietly(this.#mirror.path);
    this.#mirror = null;
  }

  async #copy(to: string): Promise<void> {
    const before = await stat(this.source);
    if (before.size === 0) return;
    if (this.#mirror === null) {
      try {
        await copyFile(this.source, to, constants.COPYFILE_FICLONE);
        this.#mirror = { path: to, bytes: (await stat(to)).size, modifiedMs: before.mtimeMs };
      } catch (error) {
        removeQuietly(to); // Half of a copy only takes space.
        throw error;
      }
      return;
    }
    if (before.size <= this.#mirror.bytes) return;
    this.#mirror.bytes += await append(this.source, this.#mirror);
    this.#mirror.modifiedMs = before.mtimeMs;
  }
}

export function keyOf({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}-${ino}`;
}

/**
 * Gives what stands at a path a second name, in one call of the system: every other one before it would
 * cost files. Links are not followed. The code where it cannot be: ENOENT, EPERM for a folder, EXDEV, …
 */
export function holdByName(path: string, link: string): string | null {
  try {
    linkSync(path, link);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}

export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already.
  }
}

async function append(source: string, mirror: Mirror): Promise<number> {
  const from = await open(source, "r");
  const to = await open(mirror.path, "r+");
  try {
    const buffer = Buffer.alloc(1024 ** 2);
    let done = 0;
    for (;;) {
      const { bytesRead } = await from.read(buffer, 0, buffer.length, mirror.bytes + done);
      if (bytesRead === 0) return done;
      await to.write(buffer, 0, bytesRead, mirror.bytes + done);
      done += bytesRead;
    }
  } finally {
    await from.close();
    await to.close();
  }
}
