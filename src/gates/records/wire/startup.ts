import { codes, encodeInt32 } from "./protocol.ts";

export const limits = {
  /** PostgreSQL takes no longer one (MAX_STARTUP_PACKET_LENGTH). */
  startupBytesMax: 10_000,
} as const;

/** The first thing that a client says (PostgreSQL 18 documentation, 54.2.1), or that more is to come. */
export type FirstWord =
  | { say: "more" }
  | { say: "tls-hello" }
  | { say: "ssl"; rest: Buffer }
  | { say: "gss"; rest: Buffer }
  | { say: "cancel"; packet: Buffer; key: string }
  | { say: "startup"; startup: Startup; rest: Buffer }
  | { say: "malformed"; problem: string };

export type Startup = { version: number; parameters: Record<string, string> };

/** Pure: reads what a client said first. `bytes` is all that came so far. */
export function readFirstWord(bytes: Buffer): FirstWord {
  // A TLS handshake record without a request before it (sslnegotiation=direct, PostgreSQL 17).
  if (bytes[0] === 0x16) return { say: "tls-hello" };
  if (bytes.length < 8) return { say: "more" };
  const length = bytes.readUInt32BE(0);
  if (length < 8 || length > limits.startupBytesMax)
    return { say: "malformed", problem: `a first packet of ${length} bytes` };
  if (bytes.length < length) return { say: "more" };
  const code = bytes.readUInt32BE(4);
  const rest = bytes.subarray(length);
  if (code === codes.ssl) return { say: "ssl", rest };
  if (code === codes.gss) return { say: "gss", rest };
  if (code === codes.cancel) {
    const packet = Buffer.from(bytes.subarray(0, length));
    return { say: "cancel", packet, key: packet.toString("hex", 8) };
  }
  if (code >>> 16 !== 3)
    return { say: "malformed", problem: `protocol ${code >>> 16}.${code & 0xffff}: this gate speaks 3` };
  const parameters = readParameters(bytes.subarray(8, length));
  if (parameters === null) return { say: "malformed", problem: "parameters that do not end" };
  return { say: "startup", startup: { version: code, parameters }, rest };
}

function readParameters(body: Buffer): Record<string, string> | null {
  const words = body.toString("utf8").split("\0");
  // Name, value, … and an empty name at the end.
  const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at] as string;
    if (name === "") return parameters;
    const value = words[at + 1];
    if (value === undefined) return null;
    parameters[name] = value;
  }
  return null;
}

/** The packet again, as it goes to the server. */
export function encodeStartup(startup: Startup): Buffer {
  const words = Object.entries(startup.parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${words.join("")}\0`);
  return Buffer.concat([encodeInt32(body.length + 8), encodeInt32(startup.version), body]);
}

export function encodeSslRequest(): Buffer {
  return Buffer.concat([encodeInt32(8), encodeInt32(codes.ssl)]);
}

/** Whether a client asks for a replication connection, which carries whole tables past any judge. */
export function asksForReplication(parameters: Record<string, string>): boolean {
  const value = parameters["replication"]?.trim().toLowerCase();
  return value !== undefined && !["", "false", "off", "no", "0", "f", "n"].includes(value);
}
