import type { FileMark } from "../seen.ts";
import { runsByItself, unpackMacroText } from "./macroText.ts";
import { readOleFile, type OleEntry, type OleFile } from "./oleDirectory.ts";

/** What an Office document holds beside its text. */
export type OfficeFacts = {
  macros: boolean;
  encrypted: boolean;
  marks: FileMark[];
  /** Files embedded in it, to be looked at in turn. */
  embedded: { name: string; bytes: Buffer }[];
};

const moduleBytesMax = 2 * 1024 * 1024;
const embeddedMax = 20;

/** Reads an OLE file: old Office documents, encrypted new ones, and the macro project of new ones. */
export function readOleFacts(bytes: Buffer): OfficeFacts | null {
  const file = readOleFile(bytes);
  if (file === null) return null;
  const facts: OfficeFacts = { macros: false, encrypted: false, marks: [], embedded: [] };
  const marks = new Set<FileMark>();
  for (const entry of file.entries) {
    const name = entry.name.toLowerCase();
    // [MS-OFFCRYPTO] 1.3.2: an encrypted new document is an OLE file with this stream.
    if (name === "encryptedpackage") facts.encrypted = true;
    if (name === "_vba_project" || name === "vba") facts.macros = true;
    if (name === "\u0001ole10native") readNative(file, entry, { facts, marks });
    if (name === "package" && entry.kind === "stream" && facts.embedded.length < embeddedMax) {
      facts.embedded.push({ name: "package", bytes: file.read(entry, 16 * 1024 * 1024) });
      marks.add("embedded-object");
    }
    if (name === "workbook" || name === "book")
      readWorkbook(file.read(entry, 16 * 1024 * 1024), { facts, marks });
    if (name === "worddocument") readWordDocument(file.read(entry, 16 * 1024 * 1024), { facts, marks });
  }
  if (facts.macros && macroRunsByItself(file)) marks.add("auto-macro");
  facts.marks = [...marks];
  return facts;
}

/** [MS-OVBA] 2.3.4: in a module stream the packed source stands behind an offset that only `dir` tells. */
function macroRunsByItself(file: OleFile): boolean {
  let budget = 24;
  for (const entry of file.entries) {
    if (entry.kind !== "stream" || entry.bytes < 16 || budget === 0) continue;
    if (/^(?:dir|_vba_project|project|projectwm|__srp_.*)$/i.test(entry.name)) continue;
    const stream = file.read(entry, moduleBytesMax);
    // The source begins with "Attribut", packed: a signature byte, a chunk header and the flags of nothing
    // copied.
    const at = stream.indexOf("\0Attribut", 0, "latin1");
    if (at < 3 || stream[at - 3] !== 1) continue;
    budget -= 1;
    if (runsByItself(unpackMacroText(stream.subarray(at - 3)).toString("latin1"))) return true;
  }
  return false;
}

type Found = { facts: OfficeFacts; marks: Set<FileMark> };

/** An embedded package ([MS-OLEDS] 2.3.6): a label, paths, and the bytes of a file. */
function readNative(file: OleFile, entry: OleEntry, found: Found): void {
  found.marks.add("embedded-object");
  if (found.facts.embedded.length >= embeddedMax) return;
  const stream = file.read(entry, 16 * 1024 * 1024);
  if (stream.length < 12) return;
  let at = 6;
  const label = readText(stream, at);
  at = label.next;
  at = readText(stream, at).next + 8;
  at = readText(stream, at).next;
  if (at + 4 > stream.length) return;
  const bytes = stream.readUInt32LE(at);
  found.facts.embedded.push({ name: label.text, bytes: stream.subarray(at + 4, at + 4 + bytes) });
}

function readText(stream: Buffer, at: number): { text: string; next: number } {
  const end = stream.indexOf(0, at);
  const stop = end === -1 ? stream.length : end;
  return { text: stream.toString("latin1", at, Math.min(stop, at + 260)), next: stop + 1 };
}

/** [MS-XLS] 2.4.28: a sheet of type 1 holds Excel 4.0 macros; 2.4.117: FILEPASS means encryption. */
function readWorkbook(stream: Buffer, found: Found): void {
  let at = 0;
  for (let count = 0; at + 4 <= stream.length && count < 200_000; count += 1) {
    const type = stream.readUInt16LE(at);
    const bytes = stream.readUInt16LE(at + 2);
    if (type === 0x0085 && at + 4 + 6 <= stream.length && (stream[at + 4 + 5] as number) === 1) {
      found.marks.add("xlm-macro");
      found.facts.macros = true;
    }
    if (type === 0x002f) found.facts.encrypted = true;
    // The sheets are listed in the first substream, which this record ends.
    if (type === 0x000a && count > 0) return;
    at += 4 + bytes;
  }
}

/** [MS-DOC] 2.5.1: the flag of encryption; DDE fields stand in the text as they are written. */
function readWordDocument(stream: Buffer, found: Found): void {
  if (stream.length > 12 && (stream.readUInt16LE(10) & 0x0100) !== 0) found.facts.encrypted = true;
  const text = stream.toString("latin1");
  if (/\x13\s*DDE(?:AUTO)?\s/i.test(text) || /\x13\0\s?\0?D\0D\0E\0/i.test(text))
    found.marks.add("dde-field");
}

/** Marks of the XML parts of a new Office document: relations that fetch from elsewhere, and DDE. */
export function marksOfOfficePart(name: string, text: string): FileMark[] {
  const marks: FileMark[] = [];
  if (name.endsWith(".rels")) {
    for (const piece of text.split("<Relationship").slice(1, 2000)) {
      // By index: a pattern would look to the end from every tag that is not closed.
      const relation = piece.slice(0, Math.min(Math.max(piece.indexOf(">"), 0), 4000));
      if (!/TargetMode\s*=\s*["']External/i.test(relation)) continue;
      // Links in the text are ordinary; templates, objects and frames are fetched without a click.
      if (/\/(?:attachedTemplate|oleObject|frame|subDocument|externalLinkPath)["']/i.test(relation)) {
        const local = /Target\s*=\s*["'](?:file:\/\/\/|[A-Za-z]:\\|\.{0,2}\/?[^:"']*["'])/i.test(relation);
        if (!local && !/externalLinkPath/i.test(relation)) marks.push("external-template");
        if (/Target\s*=\s*["'](?:file:\/\/[^/]|\\\\)/i.test(relation)) marks.push("remote-share");
      }
    }
  }
  if (
    /<w:instrText[^>]*>[^<]{0,200}\bDDE(?:AUTO)?\b/i.test(text) ||
    /\bw:instr\s*=\s*["']\s*DDE/i.test(text)
  ) {
    marks.push("dde-field");
  }
  if (
    /<ddeLink\b/i.test(text) &&
    /ddeService\s*=\s*["'](?:cmd|powershell|mshta|rundll32|regsvr32)/i.test(text)
  ) {
    marks.push("dde-field");
  }
  return marks;
}
