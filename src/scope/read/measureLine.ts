import { lineFlag, type Kernel } from "./kernel.ts";

/** What the kernel says of a line, of bytes that are not one line as it found it. */
export function measureLine(
  kernel: Kernel,
  start: number,
  end: number,
): { start: number; end: number; flags: number; marks: number } {
  const counts = [0, 0, 0, 0];
  let [flags, digits, highest] = [0, 0, 0];
  for (let at = start; at < end; at += 1) {
    const byte = kernel.bytes[at] as number;
    if (byte > highest) highest = byte;
    if (byte === 27) flags |= lineFlag.escape;
    else if (byte === 0x40) flags |= lineFlag.atSign;
    else if (byte >= 0x30 && byte <= 0x39) digits += 1;
    else if (byte === 0x2c) counts[0] = (counts[0] as number) + 1;
    else if (byte === 0x09) counts[1] = (counts[1] as number) + 1;
    else if (byte === 0x3b) counts[2] = (counts[2] as number) + 1;
    else if (byte === 0x7c) counts[3] = (counts[3] as number) + 1;
  }
  if (highest >= 0x80) {
    flags |= lineFlag.notAscii;
    if (kernel.faultsUtf8(start, end) === 0)
      flags |= lineFlag.utf8 | (highest >= 0xe0 ? lineFlag.utf8Long : 0);
  }
  const marks = counts.reduce((sum, count, at) => sum | (Math.min(count, 255) << (8 * at)), 0);
  return { start, end, flags: flags | (Math.min(digits, 255) << 8), marks };
}
