import { closeSync, constants, ftruncateSync, openSync, writeSync } from "node:fs";
import { stagedBytes, Stages, state, type Stage } from "./directStages.ts";

/**
 * Writes large files past the page cache of the system (open(2), O_DIRECT): what is read much later costs
 * only what the disk takes, instead of a page of fresh memory and a copy for every 4 KiB, and drives nothing
 * else out of the cache. Where the file system cannot do it, or the disk is so slow that the cache had better
 * take the bytes, files are written as any other.
 */

/** Places and lengths on disk are multiples of it. */
export const blockBytes = 4096;

export const limits = {
  /** Bytes a second below which the cache is the better place. */
  paceLeast: 500e6,
  /** Bytes after which the pace of a disk is judged, and a thread beside this one is worth its while. */
  paceAfter: 32e6,
} as const;

export const wholeBlocks = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;

/** Memory that begins with a page, as direct writing wants it: that of a module does. */
const newStage = (): Uint8Array =>
  new Uint8Array(new WebAssembly.Memory({ initial: stagedBytes / 65536 }).buffer);
const spareStages: Uint8Array[] = [];

/** What this thread has seen of its disks. */
const pace = { bytes: 0, milliseconds: 0 };
const isJudged = (): boolean => pace.bytes > limits.paceAfter;
const isSlow = (): boolean => isJudged() && pace.bytes < (limits.paceLeast / 1000) * pace.milliseconds;

/** The thread beside this one, once it is worth its while. */
let beside: Stages | null = null;

/** Opens a file past the cache, or where that cannot be, or is not wanted, as any other. */
function openWanted(file: string, flags: number, cached: boolean): { descriptor: number; direct: boolean } {
  // Not on every system.
  const direct: number | undefined = constants.O_DIRECT;
  if (direct !== undefined && !cached && !isSlow()) {
    try {
      return { descriptor: openSync(file, flags | direct, 0o600), direct: true };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
    }
  }
  return { descriptor: openSync(file, flags, 0o600), direct: false };
}

/** Writes bytes one behind the other from a place on. */
export class DirectWriter {
  readonly #file: string;
  #descriptor: number;
  #direct: boolean;
  #bytes = spareStages.pop() ?? newStage();
  /** Where the bytes stand if they are written beside this thread. */
  #stage: Stage | null = null;
  /** How many bytes wait to be written, and where the first of them belongs. */
  #staged = 0;
  #at = 0;

  /**
   * `mode`: "w" begins the file anew, "r+" writes into one that is there. `cached`: through the cache all the
   * same, since what is written is soon read.
   */
  constructor(file: string, mode: "w" | "r+", { cached = false } = {}) {
    this.#file = file;
    const fresh = mode === "w" ? constants.O_CREAT | constants.O_TRUNC : 0;
    const opened = openWanted(file, constants.O_WRONLY | fresh, cached);
    [this.#descriptor, this.#direct] = [opened.descriptor, opened.direct];
  }

  /** From where on the next bytes are written: a multiple of `blockBytes`. Nothing may be left to write. */
  begin(at: number): void {
    this.#at = at;
  }

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const part = bytes.subarray(done, done + stagedBytes - this.#staged);
      this.#bytes.set(part, this.#staged);
      this.#staged += part.length;
      done += part.length;
      if (this.#staged === stagedBytes) this.#empty(stagedBytes);
    }
  }

  /**
   * Hands over what is left, and zeros to the end of its block; gives the place behind the last of the bytes.
   * With `close()` all of it is written.
   */
  end(): number {
    const end = this.#at + this.#staged;
    const whole = wholeBlocks(this.#staged);
    this.#bytes.fill(0, this.#staged, whole);
    this.#empty(whole);
    return end;
  }

  #empty(bytes: number): void {
    if (this.#stage !== null) beside?.give(this.#stage, { file: this.#descriptor, bytes, place: this.#at });
    else for (let done = 0; done < bytes;) done += this.#put(done, bytes - done);
    // Once the disk has shown that it can be written to so, and is quick enough.
    if (this.#direct && isJudged()) this.#change((beside ??= new Stages()).take(this.#descriptor));
    this.#at += bytes;
    this.#staged = 0;
  }

  /** Goes on in another memory. */
  #change(stage: Stage | null): void {
    if (this.#stage === null && stage === null) return;
    if (this.#stage === null) spareStages.push(this.#bytes);
    this.#stage = stage;
    this.#bytes = stage?.bytes ?? spareStages.pop() ?? newStage();
  }

  #put(from: number, bytes: number): number {
    const start = performance.now();
    try {
      const written = writeSync(this.#descriptor, this.#bytes, from, bytes, this.#at + from);
      if (!this.#direct) return written;
      pace.bytes += written;
      pace.milliseconds += performance.now() - start;
      // After a short write the rest may begin within a block.
      if (written < bytes || isSlow()) this.#useCache();
      return written;
    } catch (error) {
      // Some systems open a file so, and then cannot write it.
      if (!this.#direct || (error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
      this.#useCache();
      return 0;
    }
  }

  #useCache(): void {
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#file, "r+");
    this.#direct = false;
  }

  /** `size`: where the file ends, if not with a whole block. */
  close(size?: number): void {
    if (this.#stage === null) spareStages.push(this.#bytes);
    else this.#stage.state = state.free;
    try {
      beside?.settle(this.#descriptor);
      if (size !== undefined) ftruncateSync(this.#descriptor, size);
    } finally {
      closeSync(this.#descriptor);
    }
  }
}
