import { lineMode, sectorClass, type Kernel } from "./kernel.ts";
import { lastLineOf } from "./groupLines.ts";
import { LineJudge, type FoundLine, type Where } from "./judgeLine.ts";
import type { ByteReader, Reading, Span } from "./lineReader.ts";
import { cutOf, nextGrid, surelyLine } from "./longLine.ts";
import { measureLine } from "./measureLine.ts";
import type { ReadTally } from "./record.ts";
import { dominant, partOf, seamOf, type Neighbours } from "./seams.ts";
import { Window } from "./window.ts";

export const sectorBytes = 512;
const blockBytes = 4_096;
const lineBytesMin = 4;

type Run = { from: number; to: number; kind: number; complete: boolean };

/**
 * Records in raw bytes: sectors are classed first, lines are looked for only where text is, and only what
 * looks like a record is given. Nothing is known of files: they begin at any sector.
 */
export class ImageReader implements ByteReader {
  readonly #reading: Reading;
  readonly #span: Span;
  readonly #window: Window;
  readonly #judge: LineJudge;
  /** Offset up to which everything is read. */
  #at: number;
  /** The kind of the run that goes on beyond what was read; null: none. */
  #open: number | null = null;
  #gridEnd: number;
  /** Where the line began that is too long for one piece; -1: none. */
  #longFrom = -1;
  /** The class of the run that is being read. */
  #kind = 0;
  #talliedTo: number;
  readonly #before: Neighbours = { previous: 0, earlier: 0, next: null };
  // One of each, used for every line: lines are many.
  readonly #line: FoundLine = { start: 0, end: 0, flags: 0, marks: 0 };
  readonly #shape = { start: 0, end: 0, flags: 0, layout: 0, edge: false };
  readonly #where: Where = { offset: 0, part: "whole", wide: null, ours: true };
  done = false;

  /** `opened`: the class of the sectors in the midst of which the span begins. */
  constructor(reading: Reading, span: Span, opened: number | null = null) {
    this.#reading = reading;
    this.#span = span;
    this.#window = new Window(reading.kernel, span.offset - (span.offset % sectorBytes), reading.limits);
    this.#judge = new LineJudge(reading, span);
    this.#at = span.offset;
    this.#open = opened;
    if (span.longLine) this.#longFrom = span.offset - 1;
    this.#gridEnd = nextGrid(span.offset, reading.limits.gridBytes);
    this.#talliedTo = Math.max(this.#window.base, span.from);
  }

  room(): Buffer {
    return this.#window.room();
  }

  filled(count: number): void {
    this.#window.length += count;
    this.#read(false);
    this.#window.dropBefore(this.#at - (this.#at % sectorBytes));
  }

  finish(): void {
    if (!this.done) {
      this.#window.padTo(sectorBytes);
      this.#read(true);
    }
    this.done = true;
  }

  #read(final: boolean): void {
    const { kernel, tally } = this.#reading;
    const window = this.#window;
    const count = Math.floor(window.length / sectorBytes);
    kernel.triage(kernel.window, count);
    this.#talliedTo = tallyBlocks(tally, kernel, {
      base: window.base,
      count,
      from: this.#talliedTo,
      to: this.#span.to,
      final,
    });
    let sector = Math.floor((this.#at - window.base) / sectorBytes);
    while (sector < count) {
      const kind = kernel.sectors[sector] as number;
      const offset = window.base + sector * sectorBytes;
      if (offset >= this.#span.to && this.#open === null) {
        this.done = true;
        return;
      }
      if (kind < sectorClass.text) {
        sector += 1;
        this.#open = null;
        continue;
      }
      let end = sector + 1;
      while (end < count && kernel.sectors[end] === kind) end += 1;
      const complete = final || end < count;
      const from = this.#open === kind ? Math.max(offset, this.#at) : offset;
      this.#at = from;
      this.#kind = kind;
      if (this.#open !== kind) this.#longFrom = -1;
      this.#readRun({ from, to: window.base + end * sectorBytes, kind, complete });
      if (this.done) return;
      if (!complete) {
        this.#open = kind;
        return;
      }
      this.#open = null;
      sector = end;
    }
    this.#at = Math.max(this.#at, window.base + count * sectorBytes);
  }

  /** Lines of one run of text, as far as they are there. Sets `#at` to what is still to be read. */
  #readRun(run: Run): void {
    const { kernel } = this.#reading;
    const window = this.#window;
    const to = window.placeOf(run.to);
    // The first line of a run may have lost its beginning.
    let edge = this.#open !== run.kind;
    if (edge) this.#forget();
    for (;;) {
      const count = kernel.lines(window.placeOf(this.#at), to, modeOf(run));
      const consumed = kernel.consumed();
      const all = run.complete && consumed === to;
      // Whether a line is whole shows only beside the next, unless that is too long to be a record.
      const long = to - consumed > this.#reading.limits.imageLineBytesMax;
      const stopped = this.#takeLines(all || long ? count : count - 1, { run, edge, all, count });
      if (this.done) return;
      const next = stopped === count ? consumed : (kernel.index[stopped * 4] as number);
      const forward = window.offsetOf(next) > this.#at;
      if (count > 0) this.#at = window.offsetOf(next);
      if (forward) edge = false;
      if (long && !run.complete && next === consumed) {
        const sure = surelyLine(to, { window, wide: wideOf(run.kind) });
        this.#takeLongLine(sure, false, next);
      }
      if (all || !forward) break;
    }
  }

  /** Beyond a multiple of the grid nothing is remembered of what comes before. */
  #enter(offset: number): void {
    if (offset < this.#gridEnd) return;
    this.#gridEnd = nextGrid(offset, this.#reading.limits.gridBytes);
    this.#forget();
  }

  #forget(): void {
    Object.assign(this.#before, { previous: 0, earlier: 0, next: null });
    this.#judge.forget();
  }

  /** Takes lines up to `limit`; returns the first that was not taken. */
  #takeLines(
    limit: number,
    { run, edge, all, count }: { run: Run; edge: boolean; all: boolean; count: number },
  ): number {
    const { kernel, limits } = this.#reading;
    const { index } = kernel;
    const window = this.#window;
    const first = window.placeOf(run.from);
    const wide = wideOf(run.kind);
    for (let line = 0; line < limit; line += 1) {
      const [start, end] = [index[line * 4] as number, index[line * 4 + 1] as number];
      const offset = window.offsetOf(start);
      this.#enter(offset);
      if (this.#longFrom >= 0 || end - start > limits.imageLineBytesMax) {
        this.#takeLongLine(end, true, start);
        if (this.done) return line;
        continue;
      }
      if (offset >= this.#span.to) {
        this.done = true;
        return line;
      }
      if (end - start < lineBytesMin) continue;
      let last: number | null = line;
      if ((index[line * 4 + 2] as number) >>> 16 !== 0) {
        const before = window.placeOf(this.#gridEnd);
        last = lastLineOf(line, count, { kernel, limits, wide, before, final: all });
      }
      if (last === null) return line;
      this.#takeLine(line, last, { count, edge: edge && start === first });
      line = last;
    }
    return limit < 0 ? 0 : limit;
  }

  #takeLine(line: number, last: number, { count, edge }: { count: number; edge: boolean }): void {
    const { kernel, tally } = this.#reading;
    const { index } = kernel;
    const window = this.#window;
    const [one, shape, before, where] = [this.#line, this.#shape, this.#before, this.#where];
    const [start, end] = [index[line * 4] as number, index[last * 4 + 1] as number];
    one.start = start;
    one.end = end;
    one.flags = index[line * 4 + 2] as number;
    one.marks = index[line * 4 + 3] as number;
    if (last !== line) Object.assign(one, measureLine(kernel, start, end));
    const offset = window.offsetOf(start);
    shape.start = offset;
    shape.end = window.offsetOf(end);
    shape.flags = index[last * 4 + 2] as number;
    shape.layout = dominant(one.marks);
    shape.edge = edge;
    before.next = nextLayout(index, last, { count, bytesMax: this.#reading.limits.imageLineBytesMax });
    where.offset = offset;
    where.wide = wideOf(this.#kind);
    where.ours = offset >= this.#span.from;
    // What lies across the grid is read from both sides: it is never parted.
    const seam = shape.end > this.#gridEnd ? 0 : seamOf(shape, before);
    if (seam === 0) {
      where.part = partOf(shape, before);
      if (!this.#judge.take(one, where)) return;
      before.earlier = before.previous;
      before.previous = shape.layout;
      const joins = Math.floor((shape.end - 1) / blockBytes) > Math.floor(offset / blockBytes);
      if (where.ours && where.part === "whole" && joins) tally.joinedRecords += 1;
      return;
    }
    const cut = window.placeOf(seam);
    where.part = "head";
    this.#judge.take(measureLine(kernel, start, cut), where);
    where.part = "tail";
    where.offset = seam;
    // The second half begins at another place, and may be another task's.
    where.ours = seam >= this.#span.from && seam < this.#span.to;
    this.#judge.take(measureLine(kernel, cut, end), where);
  }

  /** Text without a line end for so long is seldom a record; it is given in pieces, for what it may hold. */
  #takeLongLine(end: number, ended: boolean, begin: number): void {
    const { kernel, limits } = this.#reading;
    const window = this.#window;
    const lineBytesMax = limits.imageLineBytesMax;
    let at = begin;
    if (this.#longFrom < 0) this.#longFrom = window.offsetOf(at);
    const wide = wideOf(this.#kind);
    const { gridBytes } = limits;
    while (ended ? at < end : end - at > lineBytesMax) {
      const lineFrom = this.#longFrom;
      const cut = cutOf(at, end, { window, lineBytesMax, gridBytes, wide, lineFrom });
      const offset = window.offsetOf(at);
      this.#enter(offset);
      if (offset >= this.#span.to) this.done = true;
      if (this.done) return;
      const part = offset === lineFrom ? "head" : ended && cut === end ? "tail" : "middle";
      const ours = offset >= this.#span.from;
      this.#judge.take(measureLine(kernel, at, cut), { offset, part, wide, ours });
      at = cut;
    }
    if (ended) this.#longFrom = -1;
    else this.#at = window.offsetOf(at);
  }
}

type Wide = "utf-16le" | "utf-16be" | null;

function wideOf(kind: number): Wide {
  return kind === sectorClass.wideLittle ? "utf-16le" : kind === sectorClass.wideBig ? "utf-16be" : null;
}

function modeOf({ kind, complete }: Run): number {
  return (
    lineMode.image |
    (kind === sectorClass.wideLittle ? lineMode.little : 0) |
    (kind === sectorClass.wideBig ? lineMode.big : 0) |
    (complete ? lineMode.final : 0)
  );
}

/** The separators of the next line that holds anything. */
function nextLayout(
  index: Int32Array,
  line: number,
  { count, bytesMax }: { count: number; bytesMax: number },
): number | null {
  const next = line + 1;
  if (next >= count) return null;
  const length = (index[next * 4 + 1] as number) - (index[next * 4] as number);
  return length < lineBytesMin || length > bytesMax ? null : dominant(index[next * 4 + 3] as number);
}

/** Counts blocks by what is in them; only once each. Returns where counting goes on. */
function tallyBlocks(
  tally: ReadTally,
  kernel: Kernel,
  { base, count, from, to, final }: { base: number; count: number; from: number; to: number; final: boolean },
): number {
  const sectors = blockBytes / sectorBytes;
  let at = from;
  while (at < to) {
    const first = (at - base) / sectorBytes;
    const last = Math.min(count, first + sectors);
    if (first >= count || (first + sectors > count && !final)) break;
    let highest = 0;
    for (let sector = first; sector < last; sector += 1)
      highest = Math.max(highest, kernel.sectors[sector] as number);
    if (highest >= sectorClass.text) tally.blocks.text += 1;
    else if (highest === sectorClass.binary) tally.blocks.binary += 1;
    else if (highest === sectorClass.random) tally.blocks.random += 1;
    else tally.blocks.zero += 1;
    at += blockBytes;
  }
  return at;
}
