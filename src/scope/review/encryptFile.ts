import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import { streamNonce } from "../../lib/streamNonce.ts";

/**
 * Format, as that of evidence: "SKE1", 7 random bytes, then chunks of 1 MiB with a 16-byte tag each
 * (STREAM, Hoang et al. 2015): a file of any size in little memory, and a cut one does not open.
 */
const magic = Buffer.from("SKE1");
const chunkBytes = 1024 ** 2;
const tagBytes = 16;
const headBytes = magic.length + 7;

/** Encrypts a file under a key that serves for this file only. */
export function encryptFile(from: string, to: string, key: Buffer): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const input = openSync(from, "r");
  const output = openSync(to, "w", 0o600);
  try {
    const prefix = randomBytes(7);
    writeSync(output, Buffer.concat([magic, prefix]));
    const { size } = fstatSync(input);
    const count = Math.max(1, Math.ceil(size / chunkBytes));
    const chunk = Buffer.alloc(chunkBytes);
    for (let at = 0; at < count; at += 1) {
      const length = readWhole(input, chunk, Math.min(chunkBytes, size - at * chunkBytes));
      const cipher = createCipheriv("aes-256-gcm", key, streamNonce(prefix, at, at === count - 1));
      const sealed = Buffer.concat([
        cipher.update(chunk.subarray(0, length)),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      writeSync(output, sealed);
    }
    fsyncSync(output);
  } finally {
    closeSync(input);
    closeSync(output);
  }
}

/** Decrypts to a file that is only its owner's. Throws evidence-malformed where file and key do not fit. */
export function decryptFile(from: string, to: string, key: Buffer): void {
  const input = openSync(from, "r");
  const output = openSync(to, "w", 0o600);
  try {
    const head = Buffer.alloc(headBytes);
    readWhole(input, head, headBytes);
    const prefix = head.subarray(magic.length);
    const body = fstatSync(input).size - headBytes;
    const count = Math.ceil(body / (chunkBytes + tagBytes));
    const chunk = Buffer.alloc(chunkBytes + tagBytes);
    for (let at = 0; at < count; at += 1) {
      const length = readWhole(input, chunk, Math.min(chunk.length, body - at * chunk.length));
      const decipher = createDecipheriv("aes-256-gcm", key, streamNonce(prefix, at, at === count - 1));
      decipher.setAuthTag(chunk.subarray(length - tagBytes, length));
      writeSync(
        output,
        Buffer.concat([decipher.update(chunk.subarray(0, length - tagBytes)), decipher.final()]),
      );
    }
  } catch (cause) {
    throw new SekishoError(
      "evidence-malformed",
      `Cannot open ${from}: it was altered, or its key is another`,
      {
        hint: "restore the file from its copy",
        cause,
      },
    );
  } finally {
    closeSync(input);
    closeSync(output);
  }
}

function readWhole(file: number, into: Buffer, length: number): number {
  let done = 0;
  while (done < length) {
    const count = readSync(file, into, done, length - done, null);
    if (count === 0) throw new Error("the file ends too early");
    done += count;
  }
  return length;
}
