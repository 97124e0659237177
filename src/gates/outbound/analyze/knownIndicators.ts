import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { Intelligence } from "./intelligence.ts";

/**
 * Which indicators the record was searched for, as sorted 64-bit hashes: millions in a few megabytes. Two
 * that share one by chance (1 in 10^12 for millions) would be searched for as one.
 */
export class KnownIndicators {
  readonly #hashes: BigUint64Array;

  private constructor(hashes: BigUint64Array) {
    this.#hashes = hashes;
  }

  /** Of a file that is missing or torn nothing is known: then everything is searched for again. */
  static async read(file: string): Promise<KnownIndicators> {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    const whole = new Uint8Array(bytes.length - (bytes.length % 8));
    whole.set(bytes.subarray(0, whole.length));
    return new KnownIndicators(new BigUint64Array(whole.buffer).sort());
  }

  static of(intelligence: Intelligence): KnownIndicators {
    const all = [...wordsOf(intelligence)].map(({ word }) => hashOf(word));
    return new KnownIndicators(BigUint64Array.from(all).sort());
  }

  async write(file: string): Promise<void> {
    await writeFile(file, Buffer.from(this.#hashes.buffer), { mode: 0o600 });
  }

  has(word: string): boolean {
    const wanted = hashOf(word);
    let [low, high] = [0, this.#hashes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] as bigint) < wanted) low = middle + 1;
      else high = middle;
    }
    return this.#hashes[low] === wanted;
  }

  /** The indicators that are not among these. */
  newIn(intelligence: Intelligence): Intelligence {
    const fresh = new Intelligence();
    for (const { word, list } of wordsOf(intelligence)) if (!this.has(word)) fresh.add(word, list);
    return fresh;
  }
}

function* wordsOf(intelligence: Intelligence): Generator<{ word: string; list: string }> {
  for (const [word, list] of intelligence.addresses) yield { word, list };
  for (const [word, list] of intelligence.names) yield { word, list };
  for (const { network, list } of intelligence.networks) yield { word: network, list };
}

function hashOf(word: string): bigint {
  return hash("sha256", word, "buffer").readBigUInt64LE(0);
}
