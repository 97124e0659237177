import { decodeIconImage, type Picture } from "./bitmap.ts";
import { fileOffset, type ProgramHeader } from "./programHeader.ts";

const iconType = 3;
const iconGroupType = 14;
const entriesMax = 500;
const imagesMax = 8;

type Resource = { id: number; start: number; bytes: number };
type Reader = { bytes: Buffer; program: ProgramHeader; root: number; left: number };

/**
 * The pictures of the icon that Windows shows for a program: those of its first icon group, largest first
 * (Microsoft PE format, .rsrc section). Reads tolerantly and never more than a bounded number of entries.
 */
export function readProgramIcons(bytes: Buffer, program: ProgramHeader): Picture[] {
  if (program.resources === null) return [];
  const root = fileOffset(program, program.resources.address);
  if (root < 0 || root + 16 > bytes.length) return [];
  const reader: Reader = { bytes, program, root, left: entriesMax };
  const types = readDirectory(reader, root);
  const groups = resourcesOf(reader, types.get(iconGroupType));
  const icons = new Map(resourcesOf(reader, types.get(iconType)).map((icon) => [icon.id, icon]));
  const wanted = groups[0] === undefined ? [...icons.keys()] : readGroup(bytes, groups[0]);
  const pictures: Picture[] = [];
  for (const id of wanted.slice(0, imagesMax)) {
    const icon = icons.get(id);
    const picture =
      icon === undefined ? null : decodeIconImage(bytes.subarray(icon.start, icon.start + icon.bytes));
    if (picture !== null) pictures.push(picture);
  }
  return pictures.sort((left, right) => right.width - left.width);
}

/** An icon group names its images by number (GRPICONDIR): best ones first. */
function readGroup(bytes: Buffer, group: Resource): number[] {
  const items: { id: number; weight: number }[] = [];
  const count = Math.min(bytes.length > group.start + 6 ? bytes.readUInt16LE(group.start + 4) : 0, 64);
  for (let index = 0; index < count; index += 1) {
    const at = group.start + 6 + index * 14;
    if (at + 14 > bytes.length) break;
    // A width of nothing means 256.
    const width = (bytes[at] as number) || 256;
    items.push({ id: bytes.readUInt16LE(at + 12), weight: width * 100 + bytes.readUInt16LE(at + 6) });
  }
  return items.sort((left, right) => right.weight - left.weight).map((item) => item.id);
}

/** One level of the resource directory: number of the entry to the offset it points to. */
function readDirectory(reader: Reader, at: number): Map<number, number> {
  const { bytes } = reader;
  const entries = new Map<number, number>();
  if (at < 0 || at + 16 > bytes.length) return entries;
  const count = bytes.readUInt16LE(at + 12) + bytes.readUInt16LE(at + 14);
  for (let index = 0; index < count; index += 1) {
    const entry = at + 16 + index * 8;
    if (entry + 8 > bytes.length || reader.left <= 0) break;
    reader.left -= 1;
    // Named entries have the highest bit set; their offset serves as a number of their own.
    entries.set(bytes.readUInt32LE(entry), bytes.readUInt32LE(entry + 4));
  }
  return entries;
}

/**
 * The data of a type: below the type stand the numbers, below them the languages, of which the first is
 * taken.
 */
function resourcesOf(reader: Reader, typeOffset: number | undefined): Resource[] {
  if (typeOffset === undefined || typeOffset < 0x80000000) return [];
  const resources: Resource[] = [];
  for (const [id, offset] of readDirectory(reader, reader.root + (typeOffset & 0x7fffffff))) {
    if (offset < 0x80000000) continue;
    const [first] = readDirectory(reader, reader.root + (offset & 0x7fffffff)).values();
    if (first === undefined || first >= 0x80000000) continue;
    const data = reader.root + first;
    if (data + 8 > reader.bytes.length) continue;
    const start = fileOffset(reader.program, reader.bytes.readUInt32LE(data));
    if (start >= 0) resources.push({ id, start, bytes: reader.bytes.readUInt32LE(data + 4) });
  }
  return resources;
}
