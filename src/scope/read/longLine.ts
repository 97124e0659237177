import type { Window } from "./window.ts";

export type LongLine = {
  window: Window;
  lineBytesMax: number;
  gridBytes: number;
  wide: "utf-16le" | "utf-16be" | null;
};

/** The next multiple of the grid after an offset. */
export function nextGrid(offset: number, gridBytes: number): number {
  return (Math.floor(offset / gridBytes) + 1) * gridBytes;
}

/** The end of what is surely the line's: a CR at the end of what was read may be half of a CRLF. */
export function surelyLine(end: number, { window, wide }: Pick<LongLine, "window" | "wide">): number {
  const { bytes } = window.kernel;
  if (wide === null) return bytes[end - 1] === 13 ? end - 1 : end;
  const even = end - ((end - window.kernel.window) % 2);
  const [first, second] = [bytes[even - 2], bytes[even - 1]];
  const unit = wide === "utf-16le" ? [second, first] : [first, second];
  return unit[0] === 0 && unit[1] === 13 ? even - 2 : even;
}

/**
 * Where a piece ends that begins at place `at` of a line that began at offset `lineFrom`: behind a separator
 * or a blank. At a multiple of the grid it is cut too, where it began long before: whoever begins to read
 * there sees no beginning of it.
 */
export function cutOf(at: number, end: number, options: LongLine & { lineFrom: number }): number {
  const { window, lineBytesMax, gridBytes, wide, lineFrom } = options;
  let grid = nextGrid(window.offsetOf(at), gridBytes);
  while (lineFrom > grid - lineBytesMax) grid = nextGrid(grid, gridBytes);
  const most = Math.min(end, window.placeOf(grid));
  if (most - at <= lineBytesMax) return most;
  const { bytes } = window.kernel;
  const step = wide === null ? 1 : 2;
  const upper = wide === "utf-16le" ? 1 : 0;
  const last = at + lineBytesMax - (lineBytesMax % step);
  for (let place = last - step; place > at + lineBytesMax / 2; place -= step) {
    if (step === 2 && bytes[place + upper] !== 0) continue;
    if (isBreak(bytes[place + (step === 2 ? 1 - upper : 0)] as number)) return place + step;
  }
  return last;
}

function isBreak(byte: number): boolean {
  return byte === 0x2c || byte === 0x3b || byte === 0x09 || byte === 0x7c || byte === 0x20;
}
