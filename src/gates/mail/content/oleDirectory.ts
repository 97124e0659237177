/** One stream or storage of an OLE compound file ([MS-CFB] 2.6). */
export type OleEntry = { name: string; kind: "root" | "storage" | "stream"; start: number; bytes: number };

export type OleFile = { entries: OleEntry[]; read(entry: OleEntry, bytesMax: number): Buffer };

const END_OF_CHAIN = 0xfffffffe;
const entriesMax = 2000;
const sectorsMax = 200_000;

/**
 * Reads the directory of an OLE compound file. Null where the bytes are none. Chains are followed with a
 * limit.
 */
export function readOleFile(bytes: Buffer): OleFile | null {
  if (bytes.length < 1536 || bytes.readUInt32BE(0) !== 0xd0cf11e0) return null;
  const sectorShift = bytes.readUInt16LE(30);
  if (sectorShift !== 9 && sectorShift !== 12) return null;
  const layout: Layout = { bytes, sectorBytes: 1 << sectorShift, table: [], miniTable: [], miniStream: null };
  layout.table = readTable(layout);
  const directory = readChain(layout, bytes.readUInt32LE(48), entriesMax * 128);
  const entries: OleEntry[] = [];
  for (let at = 0; at + 128 <= directory.length && entries.length < entriesMax; at += 128) {
    const entry = readEntry(directory, at);
    if (entry !== null) entries.push(entry);
  }
  const root = entries.find((entry) => entry.kind === "root");
  return {
    entries,
    read(entry, bytesMax) {
      const wanted = Math.min(entry.bytes, bytesMax);
      // [MS-CFB] 2.3: streams below the cutoff lie in the stream of the root entry.
      if (entry.bytes >= bytes.readUInt32LE(56) || root === undefined)
        return readChain(layout, entry.start, wanted);
      layout.miniStream ??= readChain(layout, root.start, Math.min(root.bytes, 32 * 1024 * 1024));
      if (layout.miniTable.length === 0) {
        layout.miniTable = numbersOf(readChain(layout, bytes.readUInt32LE(60), 4 * 1024 * 1024));
      }
      return readMiniChain(layout, entry.start, wanted);
    },
  };
}

type Layout = {
  bytes: Buffer;
  sectorBytes: number;
  table: number[];
  miniTable: number[];
  miniStream: Buffer | null;
};

function readEntry(directory: Buffer, at: number): OleEntry | null {
  const type = directory[at + 66];
  if (type !== 1 && type !== 2 && type !== 5) return null;
  const nameBytes = Math.min(Math.max(directory.readUInt16LE(at + 64) - 2, 0), 62) & ~1;
  return {
    name: directory.toString("utf16le", at, at + nameBytes),
    kind: type === 5 ? "root" : type === 1 ? "storage" : "stream",
    start: directory.readUInt32LE(at + 116),
    bytes: directory.readUInt32LE(at + 120),
  };
}

/** The allocation table: its sectors are named in the header and in further sectors ([MS-CFB] 2.2, 2.5). */
function readTable(layout: Layout): number[] {
  const { bytes, sectorBytes } = layout;
  const sectors: number[] = [];
  for (let index = 0; index < 109; index += 1) sectors.push(bytes.readUInt32LE(76 + index * 4));
  let next = bytes.readUInt32LE(68);
  for (let count = 0; next < END_OF_CHAIN - 4 && count < 64; count += 1) {
    const at = (next + 1) * sectorBytes;
    if (at + sectorBytes > bytes.length) break;
    for (let offset = 0; offset < sectorBytes - 4; offset += 4) sectors.push(bytes.readUInt32LE(at + offset));
    next = bytes.readUInt32LE(at + sectorBytes - 4);
  }
  const table: number[] = [];
  for (const sector of sectors) {
    if (sector >= END_OF_CHAIN - 4 || table.length >= sectorsMax) continue;
    const at = (sector + 1) * sectorBytes;
    if (at + sectorBytes > bytes.length) continue;
    for (const number of numbersOf(bytes.subarray(at, at + sectorBytes))) table.push(number);
  }
  return table;
}

function numbersOf(bytes: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) numbers.push(bytes.readUInt32LE(at));
  return numbers;
}

function readChain(layout: Layout, start: number, bytesMax: number): Buffer {
  const pieces: Buffer[] = [];
  let sector = start;
  for (let size = 0; size < bytesMax && sector < END_OF_CHAIN - 4; size += layout.sectorBytes) {
    const at = (sector + 1) * layout.sectorBytes;
    if (at >= layout.bytes.length || pieces.length > sectorsMax) break;
    pieces.push(layout.bytes.subarray(at, at + layout.sectorBytes));
    sector = layout.table[sector] ?? END_OF_CHAIN;
  }
  return Buffer.concat(pieces).subarray(0, bytesMax);
}

function readMiniChain(layout: Layout, start: number, bytesMax: number): Buffer {
  const stream = layout.miniStream as Buffer;
  const pieces: Buffer[] = [];
  let sector = start;
  for (let size = 0; size < bytesMax && sector < END_OF_CHAIN - 4; size += 64) {
    if (sector * 64 >= stream.length || pieces.length > sectorsMax) break;
    pieces.push(stream.subarray(sector * 64, sector * 64 + 64));
    sector = layout.miniTable[sector] ?? END_OF_CHAIN;
  }
  return Buffer.concat(pieces).subarray(0, bytesMax);
}
