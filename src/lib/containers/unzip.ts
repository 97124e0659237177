import { inflateRawSync } from "node:zlib";

export type ZipMember = {
  name: string;
  bytes: Buffer | null;
  problem: "encrypted" | "method" | "broken" | "size" | null;
};

const endBytes = 22;

/**
 * Members of a ZIP archive (APPNOTE 6.3.10, 4.3) one by one, as its directory has them; null where there is
 * none. Names are only for people here: in which charset they are does not matter.
 */
export function* unzip(
  archive: Buffer,
  limits: { membersMax: number; bytesMax: number },
): Generator<ZipMember, void, void> {
  const end = archive.lastIndexOf("PK\u0005\u0006", archive.length, "latin1");
  if (end < 0 || end + endBytes > archive.length) return;
  let at = archive.readUInt32LE(end + 16);
  // Bytes before the archive move every offset.
  const shift = Math.max(0, end - archive.readUInt32LE(end + 12) - at);
  at += shift;
  let left = limits.bytesMax;
  for (let count = 0; count < limits.membersMax; count += 1) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== 0x02014b50) return;
    const flags = archive.readUInt16LE(at + 8);
    const method = archive.readUInt16LE(at + 10);
    const packed = archive.readUInt32LE(at + 20);
    const nameBytes = archive.readUInt16LE(at + 28);
    const local = archive.readUInt32LE(at + 42) + shift;
    const name = archive.toString("utf8", at + 46, at + 46 + nameBytes);
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    if (name.endsWith("/")) continue;
    const member = readMember(archive, { name, flags, method, packed, local, left });
    left -= member.bytes?.length ?? 0;
    yield member;
  }
}

type Place = { name: string; flags: number; method: number; packed: number; local: number; left: number };

function readMember(archive: Buffer, { name, flags, method, packed, local, left }: Place): ZipMember {
  if ((flags & 1) !== 0) return { name, bytes: null, problem: "encrypted" };
  if (local + 30 > archive.length || archive.readUInt32LE(local) !== 0x04034b50) {
    return { name, bytes: null, problem: "broken" };
  }
  const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const bytes = archive.subarray(from, from + packed);
  if (method === 0)
    return bytes.length > left ? { name, bytes: null, problem: "size" } : { name, bytes, problem: null };
  if (method !== 8) return { name, bytes: null, problem: "method" };
  try {
    return { name, bytes: inflateRawSync(bytes, { maxOutputLength: Math.max(1, left) }), problem: null };
  } catch (error) {
    const tooLarge = (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";
    return { name, bytes: null, problem: tooLarge ? "size" : "broken" };
  }
}
