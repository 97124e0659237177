import type { Socket } from "node:net";
import { BufferPool } from "./bufferPool.ts";

/** Hears what a socket has read. The bytes are its own until it returns, or the target has written them. */
export type BytesReader = (bytes: Buffer) => void;

const pool = new BufferPool();

/**
 * What one socket is read into (Node's `onread`): the same buffer again and again while all that came could
 * be written on at once, which is nearly always so, and another while bytes of it still wait for the target.
 */
export class ReadBuffer {
  reader: BytesReader = () => {};
  /** Where the bytes are written on; without one the reader keeps nothing of them. */
  target: Socket | null = null;
  #buffer = pool.take(false);
  /** Its bytes wait to be written. */
  #lent = false;
  /** Buffers of which that is so. */
  readonly #waiting: Buffer[] = [];
  #fullReads = 0;

  readonly onread = {
    buffer: (): Buffer => this.#next(),
    callback: (size: number): boolean => {
      this.#read(size);
      return true;
    },
  };

  #read(size: number): void {
    const buffer = this.#buffer;
    this.#fullReads = size === buffer.length ? 8 : Math.max(0, this.#fullReads - 1);
    const { target } = this;
    const bytes = buffer.subarray(0, size);
    // Little that cannot leave at once is copied: it would hold on to a whole buffer.
    if (target !== null && target.writableLength > 0 && size < BufferPool.smallBytes)
      return this.reader(Buffer.from(bytes));
    this.reader(bytes);
    if (target !== null && target.writableLength > 0) this.#lent = true;
    else this.settle();
  }

  /** Takes back what waited, where the target has nothing left to write. */
  settle(): void {
    if (this.#waiting.length === 0 || (this.target?.writableLength ?? 0) > 0) return;
    for (const buffer of this.#waiting) pool.give(buffer);
    this.#waiting.length = 0;
  }

  /** What the next read goes into. */
  #next(): Buffer {
    const large = this.#fullReads > 0;
    const buffer = this.#buffer;
    if (this.#lent) this.#waiting.push(buffer);
    else if (large === (buffer.length === BufferPool.largeBytes)) return buffer;
    else pool.give(buffer);
    this.#lent = false;
    this.#buffer = pool.take(large);
    return this.#buffer;
  }
}
