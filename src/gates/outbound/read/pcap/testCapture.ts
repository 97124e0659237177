import { ACK, FIN, RST, SYN } from "./packet.ts";

/** Makes captures for tests: frames of Ethernet, with what stands in them. */
export type TestPacket = {
  at: number;
  src: string;
  dst: string;
  srcPort: number;
  dstPort: number;
  proto?: "tcp" | "udp" | "icmp";
  flags?: number;
  payload?: Buffer;
  vlan?: boolean;
};

export function frameOf(packet: TestPacket): Buffer {
  const proto = packet.proto ?? "tcp";
  const payload = packet.payload ?? Buffer.alloc(0);
  const body = Buffer.concat([proto === "tcp" ? tcpHead(packet) : udpHead(packet, payload.length), payload]);
  const number = { tcp: 6, udp: 17, icmp: 1 }[proto];
  const ip = packet.src.includes(":") ? ipv6(packet, body, number) : ipv4(packet, body, number);
  const type = Buffer.from(packet.src.includes(":") ? "86dd" : "0800", "hex");
  const tag = packet.vlan === true ? [Buffer.from("8100002a", "hex")] : [];
  return Buffer.concat([Buffer.from("020000000001020000000002", "hex"), ...tag, type, ip]);
}

function tcpHead({ at, srcPort, dstPort, flags = ACK }: TestPacket): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(srcPort, 0);
  head.writeUInt16BE(dstPort, 2);
  // Another connection begins with another number: by this tshark tells them apart.
  head.writeUInt32BE(Math.floor(at / 1_000_000) % 2 ** 32, 4);
  head[12] = 5 << 4;
  head[13] = flags;
  return head;
}

function udpHead({ srcPort, dstPort }: TestPacket, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(srcPort, 0);
  head.writeUInt16BE(dstPort, 2);
  head.writeUInt16BE(8 + length, 4);
  return head;
}

function ipv4({ src, dst }: TestPacket, body: Buffer, proto: number): Buffer {
  const head = Buffer.alloc(20);
  head[0] = 0x45;
  head.writeUInt16BE(20 + body.length, 2);
  head[8] = 64;
  head[9] = proto;
  head.set(src.split(".").map(Number), 12);
  head.set(dst.split(".").map(Number), 16);
  return Buffer.concat([head, body]);
}

function ipv6({ src, dst }: TestPacket, body: Buffer, proto: number): Buffer {
  const head = Buffer.alloc(40);
  head[0] = 0x60;
  head.writeUInt16BE(body.length, 4);
  head[6] = proto;
  head[7] = 64;
  head.set(ipv6Bytes(src), 8);
  head.set(ipv6Bytes(dst), 24);
  return Buffer.concat([head, body]);
}

function ipv6Bytes(text: string): Buffer {
  const [left = "", right = ""] = text
    .split("::")
    .map((half) => half.split(":").filter((word) => word !== ""));
  const words = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return Buffer.from(words.map((word) => word.padStart(4, "0")).join(""), "hex");
}

type Form = { little?: boolean; nano?: boolean };

/** A classic capture; times are in microseconds. */
export function classicCapture(frames: readonly { at: number; bytes: Buffer }[], form: Form = {}): Buffer {
  const { little = true, nano = false } = form;
  const numbers = (...values: number[]): Buffer => words(values, little);
  const magic = nano ? 0xa1b23c4d : 0xa1b2c3d4;
  const version = little ? Buffer.from("02000400", "hex") : Buffer.from("00020004", "hex");
  const head = Buffer.concat([numbers(magic), version, numbers(0, 0, 262_144, 1)]);
  const all = frames.map(({ at, bytes }) => {
    const part = (at % 1_000_000) * (nano ? 1_000 : 1);
    return Buffer.concat([numbers(Math.floor(at / 1e6), part, bytes.length, bytes.length), bytes]);
  });
  return Buffer.concat([head, ...all]);
}

/** The same as pcapng, with nanoseconds. */
export function nextCapture(frames: readonly { at: number; bytes: Buffer }[]): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    const length = words([padded.length + 12], true);
    return Buffer.concat([words([type], true), length, padded, length]);
  };
  const section = block(0x0a0d0d0a, Buffer.from("4d3c2b1a01000000ffffffffffffffff", "hex"));
  const face = block(1, Buffer.from("010000000000040009000100090000000000000000", "hex").subarray(0, 20));
  const all = frames.map(({ at, bytes }) => {
    const ticks = BigInt(at) * 1_000n;
    const head = words(
      [0, Number(ticks >> 32n), Number(ticks & 0xffffffffn), bytes.length, bytes.length],
      true,
    );
    return block(6, Buffer.concat([head, bytes]));
  });
  return Buffer.concat([section, face, ...all]);
}

function words(values: readonly number[], little: boolean): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) {
    if (little) bytes.writeUInt32LE(value, at * 4);
    else bytes.writeUInt32BE(value, at * 4);
  }
  return bytes;
}

/** A whole conversation: greeting, what both say, and farewell (or a reset). */
export function conversation(
  ends: Pick<TestPacket, "at" | "src" | "dst" | "srcPort" | "dstPort">,
  said: { orig: Buffer; resp: Buffer; reset?: boolean; vlan?: boolean },
): TestPacket[] {
  const { at, src, dst, srcPort, dstPort } = ends;
  const there = { src, dst, srcPort, dstPort, vlan: said.vlan ?? false };
  const back = { src: dst, dst: src, srcPort: dstPort, dstPort: srcPort, vlan: said.vlan ?? false };
  const farewell =
    said.reset === true
      ? [{ ...there, flags: RST }]
      : [{ ...there, flags: FIN | ACK }, { ...back, flags: FIN | ACK }, there];
  const greeting = [{ ...there, flags: SYN }, { ...back, flags: SYN | ACK }, there];
  const packets = [
    ...greeting,
    { ...there, payload: said.orig },
    { ...back, payload: said.resp },
    ...farewell,
  ];
  return packets.map((packet, step) => ({ ...packet, at: at + step * 1_000 }));
}

/** A ClientHello that asks for a name. */
export function clientHello(name: string): Buffer {
  const text = Buffer.from(name);
  const number = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
  const list = Buffer.concat([number(text.length + 3), Buffer.from([0]), number(text.length), text]);
  const extensions = Buffer.concat([
    ...[number(10), number(2), number(0)],
    ...[number(0), number(list.length), list],
  ]);
  const body = Buffer.concat([
    ...[Buffer.from("0303", "hex"), Buffer.alloc(32), Buffer.from([0]), number(2), number(0x1301)],
    ...[Buffer.from([1, 0]), number(extensions.length), extensions],
  ]);
  const shake = Buffer.concat([Buffer.from([1, 0]), number(body.length), body]);
  return Buffer.concat([Buffer.from("160301", "hex"), number(shake.length), shake]);
}

/** A question to a name server, or its answer with one address. */
export function dnsMessage(name: string, options: { id: number; answer?: string }): Buffer {
  const labels = name
    .split(".")
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(options.id, 0);
  head.writeUInt16BE(options.answer === undefined ? 0x0100 : 0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(options.answer === undefined ? 0 : 1, 6);
  const question = Buffer.concat([...labels, Buffer.from("0000010001", "hex")]);
  const address = (options.answer ?? "").split(".").map(Number);
  const answer = [Buffer.from("c00c00010001000000050004", "hex"), Buffer.from(address)];
  return Buffer.concat([head, question, ...(options.answer === undefined ? [] : answer)]);
}
