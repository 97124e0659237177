import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { SekishoError } from "../../lib/error.ts";
import { quoteSql, type Duck } from "../../lib/openDuck.ts";
import { decryptFile, encryptFile } from "./encryptFile.ts";
import type { LineSeal } from "./decisions.ts";
import { parquet, readSql, type JobFiles } from "./jobFiles.ts";

const Sealed = z.strictObject({
  version: z.literal(1),
  /** A known text under the key: says that a key is the wrong one before anything is opened. */
  check: z.string(),
  lines: z.string(),
  /** Of each file its own key, wrapped. */
  files: z.record(z.string(), z.strictObject({ key: z.string(), how: z.enum(["parquet", "bytes"]) })),
});
export type Sealed = z.infer<typeof Sealed>;

/** Where things lie in the folder of a sealed job. */
export const sealedNames = { list: "sealed.json", folder: "sealed" } as const;

/** Reads a key file: 32 bytes as base64. Makes one where there is none and `make` says so. */
export function openKeyFile(file: string, make: boolean): Buffer {
  if (!existsSync(file)) {
    if (!make) throw noKey(file, "it is not there");
    writeFileSync(file, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  }
  const key = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  if (key.length !== 32) throw noKey(file, "it holds no 32 bytes in base64");
  return key;
}

function noKey(file: string, why: string): SekishoError {
  return new SekishoError("key-missing", `Cannot use the key ${file}: ${why}`, {
    hint: "restore it from its copy; without it nobody can open the job",
  });
}

/** Wraps a key, or a short text, under another; `context` must be the same to unwrap. */
export function wrap(key: Buffer, content: Buffer, context: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]).toString(
    "base64",
  );
}

export function unwrap(key: Buffer, wrapped: string, context: string): Buffer {
  const body = Buffer.from(wrapped, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, body.subarray(0, 12));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(body.subarray(-16));
  return Buffer.concat([decipher.update(body.subarray(12, -16)), decipher.final()]);
}

export function sealedLines(key: Buffer): LineSeal {
  return {
    seal: (text) => wrap(key, Buffer.from(text, "utf8"), "line"),
    open: (line) => unwrap(key, line, "line").toString("utf8"),
  };
}

/** The list of a sealed job; null where it lies open. */
export function readSealed(out: string): Sealed | null {
  const file = join(out, sealedNames.list);
  return existsSync(file) ? Sealed.parse(JSON.parse(readFileSync(file, "utf8"))) : null;
}

export function writeSealed(out: string, sealed: Sealed): void {
  const file = join(out, sealedNames.list);
  writeFileSync(`${file}.part`, JSON.stringify(sealed), { mode: 0o600, flush: true });
  renameSync(`${file}.part`, file);
}

/** Opens a sealed job with its key; null where the job lies open. Throws key-missing. */
export function openSealedFiles(out: string, keyFile: string | null): JobFiles | null {
  const sealed = readSealed(out);
  if (sealed === null) return null;
  if (keyFile === null) {
    throw new SekishoError("key-missing", `Cannot open ${out}: it is sealed`, {
      hint: "name the file with its key: --key FILE",
    });
  }
  const key = openKeyFile(keyFile, false);
  try {
    unwrap(key, sealed.check, "check");
  } catch {
    throw noKey(keyFile, `it is not the key of ${out}`);
  }
  return new SealedFiles(out, sealed, key);
}

/** Clear copies lie in memory only (tmpfs), readable by their owner, and go when the job is closed. */
class SealedFiles implements JobFiles {
  readonly out: string;
  readonly lines: LineSeal;
  readonly #sealed: Sealed;
  readonly #key: Buffer;
  #memory: string | null = null;
  readonly #known = new WeakMap<Duck, Set<string>>();

  constructor(out: string, sealed: Sealed, key: Buffer) {
    this.out = out;
    this.#sealed = sealed;
    this.#key = key;
    this.lines = sealedLines(unwrap(key, sealed.lines, "lines"));
  }

  /**
   * An index that is kept apart lies outside the folder; it holds keyed hashes only, and its key is
   * elsewhere.
   */
  #nameOf(name: string): string | null {
    const path = relative(resolve(this.out), resolve(this.out, name));
    return path.startsWith("..") ? null : path;
  }

  #isOutside(name: string): boolean {
    const path = this.#nameOf(name);
    return path === null || (this.#sealed.files[path] === undefined && existsSync(resolve(this.out, name)));
  }

  has(name: string): boolean {
    const path = this.#nameOf(name);
    return path === null ? existsSync(name) : this.#sealed.files[path] !== undefined;
  }

  #entry(name: string): { path: string; file: string; key: Buffer; how: "parquet" | "bytes" } {
    const path = this.#nameOf(name) ?? name;
    const entry = this.#sealed.files[path];
    if (entry === undefined) {
      throw new SekishoError(
        "not-found",
        `Cannot open ${path} in ${this.out}: it was not sealed with the job`,
        {
          hint: "a sealed job can be reviewed and handed over, not run again",
        },
      );
    }
    const file = join(this.out, sealedNames.folder, path);
    return { path, file, key: unwrap(this.#key, entry.key, path), how: entry.how };
  }

  work(): string {
    if (this.#memory === null) {
      if (!existsSync("/dev/shm")) {
        throw new SekishoError("setup-incomplete", "Cannot open a sealed job: there is no /dev/shm for it", {
          hint: "mount a tmpfs there: clear text of a sealed job goes to no disk",
        });
      }
      this.#memory = mkdtempSync("/dev/shm/sekisho-scope-");
    }
    return this.#memory;
  }

  async path(name: string): Promise<string> {
    if (this.#isOutside(name)) return resolve(this.out, name);
    const { path, file, key } = this.#entry(name);
    const clear = join(this.work(), "open", path);
    if (existsSync(clear)) return clear;
    mkdirSync(dirname(clear), { recursive: true, mode: 0o700 });
    decryptFile(file, clear, key);
    return clear;
  }

  async folder(name: string, duck: Duck): Promise<string> {
    const path = this.#nameOf(name);
    if (path === null) return name;
    for (const each of Object.keys(this.#sealed.files).filter((one) => one.startsWith(`${path}/`))) {
      if (this.#sealed.files[each]?.how === "bytes") await this.path(each);
      else {
        const clear = join(this.work(), "open", each);
        if (existsSync(clear)) continue;
        mkdirSync(dirname(clear), { recursive: true, mode: 0o700 });
        const table = await this.table(duck, each);
        await duck.run("SET preserve_insertion_order = true");
        await duck.run(`COPY (SELECT * FROM ${table}) TO ${quoteSql(clear)} (${parquet})`);
      }
    }
    return join(this.work(), "open", path);
  }

  async table(duck: Duck, name: string, options: { rowNumber?: boolean } = {}): Promise<string> {
    if (this.#isOutside(name)) return readSql(resolve(this.out, name), options);
    const { path, file, key } = this.#entry(name);
    return readSql(file, { ...options, key: await this.#tell(duck, path, key) });
  }

  /** Makes a key known to DuckDB, under a name that says nothing. */
  async #tell(duck: Duck, path: string, key: Buffer): Promise<string> {
    return tellKey(duck, this.#known, { path, key });
  }

  async write(duck: Duck, name: string, sql: string): Promise<void> {
    const path = this.#nameOf(name) as string;
    const key = randomBytes(32);
    const file = join(this.out, sealedNames.folder, path);
    await writeEncrypted(duck, { sql, file, key, known: this.#known });
    this.#sealed.files[path] = { key: wrap(this.#key, key, path), how: "parquet" };
    writeSealed(this.out, this.#sealed);
    renameSync(`${file}.part`, file);
    if (this.#memory !== null) rmSync(join(this.#memory, "open", path), { force: true });
  }

  async adopt(duck: Duck, name: string, file: string): Promise<void> {
    await this.write(duck, name, `SELECT * FROM ${readSql(file, {})}`);
    rmSync(file);
  }

  async copy(duck: Duck, from: string, to: string): Promise<void> {
    await this.write(duck, to, `SELECT * FROM ${await this.table(duck, from)}`);
  }

  put(name: string, bytes: Uint8Array): void {
    const path = this.#nameOf(name) as string;
    const clear = join(this.work(), "put");
    writeFileSync(clear, bytes, { mode: 0o600 });
    const key = randomBytes(32);
    const file = join(this.out, sealedNames.folder, path);
    encryptFile(clear, file, key);
    rmSync(clear);
    this.#sealed.files[path] = { key: wrap(this.#key, key, path), how: "bytes" };
    writeSealed(this.out, this.#sealed);
    rmSync(join(this.work(), "open", path), { force: true });
  }

  close(): void {
    if (this.#memory !== null) rmSync(this.#memory, { recursive: true, force: true });
    this.#memory = null;
  }
}

/** Makes a file's key known to DuckDB once; gives the name under which it is. */
export async function tellKey(
  duck: Duck,
  known: WeakMap<Duck, Set<string>>,
  { key }: { path: string; key: Buffer },
): Promise<string> {
  const names = known.get(duck) ?? new Set<string>();
  known.set(duck, names);
  const name = `k${key.toString("hex").slice(0, 16)}`;
  if (names.has(name)) return name;
  // DuckDB 1.5 writes encrypted Parquet with random numbers of mbedTLS only: hence one key for each file.
  if (names.size === 0) await duck.run("SET force_mbedtls_unsafe = 'true'; SET temp_file_encryption = true");
  await duck.run(`PRAGMA add_parquet_key(${quoteSql(name)}, ${quoteSql(key.toString("base64"))})`);
  names.add(name);
  return name;
}

/** Writes a query's result under a key of its own, to `file.part`. */
export async function writeEncrypted(
  duck: Duck,
  of: { sql: string; file: string; key: Buffer; known: WeakMap<Duck, Set<string>> },
): Promise<void> {
  mkdirSync(dirname(of.file), { recursive: true, mode: 0o700 });
  const name = await tellKey(duck, of.known, { path: of.file, key: of.key });
  await duck.run(
    `COPY (${of.sql}) TO ${quoteSql(`${of.file}.part`)}
       (${parquet}, ROW_GROUP_SIZE 61440, ENCRYPTION_CONFIG {footer_key: ${quoteSql(name)}})`,
  );
}
