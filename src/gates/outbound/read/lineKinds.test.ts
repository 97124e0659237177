import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Seen } from "../connection.ts";
import { LINE_KINDS, lineKindOf, lineReaderOf, type LineKind } from "./lineKinds.ts";

const now = 1_458_050_000_000_000;

/** All that a reader makes of lines, what waits at the end included, and the problems. */
function readAll(kind: LineKind, lines: readonly string[]): { seen: Seen[]; problems: string[] } {
  const reader = lineReaderOf(kind, { now: () => now });
  const results = lines.map((line) => reader.read(line));
  const problems = results.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  return { seen: [...results.flatMap(({ seen }) => seen), ...reader.end()], problems };
}

const unboundLog = [
  "[1458000000] unbound[1:0] info: start of service (unbound 1.17.1).",
  "[1458000000] unbound[1:0] info: 10.0.0.5 Name.example. A IN",
  "[1458000001] unbound[1:0] info: 10.0.0.5 slow.example. A IN",
  "[1458000002] unbound[1:0] info: 10.0.0.5 Name.example. A IN NOERROR 0.000000 1 46",
  "[1458000100] unbound[1:0] info: 10.0.0.6 only.example. TXT IN NXDOMAIN 0.000000 1 30",
  "[1458000100] unbound[1:0] info: server stats for thread 0: 5 queries, 5 answers from cache",
];

test("UnboundReader joins question and reply, and gives a question that nobody answered", () => {
  const { seen, problems } = readAll("unbound", unboundLog);
  assert.deepEqual(problems, []);
  const rows = seen.map((one) =>
    one.table === "dns" ? [one.at / 1e6, one.src, one.query, one.type, one.rcode] : [],
  );
  assert.deepEqual(rows, [
    [1_458_000_000, "10.0.0.5", "name.example", "A", "NOERROR"],
    [1_458_000_100, "10.0.0.6", "only.example", "TXT", "NXDOMAIN"],
    [1_458_000_001, "10.0.0.5", "slow.example", "A", null],
  ]);
});

const dnsmasqLog = [
  "Mar 15 00:00:00 dnsmasq[9]: started, version 2.90 cachesize 150",
  "Mar 15 00:00:01 dnsmasq[9]: 1 10.0.0.5/51678 query[A] Name.example from 10.0.0.5",
  "Mar 15 00:00:01 dnsmasq[9]: 1 10.0.0.5/51678 forwarded Name.example to 203.0.113.1",
  "Mar 15 00:00:01 dnsmasq[9]: 2 10.0.0.6/51679 query[TXT] none.example from 10.0.0.6",
  "Mar 15 00:00:01 dnsmasq[9]: 1 10.0.0.5/51678 reply Name.example is <CNAME>",
  "Mar 15 00:00:01 dnsmasq[9]: 1 10.0.0.5/51678 reply alias.example is 203.0.113.9",
  "Mar 15 00:00:01 dnsmasq[9]: 2 10.0.0.6/51679 config error is REFUSED (EDE: not ready)",
];

test("DnsmasqReader joins answers to their questions by number, and finds the year", () => {
  const { seen, problems } = readAll("dnsmasq", dnsmasqLog);
  assert.deepEqual(problems, []);
  const zone = Temporal.Now.timeZoneId();
  const at =
    Temporal.PlainDateTime.from("2016-03-15T00:00:01").toZonedDateTime(zone).epochMilliseconds * 1_000;
  const fixed = { table: "dns", at, sensor: "dnsmasq", uid: null, resolver: null } as const;
  assert.deepEqual(seen, [
    {
      ...fixed,
      src: "10.0.0.5",
      query: "name.example",
      type: "A",
      rcode: "NOERROR",
      answers: ["203.0.113.9"],
    },
    { ...fixed, src: "10.0.0.6", query: "none.example", type: "TXT", rcode: "REFUSED", answers: [] },
  ]);
});

const conntrackLog = [
  "[1458000000.714659]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT src=10.0.0.5 dst=203.0.113.7 " +
    "sport=45860 dport=443 [UNREPLIED] src=203.0.113.7 dst=10.0.0.5 sport=443 dport=45860 id=2052391250",
  "[1458000003.000000]\t    [NEW] ipv4     2 icmp     1 30 src=10.0.0.5 dst=203.0.113.7 type=8 code=0 " +
    "id=77 [UNREPLIED] src=203.0.113.7 dst=10.0.0.5 type=0 code=0 id=77 id=99",
  "[1458000010.714659]\t[DESTROY] ipv4     2 tcp      6 120 TIME_WAIT src=10.0.0.5 dst=203.0.113.7 " +
    "sport=45860 dport=443 packets=6 bytes=420 src=203.0.113.7 dst=10.0.0.5 sport=443 " +
    "dport=45860 packets=5 bytes=770 " +
    "[ASSURED] delta-time=10 id=2052391250",
  "[1458000020.000000]\t[DESTROY] ipv6     10 udp      17 src=2001:db8::5 dst=2001:db8::7 sport=1 dport=53 " +
    "packets=1 bytes=80 [UNREPLIED] src=2001:db8::7 dst=2001:db8::5 sport=53 dport=1 packets=0 bytes=0 " +
    "delta-time=5 id=5",
];

test("ConntrackReader gives an open row at the first event, and the whole one at the end", () => {
  const { seen, problems } = readAll("conntrack", conntrackLog);
  assert.deepEqual(problems, []);
  const of = (one: Seen | undefined) => (one?.table === "connection" ? one : assert.fail());
  const [first, ping, ended, unseen] = [of(seen[0]), of(seen[1]), of(seen[2]), of(seen[3])];
  assert.deepEqual(
    [first.open, first.at, first.uid, first.state],
    [true, 1_458_000_000_714_659, "2052391250", "unreplied"],
  );
  assert.deepEqual([ping.proto, ping.uid, ping.srcPort], ["icmp", "99", 0]);
  assert.deepEqual(ended, {
    ...{ table: "connection", at: first.at, sensor: "conntrack", uid: "2052391250" },
    ...{ src: "10.0.0.5", srcPort: 45_860, dst: "203.0.113.7", dstPort: 443, proto: "tcp", service: null },
    ...{ duration: 10_000_000, origBytes: null, respBytes: null, origPackets: 6, respPackets: 5 },
    ...{ origIpBytes: 420, respIpBytes: 770, state: "assured", open: false },
  });
  // Its beginning was not seen, and the kernel's whole seconds have to do.
  assert.deepEqual(
    [unseen.at, unseen.duration, unseen.src],
    [1_458_000_015_000_000, 5_000_000, "2001:db8::5"],
  );
});

const squidLog = [
  "sekisho1 1458000010.500 2500 10.0.0.5 40000 10.0.0.3 3128 203.0.113.7 443 TCP_TUNNEL/200 2253 39 " +
    "CONNECT Evil.example:443 - evil.example:443 Mozilla/5.0%20(Inert) -",
  "sekisho1 1458000011.000 0 10.0.0.5 40001 10.0.0.3 3128 - - TCP_DENIED/403 300 3900 GET " +
    "http://www.example/a%20b - - - text/html",
];

test("SquidReader gives the connection with what was sent, and the name that the client asked for", () => {
  const { seen, problems } = readAll("squid", squidLog);
  assert.deepEqual(problems, []);
  const fixed = { sensor: "squid", src: "10.0.0.5" } as const;
  const tunnel = { ...fixed, at: 1_458_000_008_000_000, uid: "1458000010.500:40000", srcPort: 40_000 };
  assert.deepEqual(seen[0], {
    ...{ table: "connection", ...tunnel, dst: "203.0.113.7", dstPort: 443, proto: "tcp", service: "tunnel" },
    ...{ duration: 2_500_000, origBytes: 2_253, respBytes: 39, origPackets: null, respPackets: null },
    ...{ origIpBytes: null, respIpBytes: null, state: "TCP_TUNNEL/200", open: false },
  });
  assert.deepEqual(seen[1], {
    ...{ table: "naming", ...tunnel, dst: "10.0.0.3", dstPort: 3_128, kind: "http", host: "evil.example" },
    ...{
      hostPort: 443,
      proxied: true,
      method: "CONNECT",
      uri: "Evil.example:443",
      agent: "Mozilla/5.0 (Inert)",
    },
    ...{ ja3: null, mime: null, open: false },
  });
  const [, , denied, asked] = seen;
  assert.equal(denied?.table === "connection" && denied.dst, "10.0.0.3");
  assert.equal(asked?.table === "naming" && asked.host, "www.example");
  assert.equal(asked?.table === "naming" && asked.uri, "http://www.example/a b");
});

test("SquidReader reads Squid's native format, which knows no uploads", () => {
  const line =
    "1458000010.500   2500 10.0.0.5 TCP_MISS/200 3900 GET http://www.example/ - " +
    "HIER_DIRECT/203.0.113.7 text/html";
  const { seen } = readAll("squid", [line]);
  const [connection] = seen;
  assert.ok(connection?.table === "connection");
  assert.deepEqual(
    [connection.dst, connection.origBytes, connection.respBytes],
    ["203.0.113.7", null, 3_900],
  );
});

const logs: Record<LineKind, string[]> = {
  squid: squidLog,
  unbound: unboundLog,
  dnsmasq: dnsmasqLog,
  conntrack: conntrackLog,
};

test("lineKindOf() tells the logs apart, and says of other text that it is none", () => {
  for (const kind of LINE_KINDS) assert.equal(lineKindOf(logs[kind]), kind);
  assert.equal(lineKindOf(["Lorem ipsum dolor sit amet", "Mar 15 00:00:00 host cron[1]: done"]), null);
});

test("no reader throws on a cut or changed line: it says a problem or reads on", () => {
  for (const kind of LINE_KINDS) {
    const reader = lineReaderOf(kind, { now: () => now });
    const hostile = fc.tuple(
      fc.constantFrom(...logs[kind]),
      fc.nat(300),
      fc.string({ maxLength: 5 }),
      fc.nat(20),
    );
    const property = fc.property(hostile, ([line, at, with_, skip]) => {
      const { seen, problem } = reader.read(line.slice(0, at) + with_ + line.slice(at + skip));
      for (const one of seen) assert.ok(Number.isSafeInteger(one.at) && one.src !== "", problem ?? "");
    });
    fc.assert(property, { seed: 2016, numRuns: 3_000 });
  }
});
