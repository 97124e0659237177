import {
  WIDE_COLUMNS,
  wordOf,
  wordsOfRow,
  type NarrowColumn,
  type SignatureTable,
  type WideColumn,
} from "../signatures/columns.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

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

/** 32 bits of one column; 0 where it is missing. */
function columnHash(words: Uint32Array, start: number, place: number): number {
  const low = words[start + (place >> 1)] as number;
  const high = (place & 1) === 1 ? (words[start + (place >> 1) + 1] as number) : 0;
  if ((low | high) === 0) return 0;
  const hash = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return hash === 0 ? 1 : hash;
}

/** 32 bits of the columns together; 0 where one of them is missing. */
export function keyHash(words: Uint32Array, row: number, places: Int32Array): number {
  const start = row * wordsOfRow;
  let hash = 0;
  for (let at = 0; at < places.length; at += 1) {
    const one = columnHash(words, start, places[at] as number);
    if (one === 0) return 0;
    hash = joinHashes(hash, one);
  }
  return finishHash(hash);
}

const joinHashes = (hash: number, one: number): number => Math.imul(hash ^ one ^ (hash >>> 15), 0x2545f491);
const finishHash = (hash: number): number => {
  const mixed = hash ^ (hash >>> 13);
  return mixed === 0 ? 1 : mixed >>> 0;
};

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

/** Which rows an index is of; by default all that have the key. */
export type Indexed = {
  /** Only these; the same for all that are made at once. */
  rows?: Int32Array;
  /** Only rows whose key one of these has, or looks as if it had. */
  asked?: { table: SignatureTable; rows: Int32Array; places: Int32Array };
  /** Values that many rows share stay. */
  keepShared?: boolean;
};

/** Indexes of several keys, all taken from each row at once: most of the time goes into reaching the rows. */
export function indexKeys(
  table: SignatureTable,
  keys: readonly Int32Array[],
  of: readonly Indexed[],
): KeyIndex[] {
  const columns = [...new Set(keys.flatMap((places) => [...places]))];
  const hashes = new Int32Array(columns.length);
  const parts = keys.map((places) => Int32Array.from(places, (place) => columns.indexOf(place)));
  const kept = of.map((one) => new KeptRows(one, of[0]?.rows?.length ?? table.rows));
  const rows = of[0]?.rows;
  const count = rows?.length ?? table.rows;
  for (let at = 0; at < count; at += 1) {
    const row = rows === undefined ? at : (rows[at] as number);
    const start = row * wordsOfRow;
    for (let column = 0; column < columns.length; column += 1)
      hashes[column] = columnHash(table.words, start, columns[column] as number);
    for (let key = 0; key < parts.length; key += 1) {
      const hash = hashOf(hashes, parts[key] as Int32Array);
      if (hash !== 0) (kept[key] as KeptRows).add(row, hash);
    }
  }
  return kept.map((one, key) => {
    const index = one.index(keys[key] as Int32Array);
    if (of[key]?.keepShared !== true) dropShared(index, table.words);
    return index;
  });
}

function hashOf(hashes: Int32Array, part: Int32Array): number {
  let hash = 0;
  for (let at = 0; at < part.length; at += 1) {
    const one = hashes[part[at] as number] as number;
    if (one === 0) return 0;
    hash = joinHashes(hash, one);
  }
  return finishHash(hash);
}

/** Rows that have a key, with its hash, until all are known. */
class KeptRows {
  readonly #filter: KeyFilter | null;
  #rows: Uint32Array;
  #hashes: Uint32Array;
  #count = 0;

  constructor({ asked }: Indexed, most: number) {
    this.#filter = asked === undefined ? null : new KeyFilter(asked);
    const size = Math.max(1, this.#filter === null ? most : Math.min(most, 1 << 16));
    this.#rows = new Uint32Array(size);
    this.#hashes = new Uint32Array(size);
  }

  add(row: number, hash: number): void {
    if (this.#filter !== null && !this.#filter.has(hash)) return;
    if (this.#count === this.#rows.length) this.#grow();
    this.#rows[this.#count] = row;
    this.#hashes[this.#count] = hash;
    this.#count += 1;
  }

  #grow(): void {
    const [rows, hashes] = [new Uint32Array(this.#count * 2), new Uint32Array(this.#count * 2)];
    rows.set(this.#rows);
    hashes.set(this.#hashes);
    [this.#rows, this.#hashes] = [rows, hashes];
  }

  index(places: Int32Array): KeyIndex {
    const count = this.#count;
    const hashes = this.#hashes;
    const bits = Math.min(limits.bitsMax, Math.max(8, Math.ceil(Math.log2(count + 1))));
    const shift = 32 - bits;
    const starts = new Uint32Array(sharedBytes(((1 << bits) + 2) * 4));
    // One place further than they belong: what is put in its place moves its bucket's start to its end.
    for (let at = 0; at < count; at += 1) {
      const bucket = (hashes[at] as number) >>> shift;
      starts[bucket + 2] = (starts[bucket + 2] as number) + 1;
    }
    for (let at = 2; at < starts.length; at += 1)
      starts[at] = (starts[at] as number) + (starts[at - 1] as number);
    const rows = new Uint32Array(sharedBytes(count * 4));
    const tags = new Uint8Array(sharedBytes(count));
    for (let at = 0; at < count; at += 1) {
      const hash = hashes[at] as number;
      const place = starts[(hash >>> shift) + 1] as number;
      starts[(hash >>> shift) + 1] = place + 1;
      rows[place] = this.#rows[at] as number;
      tags[place] = hash & 255;
    }
    return { places, shift, starts: starts.subarray(0, (1 << bits) + 1), rows, tags };
  }
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
