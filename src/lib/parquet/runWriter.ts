/** Indices that come many times one behind the other: see `RunWriter`. */
export type Runs = { bits: 8 | 16; bytes: Uint8Array };

/** Makes runs of indices of 8 or 16 bits; equal ones that follow each other become one. */
export class RunWriter {
  readonly #bits: 8 | 16;
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;
  #value = 0;
  #count = 0;

  constructor(bits: 8 | 16) {
    this.#bits = bits;
  }

  /** So many times this index. */
  add(value: number, count: number): void {
    if (value !== this.#value) this.#end();
    this.#value = value;
    this.#count += count;
  }

  #end(): void {
    if (this.#count === 0) return;
    if (this.#length + 8 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let head = this.#count * 2;
    for (; head > 0x7f; head >>>= 7) this.#bytes[this.#length++] = (head & 0x7f) | 0x80;
    this.#bytes[this.#length++] = head;
    this.#bytes[this.#length++] = this.#value & 0xff;
    if (this.#bits === 16) this.#bytes[this.#length++] = this.#value >> 8;
    this.#count = 0;
  }

  /** All runs; the writer begins anew. */
  take(): Runs {
    this.#end();
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(64 * 1024);
    this.#length = 0;
    return { bits: this.#bits, bytes };
  }
}
