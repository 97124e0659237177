import type { CandidateName, Defect } from "../seen.ts";
import { readHeaderBlock, type HeaderField } from "./headerBlock.ts";
import { candidateNames, parameterText, readParameters, type ParameterizedValue } from "./parameters.ts";
import { guessText } from "./charset.ts";
import { decodeBody, findUuencoded } from "./transferDecoding.ts";

/** One part of a message: what its header says and where it stands. */
export type Part = {
  /** IMAP numbering (RFC 9051 6.4.5.1): "1", "2.1". */
  path: string;
  fields: HeaderField[];
  type: string;
  charset: string | null;
  disposition: string | null;
  encoding: string;
  names: CandidateName[];
  /** The whole part with its header, and its body. */
  span: { start: number; end: number };
  body: { start: number; end: number };
  children: Part[];
};

export type WalkedMessage = { fields: HeaderField[]; root: Part; defects: Defect[]; parts: number };

export const walkLimits = { depthMax: 20, partsMax: 1000, defectsMax: 200 } as const;

type Walk = { raw: Buffer; defects: Defect[]; parts: number };

/** Walks the parts of a message. Reads everything tolerantly and tells what was not as it should be. */
export function walkMessage(raw: Buffer, span = { start: 0, end: raw.length }): WalkedMessage {
  const walk: Walk = { raw, defects: [], parts: 0 };
  const root = walkPart(walk, span, { path: "", depth: 0, digest: false });
  return { fields: root.fields, root, defects: walk.defects, parts: walk.parts };
}

/** The decoded bytes of a leaf. */
export function bodyOf(raw: Buffer, part: Part, defects: Defect[]): Buffer {
  const decoded = decodeBody(raw.subarray(part.body.start, part.body.end), part.encoding);
  for (const problem of decoded.problems) defects.push({ ...problem, where: part.path });
  return decoded.bytes;
}

/** Uuencoded files in a plain text, which many programs show as attachments. */
export function uuencodedIn(text: Buffer): { names: CandidateName[]; bytes: Buffer }[] {
  if (!text.includes("begin ")) return [];
  return findUuencoded(text).map(({ name, bytes }) => {
    const guess = guessText(name);
    return { names: [{ value: guess.text, from: "uuencode", charset: guess.charset }], bytes };
  });
}

type Place = { path: string; depth: number; digest: boolean };

function walkPart(walk: Walk, span: { start: number; end: number }, place: Place): Part {
  walk.parts += 1;
  const header = readHeaderBlock(walk.raw, span.start, span.end, place.path === "" ? "header" : place.path);
  for (const defect of header.defects) note(walk, defect);
  const where = place.path === "" ? "header" : place.path;
  const contentType = onlyField(walk, header.fields, "content-type", where);
  const disposition = onlyField(walk, header.fields, "content-disposition", where);
  const encodingField = onlyField(walk, header.fields, "content-transfer-encoding", where);
  const typed = contentType === null ? null : readParameters(contentType);
  const disposed = disposition === null ? null : readParameters(disposition);
  const encoding =
    encodingField === null
      ? ""
      : encodingField.value
          .replace(/[;(].*$/s, "")
          .trim()
          .toLowerCase();
  const part: Part = {
    path: place.path,
    fields: header.fields,
    type: typeOf(walk, typed, place),
    charset: typed === null ? null : parameterText(typed, "charset"),
    disposition: disposed?.value ?? null,
    encoding: encoding.replace(/["']/g, ""),
    names: uniqueNames([
      ...(disposed === null ? [] : candidateNames(disposed, "filename")),
      ...(typed === null ? [] : candidateNames(typed, "name")),
    ]),
    span,
    body: { start: header.bodyStart, end: span.end },
    children: [],
  };
  if (part.type.startsWith("multipart/") && typed !== null) walkChildren(walk, part, typed, place);
  return part;
}

/**
 * RFC 2045 5.2: text/plain where nothing is said; inside multipart/digest message/rfc822 (RFC 2046 5.1.5).
 */
function typeOf(walk: Walk, typed: ParameterizedValue | null, place: Place): string {
  const fallback = place.digest ? "message/rfc822" : "text/plain";
  if (typed === null) return fallback;
  if (/^[^\s/;]+\/[^\s/;]+$/.test(typed.value)) return typed.value;
  note(walk, { code: "type-malformed", where: place.path, detail: typed.value.slice(0, 60) });
  return typed.value === "" || typed.value === "text" ? fallback : "application/octet-stream";
}

function walkChildren(walk: Walk, part: Part, typed: ParameterizedValue, place: Place): void {
  const where = part.path === "" ? "header" : part.path;
  const boundaries = typed.parameters.filter((parameter) => parameter.key === "boundary");
  if (boundaries.length > 1)
    note(walk, { code: "boundary-twice", where, detail: `${boundaries.length} boundaries` });
  const boundary = parameterText(typed, "boundary");
  if (boundary === null || boundary === "") {
    note(walk, { code: "boundary-missing", where, detail: part.type });
    return;
  }
  if (place.depth >= walkLimits.depthMax) {
    note(walk, { code: "too-deep", where, detail: `more than ${walkLimits.depthMax} levels` });
    return;
  }
  const found = splitAtBoundary(walk.raw, part.body, boundary);
  if (found.spans.length === 0)
    note(walk, { code: "boundary-never-seen", where, detail: boundary.slice(0, 70) });
  else if (!found.closed) note(walk, { code: "boundary-not-closed", where, detail: boundary.slice(0, 70) });
  if (found.loose)
    note(walk, { code: "boundary-loose", where, detail: "text behind a boundary on its line" });
  const digest = part.type === "multipart/digest";
  for (const [index, span] of found.spans.entries()) {
    if (walk.parts >= walkLimits.partsMax) {
      note(walk, { code: "too-many-parts", where, detail: `more than ${walkLimits.partsMax}` });
      return;
    }
    const path = part.path === "" ? `${index + 1}` : `${part.path}.${index + 1}`;
    part.children.push(walkPart(walk, span, { path, depth: place.depth + 1, digest }));
  }
}

type Split = { spans: { start: number; end: number }[]; closed: boolean; loose: boolean };

/** RFC 2046 5.1.1: a delimiter stands at the start of a line; blanks may follow it, and nothing else. */
function splitAtBoundary(raw: Buffer, body: { start: number; end: number }, boundary: string): Split {
  const split: Split = { spans: [], closed: false, loose: false };
  const delimiter = Buffer.from(`--${boundary}`, "latin1");
  let open = -1;
  let at = raw.indexOf(delimiter, body.start);
  while (at !== -1 && at < body.end) {
    const before = at === body.start ? 0x0a : (raw[at - 1] as number);
    let after = at + delimiter.length;
    const closing = raw[after] === 0x2d && raw[after + 1] === 0x2d;
    if (closing) after += 2;
    while (after < body.end && (raw[after] === 0x20 || raw[after] === 0x09)) after += 1;
    const lineEnds = after >= body.end || raw[after] === 0x0a || raw[after] === 0x0d;
    const isDelimiter = (before === 0x0a || before === 0x0d) && (lineEnds || closing);
    if ((before === 0x0a || before === 0x0d) && !lineEnds && closing) split.loose = true;
    if (isDelimiter) {
      if (open !== -1) split.spans.push({ start: open, end: withoutLineEnd(raw, open, at) });
      open = -1;
      if (closing) {
        split.closed = true;
        break;
      }
      open = after;
      if (raw[open] === 0x0d) open += 1;
      if (raw[open] === 0x0a) open += 1;
      if (split.spans.length > walkLimits.partsMax) break;
    }
    at = raw.indexOf(delimiter, at + delimiter.length);
  }
  if (open !== -1 && open <= body.end) split.spans.push({ start: open, end: body.end });
  return split;
}

/** The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1). */
function withoutLineEnd(raw: Buffer, start: number, end: number): number {
  let last = end;
  if (last > start && raw[last - 1] === 0x0a) last -= 1;
  if (last > start && raw[last - 1] === 0x0d) last -= 1;
  return last;
}

function onlyField(walk: Walk, fields: HeaderField[], name: string, where: string): HeaderField | null {
  let first: HeaderField | null = null;
  for (const field of fields) {
    if (field.lowerName !== name) continue;
    if (first === null) first = field;
    else if (first.value !== field.value) note(walk, { code: "field-twice", where, detail: name });
  }
  return first;
}

function uniqueNames(names: CandidateName[]): CandidateName[] {
  const seen = new Set<string>();
  return names.filter((name) => {
    const key = `${name.from}\n${name.value}`;
    if (name.value === "" || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function note(walk: Walk, defect: Defect): void {
  if (walk.defects.length < walkLimits.defectsMax) walk.defects.push(defect);
}
