import { KINDS, type Kind } from "../kinds.ts";
import { extensionOf } from "../fileName.ts";
import { isLzhHeader } from "../archive/lzhDirectory.ts";
import { isProgramAt } from "./programHeader.ts";
import { kindOfText } from "./kindOfText.ts";

type Magic = { at: number; bytes: string; kind: Kind };

function magic(kind: Kind, bytes: string, at = 0): Magic {
  return { at, bytes, kind };
}

/** First bytes that say a kind by themselves. Kinds that need a closer look are in `kindOf`. */
const MAGICS: Magic[] = [
  magic("elf", "\x7fELF"),
  magic("dex", "dex\n03"),
  magic("macho", "\xfe\xed\xfa\xce"),
  magic("macho", "\xfe\xed\xfa\xcf"),
  magic("macho", "\xce\xfa\xed\xfe"),
  magic("macho", "\xcf\xfa\xed\xfe"),
  magic("lnk", "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00F"),
  magic("chm", "ITSF"),
  magic("onenote", "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"),
  magic("7z", "7z\xbc\xaf\x27\x1c"),
  magic("rar", "Rar!\x1a\x07"),
  magic("gzip", "\x1f\x8b"),
  magic("bzip2", "BZh"),
  magic("xz", "\xfd7zXZ\x00"),
  magic("zstd", "\x28\xb5\x2f\xfd"),
  magic("compress", "\x1f\x9d"),
  magic("compress", "\x1f\xa0"),
  magic("cab", "MSCF"),
  magic("cab", "ISc("),
  magic("arj", "\x60\xea"),
  magic("ace", "**ACE**", 7),
  magic("zoo", "\xdc\xa7\xc4\xfd", 20),
  magic("cpio", "07070"),
  magic("cpio", "\xc7\x71"),
  magic("ar", "!<arch>\n"),
  magic("xar", "xar!"),
  magic("tar", "ustar", 257),
  magic("wim", "MSWIM\x00\x00\x00"),
  magic("vhdx", "vhdxfile"),
  magic("vhd", "conectix"),
  magic("iso", "CD001", 0x8001),
  magic("iso", "CD001", 0x8801),
  magic("iso", "CD001", 0x9001),
  magic("udf", "BEA01", 0x8001),
  magic("ole", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
  magic("rtf", "{\\rt"),
  magic("docuworks", "\x60\x0e\x82\x0c"),
  magic("docuworks", "\x60\x0e\x82\x1f"),
  magic("activemime", "ActiveMime"),
  magic("postscript", "%!PS"),
  magic("postscript", "\xc5\xd0\xd3\xc6"),
  magic("png", "\x89PNG\r\n\x1a\n"),
  magic("jpeg", "\xff\xd8\xff"),
  magic("gif", "GIF8"),
  magic("tiff", "II*\x00"),
  magic("tiff", "MM\x00*"),
  magic("webp", "WEBP", 8),
  magic("icon", "\x00\x00\x01\x00"),
  magic("icon", "\x00\x00\x02\x00"),
  magic("metafile", "\xd7\xcd\xc6\x9a"),
  magic("metafile", " EMF", 40),
  magic("photoshop", "8BPS"),
  magic("jpeg2000", "\x00\x00\x00\x0cjP  "),
  magic("audio", "ID3"),
  magic("audio", "OggS"),
  magic("audio", "fLaC"),
  magic("audio", "#!AMR"),
  magic("audio", "WAVE", 8),
  magic("audio", "FORM"),
  magic("audio", "MThd"),
  magic("video", "AVI ", 8),
  magic("video", "\x1aE\xdf\xa3"),
  magic("video", "FLV\x01"),
  magic("video", "\x00\x00\x01\xba"),
  magic("video", "\x00\x00\x01\xb3"),
  magic("video", "\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
  magic("font", "OTTO"),
  magic("font", "wOFF"),
  magic("font", "wOF2"),
  magic("font", "\x00\x01\x00\x00\x00"),
  magic("tnef", "\x78\x9f\x3e\x22"),
  magic("pgp", "-----BEGIN PGP "),
  magic("certificate", "-----BEGIN "),
  magic("pkcs7", "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"),
];

/** ISO base media brands (ISO 14496-12 4.3) of still pictures; the others are films and sounds. */
const STILL_BRANDS = /^(?:heic|heix|heif|hevc|mif1|msf1|avif|avis)/;

/** Outlook's class id for installer packages, in the root of an OLE file. */
const MSI_CLASS = Buffer.from("84100c0000000000c000000000000046", "hex");

/** What the content is by its bytes; its name is asked only where the bytes leave a choice. */
export function kindOf(bytes: Buffer, names: readonly string[], declaredType: string | null): Kind {
  const kind = kindByBytes(bytes, names, declaredType);
  // A ZIP archive is read from its end: whatever stands before it, programs open it as one.
  const kindClass = KINDS[kind].class;
  if (kindClass === "executable" || kindClass === "archive" || !hasZipEnd(bytes)) return kind;
  const isNamedSo = names.some((name) => extensionOf(name) === "zip");
  return isNamedSo || kind === "unknown" || kind === "text" ? "zip" : kind;
}

/** Whether the end record of a ZIP archive stands at the end, and points to a directory (APPNOTE 4.3.16). */
function hasZipEnd(bytes: Buffer): boolean {
  const tail = bytes.subarray(Math.max(0, bytes.length - 66_000));
  const at = tail.lastIndexOf("PK\x05\x06", tail.length, "latin1");
  if (at === -1 || at + 22 > tail.length) return false;
  const directory = bytes.length - tail.length + at - tail.readUInt32LE(at + 12);
  return directory >= 0 && bytes.toString("latin1", directory, directory + 4) === "PK\x01\x02";
}

function kindByBytes(bytes: Buffer, names: readonly string[], declaredType: string | null): Kind {
  if (bytes.length === 0) return "empty";
  if (bytes[0] === 0x4d && bytes[1] === 0x5a) return isProgramAt(bytes, 0) ? "pe" : "dos";
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    const pair = bytes.toString("latin1", 2, 4);
    if (pair === "\x03\x04" || pair === "\x05\x06" || pair === "\x07\x08") return kindOfZip(bytes);
  }
  if (isLzhHeader(bytes, 0)) return "lzh";
  const brand = bytes.toString("latin1", 4, 8) === "ftyp" ? bytes.toString("latin1", 8, 12) : null;
  if (brand !== null) return STILL_BRANDS.test(brand) ? "heif" : "video";
  if (bytes[0] === 0xca && bytes[1] === 0xfe && bytes[2] === 0xba && bytes[3] === 0xbe) {
    // A universal Mach-O has few architectures where a Java class has its version (45 and up).
    return bytes.length > 8 && bytes.readUInt32BE(4) < 40 ? "macho" : "java";
  }
  for (const entry of MAGICS) {
    if (bytes.toString("latin1", entry.at, entry.at + entry.bytes.length) === entry.bytes)
      return refine(entry.kind, bytes);
  }
  return kindBehind(bytes, names, declaredType);
}

function refine(kind: Kind, bytes: Buffer): Kind {
  if (kind === "ole" && bytes.length > 1024 && bytes.includes(MSI_CLASS)) return "msi";
  if (kind === "font" && bytes.length < 64) return "unknown";
  return kind;
}

/** Kinds whose mark does not stand at a fixed place. */
function kindBehind(bytes: Buffer, names: readonly string[], declaredType: string | null): Kind {
  // ISO 32000-2 7.5.2; readers accept the mark within the first 1,024 bytes.
  const head = bytes.toString("latin1", 0, 1024);
  if (head.includes("%PDF-")) return "pdf";
  if (head.startsWith("BM") && bytes.length > 26 && bytes.readUInt32LE(2) <= bytes.length + 16) return "bmp";
  if (/^\xff[\xe2-\xff]/.test(head) && /^audio\//.test(declaredType ?? "audio/")) return "audio";
  const tail = bytes.subarray(Math.max(0, bytes.length - 512));
  if (tail.toString("latin1", 0, 8) === "conectix" && bytes.length > 512) return "vhd";
  if (tail.toString("latin1", 0, 4) === "koly") return "dmg";
  if (bytes.length >= 512 && bytes.readUInt16LE(510) === 0xaa55 && /^(?:\xeb.\x90|\xe9)/s.test(head))
    return "fat";
  if (isOldTar(bytes)) return "tar";
  if (/^\x5d\x00\x00[\x00-\x80][\x00-\x03]/.test(head)) return "lzma";
  if (bytes[0] === 0x30 && (bytes[1] === 0x82 || bytes[1] === 0x83 || bytes[1] === 0x84)) {
    if (head.slice(2, 24).includes("\x2a\x86\x48\x86\xf7\x0d\x01\x07")) return "pkcs7";
    if (/pkcs7|x509|pkix|pkcs/.test(declaredType ?? "")) return "certificate";
  }
  return kindOfText(bytes, names, declaredType);
}

/** A tar of before 1988 bears no mark; its header has a checksum in octal digits. */
function isOldTar(bytes: Buffer): boolean {
  if (bytes.length < 512 || bytes[0] === 0) return false;
  const digits = /^[ 0]*([0-7]{4,6})[\0 ]/.exec(bytes.toString("latin1", 148, 156));
  if (digits === null) return false;
  let sum = 8 * 0x20;
  for (let at = 0; at < 512; at += 1) if (at < 148 || at >= 156) sum += bytes[at] as number;
  return sum === Number.parseInt(digits[1] as string, 8);
}

/** Documents and packages that are ZIP archives: their first entries say which. */
function kindOfZip(bytes: Buffer): Kind {
  const head = bytes.toString("latin1", 0, 4096);
  const mimetype = /mimetypeapplication\/(vnd\.oasis\.opendocument|epub)/.exec(head.slice(0, 200));
  if (mimetype !== null) return mimetype[1] === "epub" ? "epub" : "odf";
  // The names also stand in the directory at the end of the archive.
  const tail = bytes.toString("latin1", Math.max(0, bytes.length - 64 * 1024));
  const has = (name: string): boolean => head.includes(name) || tail.includes(name);
  if (has("[Content_Types].xml") && has("_rels/")) return has("AppxManifest.xml") ? "msix" : "ooxml";
  if (has("META-INF/MANIFEST.MF") && has(".class")) return "java";
  if (has("AndroidManifest.xml") && has("classes.dex")) return "dex";
  return "zip";
}
