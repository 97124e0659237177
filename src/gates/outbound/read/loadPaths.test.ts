import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import type { Unread } from "../connection.ts";
import { openDuck } from "../../../lib/openDuck.ts";
import { loadPaths, type Loaded } from "./loadPaths.ts";
import { zeekFile } from "./testZeek.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-load-"));
after(() => rmSync(folder, { recursive: true }));
let number = 0;

/** Writes files into a new folder, loads it, and gives all that came of it; paths are relative to it. */
async function load(files: Record<string, string | Buffer>) {
  const inside = join(folder, String(number++));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(inside, name, ".."), { recursive: true });
    writeFileSync(join(inside, name), content);
  }
  return loadFolder(inside);
}

async function loadFolder(inside: string) {
  const duck = await openDuck();
  try {
    const unread: Unread[] = [];
    const loaded: Loaded = await loadPaths(duck, [inside], { unread: (one) => unread.push(one) });
    const all = async (table: string) => duck.rows(`SELECT * FROM ${table} ORDER BY ALL`);
    const relative = unread.map((one) => ({ ...one, file: one.file.slice(inside.length + 1) }));
    return {
      loaded,
      unread: relative.sort((one, other) => one.file.localeCompare(other.file) || one.line - other.line),
      connection: await all("connection"),
      naming: await all("naming"),
      dns: await all("dns"),
    };
  } finally {
    await duck.close();
  }
}

const conn = zeekFile("conn", "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration", [
  "1458000000.123456 C1 10.0.0.5 40000 203.0.113.7 443 tcp ssl 1.5",
  "1458000001.000000 C2 2001:db8::5 0 2001:db8::7 53 udp - -",
]);

test("loadPaths() reads Zeek's conn.log in any order of columns, with what is not there null", async () => {
  const fields = "_node_name unheard_of proto id.resp_p id.resp_h id.orig_p id.orig_h uid ts orig_bytes";
  const line = "worker-1 x#y tcp 443 203.0.113.7 40000 10.0.0.5 C1 1458000000.123456 7";
  const { connection, loaded } = await load({ "conn.log": zeekFile("conn", fields, [line]) });
  assert.equal(loaded.unread, 0);
  assert.deepEqual(connection, [
    {
      seen_at: 1_458_000_000_123_456,
      sensor: "zeek",
      uid: "C1",
      src: "10.0.0.5",
      src_port: 40_000,
      dst: "203.0.113.7",
      dst_port: 443,
      proto: "tcp",
      service: null,
      duration_us: null,
      orig_bytes: 7,
      resp_bytes: null,
      orig_packets: null,
      resp_packets: null,
      orig_ip_bytes: null,
      resp_ip_bytes: null,
      state: null,
      open: false,
    },
  ]);
});

test("loadPaths() reads compressed files, and says what is damaged after it read what is whole", async () => {
  const many = conn.replace(
    "#close",
    `${"1458000002.5\tC3\t10.0.0.6\t1\t203.0.113.7\t443\ttcp\t-\t-\n".repeat(5_000)}#close`,
  );
  const cut = gzipSync(
    Array.from(
      { length: 5_000 },
      (_, at) => `1458000002.5\tC${at * 7_919}\t10.0.0.6\t1\t203.0.113.7\t443\ttcp\t-\t-\n`,
    ).reduce((all, line) => all + line, conn.replace(/#close.*\n/, "")),
  );
  const found = await load({
    "a.log.gz": gzipSync(many),
    "b.log.zst": zstdCompressSync(conn),
    "conn.cut.log.gz": cut.subarray(0, cut.length / 2),
    "conn.log.bz2": Buffer.from("BZh91AY&SY"),
  });
  assert.deepEqual(found.loaded.files.map(({ rows }) => rows).slice(0, 2), [5_002, 2]);
  const half = found.loaded.files[2]?.rows ?? 0;
  assert.ok(half > 1_500 && half < 5_000, String(half));
  assert.deepEqual(
    found.unread.map(({ file, line }) => [file, line > 0]),
    [
      ["conn.cut.log.gz", false],
      ["conn.cut.log.gz", true],
      ["conn.log.bz2", false],
    ],
  );
  assert.match(found.unread[0]?.problem ?? "", /damaged gzip data: unexpected end of file/);
  assert.match(found.unread[2]?.problem ?? "", /unpack it with bunzip2 first/);
});

test("loadPaths() counts an unended last line, and reads a file that lost its header", async () => {
  const whole = `1458000000.5 C1 10.0.0.5 1 203.0.113.7 443 tcp - - - - S0 T F 0 S 1 60 0 0 -`.replaceAll(
    " ",
    "\t",
  );
  const found = await load({
    "conn_top.log": `${whole}\n${whole.slice(0, 40)}`,
    "dns_top.log": "1458000000.5\tC1\t10.0.0.5\t1\t203.0.113.7\t53\tudp\tname.example\n",
  });
  assert.equal(found.connection.length, 1);
  assert.deepEqual(found.unread, [
    { file: "conn_top.log", line: 2, problem: "6 columns where #fields names 21" },
    {
      file: "dns_top.log",
      line: 0,
      problem: "Zeek lines without their #fields line; put the log's header before them",
    },
  ]);
});

test("loadPaths() reads http, ssl and dns into namings and questions, in TSV and in JSON alike", async () => {
  const http = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p method host uri user_agent resp_mime_types";
  const row = (host: string, method = "GET", uri = "/") =>
    `1458000000.5 C1 10.0.0.5 1 203.0.113.7 80 ${method} ${host} ${uri} a#b"c text/html,text/plain`;
  const found = await load({
    "open_http.log": zeekFile("http", http, [
      row("-"),
      row("WWW.Example:8080"),
      row("[2001:DB8::1]:81"),
      row("odd:99999"),
    ]),
    "http.log": zeekFile("http", http, [row("evil.example", "CONNECT", "evil.example:443")]),
    "ssl.log": zeekFile("ssl", "ts uid id.orig_h id.orig_p id.resp_h id.resp_p server_name ja3", [
      "1458000000.5 C1 10.0.0.5 1 203.0.113.7 443 Name.Example 0123",
    ]),
    "dns.log": zeekFile("dns", "ts uid id.orig_h id.orig_p id.resp_h query qtype_name rcode_name answers", [
      "1458000000.5 C1 10.0.0.5 1 10.0.0.1 Name.Example. A NOERROR 203.0.113.7,203.0.113.8",
      "1458000000.6 C1 10.0.0.5 1 10.0.0.1 - - - -",
    ]),
    "json/dns.log": `${JSON.stringify({
      ts: "2016-03-15T00:00:00.500000Z",
      uid: "C1",
      "id.orig_h": "10.0.0.5",
      "id.resp_h": "10.0.0.1",
      query: "Name.Example.",
      qtype_name: "A",
      rcode_name: "NOERROR",
      answers: ["203.0.113.7", "203.0.113.8"],
      _path: "dns",
    })}\n`,
    "x509.log": zeekFile("x509", "ts fingerprint", ["1458000000.5 00"]),
  });
  assert.equal(found.loaded.unread, 0);
  assert.equal(found.loaded.notNeeded, 1);
  const named = found.naming.map(({ host, host_port, proxied, open, kind, mime }) => [
    kind,
    host,
    host_port,
    proxied,
    open,
    mime,
  ]);
  assert.deepEqual(
    new Set(named.map((one) => one.join(" "))),
    new Set([
      "http   false true text/html",
      "http www.example 8080 false true text/html",
      "http 2001:db8::1 81 false true text/html",
      "http odd:99999  false true text/html",
      "http evil.example  true false text/html",
      "tls name.example  false false ",
    ]),
  );
  assert.equal(found.naming.find(({ kind }) => kind === "http")?.["agent"], 'a#b"c');
  const one = {
    seen_at: 1_458_000_000_500_000,
    sensor: "zeek",
    uid: "C1",
    src: "10.0.0.5",
    resolver: "10.0.0.1",
    query: "name.example",
    type: "A",
    rcode: "NOERROR",
    answers: ["203.0.113.7", "203.0.113.8"],
  };
  const empty = { ...one, seen_at: 1_458_000_000_600_000, query: "", type: null, rcode: null, answers: [] };
  assert.deepEqual(found.dns, [one, one, empty]);
});

test("loadPaths() counts every bad line with its number, and tells at most twenty of a file", async () => {
  const lines = Array.from({ length: 60 }, (_, at) =>
    at % 2 === 0
      ? `1458000000.5 C${at} 10.0.0.5 1 203.0.113.7 443 tcp - -`
      : `1458000000.5 C${at} 10.0.0.999 1 203.0.113.7 443 tcp - -`,
  );
  const text = zeekFile(
    "conn",
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration",
    lines,
  );
  const found = await load({ "conn.log": text, "other/conn.log": conn });
  assert.equal(found.connection.length, 32);
  assert.equal(found.loaded.unread, 30);
  assert.equal(found.unread.length, 21);
  assert.deepEqual(found.unread[0], {
    file: "conn.log",
    line: 0,
    problem: "10 more lines could not be read",
  });
  const problem = 'cannot read id.orig_h "10.0.0.999"';
  assert.deepEqual(found.unread[1], { file: "conn.log", line: 10, problem });
});

test("loadPaths() follows a header that changes in a file, and leaves what is not needed", async () => {
  const other = zeekFile("conn", "ts id.resp_h id.orig_h proto", ["1458000009.5 203.0.113.9 10.0.0.9 udp"]);
  const x509 = zeekFile("x509", "ts fingerprint", ["1458000000.5 00"]);
  const found = await load({ "conn.log": conn + other + x509 });
  assert.deepEqual(found.unread, []);
  assert.deepEqual(
    found.connection.map(({ src, dst }) => `${String(src)} ${String(dst)}`),
    ["10.0.0.5 203.0.113.7", "2001:db8::5 2001:db8::7", "10.0.0.9 203.0.113.9"],
  );
});

test("loadPaths() survives what DuckDB does not: bytes that are no text, among good files", async () => {
  const torn = Buffer.concat([
    Buffer.from(conn),
    Buffer.from("1458000003.5\tC\xff\xfe\0\t10.0.0.5\t1\t203.0.113.7\t1\ttcp\t-\t-\n", "latin1"),
  ]);
  const found = await load({
    "a/conn.log": conn,
    "b/conn.log": torn,
    "c/conn.log": conn.replaceAll("\n", "\r\n"),
    "d/lorem.log": "Lorem ipsum dolor sit amet\n",
    "e/noise.bin": Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7_919) % 251)),
    "f/empty.log": "",
  });
  assert.equal(found.connection.length, 7);
  assert.ok(found.connection.some(({ uid }) => uid === "C\\xff\\xfe\0"));
  assert.deepEqual(
    found.unread.map(({ file }) => file),
    ["d/lorem.log", "e/noise.bin"],
  );
});

test("loadPaths() goes through links once, and says which path is not there", async () => {
  const inside = join(folder, "links");
  mkdirSync(inside);
  writeFileSync(join(inside, "conn.log"), conn);
  symlinkSync(inside, join(inside, "again"));
  symlinkSync(join(inside, "conn.log"), join(inside, "copy.log"));
  symlinkSync(join(inside, "nowhere"), join(inside, "gone.log"));
  const found = await loadFolder(inside);
  assert.equal(found.connection.length, 2);
  assert.deepEqual(
    found.unread.map(({ file }) => file),
    ["gone.log"],
  );
  const duck = await openDuck();
  await assert.rejects(loadPaths(duck, [join(folder, "none")], { unread() {} }), /Cannot read ".*none"/);
  await duck.close();
});

test("loadPaths() says how far it is, up to the end and never beyond", async () => {
  const inside = join(folder, "progress");
  mkdirSync(inside);
  writeFileSync(join(inside, "conn.log"), conn);
  writeFileSync(join(inside, "conn.log.gz"), gzipSync(conn));
  writeFileSync(join(inside, "lorem.txt"), "Lorem ipsum");
  const duck = await openDuck();
  const shares: number[] = [];
  const onProgress = (progress: { bytesDone: number; bytesTotal: number }) =>
    shares.push(progress.bytesDone / progress.bytesTotal);
  await loadPaths(duck, [inside], { unread() {}, onProgress });
  assert.equal(shares.at(-1), 1);
  assert.deepEqual(
    shares,
    shares.toSorted((one, other) => one - other),
  );
  await duck.close();
});

const cell = (...values: string[]) => fc.constantFrom(...values);
const line = fc
  .tuple(
    cell("1458000000.123456", "1458000001.000001", "1457999999.5", "x", "-", "9999999999999", "nan"),
    cell("C1", "-", "(empty)", "Cä", "#C"),
    cell("10.0.0.5", "2001:db8::1", "::ffff:10.0.0.5", "10.0.0", "-", "name"),
    cell("1", "65535", "65536", "-"),
    cell("203.0.113.7", "ff02::1", "-", "256.0.0.1"),
    cell("443", "0", "-1"),
    cell("tcp", "udp", "-"),
    cell("ssl", "-", "dns,http", '"'),
    cell("0.000001", "3600.25", "-", "-1.0"),
    cell("0", "9007199254740991", "9007199254740992", "-", "abc"),
  )
  .map((cells) => cells.join("\t"));
const raw = fc.oneof(
  { weight: 8, arbitrary: line },
  { weight: 1, arbitrary: fc.constantFrom("", "#close\t2016", "1458000000.5\tC1", "\t\t", "#fields") },
  { weight: 1, arbitrary: line.map((text) => `${text}\tmore`) },
);

test("the fast reader and the slow one give the same rows and problems of the same file", async () => {
  const fields = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes";
  const property = fc.asyncProperty(fc.array(raw, { maxLength: 40 }), async (lines) => {
    const text = `${zeekFile("conn", fields, [])}${lines.join("\n")}\n`;
    const fast = await load({ "conn.log": text });
    // A carriage return in a comment makes the file one for the slow reader.
    const slow = await load({ "conn.log": text.replace("#set_separator\t,", "#set_separator\t,\r") });
    assert.deepEqual(fast.connection, slow.connection);
    assert.deepEqual(fast.unread, slow.unread);
    assert.equal(fast.loaded.unread, slow.loaded.unread);
  });
  await fc.assert(property, { seed: 2016, numRuns: 30 });
});

const jsonLine = fc
  .record({
    ts: fc.constantFrom<unknown>(1_458_000_000.123456, 1_458_000_001, "2016-03-15T00:00:00.5Z", -1, null),
    uid: fc.constantFrom<unknown>("C1", "", null, 'ä"\\'),
    "id.orig_h": fc.constantFrom<unknown>("10.0.0.5", "2001:db8::1", "10.0.0", null),
    "id.orig_p": fc.constantFrom<unknown>(1, 65_535, 65_536, null),
    "id.resp_h": fc.constantFrom<unknown>("203.0.113.7", "ff02::1", null),
    proto: fc.constantFrom<unknown>("tcp", "udp", null),
    orig_bytes: fc.constantFrom<unknown>(0, 9_007_199_254_740_991, -1, null),
    odd: fc.constantFrom<unknown>(1, { a: [1] }, null),
  })
  .map((fields) => JSON.stringify(fields));
const jsonRaw = fc.oneof(
  { weight: 12, arbitrary: jsonLine },
  { weight: 1, arbitrary: fc.constantFrom("", "[]", "5", "{", "{}", "#close") },
);

test("the fast reader and the slow one give the same rows and problems of the same JSON file", async () => {
  const good = '{"ts":1458000000.5,"uid":"C","id.orig_h":"10.0.0.5","id.resp_h":"203.0.113.7","proto":"tcp"}';
  const property = fc.asyncProperty(fc.array(jsonRaw, { maxLength: 12 }), async (lines) => {
    const text = `${[good, ...lines].join("\n")}\n`;
    const fast = await load({ "conn.log": text });
    const slow = await load({ "conn.log": text.replaceAll("\n", "\r\n") });
    assert.deepEqual(fast.connection, slow.connection);
    assert.deepEqual(fast.unread, slow.unread);
  });
  await fc.assert(property, { seed: 2016, numRuns: 25 });
});

const rita = "/work/shared/data/traffic/rita";
test(
  "loadPaths() reads RITA's test data, its bad sets too",
  { skip: !existsSync(rita) && "no RITA data here" },
  async () => {
    const { loaded } = await loadFolder(rita);
    assert.deepEqual(loaded.rows, { connection: 114_380, naming: 25_056, dns: 9_685 });
    assert.equal(loaded.unread, 7);
  },
);
