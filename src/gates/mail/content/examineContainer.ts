import { performance } from "node:perf_hooks";
import { inflateBounded, type Inflated } from "../archive/inflate.ts";
import { canDecodeLzh, decodeLzh } from "../archive/lzhDecode.ts";
import { readLzhDirectory } from "../archive/lzhDirectory.ts";
import { unpackBySevenZip } from "../archive/sevenZip.ts";
import { readTarDirectory } from "../archive/tarDirectory.ts";
import { readTnef } from "../archive/tnef.ts";
import { readZipDirectory, type ZipEntry } from "../archive/zipDirectory.ts";
import { classOfKind } from "../kinds.ts";
import { findUuencoded } from "../mime/transferDecoding.ts";
import type { CandidateName, SeenFile, Unread } from "../seen.ts";
import { emptyFile, examineFile, type Budget, type Specimen } from "./examineFile.ts";
import { examineMessage } from "./examineMessage.ts";

/** A bomb is told by what it would become beside what it is. */
const ratioMax = 200;
const ratioCountsFrom = 16 * 1024 * 1024;

type Container = { file: SeenFile; specimen: Specimen; budget: Budget };

/** Looks into archives, images and messages; other kinds are left as they are. */
export async function examineContainer(file: SeenFile, specimen: Specimen, budget: Budget): Promise<void> {
  const container: Container = { file, specimen, budget };
  const reader = readers[file.kind];
  const kindClass = classOfKind(file.kind);
  if (reader === undefined && kindClass !== "archive" && kindClass !== "disk-image" && file.kind !== "msi")
    return;
  if (specimen.depth >= budget.depthMax) {
    file.unread = "depth";
    return;
  }
  const started = performance.now();
  await (reader ?? examineBySevenZip)(container);
  if (file.kind !== "message" && specimen.depth === 0) {
    budget.ms["archives"] = (budget.ms["archives"] ?? 0) + performance.now() - started;
  }
}

const readers: Record<string, (container: Container) => Promise<void>> = {
  zip: examineZip,
  msix: examineZip,
  java: examineZip,
  lzh: examineLzh,
  gzip: examineGzip,
  tar: examineTar,
  tnef: examineTnef,
  uuencode: examineUuencoded,
  message: async ({ file, specimen, budget }) => {
    file.files = await examineMessage(specimen.bytes, {
      path: `${specimen.path}/`,
      depth: specimen.depth + 1,
      budget,
    });
  },
};

type Inside = { names: CandidateName[]; bytes: Buffer; cut: Unread | null; encrypted: boolean };

function whyCut(inflated: Inflated): Unread | null {
  return inflated.cut ? "size" : inflated.broken ? "missing" : null;
}

/** Adds one file of a container, and looks at it as far as the budget goes. False when nothing is left. */
async function addInside(container: Container, inside: Inside): Promise<boolean> {
  const { file, specimen, budget } = container;
  if (budget.filesLeft <= 0) {
    file.unread ??= "count";
    return false;
  }
  if (performance.now() > budget.deadline) {
    file.unread ??= "time";
    return false;
  }
  budget.filesLeft -= 1;
  const path = `${specimen.path}/${file.files.length + 1}`;
  if (inside.encrypted) {
    file.files.push(
      emptyFile({
        path,
        names: inside.names,
        bytes: inside.bytes.length,
        encrypted: true,
        unread: "encrypted",
      }),
    );
    file.encrypted = true;
    return true;
  }
  budget.unpackedBytesLeft -= inside.bytes.length;
  const within: Specimen = {
    bytes: inside.bytes,
    path,
    names: inside.names,
    declaredType: null,
    disposition: null,
    span: null,
    depth: specimen.depth + 1,
    cut: inside.cut,
  };
  file.files.push(await examineFile(within, budget));
  return true;
}

/** A file of which the directory tells, but whose content could not be had. */
function addUnread(
  container: Container,
  names: CandidateName[],
  why: { bytes: number; unread: SeenFile["unread"] },
): boolean {
  const { file, specimen, budget } = container;
  if (budget.filesLeft <= 0) {
    file.unread ??= "count";
    return false;
  }
  budget.filesLeft -= 1;
  file.files.push(emptyFile({ path: `${specimen.path}/${file.files.length + 1}`, names, ...why }));
  return true;
}

function roomFor(budget: Budget): number {
  return Math.max(0, Math.min(budget.fileBytesMax, budget.unpackedBytesLeft));
}

async function examineZip(container: Container): Promise<void> {
  const { file, specimen } = container;
  const directory = readZipDirectory(specimen.bytes);
  if (directory === null) {
    file.unread = "format";
    return;
  }
  file.marks.push(...directory.marks);
  if (!(await examineFront(container, directory.start))) return;
  if (directory.cut) file.unread = directory.entries.length >= 10_000 ? "count" : "missing";
  const declared = directory.entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (declared > ratioCountsFrom && declared > ratioMax * specimen.bytes.length) file.marks.push("bomb");
  const foreign = directory.entries.some(
    (entry) => !entry.encrypted && entry.method !== 0 && entry.method !== 8,
  );
  const others = foreign ? await unpackForeign(container) : new Map<string, Buffer>();
  for (const entry of directory.entries) {
    if (entry.directory) continue;
    if (!(await examineZipEntry(container, entry, others))) return;
  }
}

/** Of two archives one behind the other, some programs open the first and some the last. */
async function examineFront(container: Container, start: number): Promise<boolean> {
  const { file, specimen } = container;
  if (start < 22 || specimen.bytes.readUInt32LE(0) !== 0x04034b50) return true;
  const bytes = specimen.bytes.subarray(0, start);
  if (readZipDirectory(bytes) === null) return true;
  file.marks.push("archive-headers-disagree");
  return await addInside(container, { names: specimen.names, bytes, cut: null, encrypted: false });
}

async function examineZipEntry(
  container: Container,
  entry: ZipEntry,
  others: Map<string, Buffer>,
): Promise<boolean> {
  const { specimen, budget } = container;
  const names = entry.names;
  if (entry.encrypted)
    return await addInside(container, { names, bytes: Buffer.alloc(0), cut: null, encrypted: true });
  if (entry.dataStart < 0) return addUnread(container, names, { bytes: entry.bytes, unread: "missing" });
  const packed = specimen.bytes.subarray(entry.dataStart, entry.dataStart + entry.packedBytes);
  if (entry.method === 0) {
    const cut = packed.length < entry.packedBytes ? "missing" : null;
    return await addInside(container, { names, bytes: packed, cut, encrypted: false });
  }
  if (entry.method === 8) {
    const room = roomFor(budget);
    if (room === 0) return addUnread(container, names, { bytes: entry.bytes, unread: "size" });
    const inflated = await inflateBounded(packed, "deflate", room);
    if (inflated.broken && inflated.bytes.length === 0) {
      return addUnread(container, names, { bytes: entry.bytes, unread: "format" });
    }
    return await addInside(container, {
      names,
      bytes: inflated.bytes,
      cut: whyCut(inflated),
      encrypted: false,
    });
  }
  const other = others.get(names[0]?.value ?? "");
  if (other === undefined) return addUnread(container, names, { bytes: entry.bytes, unread: "format" });
  return await addInside(container, { names, bytes: other, cut: null, encrypted: false });
}

/**
 * Methods that zlib does not know (deflate64, bzip2, LZMA, zstd …) are left to 7-Zip, matched by plain
 * name.
 */
async function unpackForeign(container: Container): Promise<Map<string, Buffer>> {
  const { specimen, budget } = container;
  const limits = { bytesMax: roomFor(budget), filesMax: budget.filesLeft, deadline: budget.deadline };
  const unpacked = await unpackBySevenZip(specimen.bytes, "zip", limits);
  const contents = new Map<string, Buffer>();
  for (const inside of unpacked.files) if (inside.content !== null) contents.set(inside.name, inside.content);
  return contents;
}

async function examineLzh(container: Container): Promise<void> {
  const { file, specimen, budget } = container;
  const directory = readLzhDirectory(specimen.bytes);
  if (directory === null) {
    file.unread = "format";
    return;
  }
  if (directory.cut) file.unread = "format";
  for (const entry of directory.entries) {
    if (entry.method === "-lhd-") continue;
    const { names, bytes } = entry;
    const packed = specimen.bytes.subarray(entry.dataStart, entry.dataStart + entry.packedBytes);
    if (!canDecodeLzh(entry.method)) {
      if (!addUnread(container, names, { bytes, unread: "format" })) return;
      continue;
    }
    const room = roomFor(budget);
    if (bytes > ratioCountsFrom && bytes > ratioMax * packed.length) file.marks.push("bomb");
    const decoded = decodeLzh(
      packed,
      entry.method,
      Math.min(bytes, room, 256 * Math.max(1024, packed.length)),
    );
    const added =
      decoded === null
        ? addUnread(container, names, { bytes, unread: "format" })
        : await addInside(container, {
            names,
            bytes: decoded,
            cut: decoded.length < bytes ? "size" : null,
            encrypted: false,
          });
    if (!added) return;
  }
}

async function examineGzip(container: Container): Promise<void> {
  const { file, specimen, budget } = container;
  const room = roomFor(budget);
  if (room === 0) {
    file.unread = "size";
    return;
  }
  const inflated = await inflateBounded(specimen.bytes, "gzip", room);
  if (inflated.broken && inflated.bytes.length === 0) {
    file.unread = "format";
    return;
  }
  if (inflated.cut && room > ratioCountsFrom && room > ratioMax * specimen.bytes.length)
    file.marks.push("bomb");
  const names = gzipName(specimen);
  await addInside(container, { names, bytes: inflated.bytes, cut: whyCut(inflated), encrypted: false });
}

/** RFC 1952 2.3.1: the original name may stand in the header; otherwise programs take ".gz" off. */
function gzipName(specimen: Specimen): CandidateName[] {
  const { bytes } = specimen;
  const names: CandidateName[] = [];
  if (((bytes[3] ?? 0) & 0x08) !== 0 && ((bytes[3] ?? 0) & 0x04) === 0) {
    const end = bytes.indexOf(0, 10);
    if (end > 10 && end - 10 < 1024)
      names.push({ value: bytes.toString("latin1", 10, end), from: "gzip", charset: "iso-8859-1" });
  }
  for (const { value } of specimen.names) {
    const bare = value.replace(/\.(?:gz|z)$/i, "").replace(/\.tgz$/i, ".tar");
    if (bare !== value) names.push({ value: bare, from: "gzip", charset: null });
  }
  return names;
}

async function examineTar(container: Container): Promise<void> {
  const { file, specimen } = container;
  for (const entry of readTarDirectory(specimen.bytes)) {
    if (entry.directory) continue;
    const names = [{ value: entry.name, from: "tar", charset: entry.charset }];
    const bytes = specimen.bytes.subarray(
      entry.dataStart,
      entry.dataStart + Math.min(entry.bytes, specimen.bytes.length),
    );
    const cut = bytes.length < entry.bytes ? "missing" : null;
    if (!(await addInside(container, { names, bytes, cut, encrypted: false }))) return;
  }
  if (file.files.length === 0 && specimen.bytes.length > 1024) file.unread ??= "format";
}

async function examineTnef(container: Container): Promise<void> {
  for (const { names, bytes } of readTnef(container.specimen.bytes)) {
    if (!(await addInside(container, { names, bytes, cut: null, encrypted: false }))) return;
  }
}

async function examineUuencoded(container: Container): Promise<void> {
  for (const { name, bytes } of findUuencoded(container.specimen.bytes)) {
    const names = [{ value: name.toString("latin1"), from: "uuencode", charset: null }];
    if (!(await addInside(container, { names, bytes, cut: null, encrypted: false }))) return;
  }
}

/** Endings by which 7-Zip is told what to expect. */
const extensions: Record<string, string> = {
  compress: "Z",
  bzip2: "bz2",
  zstd: "zst",
  ar: "deb",
  fat: "img",
};

async function examineBySevenZip(container: Container): Promise<void> {
  const { file, specimen, budget } = container;
  const limits = { bytesMax: roomFor(budget), filesMax: budget.filesLeft, deadline: budget.deadline };
  const unpacked = await unpackBySevenZip(specimen.bytes, extensions[file.kind] ?? file.kind, limits);
  file.unread = unpacked.unread;
  if (unpacked.encryptedNames) {
    file.encrypted = true;
    file.marks.push("encrypted-names");
  }
  if (unpacked.split) file.marks.push("split-archive");
  const declared = unpacked.files.reduce((sum, inside) => sum + inside.bytes, 0);
  if (declared > ratioCountsFrom && declared > ratioMax * specimen.bytes.length) file.marks.push("bomb");
  const encrypted = unpacked.files.filter((inside) => inside.encrypted).length;
  const plain = unpacked.files.filter((inside) => !inside.encrypted && !inside.directory).length;
  if (encrypted > 0 && plain > 0) file.marks.push("some-entries-encrypted");
  for (const inside of unpacked.files) {
    if (inside.directory) continue;
    const names = [{ value: inside.name, from: file.kind, charset: null }];
    const added =
      inside.content === null && !inside.encrypted
        ? addUnread(container, names, { bytes: inside.bytes, unread: unpacked.unread ?? "format" })
        : await addInside(container, {
            names,
            bytes: inside.content ?? Buffer.alloc(0),
            cut: null,
            encrypted: inside.encrypted,
          });
    if (!added) return;
  }
}
