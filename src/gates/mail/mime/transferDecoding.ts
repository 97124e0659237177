/** Bytes behind a Content-Transfer-Encoding, and what was wrong with it. */
export type DecodedBody = { bytes: Buffer; problems: { code: string; detail: string }[] };

/** Decodes a part's body (RFC 2045 6). An encoding that nobody knows leaves the bytes as they are. */
export function decodeBody(body: Buffer, encoding: string): DecodedBody {
  switch (encoding) {
    case "base64":
      return decodeBase64(body);
    case "quoted-printable":
      return { bytes: decodeQuotedPrintable(body), problems: [] };
    case "x-uuencode":
    case "uuencode":
    case "x-uue":
    case "uue":
      return { bytes: findUuencoded(body)[0]?.bytes ?? body, problems: [] };
    case "":
    case "7bit":
    case "8bit":
    case "binary":
      return { bytes: body, problems: [] };
    default:
      return { bytes: body, problems: [{ code: "encoding-unknown", detail: encoding.slice(0, 40) }] };
  }
}

/**
 * RFC 2045 6.8. Some programs stop at the first padding and some read on, so that padding inside the data
 * shows one file to the scanner and another to the reader: all of it is decoded, and that is told.
 */
function decodeBase64(body: Buffer): DecodedBody {
  const problems: DecodedBody["problems"] = [];
  const text = body.toString("latin1");
  const compact = /[^A-Za-z0-9+/=]/.test(text) ? text.replace(/[^A-Za-z0-9+/=]+/g, "") : text;
  if (/[^A-Za-z0-9+/=\s]/.test(text)) problems.push({ code: "base64-foreign-characters", detail: "ignored" });
  const padding = compact.indexOf("=");
  if (padding === -1 || padding >= compact.length - 2) {
    return { bytes: Buffer.from(compact, "base64"), problems };
  }
  const segments = compact.split(/=+/).filter((segment) => segment !== "");
  if (segments.length > 1)
    problems.push({ code: "base64-padding-inside", detail: `${segments.length} segments` });
  return { bytes: Buffer.concat(segments.map((segment) => Buffer.from(segment, "base64"))), problems };
}

const CR = 0x0d;
const LF = 0x0a;
const EQUALS = 0x3d;

/** RFC 2045 6.7, tolerant: a broken escape stands for itself. */
function decodeQuotedPrintable(body: Buffer): Buffer {
  const first = body.indexOf(EQUALS);
  if (first === -1) return body;
  const out = Buffer.allocUnsafe(body.length);
  body.copy(out, 0, 0, first);
  let size = first;
  for (let at = first; at < body.length; at += 1) {
    const byte = body[at] as number;
    if (byte !== EQUALS) {
      out[size] = byte;
      size += 1;
      continue;
    }
    const value = hexValue(body[at + 1]) * 16 + hexValue(body[at + 2]);
    if (value >= 0) {
      out[size] = value;
      size += 1;
      at += 2;
      continue;
    }
    let end = at + 1;
    while (body[end] === 0x20 || body[end] === 0x09) end += 1;
    if (body[end] === CR && body[end + 1] === LF) at = end + 1;
    else if (body[end] === LF || body[end] === CR) at = end;
    else {
      out[size] = byte;
      size += 1;
    }
  }
  return out.subarray(0, size);
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1000;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1000;
}

export type Uuencoded = { name: Buffer; bytes: Buffer; start: number; end: number };

const uuencodedMax = 20;

/** Files that stand uuencoded in a text, as Outlook and old programs show them as attachments. */
export function findUuencoded(body: Buffer): Uuencoded[] {
  const found: Uuencoded[] = [];
  let at = body.indexOf("begin ", 0, "latin1");
  while (at !== -1 && found.length < uuencodedMax) {
    const lineStart = at === 0 || body[at - 1] === LF || body[at - 1] === CR;
    const lineEnd = body.indexOf(LF, at);
    if (lineStart && lineEnd !== -1) {
      const header = /^begin [0-7]{3,4} (.{1,255}?)\r?$/.exec(body.toString("latin1", at, lineEnd));
      const read = header === null ? null : readUuencoded(body, lineEnd + 1);
      if (header !== null && read !== null && read.bytes.length > 0) {
        found.push({
          name: Buffer.from(header[1] as string, "latin1"),
          bytes: read.bytes,
          start: at,
          end: read.end,
        });
        at = body.indexOf("begin ", read.end, "latin1");
        continue;
      }
    }
    at = body.indexOf("begin ", at + 6, "latin1");
  }
  return found;
}

function readUuencoded(body: Buffer, start: number): { bytes: Buffer; end: number } | null {
  const lines: Buffer[] = [];
  let at = start;
  while (at < body.length) {
    let end = body.indexOf(LF, at);
    if (end === -1) end = body.length;
    const textEnd = body[end - 1] === CR ? end - 1 : end;
    const first = body[at] as number;
    if (textEnd - at === 3 && body.toString("latin1", at, textEnd) === "end") {
      return { bytes: Buffer.concat(lines), end };
    }
    if (first < 32 || first > 96) return null;
    const line = readUuencodedLine(body.subarray(at + 1, textEnd), (first - 32) & 63);
    if (line.length > 0) lines.push(line);
    at = end + 1;
  }
  // Without "end" the file is cut off, but its beginning is there and a program opens it all the same.
  return lines.length > 0 ? { bytes: Buffer.concat(lines), end: body.length } : null;
}

function readUuencodedLine(text: Buffer, count: number): Buffer {
  const out = Buffer.alloc(Math.min(count, Math.ceil((text.length * 3) / 4)));
  const word = (index: number): number => ((text[index] ?? 32) - 32) & 63;
  for (let size = 0, at = 0; size < out.length; size += 3, at += 4) {
    out[size] = (word(at) << 2) | (word(at + 1) >> 4);
    if (size + 1 < out.length) out[size + 1] = ((word(at + 1) & 15) << 4) | (word(at + 2) >> 2);
    if (size + 2 < out.length) out[size + 2] = ((word(at + 2) & 3) << 6) | word(at + 3);
  }
  return out;
}
