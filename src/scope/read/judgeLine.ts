import { decodeRecord, encodingOfLine, type Decoded } from "./decodeRecord.ts";
import { digitsIn, lineFlag, type Kernel } from "./kernel.ts";
import type { Reading, Span } from "./lineReader.ts";
import type { RecordEncoding, RecordPart, RecordPlace } from "./record.ts";

export type FoundLine = { start: number; end: number; flags: number; marks: number };
/** Where it begins in the image, how much of it is there, and whether this task is to give it. */
export type Where = { offset: number; part: RecordPart; wide: RecordEncoding | null; ours: boolean };

const asciiBytesMin = 8;
const otherBytesMin = 6;
/** In a long line one letter may be broken, and in one that is cut. */
const longBytesMin = 48;
/** A telephone number or a date without separators. */
const digitsMin = 7;
/** Mean cost of two bytes above which bytes are no Japanese text. */
const pairCostMax = 18;
const shortBytes = 24;
/** The same of a short line without separators. */
const namesCostMax = 9;
/** Beginning one byte later must be this much likelier: the half of a letter was cut off. */
const shiftGain = 60;

/** Tells records from what else is made of letters in an image, and gives them. */
export class LineJudge {
  readonly #reading: Reading;
  readonly #place: RecordPlace;
  readonly #decoded: Decoded = { start: 0, end: 0, encoding: "ascii" };
  readonly #piece = { start: 0, end: 0, valid: false };
  #prior: RecordEncoding | null = null;

  constructor(reading: Reading, { path }: Span) {
    this.#reading = reading;
    this.#place = {
      path,
      offset: 0,
      line: 0,
      encoding: "ascii",
      part: "whole",
      separator: 0,
      columns: null,
    };
  }

  forget(): void {
    this.#prior = null;
  }

  /** Gives the line if it is a record, and says whether it is. Both objects are not kept. */
  take(line: FoundLine, where: Where): boolean {
    const { kernel, sink, tally } = this.#reading;
    const cutBefore = where.part === "tail" || where.part === "middle";
    const shift = cutBefore && where.wide === null ? halfLetter(kernel, line) : 0;
    line.start += shift;
    const encoding = where.wide ?? encodingOfLine(kernel, line, this.#prior);
    if (!isRecordLike(kernel, line, { encoding, cut: where.part !== "whole" })) return false;
    if (encoding !== "ascii") this.#prior = encoding;
    if (!where.ours) return true;
    this.#piece.start = line.start;
    this.#piece.end = line.end;
    this.#piece.valid =
      (line.flags & lineFlag.utf8) !== 0 || (shift > 0 && kernel.faultsUtf8(line.start, line.end) === 0);
    decodeRecord(kernel, this.#piece, encoding, this.#decoded);
    const place = this.#place;
    place.offset = where.offset + shift;
    place.encoding = encoding;
    place.part = where.part;
    tally.records += 1;
    if (where.part !== "whole") tally.halfRecords += 1;
    sink.record(kernel.bytes, this.#decoded.start, this.#decoded.end, place);
    return true;
  }
}

/** Bytes at the beginning that are the rest of a letter that was cut. */
function halfLetter(kernel: Kernel, { start, end, flags }: FoundLine): number {
  if ((flags & lineFlag.notAscii) === 0 || (flags & lineFlag.utf8) !== 0) return 0;
  let skip = 0;
  while (skip < 3 && ((kernel.bytes[start + skip] as number) & 0xc0) === 0x80) skip += 1;
  if (skip > 0 && start + skip < end && kernel.faultsUtf8(start + skip, end) === 0) return skip;
  const now = Math.min(kernel.costCp932(start, end), kernel.costEuc(start, end));
  const later = Math.min(kernel.costCp932(start + 1, end), kernel.costEuc(start + 1, end));
  return later + shiftGain < now ? 1 : 0;
}

function isRecordLike(
  kernel: Kernel,
  line: FoundLine,
  { encoding, cut }: { encoding: RecordEncoding; cut: boolean },
): boolean {
  const { start, end, flags, marks } = line;
  const length = end - start;
  if (encoding === "ascii") {
    if (length < asciiBytesMin) return false;
    return marks !== 0 || (flags & lineFlag.atSign) !== 0 || digitsIn(flags) >= digitsMin;
  }
  if (length < otherBytesMin) return false;
  if (encoding === "cp932" || encoding === "euc-jp") {
    const cost = encoding === "cp932" ? kernel.costCp932(start, end) : kernel.costEuc(start, end);
    // A few letters without a separator are a record only if they are those of names and places.
    const short = marks === 0 && length < shortBytes;
    if (short && cost * 2 > namesCostMax * kernel.highBytes()) return false;
    return cost * 2 <= pairCostMax * kernel.highBytes() + (cut || length >= longBytesMin ? 510 : 0);
  }
  if (encoding === "utf-8" && (flags & lineFlag.utf8) === 0)
    return kernel.faultsUtf8(start, end) * 12 <= highBytes(kernel.bytes, start, end) + 12;
  return true;
}

function highBytes(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) >= 0x80) count += 1;
  return count;
}
