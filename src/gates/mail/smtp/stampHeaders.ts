import type { Transport } from "../seen.ts";

/** What the gate writes on top of a message that it lets through. */
export type Stamp = {
  hostname: string;
  mail: string;
  verdict: string;
  reasons: readonly string[];
  authentication: string | null;
  transport: Transport;
  protocol: "SMTP" | "ESMTP" | "ESMTPS" | "UTF8SMTP" | "UTF8SMTPS";
  at: Temporal.Instant;
};

/**
 * The message with our trace fields on top. Fields that only we may write are taken out where they come from
 * outside: Sekisho-*, and Authentication-Results under our own name (RFC 8601 5).
 */
export function stampHeaders(raw: Buffer, stamp: Stamp): Buffer {
  const fields = [receivedField(stamp)];
  if (stamp.authentication !== null) {
    // RFC 8601 2.2: where nothing was looked at, the field says "none".
    const results = stamp.authentication === "" ? "none" : fold(stamp.authentication);
    fields.push(`Authentication-Results: ${stamp.hostname}; ${results}`);
  }
  const reasons = stamp.reasons.length === 0 ? "" : `; reasons=${stamp.reasons.slice(0, 20).join(",\r\n\t")}`;
  fields.push(`Sekisho-Verdict: ${stamp.verdict}; mail=${stamp.mail}${reasons}`);
  const kept = removeFields(raw, (name, value) => isForged(name, value, stamp.hostname));
  // A first line that is folded would go on with our last field: it gets a name of its own.
  if (isBlank(raw[0])) fields.push("Sekisho-Stray:");
  const end = isBlank(raw[0]) ? "" : "\r\n";
  return Buffer.concat([Buffer.from(`${fields.join("\r\n")}${end}`), ...kept]);
}

function isForged(name: string, value: () => string, hostname: string): boolean {
  if (name.startsWith("sekisho-")) return true;
  if (name !== "authentication-results") return false;
  // RFC 8601 2.2: the authserv-id comes first, comments aside, and may be followed by a version.
  const server =
    value()
      .replace(/\([^)]*\)/g, "")
      .trim()
      .split(/[\s;]/)[0] ?? "";
  return server.toLowerCase() === hostname.toLowerCase();
}

/** RFC 5321 4.4: a relay adds a Received field. */
function receivedField(stamp: Stamp): string {
  const { transport } = stamp;
  const address = transport.clientAddress ?? "unknown";
  const literal = address.includes(":") ? `IPv6:${address}` : address;
  const helo = clean(transport.helo ?? "unknown");
  const name = transport.clientName === null ? "" : `${clean(transport.clientName)} `;
  const date = printMailDate(stamp.at);
  const from = `Received: from ${helo} (${name}[${literal}])`;
  return `${from}\r\n\tby ${stamp.hostname} with ${stamp.protocol} id ${stamp.mail};\r\n\t${date}`;
}

/** Nothing that a client says may end a line of ours. */
function clean(text: string): string {
  return text.replace(/[^\x21-\x7e]|[()\\;]/g, "?").slice(0, 255);
}

/** RFC 5322 3.3. */
export function printMailDate(at: Temporal.Instant): string {
  return new Date(at.epochMilliseconds).toUTCString().replace("GMT", "+0000");
}

function fold(value: string): string {
  return value.replace(/\r?\n[ \t]*/g, " ").replace(/; /g, ";\r\n\t");
}

/** Parts of the message without the header fields that `drop` names; the body is not copied. */
export function removeFields(raw: Buffer, drop: (name: string, value: () => string) => boolean): Buffer[] {
  const kept: Buffer[] = [];
  let [at, from] = [0, 0];
  while (at < raw.length) {
    if (raw[at] === 0x0d || raw[at] === 0x0a) break; // The empty line: the header section ends.
    const [start, end] = [at, endOfField(raw, at)];
    const name = nameOfField(raw, start, end);
    const value = (): string =>
      raw
        .toString("latin1", start + (name as string).length, Math.min(end, start + 4_096))
        .replace(/^\s*:/, "");
    if (name !== null && drop(name, value)) {
      if (at > from) kept.push(raw.subarray(from, at));
      from = end;
    }
    at = end;
  }
  kept.push(raw.subarray(from));
  return kept;
}

/** Where the header section ends: at its empty line, or with the message. */
export function endOfHeader(raw: Buffer): number {
  let at = 0;
  while (at < raw.length && raw[at] !== 0x0d && raw[at] !== 0x0a) at = endOfField(raw, at);
  return at;
}

const nameLengthMax = 128;

/** Byte by byte: a header may have millions of lines, and most of them are no field that anyone asks for. */
function nameOfField(raw: Buffer, start: number, end: number): string | null {
  const last = Math.min(end, start + nameLengthMax);
  for (let at = start; at < last; at++) {
    if (raw[at] === 0x3a) return raw.toString("latin1", start, at).trim().toLowerCase();
  }
  return null;
}

/**
 * A field goes on over lines that start with white space (RFC 5322 2.2.3). A lone CR ends a line too: on the
 * way to the next hop it becomes one.
 */
function endOfField(raw: Buffer, start: number): number {
  let at = start;
  for (;;) {
    while (at < raw.length && raw[at] !== 0x0a && raw[at] !== 0x0d) at += 1;
    if (at >= raw.length) return raw.length;
    at += raw[at] === 0x0d && raw[at + 1] === 0x0a ? 2 : 1;
    if (!isBlank(raw[at])) return at;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}
