import type { FileMark } from "../seen.ts";
import { inflateBounded } from "../archive/inflate.ts";
import { readZipDirectory, type ZipEntry } from "../archive/zipDirectory.ts";
import type { Budget } from "./examineFile.ts";
import { marksOfOfficePart, readOleFacts, type OfficeFacts } from "./officeFacts.ts";

const partBytesMax = 4 * 1024 * 1024;
const partsMax = 400;

/** Reads a new Office document: a ZIP archive of which only the parts that can act are unpacked. */
export async function examineOfficePackage(bytes: Buffer, budget: Budget): Promise<OfficeFacts | null> {
  const directory = readZipDirectory(bytes);
  if (directory === null) return null;
  const facts: OfficeFacts = { macros: false, encrypted: false, marks: [], embedded: [] };
  const marks = new Set<FileMark>(directory.marks);
  for (const entry of directory.entries.slice(0, partsMax)) {
    const name = (entry.names[0]?.value ?? "").toLowerCase();
    if (/\/macrosheets\/|\/intlmacrosheets\//.test(name)) {
      marks.add("xlm-macro");
      facts.macros = true;
    }
    const wanted = /\.rels$|document\d*\.xml$|externallink\d+\.xml$|vbaproject\.bin$|\/embeddings\//.test(
      name,
    );
    if (!wanted) continue;
    const part = await readPart(bytes, entry, budget);
    if (part === null) continue;
    if (/vbaproject\.bin$/.test(name)) {
      facts.macros = true;
      for (const mark of readOleFacts(part)?.marks ?? []) marks.add(mark);
    } else if (name.includes("/embeddings/")) await takeEmbedded(part, { name, facts, marks });
    else for (const mark of marksOfOfficePart(name, part.toString("utf8"))) marks.add(mark);
  }
  facts.marks = [...marks];
  return facts;
}

async function readPart(bytes: Buffer, entry: ZipEntry, budget: Budget): Promise<Buffer | null> {
  if (entry.encrypted || entry.dataStart < 0) return null;
  const packed = bytes.subarray(entry.dataStart, entry.dataStart + entry.packedBytes);
  if (entry.method === 0) return packed.subarray(0, partBytesMax);
  if (entry.method !== 8) return null;
  const inflated = await inflateBounded(packed, "deflate", Math.min(partBytesMax, budget.unpackedBytesLeft));
  budget.unpackedBytesLeft -= inflated.bytes.length;
  return inflated.bytes;
}

type Found = { name: string; facts: OfficeFacts; marks: Set<FileMark> };

/** Charts and tables are embedded as documents; a package is any file whatever. */
async function takeEmbedded(part: Buffer, found: Found): Promise<void> {
  const inside = readOleFacts(part);
  if (inside !== null && inside.embedded.length > 0) {
    found.facts.embedded.push(...inside.embedded);
    found.marks.add("embedded-object");
    return;
  }
  found.facts.embedded.push({ name: found.name.slice(found.name.lastIndexOf("/") + 1), bytes: part });
}
