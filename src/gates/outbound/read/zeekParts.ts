import { isUtf8 } from "node:buffer";
import { open, type FileHandle } from "node:fs/promises";
import { textOfError } from "../../../lib/error.ts";
import { readFileBytes, type Compression } from "./fileBytes.ts";
import type { PartWriter } from "./partWriter.ts";
import type { ZeekPart } from "./zeekBatch.ts";
import type { ZeekSource } from "./zeekLine.ts";

/** A compressed file is unpacked in parts of this size, so that a bomb does not fill the disk. */
const partBytes = 256 * 1024 ** 2;

type File = { path: string; compression: Compression | null; source: ZeekSource; bytes: number };
type To = { writer: PartWriter; onProblem(problem: string): void; onPart(part: ZeekPart): Promise<void> };

/** Looks over a TSV file for bytes that are not for the fast reader, and unpacks a compressed one. */
export async function cutZeekFile(file: File, to: To): Promise<void> {
  if (file.compression === null) await lookOver(file, to);
  else await unpack(file, to);
}

async function lookOver(file: File, to: To): Promise<void> {
  const { path, source, bytes } = file;
  const look = new OddBytes();
  for await (const chunk of readFileBytes(path, { compression: null })) {
    look.push(chunk);
    if (look.odd) break;
  }
  look.end();
  await to.onPart({
    file: path,
    path,
    firstLine: 1,
    plainBytes: bytes,
    bytes,
    temporary: false,
    source,
    odd: look.odd,
  });
}

/** Whether bytes hold what is no UTF-8, a carriage return or a NUL. */
class OddBytes {
  odd = false;
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    if (this.odd) return;
    // UTF-8 is checked up to the last line end, so that no character is cut in two.
    const end = chunk.lastIndexOf(10) + 1;
    const whole =
      this.#rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([this.#rest, chunk.subarray(0, end)]);
    if (end > 0) {
      this.#rest = Buffer.from(chunk.subarray(end));
      this.#check(whole);
    } else this.#rest = Buffer.concat([this.#rest, chunk]);
    if (this.#rest.length > 64 * 1024 ** 2) this.odd = true; // No line ends here.
  }

  end(): void {
    this.#check(this.#rest);
  }

  #check(bytes: Buffer): void {
    this.odd ||= bytes.includes(13) || bytes.includes(0) || !isUtf8(bytes);
  }
}

async function unpack(file: File, to: To): Promise<void> {
  const { path, compression, source } = file;
  let part: UnpackedPart | null = null;
  let firstLine = 1;
  let told = 0;
  const finish = async (one: UnpackedPart): Promise<void> => {
    const { lines, odd } = await one.close();
    // The share of the file's own bytes is told with its first part; progress goes by files here.
    const bytes = told === 0 ? file.bytes : 0;
    told += 1;
    await to.onPart({
      file: path,
      path: one.path,
      firstLine,
      plainBytes: one.bytes,
      bytes,
      temporary: true,
      source,
      odd,
    });
    firstLine += lines;
  };
  try {
    for await (const chunk of readFileBytes(path, { compression })) {
      part ??= await UnpackedPart.open(to.writer.path("unpacked.log"));
      const cut = part.bytes + chunk.length > partBytes ? chunk.lastIndexOf(10) + 1 : 0;
      if (cut === 0) {
        await part.write(chunk);
        continue;
      }
      await part.write(chunk.subarray(0, cut));
      await finish(part);
      part = await UnpackedPart.open(to.writer.path("unpacked.log"));
      await part.write(chunk.subarray(cut));
    }
  } catch (error) {
    to.onProblem(textOfError(error));
  }
  if (part !== null) await finish(part);
}

class UnpackedPart {
  readonly path: string;
  bytes = 0;
  readonly #handle: FileHandle;
  readonly #look = new OddBytes();
  #lines = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<UnpackedPart> {
    return new UnpackedPart(path, await open(path, "w", 0o600));
  }

  async write(chunk: Buffer): Promise<void> {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.#lines += 1;
    this.#look.push(chunk);
    this.bytes += chunk.length;
    await this.#handle.writeFile(chunk);
  }

  async close(): Promise<{ lines: number; odd: boolean }> {
    this.#look.end();
    await this.#handle.close();
    return { lines: this.#lines, odd: this.#look.odd };
  }
}
