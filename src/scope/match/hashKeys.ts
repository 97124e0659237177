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

/** Where the columns of a key lie in a row: twice the word, and one more where it has a second word. */
export function keyPlaces(columns: readonly KeyColumn[]): Int32Array {
  const wide = new Set<string>(WIDE_COLUMNS);
  return Int32Array.from(columns, (column) => wordOf[column] * 2 + (wide.has(column) ? 1 : 0));
}

/** Tells whether rows of two tables have the same in all columns of a key. */
export class KeyComparer {
  readonly #a: Uint32Array;
  readonly #b: Uint32Array;
  readonly #left: Int32Array;
  readonly #right: Int32Array;

  constructor(
    a: SignatureTable,
    b: SignatureTable,
    { left, right }: { left: Int32Array; right: Int32Array },
  ) {
    [this.#a, this.#b, this.#left, this.#right] = [a.words, b.words, left, right];
  }

  isSame(one: number, other: number): boolean {
    const x = one * wordsOfRow;
    const y = other * wordsOfRow;
    for (let at = 0; at < this.#left.length; at += 1) {
      const place = this.#left[at] as number;
      const a = x + (place >> 1);
      const b = y + ((this.#right[at] as number) >> 1);
      const low = this.#a[a] as number;
      const high = (place & 1) === 1 ? (this.#a[a + 1] as number) : 0;
      if (low !== this.#b[b] || ((place & 1) === 1 && high !== this.#b[b + 1])) return false;
      if ((low | high) === 0) return false;
    }
    return true;
  }
}

/** 32 bits of each column of some rows, 0 where it is missing; `rows`: which, by default the first ones. */
export type HashedColumns = {
  /** As in keys. */
  places: readonly number[];
  hashes: readonly Int32Array[];
  rows: Int32Array | null;
  count: number;
};

/** Rows whose columns are hashed at once: few enough to stay in the cache from one column to the next. */
export const blockRows = 512;

/** Columns of keys, in memory that threads share, still to be filled. */
export function columnsOfKeys(keys: readonly Int32Array[], rows: Int32Array | number): HashedColumns {
  const count = typeof rows === "number" ? rows : rows.length;
  const places = [...new Set(keys.flatMap((key) => [...key]))];
  return {
    places,
    hashes: places.map(() => new Int32Array(sharedBytes(count * 4), 0, count)),
    rows: typeof rows === "number" ? null : rows,
    count,
  };
}

/** Hashes the columns of rows in the places [from, to). */
export function fillColumns(columns: HashedColumns, { words }: SignatureTable, from = 0, to = columns.count) {
  const { rows } = columns;
  const starts = new Int32Array(blockRows);
  for (let first = from; first < to; first += blockRows) {
    const count = Math.min(blockRows, to - first);
    for (let at = 0; at < count; at += 1)
      starts[at] = (rows === null ? first + at : (rows[first + at] as number)) * wordsOfRow;
    for (let at = 0; at < columns.places.length; at += 1) {
      const place = columns.places[at] as number;
      const into = (columns.hashes[at] as Int32Array).subarray(first, first + count);
      if ((place & 1) === 1) hashWide(words, place >> 1, starts, into);
      else hashNarrow(words, place >> 1, starts, into);
    }
  }
}

// Without branches here and below: whether a value is there, nobody can foretell.
function hashWide(words: Uint32Array, word: number, starts: Int32Array, into: Int32Array): void {
  for (let at = 0; at < into.length; at += 1) {
    const start = (starts[at] as number) + word;
    const low = (words[start] as number) | 0;
    const high = (words[start + 1] as number) | 0;
    const any = low | high;
    into[at] = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) | ((any | -any) >>> 31);
  }
}

function hashNarrow(words: Uint32Array, word: number, starts: Int32Array, into: Int32Array): void {
  for (let at = 0; at < into.length; at += 1)
    into[at] = Math.imul((words[(starts[at] as number) + word] as number) | 0, 0x9e3779b1);
}

/** 32 bits of the key of each row, 0 where it has none; `rows`: which rows, by default the first ones. */
export type KeyHashes = Pick<HashedColumns, "rows" | "count"> & { hashes: Int32Array };

/** Rows whose keys are hashed at once. */
const keyRows = 4_096;

const partsOf = (columns: HashedColumns, key: Int32Array): Int32Array[] =>
  [...key].map((place) => columns.hashes[columns.places.indexOf(place)] as Int32Array);

/** The hashes of a key of so many parts, into the beginning; 0 where one of them is missing. */
function joinParts(parts: readonly Int32Array[], from: number, into: Int32Array, count: number): void {
  joinFirst(parts[0] as Int32Array, from, into, count);
  for (let part = 1; part < parts.length; part += 1) joinNext(parts[part] as Int32Array, from, into, count);
}

const mix = (hash: number): number => Math.imul(hash ^ (hash >>> 15), 0x2545f491) | 1;
/** All bits of it are set where a value is not 0. */
const isThere = (value: number): number => (value | -value) >> 31;

function joinFirst(column: Int32Array, from: number, into: Int32Array, count: number): void {
  for (let at = 0; at < count; at += 1) {
    const one = column[from + at] as number;
    into[at] = mix(one) & isThere(one);
  }
}

function joinNext(column: Int32Array, from: number, into: Int32Array, count: number): void {
  for (let at = 0; at < count; at += 1) {
    const one = column[from + at] as number;
    const before = into[at] as number;
    into[at] = mix(before ^ one) & isThere(one) & isThere(before);
  }
}

/** Memory that is used again: to be given fresh memory takes as long as what is done in it. */
export class Scratch {
  #list = new Int32Array(0);

  /** Room for so many numbers, whatever stood there; what was taken before is given back. */
  take(length: number): Int32Array {
    if (this.#list.length < length) this.#list = new Int32Array(length);
    return this.#list.subarray(0, length);
  }
}

/** The hashes of a key of all rows. */
export function hashKey(columns: HashedColumns, key: Int32Array, into = new Scratch()): KeyHashes {
  const { rows, count } = columns;
  const hashes = into.take(count);
  const parts = partsOf(columns, key);
  for (let from = 0; from < count; from += keyRows) {
    const to = Math.min(count, from + keyRows);
    joinParts(parts, from, hashes.subarray(from, to), to - from);
  }
  return { hashes, rows, count };
}

/** The hashes of a key of those rows that a filter lets through. */
export function siftKey(
  columns: HashedColumns,
  key: Int32Array,
  { filter, into, rowsInto }: { filter: HashFilter; into: Scratch; rowsInto: Scratch },
): KeyHashes {
  const { words, shift } = filter;
  const parts = partsOf(columns, key);
  const block = new Int32Array(keyRows);
  // Only what is written to is real: the rest costs nothing.
  const [hashes, rows] = [into.take(columns.count), rowsInto.take(columns.count)];
  let kept = 0;
  for (let from = 0; from < columns.count; from += keyRows) {
    const count = Math.min(keyRows, columns.count - from);
    joinParts(parts, from, block, count);
    // Written in any case and counted only if asked for: without a branch that nobody can foretell.
    for (let at = 0; at < count; at += 1) {
      const hash = block[at] as number;
      hashes[kept] = hash;
      rows[kept] = from + at;
      const word = words[hash >>> shift] as number;
      kept += (word >>> (hash >>> 1)) & (word >>> (hash >>> 6)) & hash & 1;
    }
  }
  return { hashes, rows, count: kept };
}

/** Two bits of one word for each hash asked for: tells most of what nobody asks for. */
export class HashFilter {
  readonly shift: number;
  readonly words: Int32Array;

  constructor({ hashes, count }: KeyHashes) {
    const width = Math.min(20, Math.max(8, Math.ceil(Math.log2(count + 1)) - 1));
    this.shift = 32 - width;
    this.words = new Int32Array(1 << width);
    for (let at = 0; at < count; at += 1) {
      const hash = hashes[at] as number;
      if (hash === 0) continue;
      const place = hash >>> this.shift;
      this.words[place] = (this.words[place] as number) | (1 << (hash >>> 1)) | (1 << (hash >>> 6));
    }
  }
}
