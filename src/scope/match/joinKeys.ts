import { sharedBytes } from "../signatures/sharedMemory.ts";
import { HashFilter, hashKey, Scratch, siftKey, type HashedColumns, type KeyHashes } from "./hashKeys.ts";

export const limits = {
  /** A value that more rows share tells nobody apart: it finds nobody. */
  sharedMost: 300,
  /** Up to so many rows that ask, the other side is sifted by what they ask for. */
  siftedMost: 5_000_000,
  /** Rows of one part: they, their places and their keys stay in the cache. */
  rowsOfPart: 8_192,
  partBitsMax: 12,
} as const;

/**
 * Who has the same key, for each row that asked: 0 nobody; above it one row, plus 1; below it several, which
 * stand in `runs` from ~match on, after their count. Rows of one run are in their order. Keys are equal by 32
 * bits of their hash: who compares sees whether they are.
 */
export type KeyJoin = { matches: Int32Array; runs: Int32Array };

/** One side of a join: its columns, and where those of the key lie. */
export type JoinSide = { columns: HashedColumns; key: Int32Array };

/** Joins the rows of the left side to those of the right side by a key. */
export function joinKeys(left: JoinSide, right: JoinSide, scratch = new JoinScratch()): KeyJoin {
  const asking = hashKey(left.columns, left.key, scratch.left);
  if (asking.count > limits.siftedMost)
    return joinHashes(asking, hashKey(right.columns, right.key, scratch.right), scratch);
  const sifting = { filter: new HashFilter(asking), into: scratch.right, rowsInto: scratch.rows };
  return joinHashes(asking, siftKey(right.columns, right.key, sifting), scratch);
}

/** What one join after the other is made in. */
export class JoinScratch {
  readonly left = new Scratch();
  readonly right = new Scratch();
  readonly rows = new Scratch();
  readonly ours = new Scratch();
  readonly theirs = new Scratch();
}

/** Joins two sides part by part, by the first bits of their hashes, so that a part stays in the cache. */
function joinHashes(left: KeyHashes, right: KeyHashes, scratch: JoinScratch): KeyJoin {
  const bits = partBits(right.count);
  const ours = splitHashes(left, bits, { byPlace: true, into: scratch.ours });
  const theirs = splitHashes(right, bits, { into: scratch.theirs });
  const groups = new KeyGroups(theirs, bits, limits.sharedMost);
  const matches = new Int32Array(sharedBytes(left.count * 4), 0, left.count);
  for (let part = 0; part < 1 << bits; part += 1) {
    groups.take(part);
    const to = ours.starts[part + 1] as number;
    for (let at = ours.starts[part] as number; at < to; at += 1)
      matches[ours.pairs[at * 2 + 1] as number] = groups.find(ours.pairs[at * 2] as number);
  }
  return { matches, runs: groups.runs.all };
}

/** Runs of rows of one table that share a key, each after its count. */
export function groupByKey(columns: HashedColumns, key: Int32Array): Int32Array {
  const all = hashKey(columns, key);
  const bits = partBits(all.count);
  const groups = new KeyGroups(splitHashes(all, bits), bits, Number.POSITIVE_INFINITY);
  for (let part = 0; part < 1 << bits; part += 1) groups.take(part);
  return groups.runs.all;
}

const partBits = (count: number): number =>
  Math.min(limits.partBitsMax, Math.max(1, Math.ceil(Math.log2((count + 1) / limits.rowsOfPart))));

/** Hashes and rows in turn, those with the same first bits together and in their order. */
type Split = { starts: Uint32Array; pairs: Int32Array };

/** `byPlace`: with places among the rows in the stead of rows. */
function splitHashes(
  of: KeyHashes,
  bits: number,
  { byPlace = false, into = new Scratch() }: { byPlace?: boolean; into?: Scratch } = {},
): Split {
  const { hashes, count } = of;
  const shift = 32 - bits;
  const starts = new Uint32Array((1 << bits) + 2);
  // One place further than they belong: what is put in its place moves its part's start to its end.
  for (let at = 0; at < count; at += 1) {
    const hash = hashes[at] as number;
    if (hash !== 0) starts[(hash >>> shift) + 2] = (starts[(hash >>> shift) + 2] as number) + 1;
  }
  for (let at = 2; at < starts.length; at += 1)
    starts[at] = (starts[at] as number) + (starts[at - 1] as number);
  const pairs = into.take((starts[starts.length - 1] as number) * 2);
  const rows = byPlace ? null : of.rows;
  for (let at = 0; at < count; at += 1) {
    const hash = hashes[at] as number;
    if (hash === 0) continue;
    const place = starts[(hash >>> shift) + 1] as number;
    starts[(hash >>> shift) + 1] = place + 1;
    pairs[place * 2] = hash;
    pairs[place * 2 + 1] = rows === null ? at : (rows[at] as number);
  }
  return { starts: starts.subarray(0, (1 << bits) + 1), pairs };
}

/** The keys of one part after the other, and who has them. */
class KeyGroups {
  readonly #split: Split;
  readonly #bits: number;
  readonly #most: number;
  /** Bits of a hash, after those of the part, that say in which bucket it is. */
  readonly #fine: number;
  readonly #starts: Uint32Array;
  /** Of each key of the part, in the order of its buckets. */
  readonly #hashes: Int32Array;
  readonly #rows: Int32Array;
  readonly runs = new Runs();

  constructor(split: Split, bits: number, most: number) {
    this.#split = split;
    this.#bits = bits;
    this.#most = most;
    const { starts } = split;
    let largest = 0;
    for (let part = 0; part + 1 < starts.length; part += 1)
      largest = Math.max(largest, (starts[part + 1] as number) - (starts[part] as number));
    this.#fine = Math.min(32 - bits, 16, Math.max(1, Math.ceil(Math.log2(largest + 1))));
    this.#starts = new Uint32Array((1 << this.#fine) + 2);
    this.#hashes = new Int32Array(largest);
    this.#rows = new Int32Array(largest);
  }

  /** Takes in a part. */
  take(part: number): void {
    const { starts: parts, pairs } = this.#split;
    const [from, to] = [parts[part] as number, parts[part + 1] as number];
    const starts = this.#starts.fill(0);
    const bits = this.#bits;
    const shift = 32 - this.#fine;
    for (let at = from; at < to; at += 1) {
      const bucket = ((pairs[at * 2] as number) << bits) >>> shift;
      starts[bucket + 2] = (starts[bucket + 2] as number) + 1;
    }
    for (let at = 2; at < starts.length; at += 1)
      starts[at] = (starts[at] as number) + (starts[at - 1] as number);
    for (let at = from; at < to; at += 1) {
      const hash = pairs[at * 2] as number;
      const bucket = (hash << bits) >>> shift;
      const place = starts[bucket + 1] as number;
      starts[bucket + 1] = place + 1;
      this.#hashes[place] = hash;
      this.#rows[place] = pairs[at * 2 + 1] as number;
    }
    this.#gather();
  }

  /** Leaves each key once, with what stands for its rows. */
  #gather(): void {
    const [starts, hashes, rows] = [this.#starts, this.#hashes, this.#rows];
    let made = 0;
    let to = 0;
    for (let bucket = 0; bucket < 1 << this.#fine; bucket += 1) {
      const from = to;
      to = starts[bucket + 1] as number;
      starts[bucket] = made;
      for (let at = from; at < to; at += 1) {
        const hash = hashes[at] as number;
        if (hash === 0) continue;
        let count = 1;
        for (let other = at + 1; other < to; other += 1) if (hashes[other] === hash) count += 1;
        const value = count === 1 ? (rows[at] as number) + 1 : this.#run(at, to, count);
        if (value === 0) continue;
        hashes[made] = hash;
        rows[made] = value;
        made += 1;
      }
    }
    starts[1 << this.#fine] = made;
  }

  /** Keeps the rows of one key, and takes them out of the bucket that ends at `to`. */
  #run(at: number, to: number, count: number): number {
    const [hashes, rows] = [this.#hashes, this.#rows];
    const hash = hashes[at] as number;
    const isKept = count <= this.#most;
    const place = isKept ? this.runs.begin(count) : 0;
    for (let other = at; other < to; other += 1) {
      if (hashes[other] !== hash) continue;
      if (isKept) this.runs.add(rows[other] as number);
      if (other > at) hashes[other] = 0;
    }
    return isKept ? ~place : 0;
  }

  /** What stands for the rows with a hash, of the part taken in. */
  find(hash: number): number {
    const bucket = (hash << this.#bits) >>> (32 - this.#fine);
    const to = this.#starts[bucket + 1] as number;
    for (let at = this.#starts[bucket] as number; at < to; at += 1)
      if (this.#hashes[at] === hash) return this.#rows[at] as number;
    return 0;
  }
}

/** A copy with as much room again. */
function twice(list: Int32Array): Int32Array<ArrayBuffer> {
  const made = new Int32Array(list.length * 2);
  made.set(list);
  return made;
}

/** Runs of rows, each after its count. */
class Runs {
  #list = new Int32Array(1 << 16);
  #length = 0;

  /** The place of a run of so many rows. */
  begin(count: number): number {
    while (this.#length + count + 1 > this.#list.length) this.#list = twice(this.#list);
    this.#list[this.#length] = count;
    this.#length += 1;
    return this.#length - 1;
  }

  add(row: number): void {
    this.#list[this.#length] = row;
    this.#length += 1;
  }

  get all(): Int32Array {
    const made = new Int32Array(sharedBytes(this.#length * 4), 0, this.#length);
    made.set(this.#list.subarray(0, this.#length));
    return made;
  }
}
