import type { SeenFile } from "../seen.ts";
import { endOfHeader, removeFields } from "./stampHeaders.ts";

/**
 * The message with a notice in place of each named part, or null where a part has no place of its own in the
 * message (a file inside an archive: the whole archive part has to be named).
 */
export function stripParts(raw: Buffer, parts: readonly SeenFile[], paths: readonly string[]): Buffer | null {
  const spans: { start: number; end: number }[] = [];
  for (const path of paths) {
    const span = findPart(parts, path.split("/")[0] ?? "")?.span ?? null;
    if (span === null) return null;
    // A part within one that goes, goes with it.
    if (spans.some((other) => other.start <= span.start && span.end <= other.end)) continue;
    spans.push(span);
  }
  const outer = spans.filter((one) => !spans.some((other) => other !== one && contains(other, one)));
  outer.sort((one, other) => one.start - other.start);
  const pieces: Buffer[] = [];
  let at = 0;
  for (const span of outer) {
    pieces.push(raw.subarray(at, span.start), span.start === 0 ? wholeNotice(raw) : notice);
    at = span.end;
  }
  pieces.push(raw.subarray(at));
  return Buffer.concat(pieces);
}

function findPart(parts: readonly SeenFile[], path: string): SeenFile | null {
  for (const part of parts) {
    if (part.path === path) return part;
    const within = part.kind === "multipart" ? findPart(part.files, path) : null;
    if (within !== null) return within;
  }
  return null;
}

type Span = { start: number; end: number };

function contains(one: Span, other: Span): boolean {
  return one.start <= other.start && other.end <= one.end;
}

/** A message that is one part: its own header fields stay, those of the part go (RFC 2045 3). */
function wholeNotice(raw: Buffer): Buffer {
  const header = raw.subarray(0, endOfHeader(raw));
  const kept = Buffer.concat(
    removeFields(header, (name) => name.startsWith("content-") || name === "mime-version"),
  );
  const ended = kept.length === 0 || kept.at(-1) === 0x0a ? "" : "\r\n";
  return Buffer.concat([kept, Buffer.from(`${ended}MIME-Version: 1.0\r\n`), notice]);
}

const text = [
  "この添付は関所で取り除かれ、保管されています。必要なときは担当者に申し出てください。",
  "This attachment was taken out at the gate and is kept. Ask the security team if you need it.",
  "",
].join("\r\n");

// Base64, so that a message that was all ASCII stays so.
const notice = Buffer.from(
  [
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    ...(Buffer.from(text)
      .toString("base64")
      .match(/.{1,76}/g) ?? []),
    "",
  ].join("\r\n"),
);
