import { windowBytes, type Kernel } from "./kernel.ts";
import type { ReadLimits } from "./limits.ts";

/** Room that loops of sixteen bytes may look at beyond the end. */
const slackBytes = 1_024;

/** The piece of an input that is in memory. Places are indexes into the kernel's memory. */
export class Window {
  readonly kernel: Kernel;
  readonly #chunkBytes: number;
  /** Offset in the input of the window's first byte. */
  base: number;
  length = 0;

  constructor(kernel: Kernel, base: number, limits: ReadLimits) {
    this.kernel = kernel;
    this.base = base;
    this.#chunkBytes = limits.chunkBytes;
  }

  /** Where the next bytes go. */
  room(): Buffer {
    const from = this.kernel.window + this.length;
    const to = Math.min(from + this.#chunkBytes, this.kernel.window + windowBytes - slackBytes);
    return this.kernel.bytes.subarray(from, to);
  }

  /** The place behind the last byte. */
  get end(): number {
    return this.kernel.window + this.length;
  }

  placeOf(offset: number): number {
    return this.kernel.window + offset - this.base;
  }

  offsetOf(place: number): number {
    return this.base + place - this.kernel.window;
  }

  /** Forgets what lies before an offset. */
  dropBefore(offset: number): void {
    const count = Math.min(this.length, offset - this.base);
    if (count <= 0) return;
    const { bytes, window } = this.kernel;
    bytes.copyWithin(window, window + count, window + this.length);
    this.base += count;
    this.length -= count;
  }

  /** Zeros up to a whole sector, so that the last one can be looked at like all others. */
  padTo(multiple: number): void {
    const missing = (multiple - (this.length % multiple)) % multiple;
    this.kernel.bytes.fill(0, this.end, this.end + missing);
    this.length += missing;
  }
}
