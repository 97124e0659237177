import { decodeRecord, type Decoded } from "./decodeRecord.ts";
import { lineFlag, quotesIn, type Kernel } from "./kernel.ts";
import type { ReadLimits } from "./limits.ts";
import { goesOn, opensQuote } from "./quoting.ts";
import type { RecordEncoding } from "./record.ts";

export type GroupOptions = {
  kernel: Kernel;
  limits: ReadLimits;
  /** UTF-16, or null where each line says its own encoding. */
  wide: RecordEncoding | null;
  /** Lines that begin here or later belong to no record that begins before. */
  before: number;
  /** No more lines will come. */
  final: boolean;
};

const decoded: Decoded = { start: 0, end: 0, encoding: "ascii" };

/**
 * The last line of the record that begins with line `first`, by RFC 4180: a quoted field may hold line ends.
 * A quote that never closes joins nothing. Null: more lines are needed to know.
 */
export function lastLineOf(first: number, count: number, options: GroupOptions): number | null {
  const { kernel, limits, wide } = options;
  const flags = kernel.index[first * 4 + 2] as number;
  // In ISO-2022-JP a quote may be half of a kanji.
  if (quotesIn(flags) % 2 === 0 || (flags & lineFlag.escape) !== 0) return first;
  decodeLine(first);
  if (!opensQuote(kernel.bytes, decoded.start, decoded.end)) return first;
  const start = kernel.index[first * 4] as number;
  for (let line = first + 1; line - first < limits.quotedLinesMax; line += 1) {
    if (line >= count) {
      const waiting = !options.final && kernel.consumed() - start < limits.quotedBytesMax;
      return waiting && kernel.consumed() < options.before ? null : first;
    }
    const [from, to] = [kernel.index[line * 4] as number, kernel.index[line * 4 + 1] as number];
    if (from >= options.before || to - start > limits.quotedBytesMax) return first;
    if (quotesIn(kernel.index[line * 4 + 2] as number) === 0) continue;
    decodeLine(line);
    const state = goesOn(kernel.bytes, decoded.start, decoded.end);
    if (state === "closed") return line;
    if (state === "broken") return first;
  }
  return first;

  function decodeLine(line: number): void {
    const [start, end] = [kernel.index[line * 4] as number, kernel.index[line * 4 + 1] as number];
    // Quotes and separators are the same bytes in all encodings but UTF-16.
    decodeRecord(kernel, { start, end, valid: true }, wide ?? "ascii", decoded);
  }
}
