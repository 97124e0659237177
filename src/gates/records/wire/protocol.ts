/** Messages of PostgreSQL's protocol 3 (PostgreSQL 18 documentation, 54.7), and the few that we write. */

/** Message types by their byte. From the server and from the client some bytes mean two things. */
export const server = {
  authentication: 0x52, // R
  keyData: 0x4b, // K
  bindComplete: 0x32, // 2
  closeComplete: 0x33, // 3
  commandComplete: 0x43, // C
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyIn: 0x47, // G
  copyOut: 0x48, // H
  copyBoth: 0x57, // W
  dataRow: 0x44, // D
  emptyQuery: 0x49, // I
  error: 0x45, // E
  functionResponse: 0x56, // V
  negotiate: 0x76, // v
  noData: 0x6e, // n
  notice: 0x4e, // N
  notification: 0x41, // A
  parameterDescription: 0x74, // t
  parameterStatus: 0x53, // S
  parseComplete: 0x31, // 1
  portalSuspended: 0x73, // s
  ready: 0x5a, // Z
  rowDescription: 0x54, // T
} as const;

export const client = {
  bind: 0x42, // B
  close: 0x43, // C
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyFail: 0x66, // f
  describe: 0x44, // D
  execute: 0x45, // E
  flush: 0x48, // H
  functionCall: 0x46, // F
  parse: 0x50, // P
  password: 0x70, // p
  query: 0x51, // Q
  sync: 0x53, // S
  terminate: 0x58, // X
} as const;

export const codes = {
  protocol30: 196_608,
  protocol32: 196_610,
  cancel: 80_877_102,
  ssl: 80_877_103,
  gss: 80_877_104,
} as const;

export const headerBytes = 5;
const shortBytes = 16;

/** One message: its type, its length, its body. */
export function encodeMessage(type: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  const message = Buffer.allocUnsafe(body.length + headerBytes);
  message[0] = type;
  message.writeUInt32BE(body.length + 4, 1);
  body.copy(message, headerBytes);
  return message;
}

/** Fields of an ErrorResponse or a NoticeResponse, by their letter (54.8). */
export type Fields = Partial<Record<string, string>>;

function encodeFields(type: number, fields: Fields): Buffer {
  const parts = Object.entries(fields).map(([letter, value]) => `${letter}${value ?? ""}\0`);
  return encodeMessage(type, `${parts.join("")}\0`);
}

/** What a person reads when the gate says no; `hint` says what to do. */
export type Refusal = { sqlState: string; message: string; detail?: string; hint: string };

export function encodeError(refusal: Refusal, severity: "ERROR" | "FATAL" = "ERROR"): Buffer {
  const { sqlState, message, detail, hint } = refusal;
  const more = detail === undefined ? {} : { D: detail };
  return encodeFields(server.error, { S: severity, V: severity, C: sqlState, M: message, ...more, H: hint });
}

export function encodeNotice(message: string, hint: string): Buffer {
  return encodeFields(server.notice, { S: "NOTICE", V: "NOTICE", C: "00000", M: message, H: hint });
}

export function encodeErrorFields(fields: Fields): Buffer {
  return encodeFields(server.error, fields);
}

export function encodeNoticeFields(fields: Fields): Buffer {
  return encodeFields(server.notice, fields);
}

/** Reads the fields of an error or notice; `body` is without the header. Later ones win. */
export function decodeFields(body: Buffer): Fields {
  const fields: Fields = {};
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end === -1) break;
    fields[String.fromCharCode(body[at] as number)] = body.toString("utf8", at + 1, end);
    at = end + 1;
  }
  return fields;
}

export function encodeInt32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** AuthenticationSASL and its continuations: `R` with a code. */
export function encodeAuthentication(code: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  return encodeMessage(server.authentication, encodeInt32(code), ...parts);
}

export function encodeQuery(text: string): Buffer {
  return encodeMessage(client.query, text, "\0");
}

/** Parse of a text, for the unnamed statement or another. */
export function encodeParse(name: string, text: string): Buffer {
  return encodeMessage(client.parse, name, "\0", text, "\0", Buffer.alloc(2));
}

/** Execute of a portal, all rows. */
export function encodeExecute(portal: string): Buffer {
  return encodeMessage(client.execute, portal, "\0", Buffer.alloc(4));
}

export const flushMessage = encodeMessage(client.flush);
export const syncMessage = encodeMessage(client.sync);
export const terminateMessage = encodeMessage(client.terminate);

/** A C string at a place of a message; null where it does not end within it. */
export function readCString(buffer: Buffer, at: number, end: number): { text: string; next: number } | null {
  // Most names are empty or short: to look for their end in C++ costs more than to walk there.
  let stop = at;
  const near = Math.min(end, at + shortBytes);
  while (stop < near && buffer[stop] !== 0) stop += 1;
  if (stop === near) stop = buffer.indexOf(0, stop);
  if (stop === -1 || stop >= end) return null;
  return { text: stop === at ? "" : buffer.toString("utf8", at, stop), next: stop + 1 };
}

/** What a Bind message says before and after its values. */
export type BindMessage = { portal: string; statement: string; resultFormats: number[] };

/** Reads a whole Bind message (without its header); null where it is malformed. */
export function decodeBind(buffer: Buffer, start: number, end: number): BindMessage | null {
  const portal = readCString(buffer, start, end);
  const statement = portal === null ? null : readCString(buffer, portal.next, end);
  if (portal === null || statement === null) return null;
  let at = statement.next;
  const formats = readInt16(buffer, at, end);
  if (formats === null) return null;
  at += 2 + formats * 2;
  const values = readInt16(buffer, at, end);
  if (values === null) return null;
  at += 2;
  for (let value = 0; value < values; value++) {
    if (at + 4 > end) return null;
    const length = buffer.readInt32BE(at);
    at += 4 + Math.max(0, length);
  }
  const results = readInt16(buffer, at, end);
  if (results === null || at + 2 + results * 2 > end) return null;
  const resultFormats: number[] = [];
  for (let place = 0; place < results; place++) resultFormats.push(buffer.readInt16BE(at + 2 + place * 2));
  return { portal: portal.text, statement: statement.text, resultFormats };
}

function readInt16(buffer: Buffer, at: number, end: number): number | null {
  return at + 2 > end ? null : buffer.readUInt16BE(at);
}

export type DescribedColumn = { typeOid: number; format: number };

/** Types and formats of a RowDescription (without its header); null where it is malformed. */
export function decodeRowDescription(buffer: Buffer, start: number, end: number): DescribedColumn[] | null {
  const count = readInt16(buffer, start, end);
  if (count === null) return null;
  const columns: DescribedColumn[] = [];
  let at = start + 2;
  for (let column = 0; column < count; column++) {
    const stop = buffer.indexOf(0, at);
    if (stop === -1 || stop + 19 > end) return null;
    columns.push({ typeOid: buffer.readUInt32BE(stop + 7), format: buffer.readInt16BE(stop + 17) });
    at = stop + 19;
  }
  return columns;
}
