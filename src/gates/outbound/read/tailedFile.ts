import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { z } from "zod";
import { readFileBytes, readHead, type Compression } from "./fileBytes.ts";
import type { LineReader } from "./lineReader.ts";
import { LineCutter, type Line } from "./lines.ts";

/**
 * How far a file has been read, and how to know it again: by its inode while it is renamed, and by its
 * first bytes when it was copied or packed. `offset` and `line` count what it holds uncompressed.
 */
export const TailPosition = z.object({
  path: z.string(),
  inode: z.number(),
  headBytes: z.int().nonnegative(),
  head: z.string(),
  offset: z.int().nonnegative(),
  line: z.int().positive(),
  /** When it was last there, in milliseconds. */
  seenAt: z.number(),
});
export type TailPosition = z.infer<typeof TailPosition>;

const headBytesMax = 1_024;
const readBytes = 1024 ** 2;

/** The fingerprint of a file's first bytes. */
export function fingerprint(head: Buffer, length: number): string {
  return createHash("sha256").update(head.subarray(0, length)).digest("base64url");
}

/** The first bytes of a file, uncompressed, that a fingerprint may cover. */
export async function headOf(path: string): Promise<Buffer> {
  return (await readHead(path, headBytesMax)).head.subarray(0, headBytesMax);
}

/** Whether a file that begins with `head` is the one that was read up to a position, or a copy of it. */
export function isSame(position: TailPosition, head: Buffer): boolean {
  const { headBytes } = position;
  return headBytes > 0 && head.length >= headBytes && fingerprint(head, headBytes) === position.head;
}

/** Lines that were read, and the position after them. */
export type TailedLines = { lines: Line[]; position: TailPosition };

/** One file that is followed. It stays open, so that its last lines are read also when it is deleted. */
export class TailedFile {
  /** Its key among the positions. */
  readonly key: string;
  readonly reader: LineReader;
  path: string;
  /** When a line was last read, in milliseconds. */
  readAt = 0;
  readonly inode: number;
  readonly #handle: FileHandle;
  #position: TailPosition;
  #cutter: LineCutter;
  #readTo: number;

  private constructor(key: string, from: { position: TailPosition; handle: FileHandle; reader: LineReader }) {
    this.key = key;
    this.reader = from.reader;
    this.path = from.position.path;
    this.inode = from.position.inode;
    this.#handle = from.handle;
    this.#position = from.position;
    this.#readTo = from.position.offset;
    this.#cutter = new LineCutter(from.position.line);
  }

  static async open(key: string, position: TailPosition, reader: LineReader): Promise<TailedFile> {
    return new TailedFile(key, { position, reader, handle: await open(position.path, "r") });
  }

  get position(): TailPosition {
    return this.#position;
  }

  /** Whether the file now holds less than was read of it: it was emptied and is written anew. */
  async wasEmptied(): Promise<boolean> {
    return (await this.#handle.stat()).size < this.#readTo;
  }

  /** The next whole lines, or null when there are none for now. `now` is in milliseconds. */
  async read(now: number): Promise<TailedLines | null> {
    const buffer = Buffer.allocUnsafe(readBytes);
    const { bytesRead } = await this.#handle.read(buffer, 0, readBytes, this.#readTo);
    if (bytesRead === 0) return null;
    this.#readTo += bytesRead;
    const lines = this.#cutter.push(buffer.subarray(0, bytesRead));
    this.readAt = now;
    await this.#advance(lines, now);
    return { lines, position: this.#position };
  }

  /** The last line, where nobody ended it: the file is not written any more. */
  async finish(now: number): Promise<TailedLines | null> {
    const last = this.#cutter.end();
    if (last === null) return null;
    await this.#advance([last], now);
    return { lines: [last], position: this.#position };
  }

  async #advance(lines: readonly Line[], now: number): Promise<void> {
    const offset = this.#readTo - this.#cutter.waitingBytes;
    const line = this.#position.line + lines.length;
    const head = await this.#head(offset);
    this.#position = { ...this.#position, ...head, path: this.path, offset, line, seenAt: now };
  }

  /** The fingerprint grows with what was read, up to its limit. */
  async #head(offset: number): Promise<{ headBytes: number; head: string }> {
    const { headBytes, head } = this.#position;
    const length = Math.min(offset, headBytesMax);
    if (length <= headBytes) return { headBytes, head };
    const buffer = Buffer.alloc(length);
    await this.#handle.read(buffer, 0, length, 0);
    return { headBytes: length, head: fingerprint(buffer, length) };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Reads a packed file from a position to its end; it is not written any more. */
export async function* readPacked(
  from: TailPosition,
  compression: Compression,
  now: number,
): AsyncGenerator<TailedLines> {
  const cutter = new LineCutter(from.line);
  let { line } = from;
  let skip = from.offset;
  let offset = from.offset;
  for await (const bytes of readFileBytes(from.path, { compression })) {
    const rest = bytes.subarray(Math.min(skip, bytes.length));
    skip -= bytes.length - rest.length;
    offset += rest.length;
    const lines = cutter.push(rest);
    line += lines.length;
    yield { lines, position: { ...from, offset: offset - cutter.waitingBytes, line, seenAt: now } };
  }
  const last = cutter.end();
  if (last !== null) yield { lines: [last], position: { ...from, offset, line: line + 1, seenAt: now } };
}
