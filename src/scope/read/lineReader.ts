import { decodeRecord, encodingOfLine, type Decoded } from "./decodeRecord.ts";
import { lastLineOf } from "./groupLines.ts";
import { lineFlag, lineMode, type Kernel } from "./kernel.ts";
import type { ReadLimits } from "./limits.ts";
import type { ReadTally, RecordEncoding, RecordPlace, RecordSink } from "./record.ts";
import { measureLine } from "./measureLine.ts";
import { cutOf, nextGrid, surelyLine, type LongLine } from "./longLine.ts";
import { Window } from "./window.ts";

/** Takes bytes in order and gives records: what files and streams of members are both read by. */
export interface ByteReader {
  /** Where the next bytes are to be written. */
  room(): Buffer;
  /** So many bytes were written there. */
  filled(count: number): void;
  /** No more bytes. */
  finish(): void;
  /** All records that this reader was to give are given. */
  readonly done: boolean;
}

export type Span = {
  source: string;
  path: string;
  /** Offset of the first byte that will come. */
  offset: number;
  /** The first bytes go on with a line that is too long: it is cut here. */
  longLine: boolean;
  /** Records that begin outside [from, to) are somebody else's. */
  from: number;
  to: number;
  /** Number of the first line, 0 where nobody knows. */
  line: number;
  wide: "utf-16le" | "utf-16be" | null;
};

export type Reading = { kernel: Kernel; sink: RecordSink; tally: ReadTally; limits: ReadLimits };
/** Something else than a record a line: lines of JSON. */
export type LineTaker = (bytes: Buffer, start: number, end: number, place: RecordPlace) => void;

/** Records of text: a line each, or more where a quoted field holds line ends. */
export class LineReader implements ByteReader {
  readonly #reading: Reading;
  readonly #span: Span;
  readonly #take: LineTaker;
  readonly #window: Window;
  readonly #place: RecordPlace;
  readonly #decoded: Decoded = { start: 0, end: 0, encoding: "ascii" };
  readonly #one = { start: 0, end: 0, flags: 0, valid: false };
  readonly #mode: number;
  readonly #long: LongLine;
  #prior: RecordEncoding | null = null;
  /** Offset up to which everything is read. */
  #at: number;
  /** Where the line began that is too long for one piece; -1: none. */
  #longFrom = -1;
  #gridEnd: number;
  #told = false;
  done = false;

  constructor(reading: Reading, span: Span, take: LineTaker | null = null) {
    this.#reading = reading;
    this.#span = span;
    this.#take = take ?? ((bytes, start, end, place) => reading.sink.record(bytes, start, end, place));
    this.#window = new Window(reading.kernel, span.offset, reading.limits);
    this.#at = span.offset;
    if (span.longLine) this.#longFrom = span.offset - 1;
    const { lineBytesMax, gridBytes } = reading.limits;
    this.#long = { window: this.#window, lineBytesMax, gridBytes, wide: span.wide };
    this.#gridEnd = nextGrid(span.offset, this.#long.gridBytes);
    this.#mode = span.wide === null ? 0 : span.wide === "utf-16le" ? lineMode.little : lineMode.big;
    this.#place = {
      path: span.path,
      offset: 0,
      line: span.line,
      encoding: "ascii",
      part: "whole",
      separator: 0,
      columns: null,
    };
  }

  room(): Buffer {
    return this.#window.room();
  }

  filled(count: number): void {
    this.#window.length += count;
    this.#read(false);
    this.#window.dropBefore(this.#at);
  }

  finish(): void {
    if (!this.done) this.#read(true);
    this.done = true;
  }

  #read(final: boolean): void {
    const { kernel } = this.#reading;
    const window = this.#window;
    for (;;) {
      const from = window.placeOf(this.#at);
      const count = kernel.lines(from, window.end, this.#mode | (final ? lineMode.final : 0));
      const stopped = this.#takeLines(count, final);
      if (this.done) return;
      if (stopped !== null) {
        this.#at = window.offsetOf(stopped);
        return;
      }
      this.#at = window.offsetOf(kernel.consumed());
      if (count === 0) break;
    }
    if (!final) this.#takeLongLine(surelyLine(window.end, this.#long), false);
  }

  /** Gives the lines found; the place of the one at which more bytes are needed, else null. */
  #takeLines(count: number, final: boolean): number | null {
    const { kernel, limits } = this.#reading;
    const { index } = kernel;
    const window = this.#window;
    let grid = window.placeOf(this.#gridEnd);
    const [first, last] = [window.placeOf(this.#span.from), window.placeOf(this.#span.to)];
    for (let line = 0; line < count; line += 1) {
      const start = index[line * 4] as number;
      let end = index[line * 4 + 1] as number;
      if (start >= grid) {
        this.#enter(window.offsetOf(start));
        grid = window.placeOf(this.#gridEnd);
      }
      if (this.#longFrom >= 0 || end - start > limits.lineBytesMax) {
        this.#takeLongLine(end, true, start);
        if (this.done) return null;
        if (this.#place.line > 0) this.#place.line += 1;
        continue;
      }
      if (start >= last) {
        this.done = true;
        return null;
      }
      let group = line;
      if ((index[line * 4 + 2] as number) >>> 16 !== 0) {
        const found = lastLineOf(line, count, {
          kernel,
          limits,
          wide: this.#span.wide,
          before: grid,
          final,
        });
        if (found === null) return start;
        group = found;
        end = index[group * 4 + 1] as number;
      }
      if (end > start) this.#takeRecord(line, end, start >= first);
      if (this.#place.line > 0) this.#place.line += group - line + 1;
      line = group;
    }
    return null;
  }

  /** Beyond a multiple of the grid nothing is remembered of what comes before. */
  #enter(offset: number): void {
    if (offset < this.#gridEnd) return;
    this.#gridEnd = nextGrid(offset, this.#long.gridBytes);
    this.#prior = null;
  }

  #takeRecord(line: number, end: number, ours: boolean): void {
    const { kernel, tally } = this.#reading;
    const start = kernel.index[line * 4] as number;
    const flags = kernel.index[line * 4 + 2] as number;
    const whole = end === kernel.index[line * 4 + 1];
    let encoding: RecordEncoding | null = this.#span.wide;
    let valid = true;
    if (encoding === null && (flags & (lineFlag.notAscii | lineFlag.escape)) === 0 && whole) {
      encoding = "ascii";
    } else if (encoding === null) {
      this.#one.flags = whole ? flags : measureLine(kernel, start, end).flags;
      this.#one.start = start;
      this.#one.end = end;
      encoding = encodingOfLine(kernel, this.#one, this.#prior);
      valid = (this.#one.flags & lineFlag.utf8) !== 0;
      if (encoding !== "ascii") this.#prior = encoding;
    }
    if (!ours) return;
    this.#one.start = start;
    this.#one.end = end;
    this.#one.valid = valid;
    decodeRecord(kernel, this.#one, encoding, this.#decoded);
    const place = this.#place;
    place.offset = this.#window.offsetOf(start);
    place.encoding = encoding;
    place.part = "whole";
    tally.records += 1;
    this.#take(kernel.bytes, this.#decoded.start, this.#decoded.end, place);
  }

  /** Gives a line that is too long in pieces. */
  #takeLongLine(end: number, ended: boolean, begin = this.#window.placeOf(this.#at)): void {
    const { lineBytesMax } = this.#reading.limits;
    const window = this.#window;
    let at = begin;
    if (!ended && this.#longFrom < 0 && end - at <= lineBytesMax) return;
    if (this.#longFrom < 0) this.#longFrom = window.offsetOf(at);
    while (ended ? at < end : end - at > lineBytesMax) {
      this.#enter(window.offsetOf(at));
      const cut = cutOf(at, end, { ...this.#long, lineFrom: this.#longFrom });
      const first = window.offsetOf(at) === this.#longFrom;
      this.#takePiece(at, cut, first ? "head" : ended && cut === end ? "tail" : "middle");
      if (this.done) return;
      at = cut;
    }
    if (ended) this.#longFrom = -1;
    else this.#at = window.offsetOf(at);
  }

  #takePiece(start: number, end: number, part: RecordPlace["part"]): void {
    const { kernel, sink, tally } = this.#reading;
    const { source, path, from, to, wide } = this.#span;
    const offset = this.#window.offsetOf(start);
    if (offset >= to) this.done = true;
    if (offset < from || offset >= to) return;
    if (!this.#told) {
      const where = path === "" ? source : `${source}, ${path}`;
      const message = `A line of ${where} is too long: it is read in pieces`;
      sink.problem({ code: "line-too-long", source, path, offset, message });
    }
    this.#told = true;
    const flags = measureLine(kernel, start, end).flags;
    const encoding = wide ?? encodingOfLine(kernel, { start, end, flags }, this.#prior);
    decodeRecord(kernel, { start, end, valid: (flags & lineFlag.utf8) !== 0 }, encoding, this.#decoded);
    Object.assign(this.#place, { offset, encoding, part });
    tally.records += 1;
    this.#take(kernel.bytes, this.#decoded.start, this.#decoded.end, this.#place);
  }
}
