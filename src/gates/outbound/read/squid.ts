import { isIP } from "node:net";
import type { Connection, Naming, Seen } from "../connection.ts";
import { nothing, type LineReader, type LineResult } from "./lineReader.ts";
import { splitHost } from "./zeekLine.ts";

/**
 * The logformat for squid.conf. Squid's own ones log no bytes that clients send, and not the side that was
 * talked to by address; `#` escapes what a stranger wrote, so that no blank of his begins a new field.
 */
export const SQUID_LOGFORMAT =
  "logformat sekisho sekisho1 %ts.%03tu %tr %>a %>p %>la %>lp %<a %<p %Ss/%03>Hs %>st %<st %rm %#ru %#un " +
  "%#{Host}>h %#{User-Agent}>h %#mt";

const ourFields = (
  "mark ended elapsed client clientPort proxy proxyPort server serverPort status sent received method url " +
  "user host agent mime"
).split(" ");
/** Squid's native format: time, elapsed, client, status, bytes, method, URL, user, peer, type. */
const nativeFields = "ended elapsed client status received method url user peer mime".split(" ");
/** Where Squid answered by itself, there is no other side. */
const nobody = "0.0.0.0";

type Field =
  | "ended"
  | "elapsed"
  | "client"
  | "clientPort"
  | "proxy"
  | "proxyPort"
  | "server"
  | "serverPort"
  | "status"
  | "sent"
  | "received"
  | "method"
  | "url"
  | "agent"
  | "mime";
type Request = Record<Field, string>;

/** Lines of access.log, in the logformat above or in Squid's native one (which knows no uploads). */
export class SquidReader implements LineReader {
  read(line: string): LineResult {
    const words = line.split(/ +/);
    const fields = words[0] === "sekisho1" ? ourFields : nativeFields;
    if (words.length !== fields.length) {
      return {
        seen: [],
        problem: `${words.length} fields, neither the logformat of Sekisho nor Squid's own`,
      };
    }
    const request = requestOf(fields, words);
    const problem = problemOf(request);
    return problem === null ? { ...nothing, seen: seenOf(request) } : { seen: [], problem };
  }

  end(): Seen[] {
    return [];
  }
}

/** Whether a line is of access.log. */
export function isSquidLine(line: string): boolean {
  return line.startsWith("sekisho1 ") || /^\d+\.\d{3} +\d+ \S+ [A-Z_]+\/\d{3} \d+ [A-Z]+ /.test(line);
}

function requestOf(fields: readonly string[], words: readonly string[]): Request {
  const found = Object.fromEntries(fields.map((field, at) => [field, words[at]]));
  const peer = found["peer"] ?? "/-";
  const unknown = { clientPort: "-", proxy: "-", proxyPort: "-", serverPort: "-", sent: "-", agent: "-" };
  return { ...unknown, server: peer.slice(peer.indexOf("/") + 1), ...found } as Request;
}

const numbers = [
  ["ended", /^\d{1,10}\.\d{3}$/],
  ["elapsed", /^\d{1,15}$/],
  ["clientPort", /^(\d{1,5}|-)$/],
  ["proxyPort", /^(\d{1,5}|-)$/],
  ["serverPort", /^(\d{1,5}|-)$/],
  ["sent", /^(\d{1,15}|-)$/],
  ["received", /^(\d{1,15}|-)$/],
] as const;

function problemOf(request: Request): string | null {
  if (isIP(request.client) === 0) return `cannot read the client "${request.client.slice(0, 40)}"`;
  for (const [field, form] of numbers) {
    if (!form.test(request[field])) return `cannot read ${field} "${request[field].slice(0, 40)}"`;
  }
  const ports = [request.clientPort, request.proxyPort, request.serverPort].map(
    (port) => numberOf(port) ?? 0,
  );
  return ports.some((port) => port > 65_535) ? "a port is greater than 65535" : null;
}

function seenOf(request: Request): Seen[] {
  const proxy = isIP(request.proxy) === 0 ? null : request.proxy;
  const server = isIP(request.server) === 0 ? null : request.server;
  const elapsed = Number(request.elapsed) * 1_000;
  // Squid writes a request down when it ends, a tunnel too.
  const at = Math.max(1, Math.round(Number(request.ended) * 1e6) - elapsed);
  const client = { src: request.client, srcPort: numberOf(request.clientPort) ?? 0 };
  const uid = `${request.ended}:${client.srcPort}`;
  const begun = { at, sensor: "squid", uid, ...client } as const;
  const side = proxy ?? server ?? nobody;
  const port = numberOf(request.proxyPort) ?? 0;
  return [
    connectionOf(request, {
      ...begun,
      dst: server ?? side,
      dstPort: numberOf(request.serverPort) ?? 0,
      elapsed,
    }),
    namingOf(request, { ...begun, dst: side, dstPort: port }),
  ];
}

type Begun = Pick<Connection, "at" | "sensor" | "uid" | "src" | "srcPort" | "dst" | "dstPort">;

function connectionOf(request: Request, begun: Begun & { elapsed: number }): Seen {
  const { elapsed, ...ends } = begun;
  return {
    table: "connection",
    ...ends,
    proto: "tcp",
    service: request.method === "CONNECT" ? "tunnel" : "http",
    duration: elapsed,
    origBytes: numberOf(request.sent),
    respBytes: numberOf(request.received),
    origPackets: null,
    respPackets: null,
    origIpBytes: null,
    respIpBytes: null,
    state: request.status,
    open: false,
  };
}

function namingOf(request: Request, begun: Begun): Seen {
  const { host, port } = targetOf(request.method, request.url);
  const naming: Naming = {
    ...begun,
    kind: "http",
    host,
    hostPort: port,
    proxied: true,
    method: request.method,
    uri: plainText(request.url),
    agent: plainText(request.agent),
    ja3: null,
    mime: plainText(request.mime),
    open: false,
  };
  return { table: "naming", ...naming };
}

/** The true other side: the target of CONNECT, or the authority of the URL. */
function targetOf(method: string, url: string): { host: string | null; port: number | null } {
  const text = plainText(url);
  if (text === null || text.startsWith("error:")) return { host: null, port: null };
  if (method === "CONNECT") return splitHost(text);
  const authority = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/?#]*)/i.exec(text)?.[1];
  return splitHost(authority ?? null);
}

function numberOf(text: string): number | null {
  return text === "-" ? null : Number(text);
}

function plainText(text: string): string | null {
  if (text === "-" || text === "") return null;
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Bytes that are no UTF-8 stay escaped.
  }
}
