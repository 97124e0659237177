import type { Seen } from "../../connection.ts";
import { splitHost } from "../zeekLine.ts";
import { ACK, FIN, RST, SYN, type Packet } from "./packet.ts";
import { dnsMessageOf, httpRequestOf, serverNameOf, type DnsMessage } from "./payload.ts";

type Side = { packets: number; ipBytes: number; bytes: number; fin: boolean; spoke: boolean };
type Flow = {
  uid: string;
  key: string;
  first: Packet;
  last: number;
  orig: Side;
  resp: Side;
  syn: boolean;
  answered: boolean;
  reset: "orig" | "resp" | null;
};

/** Zeek's timeouts: what was silent for so long is over (base/init-bare.zeek). */
const silentMax = { tcp: 300_000_000, udp: 60_000_000 } as const;
const closedMax = 5_000_000;
const flowsMax = 500_000;
const questionsMax = 100_000;
const packetsPerSweep = 65_536;

/** Makes connections of packets: by both ends, until they end or fall silent. */
export class Flows {
  readonly #flows = new Map<string, Flow>();
  readonly #questions = new Map<string, Seen & { table: "dns" }>();
  readonly #prefix: string;
  #count = 0;
  #packets = 0;

  /** `prefix` begins the ids, so that those of different captures differ. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  push(packet: Packet): Seen[] {
    const seen: Seen[] = [];
    const key = keyOf(packet);
    let flow = this.#flows.get(key);
    if (flow !== undefined && isOver(flow, packet)) {
      seen.push(this.#end(flow));
      flow = undefined;
    }
    if (flow === undefined) {
      flow = this.#begin(key, packet);
      if (this.#flows.size > flowsMax) seen.push(this.#end(this.#flows.values().next().value as Flow));
    }
    const fromOrig = packet.src === flow.first.src && packet.srcPort === flow.first.srcPort;
    const naming = this.#take(flow, packet, fromOrig);
    if (naming !== null) seen.push(naming);
    if (packet.proto === "udp" && (packet.dstPort === 53 || packet.srcPort === 53))
      seen.push(...this.#dns(flow, packet));
    this.#packets += 1;
    if (this.#packets % packetsPerSweep === 0) seen.push(...this.#sweep(packet.at));
    return seen;
  }

  /** Everything that has not ended when the capture does. */
  end(): Seen[] {
    const seen: Seen[] = [...this.#flows.values()].map((flow) => connectionOf(flow));
    seen.push(...this.#questions.values());
    this.#flows.clear();
    this.#questions.clear();
    return seen;
  }

  #begin(key: string, packet: Packet): Flow {
    const side = (): Side => ({ packets: 0, ipBytes: 0, bytes: 0, fin: false, spoke: false });
    // Where the capture begins with the answer, the other side began.
    const answer = packet.proto === "tcp" && (packet.flags & (SYN | ACK)) === (SYN | ACK);
    const { src, dst, srcPort, dstPort } = packet;
    const first = answer ? { ...packet, src: dst, dst: src, srcPort: dstPort, dstPort: srcPort } : packet;
    const flow: Flow = {
      uid: `${this.#prefix}${(this.#count++).toString(36)}`,
      ...{ key, first: { ...first, payload: Buffer.alloc(0) }, last: packet.at },
      ...{ orig: side(), resp: side(), syn: false, answered: false, reset: null },
    };
    this.#flows.set(key, flow);
    return flow;
  }

  #take(flow: Flow, packet: Packet, fromOrig: boolean): Seen | null {
    const side = fromOrig ? flow.orig : flow.resp;
    side.packets += 1;
    side.ipBytes += packet.ipBytes;
    side.bytes += packet.payloadBytes;
    flow.last = Math.max(flow.last, packet.at);
    if (packet.proto !== "tcp") return null;
    if ((packet.flags & (SYN | ACK)) === SYN) flow.syn = true;
    if (!fromOrig && (packet.flags & SYN) !== 0) flow.answered = true;
    if ((packet.flags & FIN) !== 0) side.fin = true;
    if ((packet.flags & RST) !== 0) flow.reset ??= fromOrig ? "orig" : "resp";
    if (side.spoke || packet.payload.length === 0) return null;
    side.spoke = true;
    return fromOrig ? namingOf(flow, packet) : null;
  }

  #dns(flow: Flow, packet: Packet): Seen[] {
    const message = dnsMessageOf(packet.payload);
    if (message === null) return [];
    const [client, port] = message.response ? [packet.dst, packet.dstPort] : [packet.src, packet.srcPort];
    const resolver = message.response ? packet.src : packet.dst;
    const key = `${client} ${port} ${resolver} ${message.id} ${message.query} ${message.type}`;
    const asked = this.#questions.get(key);
    this.#questions.delete(key);
    const at = message.response ? (asked?.at ?? packet.at) : packet.at;
    const row = dnsRow(message, { at, uid: flow.uid, src: client, resolver });
    if (message.response) return [row];
    const seen: Seen[] = asked === undefined ? [] : [asked]; // Asked again: both are questions.
    this.#questions.set(key, row);
    const [oldest] = this.#questions;
    if (this.#questions.size > questionsMax && oldest !== undefined) {
      this.#questions.delete(oldest[0]);
      seen.push(oldest[1]);
    }
    return seen;
  }

  #sweep(now: number): Seen[] {
    const over = [...this.#flows.values()].filter((flow) => now - flow.last > silenceOf(flow));
    return over.map((flow) => this.#end(flow));
  }

  #end(flow: Flow): Seen {
    this.#flows.delete(flow.key);
    return connectionOf(flow);
  }
}

function keyOf({ src, dst, srcPort, dstPort, proto }: Packet): string {
  const [one, other] = [`${src} ${srcPort}`, `${dst} ${dstPort}`];
  return one < other ? `${proto} ${one} ${other}` : `${proto} ${other} ${one}`;
}

function isClosed({ reset, orig, resp }: Flow): boolean {
  return reset !== null || (orig.fin && resp.fin);
}

function silenceOf(flow: Flow): number {
  if (flow.first.proto !== "tcp") return silentMax.udp;
  return isClosed(flow) ? closedMax : silentMax.tcp;
}

/** A new connection between the same ports: by its SYN after an end, or after a long silence. */
function isOver(flow: Flow, packet: Packet): boolean {
  if (packet.at - flow.last > (flow.first.proto === "tcp" ? silentMax.tcp : silentMax.udp)) return true;
  return isClosed(flow) && (packet.flags & (SYN | ACK)) === SYN;
}

/** Zeek's conn_state, as far as the flags tell it. */
function stateOf({ first, syn, answered, reset, orig, resp }: Flow): string {
  if (first.proto !== "tcp") return resp.packets > 0 ? "SF" : "S0";
  if (reset === "resp" && !answered) return "REJ";
  if (reset !== null) return reset === "orig" ? "RSTO" : "RSTR";
  if (!syn && !answered) return "OTH";
  if (!answered) return orig.fin ? "SH" : "S0";
  if (orig.fin && resp.fin) return "SF";
  return orig.fin ? "S2" : resp.fin ? "S3" : "S1";
}

function endsOf({ first, uid }: Flow) {
  const { at, src, srcPort, dst, dstPort } = first;
  return { at, sensor: "pcap", uid, src, srcPort, dst, dstPort } as const;
}

function connectionOf(flow: Flow): Seen {
  const { first, last, orig, resp } = flow;
  return {
    table: "connection",
    ...endsOf(flow),
    proto: first.proto,
    service: null,
    duration: last - first.at,
    origBytes: orig.bytes,
    respBytes: resp.bytes,
    origPackets: orig.packets,
    respPackets: resp.packets,
    origIpBytes: orig.ipBytes,
    respIpBytes: resp.ipBytes,
    state: stateOf(flow),
    open: false,
  };
}

function namingOf(flow: Flow, packet: Packet): Seen | null {
  const fixed = { ...endsOf(flow), at: packet.at, ja3: null, mime: null, open: false };
  const name = serverNameOf(packet.payload);
  if (name !== undefined) {
    const none = { hostPort: null, proxied: false, method: null, uri: null, agent: null };
    return { table: "naming", ...fixed, kind: "tls", host: name, ...none };
  }
  const request = httpRequestOf(packet.payload);
  if (request === null) return null;
  const proxied = request.method === "CONNECT";
  const target = splitHost(request.host ?? (proxied ? request.uri : null));
  const { method, uri, agent } = request;
  const named = { host: target.host, hostPort: target.port, proxied, method, uri, agent };
  return { table: "naming", ...fixed, kind: "http", ...named };
}

function dnsRow(
  { query, type, rcode, response, answers }: DnsMessage,
  of: { at: number; uid: string; src: string; resolver: string },
): Seen & { table: "dns" } {
  return { table: "dns", sensor: "pcap", ...of, query, type, rcode: response ? rcode : null, answers };
}
