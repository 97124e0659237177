import type { CandidateName } from "../seen.ts";
import { guessText } from "../mime/charset.ts";

/** One file of an LZH archive. */
export type LzhEntry = {
  names: CandidateName[];
  /** Such as `-lh5-`; `-lhd-` is a folder. */
  method: string;
  packedBytes: number;
  bytes: number;
  dataStart: number;
};

export type LzhDirectory = { entries: LzhEntry[]; start: number; cut: boolean };

const entriesReadMax = 10_000;
const junkBytesMax = 64 * 1024;

type Header = LzhEntry & { next: number };

/** Reads the headers of an LZH archive, levels 0 to 3, with names as Japanese archivers wrote them. */
export function readLzhDirectory(bytes: Buffer): LzhDirectory | null {
  const start = findStart(bytes);
  if (start === -1) return null;
  const entries: LzhEntry[] = [];
  let at = start;
  while (at < bytes.length && bytes[at] !== 0) {
    if (entries.length >= entriesReadMax) return { entries, start, cut: true };
    const header = readHeader(bytes, at);
    if (header === null) return { entries, start, cut: true };
    const { next, ...entry } = header;
    entries.push(entry);
    if (next <= at || next > bytes.length) return { entries, start, cut: true };
    at = next;
  }
  return { entries, start, cut: false };
}

/** Whether an LZH header stands at this place: a method such as `-lh5-` at its third byte. */
export function isLzhHeader(bytes: Buffer, at: number): boolean {
  if (at + 22 > bytes.length || bytes[at + 2] !== 0x2d || bytes[at + 6] !== 0x2d) return false;
  return (
    /^-(?:lh[0-9dx]|lz[s2-58]|pm[0-2s])-$/.test(bytes.toString("latin1", at + 2, at + 7)) &&
    (bytes[at + 20] as number) <= 3
  );
}

function findStart(bytes: Buffer): number {
  const end = Math.min(bytes.length - 22, junkBytesMax);
  for (let at = bytes.indexOf(0x2d); at !== -1 && at - 2 <= end; at = bytes.indexOf(0x2d, at + 1)) {
    if (at >= 2 && isLzhHeader(bytes, at - 2)) return at - 2;
  }
  return -1;
}

function readHeader(bytes: Buffer, at: number): Header | null {
  if (!isLzhHeader(bytes, at)) return null;
  const level = bytes[at + 20];
  const common = {
    method: bytes.toString("latin1", at + 2, at + 7),
    packedBytes: bytes.readUInt32LE(at + 7),
    bytes: bytes.readUInt32LE(at + 11),
  };
  if (level === 0 || level === 1) return readOldHeader(bytes, at, { ...common, level });
  return readNewHeader(bytes, at, { ...common, level: level === 2 ? 2 : 3 });
}

type Common = { method: string; packedBytes: number; bytes: number; level: number };

function readOldHeader(bytes: Buffer, at: number, common: Common): Header | null {
  const headerEnd = at + 2 + (bytes[at] as number);
  const nameBytes = bytes[at + 21] as number;
  if (headerEnd > bytes.length || at + 22 + nameBytes > headerEnd) return null;
  const name = Buffer.from(bytes.subarray(at + 22, at + 22 + nameBytes));
  if (common.level === 0) {
    const dataStart = headerEnd;
    return { ...common, names: nameOf(name, null), dataStart, next: dataStart + common.packedBytes };
  }
  // Level 1: the first extended header's size stands at the end of the base header, and the packed size
  // counts the extended headers in.
  const extended = readExtended(bytes, headerEnd, { first: bytes.readUInt16LE(headerEnd - 2), wide: false });
  if (extended === null) return null;
  const packedBytes = Math.max(0, common.packedBytes - (extended.end - headerEnd));
  return {
    ...common,
    packedBytes,
    names: nameOf(extended.name ?? name, extended.folder),
    dataStart: extended.end,
    next: headerEnd + common.packedBytes,
  };
}

function readNewHeader(bytes: Buffer, at: number, common: Common): Header | null {
  const wide = common.level === 3;
  if (at + (wide ? 32 : 26) > bytes.length) return null;
  const headerBytes = wide ? bytes.readUInt32LE(at + 24) : bytes.readUInt16LE(at);
  const first = wide ? bytes.readUInt32LE(at + 28) : bytes.readUInt16LE(at + 24);
  const extended = readExtended(bytes, at + (wide ? 32 : 26), { first, wide });
  if (extended === null || at + headerBytes > bytes.length) return null;
  const dataStart = at + headerBytes;
  return {
    ...common,
    names: nameOf(extended.name ?? Buffer.alloc(0), extended.folder),
    dataStart,
    next: dataStart + common.packedBytes,
  };
}

type Extended = { name: Buffer | null; folder: Buffer | null; end: number };

function readExtended(bytes: Buffer, start: number, size: { first: number; wide: boolean }): Extended | null {
  const sizeBytes = size.wide ? 4 : 2;
  const extended: Extended = { name: null, folder: null, end: start };
  let length = size.first;
  for (let count = 0; length !== 0; count += 1) {
    const end = extended.end + length;
    if (count > 100 || length < 1 + sizeBytes || end > bytes.length) return null;
    const type = bytes[extended.end];
    const content = Buffer.from(bytes.subarray(extended.end + 1, end - sizeBytes));
    if (type === 0x01) extended.name = content;
    if (type === 0x02) extended.folder = content;
    length = size.wide ? bytes.readUInt32LE(end - 4) : bytes.readUInt16LE(end - 2);
    extended.end = end;
  }
  return extended;
}

function nameOf(name: Buffer, folder: Buffer | null): CandidateName[] {
  // Amiga and OS-9 archivers put a comment behind a NUL; folders are separated by 0xFF.
  const nul = name.indexOf(0);
  const file = nul > 0 ? name.subarray(0, nul) : name;
  const whole = folder === null ? file : Buffer.concat([replaceByte(folder, 0xff, 0x2f), file]);
  const guess = guessText(whole.includes(0xff) ? replaceByte(whole, 0xff, 0x2f) : whole);
  return [{ value: guess.text, from: "lzh", charset: guess.charset }];
}

function replaceByte(bytes: Buffer, from: number, to: number): Buffer {
  return Buffer.from(bytes.map((byte) => (byte === from ? to : byte)));
}
