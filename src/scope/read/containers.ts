import { basename } from "node:path";
import { Readable } from "node:stream";
import { createGunzip, createInflateRaw, createZstdDecompress } from "node:zlib";
import { detectFile, type ByteKind } from "../../lib/containers/detectFile.ts";
import { unpackBySevenZip } from "../../lib/containers/sevenZip.ts";
import {
  readZipDirectory,
  startOfEntry,
  type RandomBytes,
  type ZipEntry,
} from "../../lib/containers/zipDirectory.ts";
import { textOfError } from "../../lib/error.ts";
import { ImageReader } from "./imageReader.ts";
import type { ReadLimits } from "./limits.ts";
import type { ByteReader, Reading, Span } from "./lineReader.ts";
import { markBytes, readerOfText, wideOfText } from "./openText.ts";
import { readMail } from "./readMail.ts";
import { readSheets } from "./readSheets.ts";
import type { ReadProblem } from "./record.ts";
import { isCompoundFile, isMail, looksLikeText } from "./sniffBytes.ts";

const headBytes = 64 * 1024;
const chunkBytes = 256 * 1024;

/** What all members of one input share. */
export type Unpacking = {
  reading: Reading;
  source: string;
  left: { bytes: number; members: number };
  deadline: number;
};
export type Member = { path: string; depth: number };
type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>;

/** A limit was met: what was read before stays read. */
class LimitMet extends Error {}

/** Tells a problem with a member. */
export function tell(
  unpacking: Unpacking,
  { path }: Member,
  problem: Pick<ReadProblem, "code" | "message">,
): void {
  const { source } = unpacking;
  const where = path === "" ? source : `${source}, ${path}`;
  const { code, message } = problem;
  unpacking.reading.sink.problem({
    code,
    source,
    path,
    offset: 0,
    message: `Cannot read all of ${where}: ${message}`,
  });
}

/** Unpacks an input or a member, whatever it is, and gives the records in it. */
export async function readContainer(unpacking: Unpacking, member: Member, bytes: RandomBytes): Promise<void> {
  const head = bytes.read(0, Math.min(headBytes, bytes.bytes));
  const { kind } = detectFile(head);
  if (kind === "zip") return readZip(unpacking, member, bytes);
  return readStream(unpacking, member, chunksOf(bytes, { from: 0, to: bytes.bytes }));
}

export function* chunksOf(bytes: RandomBytes, { from, to }: { from: number; to: number }): Generator<Buffer> {
  for (let at = from; at < to; at += chunkBytes) {
    const chunk = bytes.read(at, Math.min(chunkBytes, to - at));
    if (chunk.length === 0) return;
    yield chunk;
  }
}

export function randomBytesOf(buffer: Buffer): RandomBytes {
  return { bytes: buffer.length, read: (offset, length) => buffer.subarray(offset, offset + length) };
}

/** Looks at the head of a stream and gives it to what reads its kind. */
export async function readStream(unpacking: Unpacking, member: Member, chunks: Chunks): Promise<void> {
  const { left } = unpacking;
  left.members -= 1;
  if (left.members < 0) return;
  if (left.members === 0) tell(unpacking, member, { code: "too-many", message: "it has too many members" });
  const stream = new PeekedStream(chunks);
  try {
    const head = await stream.peek(headBytes);
    const { kind } = detectFile(head);
    if (kind === "empty") return;
    const nested = kind !== "text" && kind !== "binary";
    if (nested && member.depth >= unpacking.reading.limits.depthMax) {
      tell(unpacking, member, { code: "too-deep", message: "archives lie too deep in each other" });
      return;
    }
    if (nested) await readPacked(unpacking, member, { kind, head, stream });
    else if (isMail(head)) await readMail(unpacking, member, stream);
    else if (isCompoundFile(head)) await readCompound(unpacking, member, stream);
    else await feed(openReader(unpacking, member, head), stream);
  } catch (error) {
    if (error instanceof LimitMet) tell(unpacking, member, { code: "too-large", message: error.message });
    else tell(unpacking, member, { code: "broken", message: textOfError(error) });
  } finally {
    await stream.close();
  }
}

/** A stream whose head was looked at. */
export class PeekedStream {
  readonly #iterator: AsyncIterator<Buffer> | Iterator<Buffer>;
  #seen: Buffer[] = [];
  #broken: unknown = null;

  constructor(chunks: Chunks) {
    this.#iterator =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  async peek(bytes: number): Promise<Buffer> {
    let length = this.#seen.reduce((sum, chunk) => sum + chunk.length, 0);
    try {
      while (length < bytes && this.#broken === null) {
        const next = await this.#iterator.next();
        if (next.done === true) break;
        this.#seen.push(Buffer.from(next.value));
        length += next.value.length;
      }
    } catch (error) {
      // What came before the stream broke is read all the same.
      if (length === 0) throw error;
      this.#broken = error;
    }
    return Buffer.concat(this.#seen).subarray(0, bytes);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const seen = this.#seen;
    this.#seen = [];
    yield* seen;
    if (this.#broken !== null) throw this.#broken;
    for (;;) {
      const next = await this.#iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  }

  /** Ends what the stream comes from, where it was not read to its end. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  /** All of it, up to a limit. */
  async collect(bytesMax: number): Promise<{ bytes: Buffer; whole: boolean }> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of this) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > bytesMax) return { bytes: Buffer.concat(chunks).subarray(0, bytesMax), whole: false };
    }
    return { bytes: Buffer.concat(chunks), whole: true };
  }
}

function openReader({ reading, source }: Unpacking, { path }: Member, head: Buffer): ByteReader {
  const span: Span = {
    source,
    path,
    offset: 0,
    longLine: false,
    from: 0,
    to: Number.MAX_SAFE_INTEGER,
    line: 1,
    wide: wideOfText(head),
  };
  if (span.wide === null && !looksLikeText(head)) return new ImageReader(reading, { ...span, line: 0 });
  return readerOfText(reading, span, head);
}

/** Gives a stream to a reader; where the stream breaks, what came before is read to its end. */
export async function feed(reader: ByteReader, stream: AsyncIterable<Buffer>): Promise<void> {
  try {
    let mark = -1;
    for await (const chunk of stream) {
      let at = mark < 0 ? markBytes(chunk) : 0;
      mark = 0;
      while (at < chunk.length) {
        const room = reader.room();
        const count = chunk.copy(room, 0, at);
        reader.filled(count);
        at += count;
      }
    }
  } finally {
    reader.finish();
  }
}

type Packed = { kind: ByteKind; head: Buffer; stream: PeekedStream };

async function readPacked(unpacking: Unpacking, member: Member, packed: Packed): Promise<void> {
  const { kind, head, stream } = packed;
  const { limits } = unpacking.reading;
  if (kind === "gzip" || kind === "zstd") {
    const inner = { path: inside(member.path, nameWithin(unpacking, member, head)), depth: member.depth + 1 };
    const unpacker = kind === "gzip" ? createGunzip() : createZstdDecompress();
    await readStream(unpacking, inner, unpack(unpacking, unpacker, stream));
    return;
  }
  const { bytes, whole } = await stream.collect(limits.heldBytesMax);
  if (!whole) tell(unpacking, member, { code: "too-large", message: "it is too large to be unpacked" });
  if (kind === "zip") return readZip(unpacking, member, randomBytesOf(bytes));
  const { left, deadline } = unpacking;
  const bytesMax = Math.min(left.bytes, limits.heldBytesMax * 2);
  const unpacked = await unpackBySevenZip(bytes, kind, { bytesMax, membersMax: left.members, deadline });
  if (unpacked.problem === "encrypted")
    tell(unpacking, member, { code: "encrypted", message: "it is encrypted; unpack it with its password" });
  else if (unpacked.problem === "limit")
    tell(unpacking, member, { code: "too-large", message: "it unpacks to too much" });
  else if (unpacked.problem !== null) tell(unpacking, member, { code: "broken", message: "it is damaged" });
  for (const { name, bytes: content } of unpacked.members) {
    left.bytes -= content.length;
    // Of a broken or encrypted member only an empty file is there.
    if (content.length > 0) await readStream(unpacking, inner(member, name), [content]);
  }
}

function inner({ path, depth }: Member, name: string): Member {
  return { path: inside(path, name), depth: depth + 1 };
}

function inside(path: string, name: string): string {
  return path === "" ? name : `${path}!${name}`;
}

/** What a stream of one file holds is called: in gzip's header (RFC 1952 2.3.1), else without its ending. */
function nameWithin(unpacking: Unpacking, { path }: Member, head: Buffer): string {
  if (head[0] === 0x1f && ((head[3] as number) & 0x0c) === 0x08) {
    const end = head.indexOf(0, 10);
    if (end > 10 && end < 1_024) return head.toString("utf8", 10, end).replace(/.*[/\\]/, "");
  }
  const name = basename(path === "" ? unpacking.source : (path.split("!").at(-1) as string));
  return name.replace(/\.\w{2,4}$/, "") || "content";
}

/** The unpacked chunks, within all limits. */
async function* unpack(
  { left, deadline, reading }: Unpacking,
  unpacker: NodeJS.ReadWriteStream,
  packed: Chunks,
): AsyncGenerator<Buffer> {
  const { limits } = reading;
  let [packedBytes, bytes] = [0, 0];
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of packed) {
      packedBytes += chunk.length;
      yield chunk;
    }
  }
  const source = Readable.from(counted(), { objectMode: false, highWaterMark: 64 * 1024 });
  source.on("error", (error) => (unpacker as unknown as Readable).destroy(error));
  source.pipe(unpacker);
  try {
    for await (const chunk of unpacker as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      left.bytes -= chunk.length;
      if (bytes > limits.ratioFromBytes && bytes > packedBytes * limits.ratioMax)
        throw new LimitMet("it unpacks to far more than it holds (a bomb); what came before is read");
      if (bytes > limits.memberBytesMax || left.bytes < 0) throw new LimitMet("it unpacks to too much");
      if (performance.now() > deadline) throw new LimitMet("unpacking takes too long");
      yield chunk;
    }
  } finally {
    source.destroy();
    (unpacker as unknown as Readable).destroy();
  }
}

/** The unpacked bytes of an entry as a stream; null, told, where that cannot be. */
export function entryStream(
  unpacking: Unpacking,
  member: Member,
  { archive, entry }: { archive: RandomBytes; entry: ZipEntry },
): Chunks | null {
  if (entry.encrypted) {
    tell(unpacking, member, { code: "encrypted", message: "it is encrypted; unpack it with its password" });
    return null;
  }
  const from = startOfEntry(archive, entry);
  if (from === null) tell(unpacking, member, { code: "broken", message: "its header is missing" });
  else if (entry.method !== 0 && entry.method !== 8)
    tell(unpacking, member, {
      code: "method",
      message: `it is packed by method ${entry.method}; unpack it first`,
    });
  else {
    const packed = chunksOf(archive, { from, to: from + entry.packedBytes });
    return entry.method === 0 ? packed : unpack(unpacking, createInflateRaw(), packed);
  }
  return null;
}

async function readZip(unpacking: Unpacking, member: Member, archive: RandomBytes): Promise<void> {
  const { entries, whole, more } = readZipDirectory(archive, Math.max(0, unpacking.left.members));
  if (!whole)
    tell(unpacking, member, { code: "broken", message: "its directory is missing; members are looked for" });
  if (more) tell(unpacking, member, { code: "too-many", message: "it has too many members" });
  if (entries.some(({ name }) => /^xl\/worksheets\/[^/]+\.xml$/.test(name))) {
    await readSheets(unpacking, member, { archive, entries });
    return;
  }
  for (const entry of entries) {
    if (entry.name.endsWith("/") || unpacking.left.members <= 0) continue;
    const within = inner(member, entry.name);
    const stream = entryStream(unpacking, within, { archive, entry });
    if (stream !== null) await readStream(unpacking, within, stream);
  }
}

async function readCompound(unpacking: Unpacking, member: Member, stream: PeekedStream): Promise<void> {
  const { bytes, whole } = await stream.collect(unpacking.reading.limits.heldBytesMax);
  if (bytes.includes(Buffer.from("EncryptedPackage", "utf16le"))) {
    tell(unpacking, member, { code: "encrypted", message: "it is encrypted; save it without its password" });
    return;
  }
  if (!whole) tell(unpacking, member, { code: "too-large", message: "only its first part is read" });
  await feed(openReader(unpacking, member, bytes.subarray(0, headBytes)), new PeekedStream([bytes]));
}

/** Begins to unpack an input. */
export function unpackingOf(reading: Reading, source: string): Unpacking {
  const limits: ReadLimits = reading.limits;
  return {
    reading,
    source,
    left: { bytes: limits.unpackedBytesMax, members: limits.membersMax },
    deadline: performance.now() + limits.containerMsMax,
  };
}
