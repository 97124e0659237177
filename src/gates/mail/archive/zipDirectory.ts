import type { CandidateName, FileMark } from "../seen.ts";
import { guessText } from "../mime/charset.ts";

/** One file of a ZIP archive, as its directory tells it. */
export type ZipEntry = {
  names: CandidateName[];
  directory: boolean;
  encrypted: boolean;
  /** APPNOTE 4.4.5: 0 stored, 8 deflated, 99 AES (real method in the extra field). */
  method: number;
  packedBytes: number;
  bytes: number;
  /** Where its packed bytes start, or -1 where the local header is not where the directory says. */
  dataStart: number;
};

export type ZipDirectory = {
  entries: ZipEntry[];
  marks: FileMark[];
  /** The directory is missing, or holds more than is read. */
  cut: boolean;
  /** How many bytes stand before the archive; they may be another one. */
  start: number;
};

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const endBytes = 22;
const entriesReadMax = 10_000;

/**
 * Reads the directory of a ZIP archive (APPNOTE 6.3.10, 4.3). Programs differ in whether they believe the
 * central directory or the local headers, so both names are candidates, and a difference is told.
 */
export function readZipDirectory(bytes: Buffer): ZipDirectory | null {
  const end = findEnd(bytes);
  if (end === -1) return readLocalHeaders(bytes);
  const entriesDeclared = bytes.readUInt16LE(end + 10);
  const size = bytes.readUInt32LE(end + 12);
  let start = bytes.readUInt32LE(end + 16);
  const marks = new Set<FileMark>();
  // A split archive names another disk for its directory (APPNOTE 4.4.19).
  if (bytes.readUInt16LE(end + 4) !== 0 && bytes.readUInt16LE(end + 4) !== 0xffff) marks.add("split-archive");
  let shift = 0;
  const zip64 = readZip64(bytes, end);
  if (zip64 !== null) start = zip64;
  else if (end - size >= 0 && end - size !== start) {
    // Data before the archive moves every offset: self-extracting files and polyglots.
    shift = end - size - start;
    start = end - size;
  }
  if (start + 4 > bytes.length || bytes.readUInt32LE(start) !== CENTRAL) {
    return entriesDeclared === 0
      ? { entries: [], marks: [...marks], cut: false, start: 0 }
      : readLocalHeaders(bytes);
  }
  if (shift > 0 || (start > 0 && bytes.readUInt32LE(0) !== LOCAL && entriesDeclared > 0))
    marks.add("archive-prepended-data");
  const commentEnd = end + endBytes + bytes.readUInt16LE(end + 20);
  if (commentEnd < bytes.length) marks.add("archive-trailing-data");
  if (bytes.subarray(end + endBytes).includes("PK")) marks.add("archive-comment-data");
  const read = readCentral(bytes, { start, end, shift }, marks);
  return { entries: read.entries, marks: [...marks], cut: read.cut, start: Math.max(0, shift) };
}

function findEnd(bytes: Buffer): number {
  // APPNOTE 4.4.12: the comment behind the record is at most 65,535 bytes; junk behind that is tolerated by
  // many.
  const from = Math.max(0, bytes.length - endBytes - 65_535 - 1024);
  let at = bytes.lastIndexOf("PK\x05\x06", bytes.length - endBytes, "latin1");
  while (at >= from && at !== -1) {
    if (at + endBytes <= bytes.length && bytes.readUInt32LE(at) === END) return at;
    if (at === 0) return -1;
    at = bytes.lastIndexOf("PK\x05\x06", at - 1, "latin1");
  }
  return -1;
}

function readZip64(bytes: Buffer, end: number): number | null {
  const locator = end - 20;
  if (locator < 0 || bytes.readUInt32LE(locator) !== 0x07064b50) return null;
  const record = Number(bytes.readBigUInt64LE(locator + 8));
  if (record + 56 > bytes.length || bytes.readUInt32LE(record) !== 0x06064b50) return null;
  return Number(bytes.readBigUInt64LE(record + 48));
}

function readCentral(
  bytes: Buffer,
  place: { start: number; end: number; shift: number },
  marks: Set<FileMark>,
): { entries: ZipEntry[]; cut: boolean } {
  const entries: ZipEntry[] = [];
  let at = place.start;
  while (at + 46 <= place.end && bytes.readUInt32LE(at) === CENTRAL) {
    if (entries.length >= entriesReadMax) return { entries, cut: true };
    const flags = bytes.readUInt16LE(at + 8);
    const nameBytes = bytes.readUInt16LE(at + 28);
    const extraBytes = bytes.readUInt16LE(at + 30);
    const name = bytes.subarray(at + 46, at + 46 + nameBytes);
    const extra = bytes.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    const sizes = readSizes(bytes, at, extra);
    const names = namesOf(name, { flags, extra, from: "zip-central" });
    const local = sizes.offset + place.shift;
    const dataStart = readLocal(bytes, local, { names, name, marks });
    entries.push({
      names,
      directory: name.at(-1) === 0x2f,
      encrypted: (flags & 1) === 1,
      method: bytes.readUInt16LE(at + 10),
      packedBytes: sizes.packedBytes,
      bytes: sizes.bytes,
      dataStart,
    });
    at += 46 + nameBytes + extraBytes + bytes.readUInt16LE(at + 32);
  }
  if (overlaps(entries)) marks.add("archive-entries-overlap");
  if (
    entries.some((entry) => entry.encrypted) &&
    entries.some((entry) => !entry.encrypted && !entry.directory)
  ) {
    marks.add("some-entries-encrypted");
  }
  return { entries, cut: false };
}

/** APPNOTE 4.5.3: sizes that do not fit stand in the ZIP64 extra field, in this order. */
function readSizes(
  bytes: Buffer,
  at: number,
  extra: Buffer,
): { packedBytes: number; bytes: number; offset: number } {
  const sizes = {
    packedBytes: bytes.readUInt32LE(at + 20),
    bytes: bytes.readUInt32LE(at + 24),
    offset: bytes.readUInt32LE(at + 42),
  };
  const field = findExtra(extra, 0x0001);
  if (field === null) return sizes;
  let next = 0;
  for (const key of ["bytes", "packedBytes", "offset"] as const) {
    if (sizes[key] !== 0xffffffff || next + 8 > field.length) continue;
    sizes[key] = Number(field.readBigUInt64LE(next));
    next += 8;
  }
  return sizes;
}

function findExtra(extra: Buffer, id: number): Buffer | null {
  for (let at = 0; at + 4 <= extra.length;) {
    const size = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + size);
    at += 4 + size;
  }
  return null;
}

function namesOf(name: Buffer, place: { flags: number; extra: Buffer; from: string }): CandidateName[] {
  const names: CandidateName[] = [];
  // APPNOTE 4.4.4 bit 11: UTF-8. Without it nobody knows; Japanese Windows wrote its own code page for
  // decades.
  const utf8 = (place.flags & 0x0800) !== 0;
  const read = utf8 ? { text: name.toString("utf8"), charset: "utf-8" } : guessText(name);
  names.push({ value: read.text, from: place.from, charset: read.charset });
  // APPNOTE 4.6.9: the Info-ZIP Unicode path, behind a version byte and the checksum of the other name.
  const unicode = findExtra(place.extra, 0x7075);
  if (unicode !== null && unicode.length > 5) {
    const value = unicode.toString("utf8", 5);
    if (value !== read.text) names.push({ value, from: "zip-unicode", charset: "utf-8" });
  }
  return names;
}

function readLocal(
  bytes: Buffer,
  at: number,
  central: { names: CandidateName[]; name: Buffer; marks: Set<FileMark> },
): number {
  if (at < 0 || at + 30 > bytes.length || bytes.readUInt32LE(at) !== LOCAL) {
    central.marks.add("archive-headers-disagree");
    return -1;
  }
  const nameBytes = bytes.readUInt16LE(at + 26);
  const extraBytes = bytes.readUInt16LE(at + 28);
  const name = bytes.subarray(at + 30, at + 30 + nameBytes);
  if (!name.equals(central.name)) {
    central.marks.add("archive-headers-disagree");
    const extra = bytes.subarray(at + 30 + nameBytes, at + 30 + nameBytes + extraBytes);
    const flags = bytes.readUInt16LE(at + 6);
    central.names.push(...namesOf(name, { flags, extra, from: "zip-local" }));
  }
  return at + 30 + nameBytes + extraBytes;
}

/** Entries that share packed bytes are how a small file unpacks to terabytes without nesting. */
function overlaps(entries: ZipEntry[]): boolean {
  const spans = entries
    .filter((entry) => entry.dataStart >= 0 && entry.packedBytes > 0)
    .map((entry) => [entry.dataStart, entry.dataStart + entry.packedBytes] as const)
    .sort((left, right) => left[0] - right[0]);
  return spans.some(
    (span, index) => index > 0 && span[0] < (spans[index - 1] as readonly [number, number])[1],
  );
}

/** Without a directory (cut off, or hidden on purpose) programs that repair go by the local headers. */
function readLocalHeaders(bytes: Buffer): ZipDirectory | null {
  const entries: ZipEntry[] = [];
  let at = bytes.indexOf("PK\x03\x04", 0, "latin1");
  if (at === -1) return null;
  while (at !== -1 && at + 30 <= bytes.length && entries.length < entriesReadMax) {
    const flags = bytes.readUInt16LE(at + 6);
    const nameBytes = bytes.readUInt16LE(at + 26);
    const extraBytes = bytes.readUInt16LE(at + 28);
    const name = bytes.subarray(at + 30, at + 30 + nameBytes);
    const dataStart = at + 30 + nameBytes + extraBytes;
    const packedBytes = Math.min(bytes.readUInt32LE(at + 18), Math.max(0, bytes.length - dataStart));
    const extra = bytes.subarray(at + 30 + nameBytes, dataStart);
    entries.push({
      names: namesOf(name, { flags, extra, from: "zip-local" }),
      directory: name.at(-1) === 0x2f,
      encrypted: (flags & 1) === 1,
      method: bytes.readUInt16LE(at + 8),
      packedBytes:
        packedBytes === 0 && (flags & 8) !== 0 ? Math.max(0, bytes.length - dataStart) : packedBytes,
      bytes: bytes.readUInt32LE(at + 22),
      dataStart,
    });
    at = bytes.indexOf("PK\x03\x04", dataStart + packedBytes, "latin1");
  }
  return { entries, marks: [], cut: true, start: 0 };
}
