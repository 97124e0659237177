import type { AppendFile, Disk } from "./disk.ts";

/** Thrown at the write at which the simulated power goes. */
export class PowerLost extends Error {
  override name = "PowerLost";
}

type File = { durable: Buffer; written: Buffer };
/** A change of the folder that a power loss may or may not have brought to the medium, in order. */
type FolderChange = { path: string; before: File | null };

/**
 * A disk in memory that stops at the nth write and then holds what a real one may: synced bytes whole,
 * unsynced
 * ones up to a random place, a torn last write. The seed decides, so that every failure can be run again.
 */
export class TestDisk implements Disk {
  readonly files: Map<string, File>;
  operations = 0;
  #stopAt: number;
  readonly #random: () => number;
  #unsyncedChanges: FolderChange[] = [];

  constructor(options: { stopAt?: number; seed: number; files?: Map<string, File> }) {
    this.#stopAt = options.stopAt ?? Number.POSITIVE_INFINITY;
    this.#random = randomOf(options.seed);
    this.files = options.files ?? new Map();
  }

  /** Counts a write point; at the chosen one the power goes, before or in the middle of the act. */
  #point(partial?: () => void): void {
    this.operations += 1;
    if (this.operations < this.#stopAt) return;
    if (this.operations === this.#stopAt && partial !== undefined && this.#random() < 0.5) partial();
    throw new PowerLost(`at operation ${this.operations}`);
  }

  /** The disk as it is found after the power came back. */
  afterPowerLoss(options: { stopAt?: number; seed: number }): TestDisk {
    const files = new Map(this.files);
    // Folder changes reach the medium in order (ext4, data=ordered): some suffix of the unsynced ones is
    // undone.
    const kept = Math.floor(this.#random() * (this.#unsyncedChanges.length + 1));
    for (const change of this.#unsyncedChanges.slice(kept).reverse()) {
      if (change.before === null) files.delete(change.path);
      else files.set(change.path, change.before);
    }
    const found = new Map<string, File>();
    for (const [path, file] of files) {
      const unsynced = file.written.length - file.durable.length;
      const reached = file.durable.length + Math.floor(this.#random() * (unsynced + 1));
      const bytes = Buffer.from(file.written.subarray(0, reached));
      // A block may have been extended and not written.
      if (reached > file.durable.length && this.#random() < 0.3) bytes.fill(0, file.durable.length);
      found.set(path, { durable: bytes, written: bytes });
    }
    return new TestDisk({ ...options, files: found });
  }

  async read(path: string): Promise<Buffer | null> {
    const file = this.files.get(path);
    return file === undefined ? null : Buffer.from(file.written);
  }

  async list(folder: string): Promise<string[]> {
    const names = [...this.files.keys()]
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split("/")[0] as string);
    return [...new Set(names)].sort();
  }

  async makeFolder(): Promise<void> {}

  async append(path: string): Promise<AppendFile> {
    this.#point();
    const file: File = this.files.get(path) ?? { durable: Buffer.alloc(0), written: Buffer.alloc(0) };
    this.files.set(path, file); // The real disk syncs the folder here.
    return {
      write: async (bytes) => {
        const partial = Math.floor(this.#random() * bytes.length);
        this.#point(() => (file.written = Buffer.concat([file.written, bytes.subarray(0, partial)])));
        file.written = Buffer.concat([file.written, bytes]);
      },
      sync: async () => {
        this.#point();
        file.durable = file.written;
      },
      close: async () => {},
    };
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    this.#point();
    const content = Buffer.from(bytes);
    const change = { path, before: this.files.get(path) ?? null };
    this.files.set(path, { durable: content, written: content });
    this.#unsyncedChanges.push(change);
    this.#point(); // Renamed, and the folder is not yet synced.
    this.#unsyncedChanges = [];
  }

  async remove(path: string): Promise<void> {
    this.#point();
    for (const name of [...this.files.keys()]) {
      if (name !== path && !name.startsWith(`${path}/`)) continue;
      this.#unsyncedChanges.push({ path: name, before: this.files.get(name) as File });
      this.files.delete(name);
    }
  }
}

/** A small generator of numbers in [0, 1): mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
