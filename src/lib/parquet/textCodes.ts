import { TextColumn } from "./textColumn.ts";

/** Numbers texts in the order in which they first come, by their bytes; the empty text is 0. */
export class TextCodes {
  /** The texts one behind the other, as Parquet's PLAIN has them. */
  readonly texts = new TextColumn();
  count = 0;
  #starts = new Uint32Array(256);
  #slots = new Int32Array(1_024);

  constructor() {
    this.code(new Uint8Array(0), 0, 0);
  }

  /** The number of `bytes[from..to)`. */
  code(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    const mask = this.#slots.length - 1;
    for (let at = (hash ^ (hash >>> 15)) & mask; ; at = (at + 1) & mask) {
      const code = (this.#slots[at] as number) - 1;
      if (code < 0) return this.#add(bytes, from, { to, at });
      if (this.#isText(code, bytes, { from, to })) return code;
    }
  }

  #isText(code: number, bytes: Uint8Array, { from, to }: { from: number; to: number }): boolean {
    const { bytes: texts } = this.texts;
    const start = (this.#starts[code] as number) + 4;
    const end = code + 1 < this.count ? (this.#starts[code + 1] as number) : this.texts.length;
    if (end - start !== to - from) return false;
    for (let at = 0; at < to - from; at += 1) if (texts[start + at] !== bytes[from + at]) return false;
    return true;
  }

  #add(bytes: Uint8Array, from: number, { to, at }: { to: number; at: number }): number {
    if (this.count === this.#starts.length) {
      const larger = new Uint32Array(this.count * 2);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[this.count] = this.texts.length;
    this.texts.add(bytes, from, to);
    this.#slots[at] = this.count + 1;
    this.count += 1;
    if (this.count * 2 > this.#slots.length) this.#grow();
    return this.count - 1;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    const { bytes } = this.texts;
    for (let code = 0; code < this.count; code += 1) {
      const end = code + 1 < this.count ? (this.#starts[code + 1] as number) : this.texts.length;
      let hash = 0x811c9dc5 | 0;
      for (let at = (this.#starts[code] as number) + 4; at < end; at += 1)
        hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
      let at = (hash ^ (hash >>> 15)) & mask;
      while (this.#slots[at] !== 0) at = (at + 1) & mask;
      this.#slots[at] = code + 1;
    }
  }
}

/** Where each of `count` texts in PLAIN begins, behind its length; one more for the end. */
export function startsOfTexts(plain: Uint8Array, count: number): Uint32Array {
  const starts = new Uint32Array(new SharedArrayBuffer((count + 1) * 4));
  let at = 0;
  for (let text = 0; text < count; text += 1) {
    starts[text] = at + 4;
    const size =
      (plain[at] as number) |
      ((plain[at + 1] as number) << 8) |
      ((plain[at + 2] as number) << 16) |
      ((plain[at + 3] as number) << 24);
    at += size + 4;
  }
  starts[count] = at + 4;
  return starts;
}
