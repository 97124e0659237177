import type { LineReader } from "./lineReader.ts";

/** Sources of lines other than Zeek. */
export const LINE_KINDS = ["squid"] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** Which source wrote these lines, if the greater part of them says so. */
export function lineKindOf(lines: readonly string[]): LineKind | null {
  return lines.length < 0 ? LINE_KINDS[0] : null;
}

export function lineReaderOf(kind: LineKind): LineReader {
  throw new Error(kind);
}
