import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import SevenZip, { type SevenZipModule } from "7z-wasm";
import type { Unread } from "../seen.ts";

/** A file of an archive that 7-Zip reads. `content` is null where it was not unpacked. */
export type UnpackedFile = {
  name: string;
  bytes: number;
  encrypted: boolean;
  directory: boolean;
  content: Buffer | null;
};

export type Unpacked = {
  files: UnpackedFile[];
  encryptedNames: boolean;
  /** The archive needs volumes that are not there. */
  split: boolean;
  unread: Unread | null;
  /** Whether 7-Zip knew the format at all; streams such as bzip2 are listed without a name. */
  listed: boolean;
};

export type UnpackLimits = { bytesMax: number; filesMax: number; deadline: number };

/** Thrown inside 7-Zip's own writes to stop it; it never leaves this file. */
class Stop extends Error {
  readonly why: Unread;
  constructor(why: Unread) {
    super(why);
    this.why = why;
  }
}

let compiled: WebAssembly.Module | null = null;

/** Compiling costs three times what reading a small archive does, so it is done once per process. */
function moduleOnce(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    readFileSync(createRequire(import.meta.url).resolve("7z-wasm/7zz.wasm")),
  );
  return compiled;
}

type Instantiate = (imports: WebAssembly.Imports, done: (instance: object) => void) => object;

/**
 * Lists and unpacks an archive by 7-Zip. One instance for one archive: an instance leaks stack with every
 * call. Names in Shift_JIS come out broken, so ZIP and LZH are read by our own readers and never come here.
 */
export async function unpackBySevenZip(
  bytes: Buffer,
  extension: string,
  limits: UnpackLimits,
): Promise<Unpacked> {
  const unpacked: Unpacked = { files: [], encryptedNames: false, split: false, unread: null, listed: false };
  const printed: string[] = [];
  const module = await createModule(printed);
  const input = `/in.${extension}`;
  module.FS.writeFile(input, bytes);
  const listed = run(module, ["l", "-slt", "-p?", input]);
  readListing(printed.join("\n"), unpacked);
  if (listed !== null || unpacked.encryptedNames || !unpacked.listed) {
    unpacked.unread = unpacked.encryptedNames ? "encrypted" : (listed ?? "format");
    return unpacked;
  }
  if (unpacked.files.length > limits.filesMax) {
    unpacked.files.length = limits.filesMax;
    unpacked.unread = "count";
    return unpacked;
  }
  const declared = unpacked.files.reduce((sum, file) => sum + file.bytes, 0);
  if (declared > limits.bytesMax) {
    unpacked.unread = "size";
    return unpacked;
  }
  module.FS.mkdir("/out");
  boundWrites(module, limits);
  unpacked.unread = run(module, ["x", "-y", "-aou", "-p?", "-o/out", input]);
  collect(module, unpacked);
  return unpacked;
}

async function createModule(printed: string[]): Promise<SevenZipModule> {
  const instantiateWasm: Instantiate = (imports, done) => {
    const instance = new WebAssembly.Instance(moduleOnce(), imports);
    done(instance);
    return instance.exports;
  };
  const keep = (line: string): void => {
    if (printed.length < 200_000) printed.push(line);
  };
  const options = { print: keep, printErr: keep, instantiateWasm, stdin: () => null };
  return await (SevenZip as unknown as (options: object) => Promise<SevenZipModule>)(options);
}

/** Runs one command. Null when it ended by itself, whatever its status: what it wrote is looked at. */
function run(module: SevenZipModule, args: string[]): Unread | null {
  const status = process.exitCode;
  try {
    module.callMain(args);
    return null;
  } catch (error) {
    // Broken archives end in a trap or in a number; a limit ends in our own error.
    return error instanceof Stop ? error.why : "format";
  } finally {
    // The program sets the exit status of the whole process as its own.
    process.exitCode = status;
  }
}

/** MEMFS has no limit of its own: every write is counted, and the clock is looked at. */
function boundWrites(module: SevenZipModule, limits: UnpackLimits): void {
  module.FS.writeFile("/probe", new Uint8Array(1));
  const node = module.FS.lookupPath("/probe").node as unknown as { stream_ops: StreamOperations };
  const operations = node.stream_ops;
  const write = operations.write;
  let left = limits.bytesMax;
  operations.write = (stream, buffer, offset, length, position, canOwn) => {
    left -= length;
    if (left < 0) throw new Stop("size");
    if (performance.now() > limits.deadline) throw new Stop("time");
    return write(stream, buffer, offset, length, position, canOwn);
  };
}

type StreamOperations = {
  write(
    stream: object,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position?: number,
    canOwn?: boolean,
  ): number;
};

/** Reads `7z l -slt`: blocks of "Key = value", the first of which describes the archive itself. */
function readListing(text: string, unpacked: Unpacked): void {
  if (/(?:Can ?not open encrypted archive|Enter password|Wrong password)/i.test(text))
    unpacked.encryptedNames = true;
  if (/^(?:Multivolume|Volumes) = (?:\+|[2-9])|Missing volume|Unavailable start of archive/m.test(text))
    unpacked.split = true;
  const start = text.indexOf("\n----------");
  if (start === -1) return;
  unpacked.listed = true;
  for (const block of text.slice(start).split(/\n\s*\n/)) {
    const field = (key: string): string | null => new RegExp(`^${key} = (.*)$`, "m").exec(block)?.[1] ?? null;
    const name = field("Path");
    if (name === null) continue;
    unpacked.files.push({
      name,
      bytes: Number(field("Size") ?? 0) || 0,
      encrypted: field("Encrypted") === "+",
      directory: field("Folder") === "+" || /^[A-Z_]*D/.test(field("Attributes") ?? ""),
      content: null,
    });
  }
}

/**
 * Takes the unpacked files out of the memory file system, in the order and under the names of the listing.
 */
function collect(module: SevenZipModule, unpacked: Unpacked): void {
  const byName = new Map<string, UnpackedFile>();
  for (const file of unpacked.files) if (!byName.has(file.name)) byName.set(file.name, file);
  const visit = (folder: string, prefix: string): void => {
    for (const name of module.FS.readdir(folder)) {
      if (name === "." || name === "..") continue;
      const path = `${folder}/${name}`;
      const mode = module.FS.lstat(path).mode;
      if (module.FS.isDir(mode)) visit(path, `${prefix}${name}/`);
      else if (module.FS.isFile(mode)) {
        const content = Buffer.from(module.FS.readFile(path));
        const listed = byName.get(`${prefix}${name}`);
        if (listed !== undefined && listed.content === null) {
          // An encrypted file that was "unpacked" with a wrong password is noise.
          if (!listed.encrypted) listed.content = content;
        } else {
          unpacked.files.push({
            name: `${prefix}${name}`,
            bytes: content.length,
            encrypted: false,
            directory: false,
            content,
          });
        }
      }
    }
  };
  visit("/out", "");
}
