/**
 * Buffers to read into: small while little comes, so that ten thousand idle connections need little, and
 * large for a stream of rows. Large ones are used again.
 */
export class BufferPool {
  readonly #free: Buffer[] = [];

  static readonly smallBytes = 4 * 1024;
  static readonly largeBytes = 64 * 1024;
  static readonly freeMax = 64;

  take(large: boolean): Buffer {
    if (!large) return Buffer.allocUnsafeSlow(BufferPool.smallBytes);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BufferPool.largeBytes);
  }

  give(buffer: Buffer): void {
    if (buffer.length === BufferPool.largeBytes && this.#free.length < BufferPool.freeMax)
      this.#free.push(buffer);
  }
}
