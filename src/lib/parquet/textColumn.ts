/** A growing column of text in PLAIN form. */
export class TextColumn {
  bytes = new Uint8Array(1024 ** 2);
  length = 0;

  /** Appends `from[start..end)`. */
  add(from: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.length + size + 4 > this.bytes.length) this.#grow(size + 4);
    const { bytes } = this;
    let at = this.length;
    bytes[at] = size & 0xff;
    bytes[at + 1] = (size >>> 8) & 0xff;
    bytes[at + 2] = (size >>> 16) & 0xff;
    bytes[at + 3] = size >>> 24;
    at += 4;
    // Copying short texts byte by byte costs less than a call for each.
    if (size < 48) for (let place = start; place < end; place += 1) bytes[at++] = from[place] as number;
    else bytes.set(from.subarray(start, end), at);
    this.length += size + 4;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + needed));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  get plain(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}

/** Texts as a dictionary. */
export function plainTexts(texts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const column = new TextColumn();
  for (const text of texts) {
    const bytes = encoder.encode(text);
    column.add(bytes, 0, bytes.length);
  }
  return column.plain.slice();
}
