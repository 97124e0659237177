import assert from "node:assert/strict";
import { join } from "node:path";
import type { Disk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { Turn } from "../lib/turn.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { encodeEntry, limits as entryLimits, type Entry } from "./entry.ts";
import { Frontier, hashLeaf, type Hash } from "./merkle.ts";
import type { Signer } from "./note.ts";
import { ledgerFiles, PublishedTree, readOpenEntries } from "./read.ts";
import { encodeBundle, tileHeight, tilePath, tilesOf, tileWidth } from "./tiles.ts";
import { WriteAheadFile } from "./writeAhead.ts";

/** Bounds of the open batch. */
export const limits = {
  batchEntriesMax: 4_096,
  batchBytesMax: 4 * 1024 ** 2,
  waitingEntriesMax: 65_536,
  recentIdsMax: 65_536,
  publishMs: 1_000,
} as const;

export type AppendedRow = { index: number; entry: Entry };

type Waiting = {
  entry: Entry;
  bytes: Buffer;
  resolve: (index: number) => void;
  reject: (error: Error) => void;
};

/** A tile level's hashes that are not yet in a full tile that is on the medium. */
type Row = { first: number; hashes: Hash[] };

/**
 * The one writer of a ledger. `append` resolves when the entry's batch is on the medium; entries that arrive
 * meanwhile form the next batch, so a flush is shared (Sunlight's pool). Tiles and the signed checkpoint are
 * published at most every second, and on closing. When the ledger cannot write, it does not know what it
 * holds: it refuses all further entries, and starting again recovers by the usual path.
 */
export class Ledger {
  readonly folder: string;
  readonly #disk: Disk;
  readonly #signer: Signer;
  readonly #frontier: Frontier;
  readonly #rows: Row[] = [];
  #bundle: { first: number; entries: Buffer[] };
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #publishing: Promise<void> | null = null;
  #publishTimer: NodeJS.Timeout | null = null;
  #published = 0;
  #publishedAt: string | null = null;
  #file: WriteAheadFile | null = null;
  #broken: Error | null = null;
  #closed = false;
  readonly #recent = new Map<string, number>();
  readonly #listeners = new Set<(rows: AppendedRow[]) => void>();
  readonly #onFatal: (error: Error) => void;
  readonly #publishMs: number;
  /** A batch and a snapshot never run at the same time. */
  readonly #turn = new Turn();

  private constructor(options: LedgerOptions, state: { frontier: Frontier; bundleFirst: number }) {
    this.folder = options.folder;
    this.#disk = options.disk;
    this.#signer = options.signer;
    this.#frontier = state.frontier;
    this.#bundle = { first: state.bundleFirst, entries: [] };
    this.#onFatal = options.onFatal ?? (() => {});
    this.#publishMs = options.publishMs ?? limits.publishMs;
  }

  /** Opens or makes a ledger, and brings entries of the write-ahead files into the tree (the usual path). */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const { disk, folder, signer } = options;
    await disk.makeFolder(join(folder, ledgerFiles.open));
    await disk.makeFolder(join(folder, "tile/entries"));
    const tree = await PublishedTree.open(disk, folder, signer.verifier);
    if (tree === null)
      await disk.replace(join(folder, ledgerFiles.publicKey), Buffer.from(`${signer.verifier.text}\n`));
    const size = tree?.size ?? 0;
    const frontier = tree === null ? new Frontier() : await Frontier.restore(size, tree.readNode);
    if (tree !== null && !frontier.root().equals(tree.checkpoint.root)) {
      throw new SekishoError(
        "ledger-malformed",
        `Cannot open the ledger in ${folder}: tiles do not lead to the root`,
        {
          hint: "run: sekisho ledger verify",
        },
      );
    }
    const ledger = new Ledger(options, { frontier, bundleFirst: size - (size % tileWidth) });
    await ledger.#restore(tree, size);
    return ledger;
  }

  async #restore(tree: PublishedTree | null, size: number): Promise<void> {
    this.#published = size;
    for (const { level, full, partial } of tilesOf(size)) {
      const hashes =
        partial === 0 ? [] : (await (tree as PublishedTree).readTile(level, full)).slice(0, partial);
      this.#rows[level] = { first: full * tileWidth, hashes: hashes.map((hash) => Buffer.from(hash)) };
    }
    if (tree !== null && size % tileWidth !== 0) {
      this.#bundle.entries = await tree.readBundle(Math.floor(size / tileWidth));
    }
    await this.#rememberRecent(tree, size);
    const open = await readOpenEntries(this.#disk, this.folder, size);
    const altered = open.problems.find((problem) => problem.end === "altered");
    if (altered !== undefined) {
      throw new SekishoError(
        "ledger-malformed",
        `Cannot open the ledger: ${altered.file} was altered at ${altered.at}`,
        {
          hint: "restore the folder `open` from a copy of the ledger, then run: sekisho ledger verify",
        },
      );
    }
    const entries = open.entries.map((bytes) => Buffer.from(bytes));
    for (const bytes of entries) this.#grow(bytes, readId(bytes));
    if (entries.length > 0 || tree === null) await this.#publish();
    await this.#removeOpenFiles(null);
    this.#file = await WriteAheadFile.create(this.#disk, join(this.folder, ledgerFiles.open), this.size);
  }

  async #rememberRecent(tree: PublishedTree | null, size: number): Promise<void> {
    if (tree === null) return;
    for await (const { index, bytes } of tree.readEntries(Math.max(0, size - limits.recentIdsMax), size)) {
      this.#remember(readId(bytes), index);
    }
  }

  get size(): number {
    return this.#frontier.size;
  }

  get root(): Hash {
    return this.#frontier.root();
  }

  /** When the checkpoint was last published by this process. */
  get publishedAt(): string | null {
    return this.#publishedAt;
  }

  get origin(): string {
    return this.#signer.name;
  }

  /** Called after a batch is on the medium, in order. A listener must not throw. */
  onAppended(listener: (rows: AppendedRow[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves with the entry's index when it is on the medium. An entry whose id is among the last 65,536 is
   * not written again: a gate that lost its answer may send it once more.
   */
  append(entry: Entry): Promise<number> {
    const known = this.#recent.get(entry.id);
    if (known !== undefined && known < this.size) return Promise.resolve(known);
    return this.appendEncoded(entry, encodeEntry(entry));
  }

  /** As `append`, for a caller that holds the canonical bytes already. */
  async appendEncoded(entry: Entry, encoded: Uint8Array): Promise<number> {
    if (this.#broken !== null) throw this.#broken;
    if (this.#closed) throw stopped();
    if (encoded.length > entryLimits.entryBytesMax) {
      throw new SekishoError(
        "limit-passed",
        `Cannot append an entry of ${encoded.length} bytes: at most 65535`,
        {
          hint: "keep large payloads in the evidence store and name them by hash",
        },
      );
    }
    while (this.#waiting.length >= limits.waitingEntriesMax) await this.#flushing;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, bytes: Buffer.from(encoded), resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async #flush(): Promise<void> {
    await null; // Entries of this turn share the batch.
    try {
      while (this.#waiting.length > 0) await this.#turn.take(() => this.#flushBatch());
    } catch (error) {
      this.#break(error);
    } finally {
      this.#flushing = null;
    }
  }

  async #flushBatch(): Promise<void> {
    const taken = this.#takeBatch();
    const fresh = taken.filter((one) => !this.#recent.has(one.entry.id));
    const rows: AppendedRow[] = [];
    try {
      assert(this.#file !== null);
      if (fresh.length > 0)
        await this.#file.add(
          this.size,
          fresh.map((one) => one.bytes),
        );
    } catch (error) {
      for (const one of taken) one.reject(error as Error);
      throw error;
    }
    for (const one of fresh) {
      rows.push({ index: this.size, entry: one.entry });
      this.#grow(one.bytes, one.entry.id);
    }
    for (const one of taken) one.resolve(this.#recent.get(one.entry.id) as number);
    if (rows.length > 0) for (const listener of this.#listeners) listener(rows);
    this.#schedulePublish();
  }

  #takeBatch(): Waiting[] {
    let [count, bytes] = [0, 0];
    const ids = new Set<string>();
    for (const one of this.#waiting) {
      bytes += one.bytes.length;
      if (count === limits.batchEntriesMax || (count > 0 && bytes > limits.batchBytesMax)) break;
      if (ids.has(one.entry.id)) break; // The same entry twice: the second finds the first one's index.
      ids.add(one.entry.id);
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #grow(bytes: Buffer, id: string): void {
    this.#remember(id, this.size);
    this.#bundle.entries.push(bytes);
    this.#frontier.add(hashLeaf(bytes), (level, index, hash) => {
      if (level % tileHeight !== 0) return;
      const row = (this.#rows[level / tileHeight] ??= { first: 0, hashes: [] });
      assert(row.first + row.hashes.length === index);
      row.hashes.push(hash);
    });
  }

  #remember(id: string, index: number): void {
    this.#recent.set(id, index);
    if (this.#recent.size <= limits.recentIdsMax) return;
    const oldest = this.#recent.keys().next().value;
    if (oldest !== undefined) this.#recent.delete(oldest);
  }

  #schedulePublish(): void {
    this.#publishTimer ??= setTimeout(() => {
      this.#publishTimer = null;
      this.publish().catch(() => {}); // #break has told the owner.
    }, this.#publishMs).unref(); // A process that ends has its entries in the write-ahead file.
  }

  /** Writes tiles and the signed checkpoint for all that is on the medium. */
  async publish(): Promise<void> {
    while (this.#publishing !== null) await this.#publishing;
    if (this.#broken !== null) throw this.#broken;
    if (this.#published === this.size) return;
    this.#publishing = this.#publish()
      .catch((error: unknown) => {
        this.#break(error);
        throw error;
      })
      .finally(() => (this.#publishing = null));
    await this.#publishing;
  }

  async #publish(): Promise<void> {
    const { checkpoint, files, size } = await this.#turn.take(() => this.#snapshot());
    await inGroups(files, 16, async ({ path, bytes }) => {
      const full = join(this.folder, path);
      await this.#disk.makeFolder(join(full, ".."));
      await this.#disk.replace(full, bytes);
    });
    await this.#disk.replace(join(this.folder, ledgerFiles.checkpoint), Buffer.from(checkpoint));
    this.#published = size;
    this.#publishedAt = Temporal.Now.instant().toString();
    await this.#removeOpenFiles(this.#file);
    await this.#removePartials(files);
  }

  /**
   * What has to be written for the tree as it is between two batches. Later batches go to a new write-ahead
   * file,
   * so that the old one can be removed once its entries are in tiles.
   */
  async #snapshot(): Promise<{ checkpoint: string; files: { path: string; bytes: Buffer }[]; size: number }> {
    const size = this.size;
    const checkpoint = signCheckpoint({ origin: this.origin, size, root: this.root }, this.#signer);
    const files = this.#takeTiles(size);
    const closing = this.#file;
    if (closing !== null && closing.bytes > 0) {
      this.#file = await WriteAheadFile.create(this.#disk, join(this.folder, ledgerFiles.open), size);
      await closing.close();
    }
    return { checkpoint, files, size };
  }

  /**
   * The tile files that a tree of `size` needs and that are not all on the medium; full ones leave memory.
   */
  #takeTiles(size: number): { path: string; bytes: Buffer }[] {
    const files: { path: string; bytes: Buffer }[] = [];
    for (const [level, row] of this.#rows.entries()) {
      while (row.hashes.length >= tileWidth) {
        const bytes = Buffer.concat(row.hashes.splice(0, tileWidth));
        files.push({ path: tilePath(level, row.first / tileWidth), bytes });
        row.first += tileWidth;
      }
      if (row.hashes.length === 0) continue;
      const path = tilePath(level, row.first / tileWidth, row.hashes.length);
      files.push({ path, bytes: Buffer.concat(row.hashes) });
    }
    const bundle = this.#bundle;
    while (bundle.entries.length >= tileWidth) {
      const bytes = encodeBundle(bundle.entries.splice(0, tileWidth));
      files.push({ path: tilePath("entries", bundle.first / tileWidth), bytes });
      bundle.first += tileWidth;
    }
    if (bundle.entries.length > 0) {
      const path = tilePath("entries", bundle.first / tileWidth, bundle.entries.length);
      files.push({ path, bytes: encodeBundle(bundle.entries) });
    }
    assert(bundle.first + bundle.entries.length === size);
    return files;
  }

  async #removeOpenFiles(keep: WriteAheadFile | null): Promise<void> {
    const open = join(this.folder, ledgerFiles.open);
    for (const name of await this.#disk.list(open)) {
      if (join(open, name) !== keep?.path) await this.#disk.remove(join(open, name));
    }
  }

  /** C2SP tlog-tiles lets partial tiles go once the full one exists. */
  async #removePartials(files: { path: string }[]): Promise<void> {
    for (const { path } of files) {
      if (!path.includes(".p/")) await this.#disk.remove(join(this.folder, `${path}.p`));
    }
  }

  #break(error: unknown): void {
    if (this.#broken !== null) return;
    this.#broken = new SekishoError(
      "ledger-malformed",
      "Cannot write the ledger: the disk did not take a batch",
      {
        hint: "free space or mend the disk, then start again: the usual start recovers",
        cause: error,
      },
    );
    for (const one of this.#waiting.splice(0)) one.reject(this.#broken);
    this.#onFatal(this.#broken);
  }

  /** Waits for all entries, publishes, and lets go of the files. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#flushing !== null) await this.#flushing;
    if (this.#publishTimer !== null) clearTimeout(this.#publishTimer);
    if (this.#broken === null) await this.publish();
    await this.#file?.close();
  }
}

export type LedgerOptions = {
  disk: Disk;
  folder: string;
  signer: Signer;
  onFatal?: (error: Error) => void;
  publishMs?: number;
};

function readId(bytes: Buffer): string {
  return (JSON.parse(bytes.toString("utf8")) as { id: string }).id;
}

function stopped(): SekishoError {
  return new SekishoError("ledger-locked", "Cannot append: the ledger is being closed", {
    hint: "start again",
  });
}

async function inGroups<T>(all: readonly T[], width: number, act: (one: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < all.length; start += width)
    await Promise.all(all.slice(start, start + width).map(act));
}
