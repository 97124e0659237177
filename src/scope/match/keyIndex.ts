import {
  WIDE_COLUMNS,
  wordOf,
  wordsOfRow,
  type NarrowColumn,
  type SignatureTable,
  type WideColumn,
} from "../signatures/columns.ts";

export type KeyColumn = WideColumn | NarrowColumn;

export const limits = {
  /** A value that more rows share tells nobody apart: it finds nobody. */
  sharedMost: 300,
  /** Buckets in which values are counted one by one. */
  fullBucket: 1_200,
  bitsMax: 23,
} as const;

/** Where the columns of a key lie in a row: twice the word, and one more where it has a second word. */
export function keyPlaces(columns: readonly KeyColumn[]): Int32Array {
  const wide = new Set<string>(WIDE_COLUMNS);
  return Int32Array.from(columns, (column) => wordOf[column] * 2 + (wide.has(column) ? 1 : 0));
}

/** 32 bits of the columns together; 0 where one of them is missing. */
export function keyHash(words: Uint32Array, row: number, places: Int32Array): number {
  const start = row * wordsOfRow;
  let hash = 0x2545f491;
  for (let at = 0; at < places.length; at += 1) {
    const place = places[at] as number;
    const low = words[start + (place >> 1)] as number;
    const high = (place & 1) === 1 ? (words[start + (place >> 1) + 1] as number) : 0;
    if ((low | high) === 0) return 0;
    hash = Math.imul(hash ^ low, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ high, 0x85ebca6b);
  }
  hash ^= hash >>> 13;
  return hash === 0 ? 1 : hash >>> 0;
}

export type KeySide = { words: Uint32Array; row: number; places: Int32Array };

/** Whether two rows have the same in all columns of a key. */
export function isSameKey(one: KeySide, other: KeySide): boolean {
  const [x, y] = [one.row * wordsOfRow, other.row * wordsOfRow];
  for (let at = 0; at < one.places.length; at += 1) {
    const place = one.places[at] as number;
    const [a, b] = [x + (place >> 1), y + ((other.places[at] as number) >> 1)];
    const [low, high] = [one.words[a] as number, (place & 1) === 1 ? (one.words[a + 1] as number) : 0];
    if (low !== other.words[b] || ((place & 1) === 1 && high !== other.words[b + 1])) return false;
    if ((low | high) === 0) return false;
  }
  return true;
}

/**
 * Rows by the hash of a key: those of one bucket stand together, in their order, each with eight more bits of
 * its hash. Flat arrays of shared memory: every thread asks the same one.
 */
export type KeyIndex = {
  places: Int32Array;
  /** Of a hash, its first bits are the bucket: hash >>> shift. */
  shift: number;
  /** `rows[starts[bucket]..starts[bucket + 1])` */
  starts: Uint32Array;
  rows: Uint32Array;
  tags: Uint8Array;
};

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(Math.max(8, bytes));

/** Which rows an index is of; by default all that have the key. */
export type Indexed = {
  /** Only these. */
  rows?: Int32Array;
  /** Only rows whose key one of these has, or looks as if it had. */
  asked?: { table: SignatureTable; rows: Int32Array; places: Int32Array };
  /** Values that many rows share stay. */
  keepShared?: boolean;
};

export function indexKeys(table: SignatureTable, places: Int32Array, of: Indexed = {}): KeyIndex {
  const count = of.rows?.length ?? table.rows;
  const hashes = new Uint32Array(count);
  const filter = of.asked === undefined ? null : new KeyFilter(of.asked);
  let kept = 0;
  for (let at = 0; at < count; at += 1) {
    const hash = keyHash(table.words, of.rows === undefined ? at : (of.rows[at] as number), places);
    if (hash === 0 || (filter !== null && !filter.has(hash))) continue;
    hashes[at] = hash;
    kept += 1;
  }
  const bits = Math.min(limits.bitsMax, Math.max(8, Math.ceil(Math.log2(kept + 1))));
  const shift = 32 - bits;
  const starts = new Uint32Array(shared(((1 << bits) + 2) * 4));
  // One place further than they belong: what is put in its place moves its bucket's start to its end.
  for (let at = 0; at < count; at += 1) {
    const hash = hashes[at] as number;
    if (hash !== 0) starts[(hash >>> shift) + 2] = (starts[(hash >>> shift) + 2] as number) + 1;
  }
  for (let at = 2; at < starts.length; at += 1)
    starts[at] = (starts[at] as number) + (starts[at - 1] as number);
  const rows = new Uint32Array(shared(kept * 4));
  const tags = new Uint8Array(shared(kept));
  for (let at = 0; at < count; at += 1) {
    const hash = hashes[at] as number;
    if (hash === 0) continue;
    const place = starts[(hash >>> shift) + 1] as number;
    starts[(hash >>> shift) + 1] = place + 1;
    rows[place] = of.rows === undefined ? at : (of.rows[at] as number);
    tags[place] = hash & 255;
  }
  const index = { places, shift, starts: starts.subarray(0, (1 << bits) + 1), rows, tags };
  if (of.keepShared !== true) dropShared(index, table.words);
  return index;
}

/** Whether a hash is one of those asked for: one bit for each of sixteen million. */
class KeyFilter {
  readonly #bits = new Uint8Array(1 << 21);

  constructor({ table, rows, places }: NonNullable<Indexed["asked"]>) {
    for (const row of rows) {
      const hash = keyHash(table.words, row, places);
      if (hash !== 0)
        this.#bits[hash >>> 11] = (this.#bits[hash >>> 11] as number) | (1 << ((hash >>> 8) & 7));
    }
  }

  has(hash: number): boolean {
    return ((this.#bits[hash >>> 11] as number) & (1 << ((hash >>> 8) & 7))) !== 0;
  }
}

/** Leaves out values that too many rows share, so that no bucket takes long to walk through. */
function dropShared({ places, starts, rows, tags }: KeyIndex, words: Uint32Array): void {
  let made = 0;
  let full = 0;
  for (let bucket = 0; bucket + 1 < starts.length; bucket += 1) {
    const from = full;
    full = starts[bucket + 1] as number;
    const counts = full - from > limits.fullBucket ? new Map<number, number>() : null;
    if (counts !== null) {
      for (let at = from; at < full; at += 1) {
        const hash = keyHash(words, rows[at] as number, places);
        counts.set(hash, (counts.get(hash) ?? 0) + 1);
      }
    }
    starts[bucket] = made;
    if (counts === null && made === from) {
      made = full;
      continue;
    }
    for (let at = from; at < full; at += 1) {
      const row = rows[at] as number;
      if (counts !== null && (counts.get(keyHash(words, row, places)) as number) > limits.sharedMost)
        continue;
      rows[made] = row;
      tags[made] = tags[at] as number;
      made += 1;
    }
  }
  starts[starts.length - 1] = made;
}
