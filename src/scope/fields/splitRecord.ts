/** How a record's bytes fall into fields. */

export const limits = { fieldsMax: 512 } as const;

const quote = 0x22;
/** , TAB ; | and U+001F. */
const separators = [0x2c, 0x09, 0x3b, 0x7c, 0x1f] as const;

/** Spans of fields: `bytes[starts[n]..ends[n])` is field n without its quotes. */
export class Fields {
  readonly starts = new Int32Array(limits.fieldsMax);
  readonly ends = new Int32Array(limits.fieldsMax);
  count = 0;
  /** Whether a field's text still has doubled quotes in it. */
  readonly doubled = new Uint8Array(limits.fieldsMax);

  /**
   * Splits a record by one byte (RFC 4180: fields may stand in quotes, and a quote in them is doubled). A
   * quote that never ends is a character like any other.
   */
  split(bytes: Uint8Array, start: number, end: number, separator: number): void {
    this.count = 0;
    let at = start;
    for (;;) {
      if (this.count === limits.fieldsMax) return;
      let from = at;
      while (from < end && bytes[from] === 0x20) from += 1;
      const closed =
        bytes[from] === quote && from < end && separator !== 0x1f
          ? this.#closing(bytes, from, end, separator)
          : -1;
      if (closed >= 0) {
        this.#add(from + 1, closed, true, bytes);
        at = closed + 1;
        while (at < end && bytes[at] !== separator) at += 1;
      } else {
        while (at < end && bytes[at] !== separator) at += 1;
        this.#add(from, at, false, bytes);
      }
      if (at >= end) return;
      at += 1;
    }
  }

  /** The quote that ends a field: before a separator or the end; −1: none. */
  #closing(bytes: Uint8Array, from: number, end: number, separator: number): number {
    let at = from + 1;
    while (at < end) {
      if (bytes[at] !== quote) at += 1;
      else if (bytes[at + 1] === quote && at + 1 < end) at += 2;
      else {
        let after = at + 1;
        while (after < end && bytes[after] === 0x20) after += 1;
        return after >= end || bytes[after] === separator ? at : -1;
      }
    }
    return -1;
  }

  #add(start: number, end: number, quoted: boolean, bytes: Uint8Array): void {
    let to = end;
    while (to > start && ((bytes[to - 1] as number) === 0x20 || (bytes[to - 1] as number) === 0x0d)) to -= 1;
    this.starts[this.count] = start;
    this.ends[this.count] = to;
    this.doubled[this.count] = quoted && bytes.subarray(start, to).includes(quote) ? 1 : 0;
    this.count += 1;
  }
}

/**
 * The byte that most likely stands between the fields of a record: the most frequent of the usual ones
 * outside quotes; 0 where there is none.
 */
export function guessSeparator(bytes: Uint8Array, start: number, end: number): number {
  let best = 0;
  let most = 0;
  for (const separator of separators) {
    let count = 0;
    let quoted = false;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte === quote) quoted = !quoted;
      else if (byte === separator && !quoted) count += 1;
    }
    // A TAB or a bar stands in hardly any text, a comma in much.
    const weight = separator === 0x2c ? count : count * 1.5;
    if (weight > most) [best, most] = [separator, weight];
  }
  return best;
}
