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
const blockRows = 512;

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

/** The hashes of a key that has so many parts; 0 where one of them is missing. */
function joinColumns(columns: HashedColumns, key: Int32Array, from: number, into: Int32Array): void {
  into.fill(-1);
  for (let part = 0; part < key.length; part += 1) {
    const column = columns.hashes[columns.places.indexOf(key[part] as number)] as Int32Array;
    for (let at = 0; at < into.length; at += 1) {
      const one = column[from + at] as number;
      const before = into[at] as number;
      const isThere = ((one | -one) & (before | -before)) >> 31;
      into[at] = (Math.imul(before ^ one ^ (before >>> 15), 0x2545f491) | 1) & isThere;
    }
  }
}

/** The hashes of a key of all rows. */
export function hashKey(columns: HashedColumns, key: Int32Array): KeyHashes {
  const { rows, count } = columns;
  const hashes = new Int32Array(count);
  for (let from = 0; from < count; from += blockRows)
    joinColumns(columns, key, from, hashes.subarray(from, Math.min(count, from + blockRows)));
  return { hashes, rows, count };
}

/** The hashes of a key of those rows that a filter lets through. */
export function siftKey(columns: HashedColumns, key: Int32Array, { bits, shift }: HashFilter): KeyHashes {
  const block = new Int32Array(blockRows);
  let [hashes, rows] = [new Int32Array(1 << 16), new Int32Array(1 << 16)];
  let kept = 0;
  for (let from = 0; from < columns.count; from += blockRows) {
    const count = Math.min(blockRows, columns.count - from);
    joinColumns(columns, key, from, block.subarray(0, count));
    if (kept + count > rows.length) [hashes, rows] = [twice(hashes), twice(rows)];
    for (let at = 0; at < count; at += 1) {
      const hash = block[at] as number;
      hashes[kept] = hash;
      rows[kept] = from + at;
      const bit = hash >>> shift;
      kept += ((bits[bit >>> 5] as number) >>> (bit & 31)) & 1 & hash;
    }
  }
  return { hashes, rows, count: kept };
}

/** A copy with as much room again. */
export function twice(list: Int32Array): Int32Array<ArrayBuffer> {
  const made = new Int32Array(list.length * 2);
  made.set(list);
  return made;
}

/** One bit for the first bits of each hash asked for: tells most of what nobody asks for. */
export class HashFilter {
  readonly shift: number;
  readonly bits: Uint32Array;

  constructor({ hashes, count }: KeyHashes) {
    const width = Math.min(25, Math.max(12, Math.ceil(Math.log2(count + 1)) + 3));
    this.shift = 32 - width;
    this.bits = new Uint32Array(1 << (width - 5));
    for (let at = 0; at < count; at += 1) {
      const hash = hashes[at] as number;
      if (hash === 0) continue;
      const bit = hash >>> this.shift;
      this.bits[bit >>> 5] = (this.bits[bit >>> 5] as number) | (1 << (bit & 31));
    }
  }
}
