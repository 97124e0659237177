import { hash } from "node:crypto";
import { join } from "node:path";
import type { AppendFile, Disk } from "../lib/disk.ts";
import { decodeBundle, encodeBundle } from "./tiles.ts";

/**
 * The open batch: entries that are on disk but not yet in tiles. A file is named after the index of its first
 * entry and holds frames: magic, length, index of the first entry, bundle, and a SHA-256 over the hash
 * of the frame before and all of this one, so that no frame can be changed or left out in the middle.
 */
const magic = 0x534b5731; // "SKW1"
const headBytes = 16;
const hashBytes = 32;

/** Name of the write-ahead file whose first entry has this index. */
export function writeAheadName(firstIndex: number): string {
  return `from-${String(firstIndex).padStart(15, "0")}`;
}

function chainOf(before: Buffer, head: Buffer, bundle: Buffer): Buffer {
  return hash("sha256", Buffer.concat([before, head, bundle]), "buffer");
}

function startOf(name: string): Buffer {
  return hash("sha256", Buffer.from(`sekisho write-ahead ${name}`), "buffer");
}

/** Writes frames. `add` resolves when the frame is on the medium. */
export class WriteAheadFile {
  readonly path: string;
  readonly #file: AppendFile;
  #chain: Buffer;
  bytes = 0;

  private constructor(path: string, file: AppendFile, name: string) {
    this.path = path;
    this.#file = file;
    this.#chain = startOf(name);
  }

  static async create(disk: Disk, folder: string, firstIndex: number): Promise<WriteAheadFile> {
    const name = writeAheadName(firstIndex);
    const path = join(folder, name);
    await disk.remove(path);
    return new WriteAheadFile(path, await disk.append(path), name);
  }

  async add(firstIndex: number, entries: readonly Uint8Array[]): Promise<void> {
    const bundle = encodeBundle(entries);
    const head = Buffer.alloc(headBytes);
    head.writeUInt32BE(magic, 0);
    head.writeUInt32BE(bundle.length, 4);
    head.writeBigUInt64BE(BigInt(firstIndex), 8);
    this.#chain = chainOf(this.#chain, head, bundle);
    const frame = Buffer.concat([head, bundle, this.#chain]);
    await this.#file.write(frame);
    await this.#file.sync();
    this.bytes += frame.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** What a write-ahead file holds. `end` tells how it stops. */
export type WriteAheadRead = {
  frames: { firstIndex: number; entries: Buffer[] }[];
  /** `torn`: the last frame was being written when the program stopped. `altered`: it was changed since. */
  end: "whole" | "torn" | "altered";
  at: number;
};

/** Reads the frames of a write-ahead file up to the first that is not whole. */
export function readWriteAhead(name: string, bytes: Buffer): WriteAheadRead {
  const frames: WriteAheadRead["frames"] = [];
  let [at, chain] = [0, startOf(name)];
  while (at < bytes.length) {
    const rest = bytes.length - at;
    if (rest < headBytes) return { frames, end: "torn", at };
    const head = bytes.subarray(at, at + headBytes);
    if (head.readUInt32BE(0) !== magic) return { frames, end: isZero(bytes, at) ? "torn" : "altered", at };
    const end = at + headBytes + head.readUInt32BE(4) + hashBytes;
    if (end > bytes.length) return { frames, end: "torn", at };
    const bundle = bytes.subarray(at + headBytes, end - hashBytes);
    chain = chainOf(chain, head, bundle);
    if (!chain.equals(bytes.subarray(end - hashBytes, end))) {
      // A frame that ends the file may have lost blocks when power went; one in the middle may not.
      return { frames, end: end === bytes.length ? "torn" : "altered", at };
    }
    frames.push({ firstIndex: Number(head.readBigUInt64BE(8)), entries: decodeBundle(bundle).entries });
    at = end;
  }
  return { frames, end: "whole", at };
}

/** A file system may leave zeros where the length was extended before the data was written. */
function isZero(bytes: Buffer, from: number): boolean {
  return bytes.subarray(from).every((byte) => byte === 0);
}
