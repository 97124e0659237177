import { hash } from "node:crypto";

/** A SHA-256 value. */
export type Hash = Buffer;

/** Reads the hash of the complete subtree of 2^level leaves that starts at leaf index * 2^level. */
export type ReadNode = (level: number, index: number) => Promise<Hash>;

const leafPrefix = Buffer.from([0x00]);

/** RFC 6962 2.1: the hash of a leaf is SHA-256(0x00 || entry). */
export function hashLeaf(entry: Uint8Array): Hash {
  return hash("sha256", Buffer.concat([leafPrefix, entry]), "buffer");
}

const pair = Buffer.alloc(65);
pair[0] = 0x01;

/** RFC 6962 2.1: the hash of a node is SHA-256(0x01 || left || right). */
export function hashChildren(left: Hash, right: Hash): Hash {
  left.copy(pair, 1);
  right.copy(pair, 33);
  return hash("sha256", pair, "buffer");
}

/** RFC 6962 2.1: the hash of the empty tree is the hash of the empty string. */
export const emptyRoot: Hash = hash("sha256", Buffer.alloc(0), "buffer");

/**
 * The right edge of a growing tree: the roots of the complete subtrees, largest first. Enough to
 * append leaves and to know the root, with at most one hash per level.
 */
export class Frontier {
  #size = 0;
  readonly #roots: { level: number; hash: Hash }[] = [];

  get size(): number {
    return this.#size;
  }

  /** Adds a leaf; calls back with every complete subtree that it closes, the leaf itself first. */
  add(leaf: Hash, closed?: (level: number, index: number, hash: Hash) => void): void {
    let node = { level: 0, hash: leaf };
    let index = this.#size;
    closed?.(0, index, leaf);
    for (;;) {
      const left = this.#roots.at(-1);
      if (left === undefined || left.level !== node.level) break;
      this.#roots.pop();
      node = { level: node.level + 1, hash: hashChildren(left.hash, node.hash) };
      index = Math.floor(index / 2);
      closed?.(node.level, index, node.hash);
    }
    this.#roots.push(node);
    this.#size += 1;
  }

  /** Sets the state of a tree of `size` leaves from its complete subtrees. */
  static async restore(size: number, read: ReadNode): Promise<Frontier> {
    const frontier = new Frontier();
    let start = 0;
    for (const level of levelsOf(size)) {
      frontier.#roots.push({ level, hash: await read(level, start / 2 ** level) });
      start += 2 ** level;
    }
    frontier.#size = size;
    return frontier;
  }

  root(): Hash {
    const roots = this.#roots.map((root) => root.hash);
    return roots.length === 0 ? emptyRoot : roots.reduceRight((right, left) => hashChildren(left, right));
  }
}

function levelsOf(size: number): number[] {
  const levels = [];
  for (let level = 52; level >= 0; level--) {
    if (Math.floor(size / 2 ** level) % 2 === 1) levels.push(level);
  }
  return levels;
}

/** The largest power of two smaller than n, as RFC 6962 2.1 splits a tree. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The hash of the leaves from `start` up to `end`, which must be as RFC 6962 splits a tree. */
export async function hashRange(start: number, end: number, read: ReadNode): Promise<Hash> {
  const size = end - start;
  if (size === 0) return emptyRoot;
  const level = Math.log2(size);
  if (Number.isInteger(level) && start % size === 0) return read(level, start / size);
  const split = splitOf(size);
  return hashChildren(await hashRange(start, start + split, read), await hashRange(start + split, end, read));
}

/** RFC 6962 2.1.1: the audit path of the leaf at `index` in a tree of `size` leaves. */
export async function proveInclusion(index: number, size: number, read: ReadNode): Promise<Hash[]> {
  const path: Hash[] = [];
  let [start, end] = [0, size];
  const steps: [number, number][] = [];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      steps.push([middle, end]);
      end = middle;
    } else {
      steps.push([start, middle]);
      start = middle;
    }
  }
  for (const [from, to] of steps.reverse()) path.push(await hashRange(from, to, read));
  return path;
}

/** RFC 9162 2.1.3.2: the root that an audit path leads to, or null where the path does not fit. */
export function rootOfInclusion(leaf: Hash, index: number, size: number, path: readonly Hash[]): Hash | null {
  if (index >= size) return null;
  let [node, last] = [index, size - 1];
  let result = leaf;
  for (const step of path) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      result = hashChildren(step, result);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      result = hashChildren(result, step);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? result : null;
}

/** RFC 6962 2.1.2: proof that the tree of `before` leaves is a prefix of the tree of `after` leaves. */
export async function proveConsistency(before: number, after: number, read: ReadNode): Promise<Hash[]> {
  if (before === 0 || before === after) return [];
  async function prove(start: number, end: number, size: number, whole: boolean): Promise<Hash[]> {
    if (size === end - start) return whole ? [] : [await hashRange(start, end, read)];
    const split = splitOf(end - start);
    if (size <= split) {
      const proof = await prove(start, start + split, size, whole);
      return [...proof, await hashRange(start + split, end, read)];
    }
    const proof = await prove(start + split, end, size - split, false);
    return [...proof, await hashRange(start, start + split, read)];
  }
  return prove(0, after, before, true);
}

/** RFC 9162 2.1.4.2: whether the proof shows that the older tree is a prefix of the newer one. */
export function isConsistent(
  older: { size: number; root: Hash },
  newer: { size: number; root: Hash },
  proof: readonly Hash[],
): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  if (older.size === 0) return proof.length === 0;
  const path = Number.isInteger(Math.log2(older.size)) ? [older.root, ...proof] : [...proof];
  let [node, last] = [older.size - 1, newer.size - 1];
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  const first = path.shift();
  if (first === undefined) return false;
  let [olderRoot, newerRoot] = [first, first];
  for (const step of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      olderRoot = hashChildren(step, olderRoot);
      newerRoot = hashChildren(step, newerRoot);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      newerRoot = hashChildren(newerRoot, step);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && olderRoot.equals(older.root) && newerRoot.equals(newer.root);
}
