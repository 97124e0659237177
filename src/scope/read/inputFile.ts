import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";

/** A file that is only ever read. */
export class InputFile implements Disposable {
  readonly #handle: number;

  constructor(file: string) {
    this.#handle = openSync(file, "r");
  }

  /** Fills the buffer from an offset; fewer bytes only at the end of the file. */
  read(into: Buffer, offset: number): number {
    let done = 0;
    while (done < into.length) {
      const count = readSync(this.#handle, into, done, into.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** A copy of some bytes; shorter at the end of the file. */
  slice(offset: number, length: number): Buffer {
    const into = Buffer.allocUnsafe(length);
    return into.subarray(0, this.read(into, offset));
  }

  [Symbol.dispose](): void {
    closeSync(this.#handle);
  }
}

/** Bytes of a file, or of a block device, whose status says nothing of its size. */
export function bytesOf(file: string): number {
  const status = statSync(file);
  if (!status.isBlockDevice()) return status.size;
  // Sectors of 512 bytes, whatever the device's own are.
  return Number(readFileSync(`/sys/class/block/${basename(file)}/size`, "utf8")) * 512;
}
