import { inflateSync } from "node:zlib";
import type { FileMark } from "../seen.ts";

const scannedBytesMax = 2 * 1024 * 1024;

function head(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString("utf16le", 0, scannedBytesMax);
  return bytes.toString("latin1", 0, scannedBytesMax);
}

/** A page that writes itself out of an encoded text hides what it is. */
const WRITES_ITSELF = [
  /document\.write\s*\(\s*(?:unescape|atob|decodeURIComponent|eval)/i,
  /\beval\s*\(\s*(?:atob|unescape|function\s*\(p,a,c,k)/i,
];

/** Marks of a page that comes as a file: one that builds a file by script, or asks for a password. */
export function marksOfPage(bytes: Buffer): FileMark[] {
  const text = head(bytes);
  const marks: FileMark[] = [];
  const scripted = /<script\b/i.test(text) || /\bon(?:load|error|click)\s*=/i.test(text);
  if (scripted) {
    const builds =
      /\bnew\s+Blob\b|\bcreateObjectURL\b|\bmsSaveOrOpenBlob\b|\.download\s*=|\bdownload\s*=\s*["']/i.test(
        text,
      );
    const unpacks =
      /\batob\s*\(|\bUint8Array\b|fromCharCode|\bunescape\s*\(|decodeURIComponent|\bcharCodeAt\b/i.test(text);
    const carries = longestRun(text, isBase64) >= 2000 || longestRun(text, isNumberList) >= 2000;
    if ((builds && unpacks) || (unpacks && carries)) marks.push("html-smuggling");
    else if (WRITES_ITSELF.some((pattern) => pattern.test(text))) marks.push("html-smuggling");
  }
  if (/<input\b[^>]{0,500}\btype\s*=\s*["']?password/i.test(text)) marks.push("html-form");
  if (/(?:src|href|action|url)\s*=\s*["']?(?:file:\/\/[^/\s"']|\\\\[^\\\s"'])/i.test(text))
    marks.push("remote-share");
  return marks;
}

/** The longest run of characters of one sort. In one pass: a pattern would try every place anew. */
function longestRun(text: string, belongs: (code: number) => boolean): number {
  let longest = 0;
  let run = 0;
  for (let at = 0; at < text.length; at += 1) {
    run = belongs(text.charCodeAt(at)) ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

function isBase64(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2b ||
    code === 0x2f
  );
}

function isNumberList(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2c || code === 0x20 || code === 0x0a || code === 0x0d;
}

/** Marks of an SVG picture: it can carry scripts and pages. */
export function marksOfSvg(bytes: Buffer): FileMark[] {
  const text = head(bytes);
  return /<script\b|\bon(?:load|error|click|begin)\s*=|<foreignObject\b|javascript:/i.test(text)
    ? ["svg-script"]
    : [];
}

/** Marks of settings, shortcuts and the like that point to a share elsewhere. */
export function marksOfShortcutText(bytes: Buffer): FileMark[] {
  const elsewhere =
    /(?:url|iconfile|basefilelocation|simplelocation|href)\s*[=>]\s*["']?(?:file:\/\/[^/\s]|\\\\[^\\\s])/i;
  return elsewhere.test(head(bytes)) ? ["remote-share"] : [];
}

/** Marks of a Windows shortcut ([MS-SHLLINK]): whether it brings arguments for what it starts. */
export function marksOfShortcut(bytes: Buffer): FileMark[] {
  if (bytes.length < 0x4c) return [];
  const flags = bytes.readUInt32LE(0x14);
  const marks: FileMark[] = [];
  // [MS-SHLLINK] 2.1.1: HasArguments.
  if ((flags & 0x20) !== 0) marks.push("link-command");
  const text = bytes.toString("latin1", 0, scannedBytesMax);
  if (/\\\\[A-Za-z0-9.-]{3,}\\[^\0]{1,}/.test(text) || /\\\0\\\0[A-Za-z0-9.-]\0/.test(text))
    marks.push("remote-share");
  return marks;
}

export type PdfFacts = { marks: FileMark[]; encrypted: boolean };

const pdfStreamsMax = 200;
const pdfUnpackedMax = 8 * 1024 * 1024;

/** Facts of a PDF (ISO 32000-2): scripts, programs to launch, files inside, encryption. */
export function readPdfFacts(bytes: Buffer): PdfFacts {
  const marks = new Set<FileMark>();
  const outside = bytes.toString("latin1");
  scanPdf(outside, marks);
  const encrypted = /\/Encrypt\s+\d+\s+\d+\s+R/.test(outside) || /\/Encrypt\s*<</.test(outside);
  // 7.5.7: objects may lie packed in object streams, where a plain search finds nothing.
  let at = outside.indexOf("/ObjStm");
  let unpacked = 0;
  for (
    let count = 0;
    at !== -1 && !encrypted && count < pdfStreamsMax && unpacked < pdfUnpackedMax;
    count += 1
  ) {
    const stream = outside.indexOf("stream", at);
    if (stream !== -1 && stream - at < 2000) {
      const start = bytes[stream + 6] === 0x0d ? stream + 8 : stream + 7;
      const text = inflate(bytes.subarray(start), pdfUnpackedMax - unpacked);
      unpacked += text.length + 1024;
      scanPdf(text, marks);
    }
    at = outside.indexOf("/ObjStm", at + 7);
  }
  return { marks: [...marks], encrypted };
}

function inflate(bytes: Buffer, maxOutputLength: number): string {
  try {
    return inflateSync(bytes, { maxOutputLength, finishFlush: 2 }).toString("latin1");
  } catch {
    // A stream that cannot be unpacked is one that a reader cannot show either.
    return "";
  }
}

function scanPdf(text: string, marks: Set<FileMark>): void {
  // 7.3.5: any letter of a name may be written as #xx.
  const plain = text.includes("#")
    ? text.replace(/#([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
  if (/\/S\s*\/Launch\b/.test(plain)) marks.add("pdf-launch");
  if (/\/S\s*\/JavaScript\b|\/JavaScript\s+\d+\s+\d+\s+R|\/JS\s*[(<\d]/.test(plain)) marks.add("pdf-script");
  if (/\/EmbeddedFiles?\b/.test(plain)) marks.add("pdf-attachment");
}

/** Marks of an RTF document: embedded objects, and those that are fetched or updated by themselves. */
export function marksOfRtf(bytes: Buffer): FileMark[] {
  const text = head(bytes);
  const marks: FileMark[] = [];
  if (/\\object\b|\\objdata\b|\\objocx\b/.test(text)) marks.push("embedded-object");
  if (/\\objautlink\b|\\objupdate\b|\\\*\\template\s+(?:https?|\\\\)/.test(text))
    marks.push("external-template");
  if (/\bDDE(?:AUTO)?\s/.test(text) && /\\fldinst/.test(text)) marks.push("dde-field");
  return marks;
}
