import { createGunzip, createInflateRaw, gunzipSync, inflateRawSync } from "node:zlib";

/**
 * Unpacked bytes; `cut` when there was more than was asked for, `broken` when the stream does not end
 * well.
 */
export type Inflated = { bytes: Buffer; cut: boolean; broken: boolean };

/** As much of a bomb as is worth looking at: its first bytes tell what it is. */
const headBytesMax = 1024 * 1024;

/** Unpacks a deflate or gzip stream, never more than `bytesMax`; of a larger one only the beginning. */
export async function inflateBounded(
  packed: Buffer,
  format: "deflate" | "gzip",
  bytesMax: number,
): Promise<Inflated> {
  const maxOutputLength = Math.max(1, bytesMax);
  try {
    const inflate = format === "deflate" ? inflateRawSync : gunzipSync;
    return { bytes: inflate(packed, { maxOutputLength }), cut: false, broken: false };
  } catch (error) {
    const cut = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const bytes = await inflateHead(packed, format, Math.min(maxOutputLength, headBytesMax));
    return { bytes, cut, broken: !cut };
  }
}

function inflateHead(packed: Buffer, format: "deflate" | "gzip", bytesMax: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const stream = format === "deflate" ? createInflateRaw() : createGunzip();
    const chunks: Buffer[] = [];
    let size = 0;
    let done = false;
    const finish = (): void => {
      if (done) return;
      done = true;
      stream.destroy();
      resolve(Buffer.concat(chunks).subarray(0, bytesMax));
    };
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= bytesMax) finish();
    });
    stream.on("end", finish);
    stream.on("error", finish);
    stream.on("close", finish);
    stream.end(packed);
  });
}
