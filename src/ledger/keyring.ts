import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Disk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { generateSigningKey, readSigner, type Signer } from "./note.ts";

const KeyFile = z.strictObject({
  version: z.literal(1),
  current: z.string().describe("Id of the key that wraps new objects."),
  wrapping: z.record(z.string(), z.base64()).describe("Key-encryption keys by id, 256 bits each."),
  pseudonym: z.base64().describe("Key of the pseudonyms that stand in the ledger for addresses."),
});
type KeyFile = z.infer<typeof KeyFile>;

/** A key of one object, wrapped: kept beside the object, removed to erase it. */
export type WrappedKey = { key: string; wrapped: string };

/**
 * The secret keys of a data folder, in files that only their owner may read: the ledger's signing key, the
 * keys that wrap evidence keys, and the key of pseudonyms.
 */
export class Keyring {
  readonly #disk: Disk;
  readonly #folder: string;
  #file: KeyFile;

  private constructor(disk: Disk, folder: string, file: KeyFile) {
    this.#disk = disk;
    this.#folder = folder;
    this.#file = file;
  }

  /**
   * Opens the key folder, and makes keys on the first start. Throws key-permissions where others may read.
   */
  static async open(disk: Disk, folder: string): Promise<Keyring> {
    await disk.makeFolder(folder);
    await refuseOpenPermissions(folder);
    const path = join(folder, "evidence.json");
    const bytes = await disk.read(path);
    if (bytes === null) {
      const id = newKeyId();
      const wrapping = { [id]: randomBytes(32).toString("base64") };
      const file: KeyFile = {
        version: 1,
        current: id,
        wrapping,
        pseudonym: randomBytes(32).toString("base64"),
      };
      await disk.replace(path, Buffer.from(JSON.stringify(file, null, 2)));
      return new Keyring(disk, folder, file);
    }
    await refuseOpenPermissions(path);
    return new Keyring(disk, folder, parseKeyFile(bytes, path));
  }

  /** The ledger's signer under this origin; its key is made on the first start. */
  async openSigner(origin: string): Promise<Signer> {
    const path = join(this.#folder, "ledger.pem");
    const bytes = await this.#disk.read(path);
    if (bytes !== null) {
      await refuseOpenPermissions(path);
      return readSigner(origin, bytes.toString("utf8"));
    }
    const pem = generateSigningKey();
    await this.#disk.replace(path, Buffer.from(pem));
    return readSigner(origin, pem);
  }

  /** A name for a value (an address) that says nothing without the key, the same each time: 128 bits, hex. */
  pseudonymOf(value: string): string {
    const key = Buffer.from(this.#file.pseudonym, "base64");
    return createHmac("sha256", key).update(value).digest("hex").slice(0, 32);
  }

  /** A secret for another purpose (session cookies), derived from the ring's own. */
  secretFor(purpose: string): string {
    return createHmac("sha256", Buffer.from(this.#file.pseudonym, "base64"))
      .update(`secret ${purpose}`)
      .digest("hex");
  }

  get currentKey(): string {
    return this.#file.current;
  }

  /** Wraps an object's key with AES-256-GCM; `context` (the object's hash) must be the same to unwrap. */
  wrap(objectKey: Buffer, context: string): WrappedKey {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#wrappingKey(this.#file.current), nonce);
    cipher.setAAD(Buffer.from(context));
    const body = Buffer.concat([nonce, cipher.update(objectKey), cipher.final(), cipher.getAuthTag()]);
    return { key: this.#file.current, wrapped: body.toString("base64") };
  }

  unwrap(wrapped: WrappedKey, context: string): Buffer {
    const body = Buffer.from(wrapped.wrapped, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#wrappingKey(wrapped.key), body.subarray(0, 12));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(body.subarray(-16));
    return Buffer.concat([decipher.update(body.subarray(12, -16)), decipher.final()]);
  }

  /** Makes a new wrapping key; new objects use it, and `EvidenceStore.rewrap` moves the old ones. */
  async rotate(): Promise<string> {
    const id = newKeyId();
    const wrapping = { ...this.#file.wrapping, [id]: randomBytes(32).toString("base64") };
    this.#file = { ...this.#file, current: id, wrapping };
    await this.#disk.replace(
      join(this.#folder, "evidence.json"),
      Buffer.from(JSON.stringify(this.#file, null, 2)),
    );
    return id;
  }

  #wrappingKey(id: string): Buffer {
    const key = this.#file.wrapping[id];
    if (key !== undefined) return Buffer.from(key, "base64");
    throw new SekishoError("key-missing", `Cannot unwrap with key ${id}: it is not in the key file`, {
      hint: `restore ${join(this.#folder, "evidence.json")} from its backup`,
    });
  }
}

function newKeyId(): string {
  return randomBytes(4).toString("hex");
}

function parseKeyFile(bytes: Buffer, path: string): KeyFile {
  try {
    return KeyFile.parse(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw new SekishoError("key-missing", `Cannot read the key file ${path}`, {
      hint: "restore it from its backup; without it held mails and evidence cannot be opened",
      cause,
    });
  }
}

async function refuseOpenPermissions(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  const octal = (mode & 0o777).toString(8);
  throw new SekishoError(
    "key-permissions",
    `Cannot use ${path}: its mode is ${octal}, so others may read it`,
    {
      hint: `run: chmod go= ${path}`,
    },
  );
}
