import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Unread } from "../../connection.ts";
import { openDuck } from "../../../../lib/openDuck.ts";
import { loadPaths } from "../loadPaths.ts";
import { SYN } from "./packet.ts";
import { PcapReader } from "./readPcapFile.ts";
import {
  classicCapture,
  clientHello,
  conversation,
  dnsMessage,
  frameOf,
  nextCapture,
  type TestPacket,
} from "./testCapture.ts";

const at = 1_458_000_000_000_000;
const pc = { src: "10.0.0.5", dst: "203.0.113.7" };
const udp = { ...pc, proto: "udp", srcPort: 5_353, dstPort: 53 } as const;
const http = "POST /up HTTP/1.1\r\nHost: Evil.example:8080\r\nUser-Agent: Inert/1\r\n\r\nbody";

const packets: TestPacket[] = [
  ...conversation(
    { at, ...pc, srcPort: 40_000, dstPort: 443 },
    { orig: clientHello("Name.Example"), resp: Buffer.alloc(900) },
  ),
  ...conversation(
    { at: at + 60, ...pc, srcPort: 40_001, dstPort: 80 },
    { orig: Buffer.from(http), resp: Buffer.alloc(10), vlan: true },
  ),
  ...conversation(
    { at: at + 5_000_000, src: "2001:db8::5", dst: "2001:db8:0:1::7", srcPort: 1, dstPort: 9 },
    { orig: Buffer.alloc(1_200), resp: Buffer.alloc(1), reset: true },
  ),
  // The same ports once more, after the first conversation ended.
  ...conversation(
    { at: at + 9_000_000, ...pc, srcPort: 40_000, dstPort: 443 },
    { orig: Buffer.alloc(7), resp: Buffer.alloc(8) },
  ),
  { ...pc, at: at + 1_000, srcPort: 40_002, dstPort: 81, flags: SYN },
  { ...udp, at: at + 2_000, payload: dnsMessage("Tunnel.example", { id: 7 }) },
  {
    ...udp,
    at: at + 9_000,
    src: pc.dst,
    dst: pc.src,
    srcPort: 53,
    dstPort: 5_353,
    payload: dnsMessage("tunnel.example", { id: 7, answer: "203.0.113.9" }),
  },
  { ...udp, at: at + 20_000, payload: dnsMessage("silent.example", { id: 8 }) },
].toSorted((one, other) => one.at - other.at);
const frames = packets.map((packet) => ({ at: packet.at, bytes: frameOf(packet) }));
const arp = Buffer.from("ffffffffffff0200000000020806".padEnd(84, "0"), "hex");
frames.push({ at: at + 1, bytes: arp });

function readAll(capture: Buffer, cut = capture.length) {
  const reader = new PcapReader("test");
  const results = [];
  for (let place = 0; place < capture.length; place += cut)
    results.push(reader.push(capture.subarray(place, place + cut)));
  results.push(reader.end());
  return { seen: results.flatMap(({ seen }) => seen), problems: results.flatMap(({ problems }) => problems) };
}

test("PcapReader makes connections, names and questions of a capture, in any form and however cut", () => {
  const { seen, problems } = readAll(classicCapture(frames));
  assert.deepEqual(problems, []);
  const connections = seen.flatMap((one) => (one.table === "connection" ? [one] : []));
  const rows = connections.map(
    (one) => `${one.proto} ${one.src} ${one.srcPort} ${one.dst} ${one.dstPort} ${one.state}`,
  );
  assert.deepEqual(rows.toSorted(), [
    "tcp 10.0.0.5 40000 203.0.113.7 443 SF",
    "tcp 10.0.0.5 40000 203.0.113.7 443 SF",
    "tcp 10.0.0.5 40001 203.0.113.7 80 SF",
    "tcp 10.0.0.5 40002 203.0.113.7 81 S0",
    "tcp 2001:db8::5 1 2001:db8:0:1::7 9 RSTO",
    "udp 10.0.0.5 5353 203.0.113.7 53 SF",
  ]);
  const long = connections.find(({ srcPort }) => srcPort === 1);
  assert.deepEqual(
    [long?.at, long?.duration, long?.origBytes, long?.respBytes, long?.origPackets, long?.origIpBytes],
    [at + 5_000_000, 5_000, 1_200, 1, 4, 1_200 + 4 * 60],
  );
  const namings = seen.flatMap((one) =>
    one.table === "naming" ? [[one.kind, one.host, one.hostPort, one.agent]] : [],
  );
  assert.deepEqual(namings, [
    ["tls", "name.example", null, null],
    ["http", "evil.example", 8_080, "Inert/1"],
  ]);
  const questions = seen.flatMap((one) =>
    one.table === "dns" ? [[one.query, one.at - at, one.rcode, ...one.answers]] : [],
  );
  assert.deepEqual(questions, [
    ["tunnel.example", 2_000, "NOERROR", "203.0.113.9"],
    ["silent.example", 20_000, null],
  ]);
  for (const capture of [
    classicCapture(frames, { little: false }),
    classicCapture(frames, { nano: true }),
    nextCapture(frames),
  ]) {
    for (const cut of [1, 37, 4_096]) assert.deepEqual(readAll(capture, cut), { seen, problems });
  }
});

const tshark = spawnSync("tshark", ["-v"]).error === undefined ? false : "tshark is not installed";

test("PcapReader and tshark count the same connections, packets and bytes", { skip: tshark }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-pcap-"));
  const many = Array.from({ length: 300 }, (_, count) =>
    conversation(
      { at: at + count * 7_000, ...pc, dst: `203.0.113.${count % 50}`, srcPort: 1_024 + count, dstPort: 443 },
      {
        orig: Buffer.alloc((count * 37) % 1_400),
        resp: Buffer.alloc((count * 91) % 1_400),
        reset: count % 5 === 0,
      },
    ),
  ).flat();
  const all = [...frames, ...many.map((packet) => ({ at: packet.at, bytes: frameOf(packet) }))];
  writeFileSync(join(folder, "a.pcap"), classicCapture(all.toSorted((one, other) => one.at - other.at)));
  const { seen } = readAll(classicCapture(all.toSorted((one, other) => one.at - other.at)));
  const fields = ["-e", "tcp.stream", "-e", "udp.stream", "-e", "ip.len", "-e", "ipv6.plen", "-e", "vlan.id"];
  const said = spawnSync(
    "tshark",
    ["-r", join(folder, "a.pcap"), "-Y", "ip or ipv6", "-T", "fields", ...fields],
    {
      encoding: "utf8",
      maxBuffer: 1e8,
    },
  );
  rmSync(folder, { recursive: true });
  const lines = said.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
  const streams = new Set(lines.map(([tcp, udpStream]) => `${tcp}/${udpStream}`));
  const bytes = lines.reduce(
    (sum, [, , four, six]) => sum + (four === "" ? 40 + Number(six) : Number(four)),
    0,
  );
  const ours = seen.flatMap((one) => (one.table === "connection" ? [one] : []));
  assert.equal(ours.length, streams.size);
  assert.equal(
    ours.reduce((sum, one) => sum + (one.origPackets ?? 0) + (one.respPackets ?? 0), 0),
    lines.length,
  );
  assert.equal(
    ours.reduce((sum, one) => sum + (one.origIpBytes ?? 0) + (one.respIpBytes ?? 0), 0),
    bytes,
  );
});

test("loadPaths() reads captures, packed ones too, and says at which frame one is cut", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-pcap-"));
  const capture = classicCapture(frames);
  writeFileSync(join(folder, "a.pcap.gz"), gzipSync(capture));
  writeFileSync(join(folder, "b.pcap"), capture.subarray(0, capture.length - 5));
  const duck = await openDuck();
  const unread: Unread[] = [];
  const loaded = await loadPaths(duck, [folder], { unread: (one) => unread.push(one) });
  assert.deepEqual(loaded.rows, { connection: 12, naming: 4, dns: 4 });
  assert.deepEqual(unread, [
    {
      file: join(folder, "b.pcap"),
      line: frames.length,
      problem: "the capture ends in the midst of a frame",
    },
  ]);
  await duck.close();
  rmSync(folder, { recursive: true });
});

test("PcapReader survives every prefix, random bytes and changed ones, and what it reads is whole", () => {
  const capture = classicCapture(frames);
  const next = nextCapture(frames);
  for (let length = 0; length < capture.length; length += 13) readAll(capture.subarray(0, length), 100);
  const change = fc.array(fc.tuple(fc.nat(capture.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 });
  const property = fc.property(change, fc.boolean(), (changes, classic) => {
    const bytes = Buffer.from(classic ? capture : next);
    for (const [place, value] of changes) bytes[place % bytes.length] = value;
    for (const one of readAll(bytes, 777).seen) {
      assert.ok(Number.isSafeInteger(one.at) && one.src !== "");
      if (one.table === "connection") assert.ok((one.origBytes ?? 0) >= 0 && (one.duration ?? 0) >= 0);
    }
  });
  fc.assert(property, { seed: 2016, numRuns: 2_000 });
  const noise = fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), (bytes, headed) => {
    readAll(headed ? Buffer.concat([capture.subarray(0, 40), bytes]) : Buffer.from(bytes));
  });
  fc.assert(noise, { seed: 2016, numRuns: 2_000 });
});
