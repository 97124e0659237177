import { createCipheriv, createDecipheriv, hash as digest, randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "../lib/disk.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { EvidenceHash } from "./entry.ts";
import type { Keyring, WrappedKey } from "./keyring.ts";
import type { Problem } from "./verifyBundle.ts";
import { streamNonce } from "../lib/streamNonce.ts";

/**
 * Format: "SKE1", 7 random bytes, then chunks of 1 MiB with a 16-byte tag each (STREAM, Hoang et al. 2015).
 */
const magic = Buffer.from("SKE1");
const chunkBytes = 1024 ** 2;
const tagBytes = 16;

export const limits = { objectBytesMax: 1024 ** 3 } as const;

/**
 * Content-addressed files, encrypted at rest. An object's name is the SHA-256 of its encrypted file, so the
 * ledger commits to it without saying anything of the content; its key lies wrapped in a file of its own, and
 * removing that erases the object while the tree stays as it is.
 */
export class EvidenceStore {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #keyring: Keyring;

  constructor(disk: Disk, folder: string, keyring: Keyring) {
    this.#disk = disk;
    this.#folder = folder;
    this.#keyring = keyring;
  }

  /** Resolves when the object and its key are on the medium. */
  async put(content: Uint8Array): Promise<EvidenceHash> {
    if (content.length > limits.objectBytesMax) {
      throw new SekishoError(
        "limit-passed",
        `Cannot keep an object of ${content.length} bytes: at most 1 GiB`,
        {
          hint: "split it",
        },
      );
    }
    const key = randomBytes(32);
    const file = encrypt(content, key);
    const name = EvidenceHash.parse(digest("sha256", file));
    const path = this.#pathOf(name);
    await this.#disk.makeFolder(join(path, ".."));
    const wrapped = JSON.stringify(this.#keyring.wrap(key, name));
    await Promise.all([
      this.#disk.replace(path, file),
      this.#disk.replace(`${path}.key`, Buffer.from(wrapped)),
    ]);
    return name;
  }

  /** The content. Throws evidence-missing, evidence-erased or evidence-malformed. */
  async get(name: EvidenceHash): Promise<Buffer> {
    const path = this.#pathOf(name);
    const [file, keyFile] = await Promise.all([this.#disk.read(path), this.#disk.read(`${path}.key`)]);
    const erased = (file === null || keyFile === null) && (await this.#disk.read(`${path}.erased`)) !== null;
    if (erased) throw missing(name, "evidence-erased", "its key was erased");
    if (file === null) throw missing(name, "evidence-missing", "its file is not in the evidence folder");
    if (keyFile === null) throw missing(name, "evidence-missing", "its key is not in the evidence folder");
    if (digest("sha256", file) !== name) throw missing(name, "evidence-malformed", "its file was altered");
    const wrapped = JSON.parse(keyFile.toString("utf8")) as WrappedKey;
    return decrypt(file, this.#keyring.unwrap(wrapped, name), name);
  }

  /** Whether the object can be read, or was before it was erased. */
  async has(name: EvidenceHash): Promise<boolean> {
    const [file, mark] = await Promise.all([
      this.#disk.read(this.#pathOf(name)),
      this.#disk.read(`${this.#pathOf(name)}.erased`),
    ]);
    return file !== null || mark !== null;
  }

  /**
   * Makes the object unreadable for good; its name in the ledger stays. The mark comes first, so that a stop
   * in the middle leaves no object that is gone without a word; writing it again brings the removals to the
   * medium.
   */
  async erase(name: EvidenceHash): Promise<void> {
    const mark = `${this.#pathOf(name)}.erased`;
    await this.#disk.replace(mark, Buffer.from("erased\n"));
    await this.#disk.remove(`${this.#pathOf(name)}.key`);
    await this.#disk.remove(this.#pathOf(name));
    await this.#disk.replace(mark, Buffer.from("erased\n"));
  }

  /** Wraps every key anew with the keyring's current key; returns how many were moved. */
  async rewrap(onProgress?: (done: number) => void): Promise<number> {
    let moved = 0;
    for await (const name of this.#names()) {
      const path = `${this.#pathOf(name)}.key`;
      const bytes = await this.#disk.read(path);
      if (bytes === null) continue;
      const wrapped = JSON.parse(bytes.toString("utf8")) as WrappedKey;
      if (wrapped.key === this.#keyring.currentKey) continue;
      const again = this.#keyring.wrap(this.#keyring.unwrap(wrapped, name), name);
      await this.#disk.replace(path, Buffer.from(JSON.stringify(again)));
      moved += 1;
      onProgress?.(moved);
    }
    return moved;
  }

  /** What is wrong with the objects that entries name; an erased one is as it should be. */
  async check(names: Iterable<string>): Promise<Problem[]> {
    const problems: Problem[] = [];
    for (const name of names) {
      const path = this.#pathOf(name);
      const where = `evidence ${name}`;
      try {
        const file = await this.#disk.read(path);
        if (file === null) {
          if ((await this.#disk.read(`${path}.erased`)) !== null) continue;
          problems.push({
            code: "evidence-missing",
            where,
            detail: "an entry names it, and its file is gone",
          });
        } else if (digest("sha256", file) !== name) {
          problems.push({ code: "evidence-altered", where, detail: "its file does not fit its name" });
        }
      } catch (error) {
        problems.push({ code: "evidence-missing", where, detail: textOfError(error) });
      }
    }
    return problems;
  }

  async *#names(): AsyncGenerator<EvidenceHash> {
    for (const group of await this.#disk.list(this.#folder)) {
      for (const file of await this.#disk.list(join(this.#folder, group))) {
        if (/^[0-9a-f]{64}$/.test(file)) yield file as EvidenceHash;
      }
    }
  }

  #pathOf(name: string): string {
    return join(this.#folder, name.slice(0, 2), name);
  }
}

function encrypt(content: Uint8Array, key: Buffer): Buffer {
  const prefix = randomBytes(7);
  const chunks: Buffer[] = [magic, prefix];
  const count = Math.max(1, Math.ceil(content.length / chunkBytes));
  for (let index = 0; index < count; index++) {
    const cipher = createCipheriv("aes-256-gcm", key, streamNonce(prefix, index, index === count - 1));
    const chunk = content.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    chunks.push(cipher.update(chunk), cipher.final(), cipher.getAuthTag());
  }
  return Buffer.concat(chunks);
}

function decrypt(file: Buffer, key: Buffer, name: string): Buffer {
  const prefix = file.subarray(magic.length, magic.length + 7);
  const body = file.subarray(magic.length + 7);
  const count = Math.ceil(body.length / (chunkBytes + tagBytes));
  const chunks: Buffer[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const chunk = body.subarray(index * (chunkBytes + tagBytes), (index + 1) * (chunkBytes + tagBytes));
      const decipher = createDecipheriv("aes-256-gcm", key, streamNonce(prefix, index, index === count - 1));
      decipher.setAuthTag(chunk.subarray(-tagBytes));
      chunks.push(decipher.update(chunk.subarray(0, -tagBytes)), decipher.final());
    }
  } catch (cause) {
    throw missing(name, "evidence-malformed", "it does not decrypt with its key", cause);
  }
  return Buffer.concat(chunks);
}

function missing(
  name: string,
  code: "evidence-missing" | "evidence-erased" | "evidence-malformed",
  why: string,
  cause?: unknown,
): SekishoError {
  return new SekishoError(code, `Cannot open evidence ${name.slice(0, 16)}: ${why}`, {
    hint: "run: sekisho ledger verify --deep",
    cause,
  });
}
