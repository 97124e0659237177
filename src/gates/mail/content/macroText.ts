const copiedMax = 4 * 1024 * 1024;

/**
 * Unpacks the source of a macro module ([MS-OVBA] 2.4.1): a signature byte, then chunks of at most 4,096
 * bytes. Reads as far as the bytes make sense and gives what there is.
 */
export function unpackMacroText(packed: Buffer): Buffer {
  if (packed[0] !== 1) return Buffer.alloc(0);
  const out: number[] = [];
  let at = 1;
  while (at + 2 <= packed.length && out.length < copiedMax) {
    const header = packed.readUInt16LE(at);
    const end = Math.min(packed.length, at + (header & 0x0fff) + 3);
    at += 2;
    if ((header & 0x8000) === 0) {
      for (; at < end; at += 1) out.push(packed[at] as number);
      continue;
    }
    const chunkStart = out.length;
    while (at < end) {
      const flags = packed[at] as number;
      at += 1;
      for (let bit = 0; bit < 8 && at < end; bit += 1) {
        if (((flags >> bit) & 1) === 0) {
          out.push(packed[at] as number);
          at += 1;
        } else {
          if (at + 2 > end) return Buffer.from(out);
          copyBack(out, { token: packed.readUInt16LE(at), chunkStart });
          at += 2;
        }
      }
    }
  }
  return Buffer.from(out);
}

/** [MS-OVBA] 2.4.1.3.19: how many bits of a token are the offset grows with what is already unpacked. */
function copyBack(out: number[], copy: { token: number; chunkStart: number }): void {
  const done = out.length - copy.chunkStart;
  let offsetBits = 4;
  while (1 << offsetBits < done) offsetBits += 1;
  const lengthBits = 16 - offsetBits;
  const length = (copy.token & ((1 << lengthBits) - 1)) + 3;
  const offset = (copy.token >> lengthBits) + 1;
  for (let count = 0; count < length; count += 1) out.push(out[out.length - offset] ?? 0);
}

/** Names under which Office runs a macro by itself, when a document is opened, closed or changed. */
const AUTOMATIC = [
  /\bauto_?(?:open|exec|close|exit|new|activate)\b/i,
  /\bdocument_?(?:open|close|new|beforeclose)\b/i,
  /\bworkbook_?(?:open|activate|close|beforeclose|beforesave)\b/i,
  /\bworksheet_(?:activate|change|calculate)\b/i,
  // Events of ActiveX controls, which fire as soon as a document is shown.
  /_(?:layout|painted|mousemove|mouseenter|gotfocus)\b/i,
];

/** Whether the source of a macro runs without being asked. */
export function runsByItself(source: string): boolean {
  return AUTOMATIC.some((pattern) => pattern.test(source));
}
