import { open } from "node:fs/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Transform } from "node:stream";

export type Compression = "gzip" | "zstd" | "bzip2" | "xz";

const signatures: readonly [Compression, readonly number[]][] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** By the first bytes, whatever the name says. */
function compressionOf(head: Uint8Array): Compression | null {
  return signatures.find(([, bytes]) => bytes.every((byte, at) => head[at] === byte))?.[0] ?? null;
}

const plainChunk = 4 * 1024 ** 2;
/** Small, because deflate can grow a thousandfold: one step gives at most some tens of megabytes. */
const compressedChunk = 32 * 1024;

/**
 * The bytes of a file, uncompressed, from `start` on. What a cut or damaged file still holds comes first;
 * only then is the damage thrown. `onRead` is told how much of the file itself was read.
 */
export async function* readFileBytes(
  path: string,
  options: { compression: Compression | null; start?: number; onRead?: (bytes: number) => void },
): AsyncGenerator<Buffer> {
  const { compression, onRead } = options;
  if (compression === null) {
    yield* readPlain(path, { start: options.start ?? 0, chunk: plainChunk, onRead });
    return;
  }
  const inflate =
    compression === "gzip" ? createGunzip() : compression === "zstd" ? createZstdDecompress() : null;
  if (inflate === null) throw new Error(`compressed with ${compression}, which is not read`);
  const found: Buffer[] = [];
  let failure: Error | undefined;
  inflate.on("data", (bytes: Buffer) => found.push(bytes));
  inflate.on("error", (error: Error) => (failure = error));
  try {
    for await (const chunk of readPlain(path, { start: 0, chunk: compressedChunk, onRead })) {
      await new Promise<void>((resolve) => inflate.write(chunk, () => resolve()));
      yield* found.splice(0);
      if (failure !== undefined) break;
    }
    if (failure === undefined) await ended(inflate);
    yield* found.splice(0);
  } finally {
    inflate.destroy();
  }
  if (failure !== undefined) throw new Error(`damaged ${compression} data: ${failure.message}`);
}

function ended(inflate: Transform): Promise<void> {
  return new Promise((resolve) => {
    inflate.once("end", () => resolve());
    inflate.once("error", () => resolve());
    inflate.end();
  });
}

async function* readPlain(
  path: string,
  { start, chunk, onRead }: { start: number; chunk: number; onRead: ((bytes: number) => void) | undefined },
): AsyncGenerator<Buffer> {
  const handle = await open(path, "r");
  try {
    // A growing file ends where it ended when it was opened, so that one pass agrees with the next.
    const { size } = await handle.stat();
    for (let at = start; at < size;) {
      const buffer = Buffer.allocUnsafe(Math.min(chunk, size - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      onRead?.(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The first bytes of a file, uncompressed: as many as there are, at most `most`. */
export async function readHead(
  path: string,
  most: number,
): Promise<{ head: Buffer; compression: Compression | null }> {
  const parts: Buffer[] = [];
  let length = 0;
  let compression: Compression | null = null;
  for await (const bytes of readPlain(path, { start: 0, chunk: most, onRead: undefined })) {
    compression = compressionOf(bytes);
    if (compression === null) return { head: bytes, compression };
    break;
  }
  if (compression !== "gzip" && compression !== "zstd") return { head: Buffer.alloc(0), compression };
  try {
    for await (const bytes of readFileBytes(path, { compression })) {
      parts.push(bytes);
      length += bytes.length;
      if (length >= most) break;
    }
  } catch {
    // The damage is told when the file is read; here it is enough to know what it is.
  }
  return { head: Buffer.concat(parts).subarray(0, most), compression };
}
