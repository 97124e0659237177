/** The name that a TLS ClientHello asks for (RFC 6066 3); undefined for what is no ClientHello. */
export function serverNameOf(bytes: Buffer): string | null | undefined {
  // A record of the handshake, and in it a ClientHello; its end may be in a later packet.
  if (bytes.length < 43 || bytes[0] !== 22 || bytes[1] !== 3 || bytes[5] !== 1) return undefined;
  const reader = new Reader(bytes, 43);
  reader.skip(reader.number(1)); // The session.
  reader.skip(reader.number(2)); // The ciphers.
  reader.skip(reader.number(1)); // The compressions.
  const end = reader.number(2) + reader.at;
  while (!reader.over && reader.at < end) {
    const type = reader.number(2);
    const length = reader.number(2);
    if (type !== 0) {
      reader.skip(length);
      continue;
    }
    reader.skip(3); // The length of the list, and that this is a host name.
    const name = reader.text(reader.number(2));
    return name !== null && name.length <= 255 ? name.toLowerCase() : null;
  }
  return null;
}

/** Reads forward, and once over the end gives nothing but zeros. */
class Reader {
  at: number;
  over = false;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  number(length: 1 | 2): number {
    if (this.at + length > this.#bytes.length) this.over = true;
    const value = this.over ? 0 : this.#bytes.readUIntBE(this.at, length);
    this.at += length;
    return value;
  }

  skip(length: number): void {
    this.at += length;
  }

  text(length: number): string | null {
    if (this.over || length === 0 || this.at + length > this.#bytes.length) return null;
    return this.#bytes.toString("latin1", this.at, this.at + length);
  }
}

export type HttpRequest = { method: string; uri: string; host: string | null; agent: string | null };

/** The head of an HTTP request, as far as it stands in the first packet; null for what is none. */
export function httpRequestOf(bytes: Buffer): HttpRequest | null {
  const text = bytes.toString("latin1", 0, 8_192);
  const match = /^([A-Z]{3,10}) (\S{1,8000}) HTTP\/1\.[01]\r?\n/.exec(text);
  if (match === null) return null;
  const head = text.slice(0, (/\r?\n\r?\n/.exec(text)?.index ?? text.length) + 2);
  const field = (name: string): string | null =>
    new RegExp(`\\n${name}:[ \\t]*([^\\r\\n]{1,2000}?)[ \\t]*(?=\\r?\\n|$)`, "i").exec(head)?.[1] ?? null;
  return {
    method: match[1] as string,
    uri: match[2] as string,
    host: field("Host"),
    agent: field("User-Agent"),
  };
}

export type DnsMessage = {
  id: number;
  response: boolean;
  query: string;
  type: string;
  rcode: string;
  answers: string[];
};

const types: Readonly<Record<number, string>> = {
  ...{
    1: "A",
    2: "NS",
    5: "CNAME",
    6: "SOA",
    12: "PTR",
    15: "MX",
    16: "TXT",
    28: "AAAA",
    33: "SRV",
    65: "HTTPS",
  },
  ...{ 10: "NULL", 43: "DS", 48: "DNSKEY", 64: "SVCB", 255: "ANY" },
};
const rcodes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const answersMax = 32;

/** A DNS message with its first question (RFC 1035 4.1); null for what is none. */
export function dnsMessageOf(bytes: Buffer): DnsMessage | null {
  if (bytes.length < 17 || bytes.readUInt16BE(4) === 0) return null;
  const name = readName(bytes, 12);
  if (name === null || bytes.length < name.end + 4) return null;
  const type = bytes.readUInt16BE(name.end);
  const flags = bytes.readUInt16BE(2);
  const message = {
    id: bytes.readUInt16BE(0),
    response: (flags & 0x8000) !== 0,
    query: name.text.toLowerCase(),
    type: types[type] ?? `TYPE${type}`,
    rcode: rcodes[flags & 15] ?? `RCODE${flags & 15}`,
  };
  const alone = bytes.readUInt16BE(4) === 1;
  return { ...message, answers: alone ? readAnswers(bytes, name.end + 4) : [] };
}

function readAnswers(bytes: Buffer, from: number): string[] {
  const answers: string[] = [];
  const count = Math.min(bytes.readUInt16BE(6), answersMax);
  for (let at = from, done = 0; done < count; done += 1) {
    const name = readName(bytes, at);
    if (name === null || bytes.length < name.end + 10) break;
    const type = bytes.readUInt16BE(name.end);
    const begin = name.end + 10;
    const length = bytes.readUInt16BE(name.end + 8);
    if (bytes.length < begin + length) break;
    const data = bytes.subarray(begin, begin + length);
    if (type === 1 && length === 4) answers.push(data.join("."));
    else if (type === 28 && length === 16) answers.push(data.toString("hex").replace(/(.{4})(?=.)/g, "$1:"));
    else if (type === 5) answers.push(readName(bytes, begin)?.text ?? "");
    at = begin + length;
  }
  return answers.filter((answer) => answer !== "");
}

/** A name, whose parts may stand elsewhere before it; `end` is where it ends in its own place. */
function readName(bytes: Buffer, from: number): { text: string; end: number } | null {
  const labels: string[] = [];
  let at = from;
  let end = -1;
  for (let steps = 0, total = 0; steps < 128 && total <= 255; steps += 1) {
    const length = bytes[at];
    if (length === undefined) return null;
    if (length === 0) return { text: labels.join("."), end: end < 0 ? at + 1 : end };
    if (length >= 0xc0) {
      if (at + 1 >= bytes.length) return null;
      if (end < 0) end = at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
      continue;
    }
    if (length > 63 || at + 1 + length > bytes.length) return null;
    // What is not plain stands escaped, so that no name looks like another.
    const label = bytes.toString("latin1", at + 1, at + 1 + length);
    labels.push(
      label.replace(/[^!-~]|[.\\]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`),
    );
    total += length + 1;
    at += length + 1;
  }
  return null;
}
