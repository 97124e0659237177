import { endKind, endOf } from "./kernel.ts";
import type { RecordPart } from "./record.ts";

/** A line's commonest separator and its count, as one number; 0: none. */
export function dominant(marks: number): number {
  let best = 0;
  for (let kind = 0; kind < 4; kind += 1) {
    const count = (marks >>> (8 * kind)) & 255;
    if (count > (best & 255)) best = (kind << 8) | count;
  }
  return best;
}

/** The separators of the lines around: those of records before, and of the line after. */
export type Neighbours = { previous: number; earlier: number; next: number | null };

type Line = { start: number; end: number; flags: number; layout: number; edge: boolean };

/**
 * How much of a line is there. At the first sector of a run of text the beginning may be lost; at its last
 * the end is, unless padding follows and the line has as many fields as the one before.
 */
export function partOf({ flags, layout, edge }: Line, { previous, next }: Neighbours): RecordPart {
  const count = layout & 255;
  const beginLost = edge && next !== null && count < (next & 255);
  const end = endOf(flags);
  const endLost = end === endKind.none || (end !== endKind.lineEnd && count < (previous & 255));
  if (beginLost) return endLost ? "middle" : "tail";
  return endLost ? "head" : "whole";
}

/**
 * The edge of a block at which a line is rather the end of one file and the beginning of another: its fields
 * are not as many as in the lines around, which agree. 0: the line is one. Offsets are those of the image.
 */
export function seamOf({ start, end, layout }: Line, { previous, earlier, next }: Neighbours): number {
  if (previous === 0 || previous !== earlier || layout === previous || layout === next) return 0;
  for (const blockBytes of [4_096, 512]) {
    const edge = (Math.floor(start / blockBytes) + 1) * blockBytes;
    if (edge < end) return edge;
  }
  return 0;
}
