import type { Frame } from "./frames.ts";

/** A packet as flows need it. The capture may cut `payload` short, but not what it says of sizes. */
export type Packet = {
  at: number;
  src: string;
  dst: string;
  srcPort: number;
  dstPort: number;
  /** "tcp", "udp", "icmp", or the number of the protocol. */
  proto: string;
  ipBytes: number;
  payloadBytes: number;
  payload: Buffer;
  /** TCP's flags; 0 for others. */
  flags: number;
};

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

/** Null for what is no IP (ARP and such); a text for what should be and cannot be read. */
export function readPacket({ at, linkType, bytes }: Frame): Packet | null | string {
  const ip = ipOf(linkType, bytes);
  if (ip === null || typeof ip === "string") return ip;
  const version = (ip[0] ?? 0) >> 4;
  if (version === 4) return readIpv4(ip, at);
  if (version === 6) return readIpv6(ip, at);
  return ip.length === 0 ? "an empty frame" : `IP of version ${version}`;
}

/** The network packet in a frame, by the link's type (tcpdump.org/linktypes.html). */
function ipOf(linkType: number, bytes: Buffer): Buffer | null | string {
  switch (linkType) {
    case 1:
      return ofEtherType(bytes, 12);
    case 113:
      return ofEtherType(bytes, 14);
    case 276:
      return bytes.length < 20
        ? "a frame cut short"
        : isIp(bytes.readUInt16BE(0))
          ? bytes.subarray(20)
          : null;
    case 0:
    case 108:
      return bytes.length < 4 ? "a frame cut short" : bytes.subarray(4);
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return bytes;
    default:
      return `link type ${linkType}, which is not read`;
  }
}

function isIp(etherType: number): boolean {
  return etherType === 0x0800 || etherType === 0x86dd;
}

const vlanTags = [0x8100, 0x88a8, 0x9100];

function ofEtherType(bytes: Buffer, place: number): Buffer | null | string {
  for (let at = place, tags = 0; tags < 4; at += 4, tags += 1) {
    if (bytes.length < at + 2) return "a frame cut short";
    const type = bytes.readUInt16BE(at);
    if (isIp(type)) return bytes.subarray(at + 2);
    if (!vlanTags.includes(type)) return null;
  }
  return "more VLAN tags than there can be";
}

function readIpv4(ip: Buffer, at: number): Packet | string {
  const headBytes = ((ip[0] ?? 0) & 15) * 4;
  if (ip.length < 20 || headBytes < 20 || ip.length < headBytes) return "an IPv4 head cut short";
  const said = ip.readUInt16BE(2);
  // Packets that the network card cuts later are captured whole and say length 0.
  const ipBytes = said === 0 ? ip.length : said;
  if (ipBytes < headBytes) return "an IPv4 packet shorter than its head";
  const [src, dst] = [ip.subarray(12, 16).join("."), ip.subarray(16, 20).join(".")];
  const first = (ip.readUInt16BE(6) & 0x1fff) === 0;
  const body = ip.subarray(headBytes, ipBytes);
  return withTransport(
    { at, src, dst, ipBytes },
    { proto: ip[9] as number, body, first, bytes: ipBytes - headBytes },
  );
}

/** Heads of IPv6 that stand before the transport (RFC 8200 4.1). */
const extensions = [0, 43, 44, 51, 60];

function readIpv6(ip: Buffer, at: number): Packet | string {
  if (ip.length < 40) return "an IPv6 head cut short";
  const ipBytes = 40 + (ip.readUInt16BE(4) || ip.length - 40);
  let proto = ip[6] as number;
  let place = 40;
  let first = true;
  for (let count = 0; extensions.includes(proto) && count < 8; count += 1) {
    if (ip.length < place + 8) return "an IPv6 extension cut short";
    const length = ip[place + 1] as number;
    if (proto === 44) first = (ip.readUInt16BE(place + 2) & 0xfff8) === 0;
    const bytes = proto === 44 ? 8 : proto === 51 ? (length + 2) * 4 : (length + 1) * 8;
    proto = ip[place] as number;
    place += bytes;
  }
  const addresses = { src: printIpv6(ip.subarray(8, 24)), dst: printIpv6(ip.subarray(24, 40)) };
  const body = ip.subarray(Math.min(place, ip.length), ipBytes);
  return withTransport(
    { at, ...addresses, ipBytes },
    { proto, body, first, bytes: Math.max(0, ipBytes - place) },
  );
}

/** The canonical form (RFC 5952): the longest run of zeros is "::". */
function printIpv6(bytes: Buffer): string {
  const words = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  const runs = [...words.join(":").matchAll(/(?:^|:)(0(?::0)+)(?=:|$)/g)].map((match) => match[1] as string);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return words.join(":");
  const text = words.join(":");
  const place = text.search(new RegExp(`(^|(?<=:))${longest}(?=:|$)`));
  return `${text.slice(0, place).replace(/:$/, "")}::${text.slice(place + longest.length).replace(/^:/, "")}`;
}

function withTransport(
  ends: { at: number; src: string; dst: string; ipBytes: number },
  { proto, body, first, bytes }: { proto: number; body: Buffer; first: boolean; bytes: number },
): Packet | string {
  const none = { srcPort: 0, dstPort: 0, payload: Buffer.alloc(0), payloadBytes: bytes, flags: 0 };
  const names: Record<number, string> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp" };
  const name = names[proto] ?? String(proto);
  // A later fragment has no ports of its own.
  if (!first || (proto !== 6 && proto !== 17)) return { ...ends, ...none, proto: name };
  if (body.length < (proto === 6 ? 14 : 8)) return `a ${name} head cut short`;
  const head = proto === 6 ? ((body[12] as number) >> 4) * 4 : 8;
  if (proto === 6 && head < 20) return "a tcp head that is too short";
  return {
    ...ends,
    proto: name,
    srcPort: body.readUInt16BE(0),
    dstPort: body.readUInt16BE(2),
    payload: body.subarray(Math.min(head, body.length)),
    payloadBytes: Math.max(0, bytes - head),
    flags: proto === 6 ? (body[13] as number) : 0,
  };
}
