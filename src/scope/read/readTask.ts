import { readContainer, unpackingOf } from "./containers.ts";
import { ImageReader, sectorBytes } from "./imageReader.ts";
import { InputFile } from "./inputFile.ts";
import { Kernel, sectorClass } from "./kernel.ts";
import { readLimits, type ReadLimits } from "./limits.ts";
import type { ByteReader, Reading, Span } from "./lineReader.ts";
import { markBytes, readerOfText, wideOfText } from "./openText.ts";
import type { ReadTally, ReadTask, RecordSink } from "./record.ts";
import { emptyTally } from "./tally.ts";

export type ReadOptions = {
  limits?: Partial<ReadLimits>;
  /** Told with the bytes of the task that are read by now. */
  onProgress?: (bytes: number) => void;
  /** By which the input itself is read; by default any that is free. */
  kernel?: Kernel;
};

const headBytes = 64 * 1024;

/**
 * Gives all records that begin in a task's part of its input. What cannot be read is a problem, told to the
 * sink, and the rest goes on. Any cutting of an input into tasks gives the same records.
 */
export async function readTask(
  task: ReadTask,
  sink: RecordSink,
  options: ReadOptions = {},
): Promise<ReadTally> {
  const limits = { ...readLimits, ...options.limits };
  const tally = emptyTally();
  const kernel = options.kernel ?? Kernel.take();
  try {
    using file = new InputFile(task.input.file);
    const reading = { kernel, sink, tally, limits };
    if (task.input.how === "container") {
      const bytes = {
        bytes: task.input.bytes,
        read: (offset: number, length: number) => file.slice(offset, length),
      };
      await readContainer(unpackingOf(reading, task.input.source), { path: "", depth: 0 }, bytes);
      tally.bytes = task.input.bytes;
      options.onProgress?.(tally.bytes);
      return tally;
    }
    const reader =
      task.input.how === "image" ? openImage(file, { task, reading }) : openText(file, { task, reading });
    pump(file, { task, ...reader }, options.onProgress);
    tally.bytes = Math.max(0, Math.min(task.end, task.input.bytes) - task.start);
  } finally {
    kernel.release();
  }
  return tally;
}

type Opening = { task: ReadTask; reading: Reading };

function spanOf({ task, reading }: Opening): Span {
  const { gridBytes } = reading.limits;
  return {
    source: task.input.source,
    path: "",
    offset: task.start - (task.start % gridBytes),
    longLine: false,
    from: task.start,
    to: task.end,
    line: task.start === 0 ? 1 : 0,
    wide: null,
  };
}

function openText(file: InputFile, opening: Opening): { reader: ByteReader; offset: number } {
  const { reading } = opening;
  const head = file.slice(0, headBytes);
  const span = spanOf(opening);
  span.wide = wideOfText(head);
  if (span.offset === 0) span.offset = markBytes(head);
  else {
    const from = Math.max(0, span.offset - reading.limits.lineBytesMax);
    const end = lastEnd(file.slice(from, span.offset - from), span.wide, isLineEnd);
    // A line that began before all of these bytes is too long: it is cut here.
    if (end < 0) span.longLine = true;
    else span.offset = from + end;
  }
  return { reader: readerOfText(reading, span, head), offset: span.offset };
}

/** Where the line begins that goes on behind these bytes; -1: before all of them. */
function lastEnd(bytes: Buffer, wide: Span["wide"], ends: (unit: number) => boolean): number {
  const step = wide === null ? 1 : 2;
  const upper = wide === "utf-16le" ? 1 : 0;
  for (let at = bytes.length - step; at >= 0; at -= step) {
    const low = bytes[step === 1 ? at : at + 1 - upper] as number;
    const unit = step === 1 ? low : ((bytes[at + upper] as number) << 8) | low;
    if (ends(unit)) return at + step;
  }
  return -1;
}

function isLineEnd(unit: number): boolean {
  return unit === 10 || unit === 13;
}

/** What ends a line in an image: see `controls` in triage.as. */
function isImageEnd(unit: number): boolean {
  return unit === 127 || (unit < 32 && unit !== 9 && unit !== 27);
}

function openImage(file: InputFile, opening: Opening): { reader: ByteReader; offset: number } {
  const { reading } = opening;
  const span = spanOf(opening);
  if (span.offset === 0) return { reader: new ImageReader(reading, span), offset: 0 };
  const length = Math.min(span.offset, reading.limits.imageLineBytesMax);
  const bytes = file.slice(span.offset - length, length + sectorBytes);
  const { kernel } = reading;
  kernel.bytes.fill(0, kernel.window, kernel.window + length + sectorBytes);
  bytes.copy(kernel.bytes, kernel.window);
  kernel.triage(kernel.window, length / sectorBytes + 1);
  let first = length / sectorBytes;
  const kind = kernel.sectors[first] as number;
  if (kind < sectorClass.text || kernel.sectors[first - 1] !== kind)
    return { reader: new ImageReader(reading, span), offset: span.offset };
  while (first > 0 && kernel.sectors[first - 1] === kind) first -= 1;
  const wide =
    kind === sectorClass.wideLittle ? "utf-16le" : kind === sectorClass.wideBig ? "utf-16be" : null;
  const run = bytes.subarray(first * sectorBytes, length);
  const end = lastEnd(run, wide, isImageEnd);
  const from = span.offset - run.length;
  if (end < 0 && first === 0) span.longLine = true;
  else span.offset = from + Math.max(0, end);
  // A line that begins the run is read as such.
  const opened = end < 0 && first > 0 ? null : kind;
  const offset = span.offset - (span.offset % sectorBytes);
  return { reader: new ImageReader(reading, span, opened), offset };
}

function pump(
  file: InputFile,
  { task, reader, offset }: { task: ReadTask; reader: ByteReader; offset: number },
  onProgress: ReadOptions["onProgress"],
): void {
  let at = offset;
  while (!reader.done) {
    const count = file.read(reader.room(), at);
    if (count === 0) break;
    at += count;
    reader.filled(count);
    onProgress?.(Math.max(0, Math.min(at, task.end) - task.start));
  }
  reader.finish();
}
