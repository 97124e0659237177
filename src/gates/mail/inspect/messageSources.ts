import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SekishoError, textOfError } from "../../../lib/error.ts";

/** One message to inspect, or why an input is none. `file` names the message in a mailbox by number. */
export type Source = { file: string; raw: Buffer } | { file: string; error: SekishoError };

export const sourceLimits = { messageBytesMax: 64 * 1024 ** 2, filesMax: 1_000_000 } as const;

/**
 * All files below the given paths, in a fixed order. A path that cannot be read is told and the rest goes
 * on.
 */
export async function listFiles(
  paths: readonly string[],
): Promise<{ files: string[]; errors: SekishoError[] }> {
  const files: string[] = [];
  const errors: SekishoError[] = [];
  const visit = async (path: string): Promise<void> => {
    if (path === "-") {
      files.push(path);
      return;
    }
    try {
      const found = await stat(path);
      if (!found.isDirectory()) files.push(path);
      else for (const name of (await readdir(path)).sort()) await visit(join(path, name));
    } catch (cause) {
      errors.push(unreadable(path, textOfError(cause), "name files or folders that exist and may be read"));
    }
  };
  for (const path of paths) await visit(path);
  return { files: files.slice(0, sourceLimits.filesMax), errors };
}

export function unreadable(file: string, problem: string, hint: string): SekishoError {
  return new SekishoError("input-unreadable", `Cannot read "${file}" as mail: ${problem}`, { hint });
}

/**
 * The messages of one file: one, or those of a mailbox, which is read as a stream and never wholly in
 * memory.
 */
export async function* messagesOf(file: string): AsyncGenerator<Source> {
  try {
    if (file === "-") yield* await fromStream(file, process.stdin);
    else if (await isMailbox(file)) yield* fromMailbox(file, createReadStream(file));
    else yield* await fromStream(file, createReadStream(file));
  } catch (cause) {
    yield { file, error: unreadable(file, textOfError(cause), "check that the file exists and may be read") };
  }
}

/** RFC 4155: every message of a mailbox begins with a line "From address date". */
const FROM_LINE = /^From \S+.{0,80}\d{2}:\d{2}/;

async function isMailbox(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return FROM_LINE.test(buffer.toString("latin1", 0, bytesRead)) && /\.mbo?x$|\/mbox$/i.test(file);
  } finally {
    await handle.close();
  }
}

async function fromStream(
  file: string,
  stream: AsyncIterable<Buffer>,
): Promise<AsyncGenerator<Source> | Source[]> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > sourceLimits.messageBytesMax) return [tooLarge(file)];
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks);
  // A mailbox on standard input has no name that says so.
  if (file === "-" && FROM_LINE.test(raw.toString("latin1", 0, 256))) return fromMailbox(file, onlyOne(raw));
  return [{ file, raw }];
}

async function* onlyOne(raw: Buffer): AsyncGenerator<Buffer> {
  yield raw;
}

function tooLarge(file: string): Source {
  const error = new SekishoError(
    "input-too-large",
    `Cannot inspect "${file}": it is larger than ${sourceLimits.messageBytesMax / 1024 ** 2} MiB`,
    { hint: "name a single message, or a mailbox whose name ends in .mbox" },
  );
  return { file, error };
}

async function* fromMailbox(file: string, stream: AsyncIterable<Buffer>): AsyncGenerator<Source> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    // A message longer than a chunk is searched again only behind what was searched before.
    let at = nextStart(rest, Math.max(1, rest.length - chunk.length - 1024));
    while (at !== -1) {
      number += 1;
      yield { file: `${file}#${number}`, raw: withoutFromLine(rest.subarray(0, at)) };
      rest = rest.subarray(at);
      at = nextStart(rest, 1);
    }
    if (rest.length > sourceLimits.messageBytesMax) {
      yield tooLarge(`${file}#${number + 1}`);
      return;
    }
  }
  if (rest.length > 0) yield { file: `${file}#${number + 1}`, raw: withoutFromLine(rest) };
}

/** The next "From " line behind an empty line that is wholly there; -1 where there is none yet. */
function nextStart(bytes: Buffer, from: number): number {
  for (
    let at = bytes.indexOf("\nFrom ", from, "latin1");
    at !== -1;
    at = bytes.indexOf("\nFrom ", at + 1, "latin1")
  ) {
    const end = bytes.indexOf(0x0a, at + 1);
    if (end === -1) return -1;
    const behindEmptyLine = bytes[at - 1] === 0x0a || (bytes[at - 1] === 0x0d && bytes[at - 2] === 0x0a);
    if (behindEmptyLine && FROM_LINE.test(bytes.toString("latin1", at + 1, Math.min(end, at + 200))))
      return at + 1;
  }
  return -1;
}

function withoutFromLine(message: Buffer): Buffer {
  const end = message.indexOf(0x0a);
  return message.subarray(end === -1 ? message.length : end + 1);
}
