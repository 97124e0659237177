/** What the headers of a Windows program say (Microsoft PE format). */
export type ProgramHeader = {
  library: boolean;
  /**
   * Where the sections end: what lies behind is an overlay, such as the archive of a self-extracting file.
   */
  end: number;
  resources: { address: number; bytes: number } | null;
  sections: { address: number; virtualBytes: number; start: number; bytes: number }[];
};

/** Whether a Windows program starts here: "MZ", and "PE\0\0" where the DOS header points. */
export function isProgramAt(bytes: Buffer, at: number): boolean {
  if (at + 0x40 > bytes.length || bytes[at] !== 0x4d || bytes[at + 1] !== 0x5a) return false;
  const header = at + bytes.readUInt32LE(at + 0x3c);
  if (header + 4 > bytes.length) return false;
  const mark = bytes.readUInt32LE(header);
  // "NE" and "LE" are 16-bit Windows programs and drivers.
  return mark === 0x00004550 || (mark & 0xffff) === 0x454e || (mark & 0xffff) === 0x454c;
}

/** Reads the headers of a program that starts at the first byte; null where they cannot be read. */
export function readProgramHeader(bytes: Buffer): ProgramHeader | null {
  if (!isProgramAt(bytes, 0)) return null;
  const header = bytes.readUInt32LE(0x3c);
  if (header + 24 + 2 > bytes.length || bytes.readUInt32LE(header) !== 0x00004550) return null;
  const sectionCount = Math.min(bytes.readUInt16LE(header + 6), 96);
  const optionalBytes = bytes.readUInt16LE(header + 20);
  const library = (bytes.readUInt16LE(header + 22) & 0x2000) !== 0;
  const optional = header + 24;
  const wide = bytes.readUInt16LE(optional) === 0x20b;
  // The third data directory is that of the resources.
  const directory = optional + (wide ? 112 : 96) + 2 * 8;
  const program: ProgramHeader = { library, end: 0, resources: null, sections: [] };
  if (directory + 8 <= Math.min(bytes.length, optional + optionalBytes)) {
    const address = bytes.readUInt32LE(directory);
    if (address !== 0) program.resources = { address, bytes: bytes.readUInt32LE(directory + 4) };
  }
  for (let index = 0; index < sectionCount; index += 1) {
    const at = optional + optionalBytes + index * 40;
    if (at + 40 > bytes.length) break;
    const section = {
      virtualBytes: bytes.readUInt32LE(at + 8),
      address: bytes.readUInt32LE(at + 12),
      bytes: bytes.readUInt32LE(at + 16),
      start: bytes.readUInt32LE(at + 20),
    };
    program.sections.push(section);
    if (section.bytes > 0) program.end = Math.max(program.end, section.start + section.bytes);
  }
  return program;
}

/** Where the bytes of a virtual address lie in the file, or -1. */
export function fileOffset(program: ProgramHeader, address: number): number {
  for (const section of program.sections) {
    const span = Math.max(section.virtualBytes, section.bytes);
    if (address >= section.address && address < section.address + span)
      return address - section.address + section.start;
  }
  return -1;
}

const searchesMax = 2000;

/** Looks for a program behind other bytes, such as the end of a picture. The place, or -1. */
export function findHiddenProgram(bytes: Buffer): number {
  let at = bytes.indexOf("MZ", 1, "latin1");
  for (let count = 0; at !== -1 && count < searchesMax; count += 1) {
    if (isProgramAt(bytes, at) && hasDosStub(bytes, at)) return at;
    at = bytes.indexOf("MZ", at + 1, "latin1");
  }
  return -1;
}

/** Two letters and a pointer happen by chance in megabytes: the header itself must make sense as well. */
function hasDosStub(bytes: Buffer, at: number): boolean {
  const header = at + bytes.readUInt32LE(at + 0x3c);
  if (header - at > 4096 || header + 26 > bytes.length || bytes.readUInt32LE(header) !== 0x00004550)
    return false;
  const optional = bytes.readUInt16LE(header + 24);
  return bytes.readUInt16LE(header + 6) <= 96 && (optional === 0x10b || optional === 0x20b);
}
