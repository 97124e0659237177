import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import SevenZip, { type SevenZipModule } from "7z-wasm";

type Instantiate = (imports: WebAssembly.Imports, done: (instance: object) => void) => object;
type Operations = { write(stream: object, buffer: Uint8Array, offset: number, length: number): number };

/** Thrown inside 7-Zip's own writes to stop it; it never leaves this file. */
class Stop extends Error {}

let compiled: WebAssembly.Module | null = null;

/**
 * Unpacks an archive by 7-Zip into memory, never more than the limits. What was written before a limit is
 * given all the same: the head of a list of customers is a list of customers. One instance for one archive:
 * instances leak.
 */
export async function unpackBySevenZip(
  archive: Buffer,
  extension: string,
  limits: { bytesMax: number; membersMax: number; deadline: number },
): Promise<{ members: { name: string; bytes: Buffer }[]; problem: "limit" | "encrypted" | "format" | null }> {
  const printed: string[] = [];
  const module = await createModule(printed);
  const input = `/in.${extension}`;
  module.FS.writeFile(input, archive);
  module.FS.mkdir("/out");
  boundWrites(module, limits);
  const stopped = run(module, ["x", "-y", "-aou", "-p?", "-o/out", input]);
  const members = collect(module, limits.membersMax);
  const text = printed.join("\n");
  if (/(?:encrypted archive|Wrong password|Enter password)/i.test(text))
    return { members, problem: "encrypted" };
  if (members.length === 0 && hidesItsNames(archive)) return { members, problem: "encrypted" };
  if (stopped === "limit") return { members, problem: "limit" };
  return { members, problem: members.length === 0 ? "format" : null };
}

/** A 7z archive whose directory is encrypted (method 06F10701 for it): 7-Zip traps without a word. */
function hidesItsNames(archive: Buffer): boolean {
  if (archive.length < 32 || archive.readUInt32BE(0) !== 0x377abcaf) return false;
  const at = 32 + Number(archive.readBigUInt64LE(12));
  const directory = archive.subarray(at, at + Math.min(1_024, Number(archive.readBigUInt64LE(20))));
  return directory[0] === 0x17 && directory.includes(Buffer.from("06f10701", "hex"));
}

async function createModule(printed: string[]): Promise<SevenZipModule> {
  const instantiateWasm: Instantiate = (imports, done) => {
    compiled ??= new WebAssembly.Module(
      readFileSync(createRequire(import.meta.url).resolve("7z-wasm/7zz.wasm")),
    );
    const instance = new WebAssembly.Instance(compiled, imports);
    done(instance);
    return instance.exports;
  };
  const keep = (line: string): void => void (printed.length < 10_000 && printed.push(line));
  const options = { print: keep, printErr: keep, instantiateWasm, stdin: () => null };
  return await (SevenZip as unknown as (options: object) => Promise<SevenZipModule>)(options);
}

function run(module: SevenZipModule, parameters: string[]): "done" | "limit" | "broken" {
  const status = process.exitCode;
  try {
    module.callMain(parameters);
    return "done";
  } catch (error) {
    // Broken archives end in a trap or in a number; a limit ends in our own error.
    return error instanceof Stop ? "limit" : "broken";
  } finally {
    process.exitCode = status; // The program sets the status of the whole process as its own.
  }
}

/** The file system in memory has no limit of its own: every write is counted, and the clock is looked at. */
function boundWrites(module: SevenZipModule, limits: { bytesMax: number; deadline: number }): void {
  module.FS.writeFile("/probe", new Uint8Array(1));
  const node = module.FS.lookupPath("/probe").node as unknown as { stream_ops: Operations };
  const operations = node.stream_ops;
  const write = operations.write.bind(operations) as (...given: unknown[]) => number;
  let left = limits.bytesMax;
  operations.write = (stream, buffer, offset, length, ...more: unknown[]) => {
    left -= length;
    if (left < 0 || performance.now() > limits.deadline) throw new Stop();
    return write(stream, buffer, offset, length, ...more);
  };
}

function collect(module: SevenZipModule, membersMax: number): { name: string; bytes: Buffer }[] {
  const members: { name: string; bytes: Buffer }[] = [];
  const visit = (folder: string, prefix: string): void => {
    for (const name of module.FS.readdir(folder)) {
      if (name === "." || name === ".." || members.length >= membersMax) continue;
      const path = `${folder}/${name}`;
      const { mode } = module.FS.lstat(path);
      if (module.FS.isDir(mode)) visit(path, `${prefix}${name}/`);
      else if (module.FS.isFile(mode)) {
        members.push({ name: `${prefix}${name}`, bytes: Buffer.from(module.FS.readFile(path)) });
      }
    }
  };
  visit("/out", "");
  return members;
}
