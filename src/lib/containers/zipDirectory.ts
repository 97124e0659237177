/** Bytes that can be read at any place. */
export type RandomBytes = { bytes: number; read(offset: number, length: number): Buffer };

export type ZipEntry = {
  name: string;
  encrypted: boolean;
  /** 0: stored, 8: deflate (APPNOTE 6.3.10, 4.4.5). */
  method: number;
  packedBytes: number;
  /** Offset of the local header. */
  offset: number;
};

const endBytes = 22;
const commentBytesMax = 65_535;
const directoryBytesMax = 256 * 1024 ** 2;
const localBytes = 30;

/**
 * The entries of a ZIP archive of any size, by its directory. Where that is missing (the end is cut off), by
 * the headers before each member as far as they say how long it is, and `whole` is false.
 */
export function readZipDirectory(
  archive: RandomBytes,
  entriesMax: number,
): { entries: ZipEntry[]; whole: boolean; more: boolean } {
  const directory = findDirectory(archive);
  if (directory === null) return { ...walkLocalHeaders(archive, entriesMax), whole: false };
  const { bytes, shift } = directory;
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + 46 <= bytes.length && bytes.readUInt32LE(at) === 0x02014b50) {
    if (entries.length >= entriesMax) return { entries, whole: true, more: true };
    const nameBytes = bytes.readUInt16LE(at + 28);
    const extraBytes = bytes.readUInt16LE(at + 30);
    const entry = {
      name: nameOf(bytes.subarray(at + 46, at + 46 + nameBytes), bytes.readUInt16LE(at + 8)),
      encrypted: (bytes.readUInt16LE(at + 8) & 1) !== 0,
      method: bytes.readUInt16LE(at + 10),
      packedBytes: bytes.readUInt32LE(at + 20),
      offset: bytes.readUInt32LE(at + 42),
    };
    addLargeSizes(entry, {
      extra: bytes.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes),
      unpackedBytes: bytes.readUInt32LE(at + 24),
    });
    entry.offset += shift;
    entries.push(entry);
    at += 46 + nameBytes + extraBytes + bytes.readUInt16LE(at + 32);
  }
  return { entries, whole: true, more: false };
}

/** Where a member's packed bytes begin; null where its header is missing. */
export function startOfEntry(archive: RandomBytes, entry: ZipEntry): number | null {
  const header = archive.read(entry.offset, localBytes);
  if (header.length < localBytes || header.readUInt32LE(0) !== 0x04034b50) return null;
  return entry.offset + localBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
}

function findDirectory(archive: RandomBytes): { bytes: Buffer; shift: number } | null {
  const tailFrom = Math.max(0, archive.bytes - endBytes - commentBytesMax);
  const tail = archive.read(tailFrom, archive.bytes - tailFrom);
  const end = tail.lastIndexOf("PK\u0005\u0006", tail.length, "latin1");
  if (end < 0 || end + endBytes > tail.length) return null;
  let [length, offset] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  let endAt = tailFrom + end;
  // ZIP64 (4.3.14, 4.3.15): a second record stands before this one.
  const locator = end - 20;
  if (offset === 0xffffffff && locator >= 0 && tail.readUInt32LE(locator) === 0x07064b50) {
    const large = archive.read(Number(tail.readBigUInt64LE(locator + 8)), 56);
    if (large.length < 56 || large.readUInt32LE(0) !== 0x06064b50) return null;
    [length, offset] = [Number(large.readBigUInt64LE(40)), Number(large.readBigUInt64LE(48))];
    endAt = offset + length;
  }
  // Bytes before the archive move every offset.
  const shift = Math.max(0, endAt - length - offset);
  if (length > directoryBytesMax || offset + shift > archive.bytes) return null;
  return { bytes: archive.read(offset + shift, length), shift };
}

function addLargeSizes(
  entry: ZipEntry,
  { extra, unpackedBytes }: { extra: Buffer; unpackedBytes: number },
): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let value = at + 4;
    const take = (): number => {
      value += 8;
      return value <= extra.length ? Number(extra.readBigUInt64LE(value - 8)) : 0;
    };
    // Only what does not fit its own field stands here, in this order (4.5.3).
    if (unpackedBytes === 0xffffffff) take();
    if (entry.packedBytes === 0xffffffff) entry.packedBytes = take();
    if (entry.offset === 0xffffffff) entry.offset = take();
  }
}

function walkLocalHeaders(archive: RandomBytes, entriesMax: number): { entries: ZipEntry[]; more: boolean } {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + localBytes <= archive.bytes) {
    if (entries.length >= entriesMax) return { entries, more: true };
    const header = archive.read(at, localBytes + 1_024);
    if (header.length < localBytes || header.readUInt32LE(0) !== 0x04034b50) break;
    const flags = header.readUInt16LE(6);
    const nameBytes = header.readUInt16LE(26);
    const start = at + localBytes + nameBytes + header.readUInt16LE(28);
    const packed = header.readUInt32LE(18);
    // Sizes behind the member (bit 3) are not known here: what follows is the member as far as it inflates.
    const unknown = (flags & 8) !== 0 && packed === 0;
    const packedBytes = unknown ? archive.bytes - start : Math.min(packed, archive.bytes - start);
    entries.push({
      name: nameOf(header.subarray(localBytes, localBytes + nameBytes), flags),
      encrypted: (flags & 1) !== 0,
      method: header.readUInt16LE(8),
      packedBytes,
      offset: at,
    });
    if (unknown) break;
    at = start + packed;
  }
  return { entries, more: false };
}

/** Names are UTF-8 where the archive says so (bit 11) or they are that; else CP932, as Windows writes. */
function nameOf(bytes: Buffer, flags: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder((flags & 0x800) !== 0 ? "utf-8" : "shift_jis").decode(bytes);
  }
}
