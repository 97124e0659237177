import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { encodeJapanese } from "../fixtures/encodeJapanese.ts";
import { writeLzh, writeZip } from "../fixtures/writeArchive.ts";
import { inflateBounded } from "./inflate.ts";
import { decodeLzh } from "./lzhDecode.ts";
import { readLzhDirectory } from "./lzhDirectory.ts";
import { unpackBySevenZip } from "./sevenZip.ts";
import { readTarDirectory } from "./tarDirectory.ts";
import { readTnef } from "./tnef.ts";
import { readZipDirectory } from "./zipDirectory.ts";

const file = { name: encodeJapanese("E-TKT控え.exe", "shift_jis"), bytes: Buffer.from("hello hello hello") };
const limits = { bytesMax: 1e6, filesMax: 100, deadline: Infinity };

test("readZipDirectory() reads Shift_JIS names and where the bytes are", () => {
  const zip = writeZip([file, { ...file, name: Buffer.from("控え.txt"), utf8: true, stored: true }]);
  const directory = readZipDirectory(zip);
  assert.deepEqual(
    directory?.entries.map((entry) => [entry.names[0]?.value, entry.names[0]?.charset, entry.method]),
    [
      ["E-TKT控え.exe", "shift_jis", 8],
      ["控え.txt", "utf-8", 0],
    ],
  );
  const second = directory?.entries[1];
  assert.equal(zip.toString("latin1", second?.dataStart, (second?.dataStart ?? 0) + 5), "hello");
  assert.deepEqual(directory?.marks, []);
});

const zipRows: [what: string, zip: Buffer, mark: string][] = [
  [
    "another local name",
    writeZip([{ ...file, localName: Buffer.from("a.pdf") }]),
    "archive-headers-disagree",
  ],
  ["bytes before it", writeZip([file], { before: Buffer.alloc(9) }), "archive-prepended-data"],
  ["bytes behind it", Buffer.concat([writeZip([file]), Buffer.alloc(9)]), "archive-trailing-data"],
  ["an archive in its comment", writeZip([file], { comment: Buffer.from("PK") }), "archive-comment-data"],
  ["one encrypted entry", writeZip([file, { ...file, encrypted: true }]), "some-entries-encrypted"],
  ["entries that share bytes", overlapping(), "archive-entries-overlap"],
];
for (const [what, zip, mark] of zipRows) {
  test(`readZipDirectory() tells ${mark} of an archive with ${what}`, () => {
    assert.ok(
      readZipDirectory(zip)?.marks.includes(mark as never),
      JSON.stringify(readZipDirectory(zip)?.marks),
    );
  });
}

/** The second directory entry points to the bytes of the first. */
function overlapping(): Buffer {
  const zip = writeZip([file, file]);
  const central = zip.lastIndexOf("PK\x01\x02", zip.length, "latin1");
  zip.writeUInt32LE(0, central + 42);
  return zip;
}

for (const level of [0, 2] as const) {
  test(`readLzhDirectory() reads a level ${level} header with a Shift_JIS name`, () => {
    const lzh = writeLzh([file, file], level);
    const directory = readLzhDirectory(lzh);
    assert.deepEqual(
      directory?.entries.map((entry) => [entry.names[0]?.value, entry.method, entry.bytes]),
      Array(2).fill(["E-TKT控え.exe", "-lh0-", file.bytes.length]),
    );
    assert.equal(directory?.cut, false);
  });
}

test("decodeLzh() unpacks a stream that was packed by another program", () => {
  // "-lh5-" of the 300 letters "ab" 150 times, by LHa for UNIX; one block, two literals and two copies.
  const packed = lh5OfPairs();
  assert.equal(decodeLzh(packed, "-lh5-", 300)?.toString("latin1"), "ab".repeat(150));
});

/** Written by hand: codes of two bits for "a", "b", and copies of 42 and 256 bytes from two back. */
function lh5OfPairs(): Buffer {
  const bits: number[] = [];
  const put = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  const copy = (length: number): number => 256 + length - 3;
  put(4, 16);
  // The code of code lengths: symbol 4 (length 2) alone would be a single code, so two of length 1: 0 and 4.
  put(5, 5);
  for (const [index, length] of [1, 0, 0, 0, 1].entries()) {
    put(length, 3);
    if (index === 2) put(0, 2);
  }
  const lengths = new Map([
    [97, 2],
    [98, 2],
    [copy(42), 2],
    [copy(256), 2],
  ]);
  const count = Math.max(...lengths.keys()) + 1;
  put(count, 9);
  for (let symbol = 0; symbol < count; symbol += 1) put(lengths.has(symbol) ? 1 : 0, 1);
  put(0, 4);
  put(1, 4);
  for (const symbol of [97, 98, copy(42), copy(256)].keys()) put(symbol, 2);
  while (bits.length % 8 !== 0) bits.push(0);
  return Buffer.from(
    Array.from({ length: bits.length / 8 }, (_, at) =>
      Number.parseInt(bits.slice(at * 8, at * 8 + 8).join(""), 2),
    ),
  );
}

test("decodeLzh() gives null for bytes that are no such stream, soon", () => {
  const started = performance.now();
  for (let seed = 0; seed < 200; seed += 1) {
    const packed = Buffer.from(Array.from({ length: 200 }, (_, at) => (at * 31 + seed * 7919) & 0xff));
    decodeLzh(packed, "-lh7-", 5_000_000);
  }
  assert.ok(performance.now() - started < 5000);
});

test("inflateBounded() never gives more than was asked for, and the head of a bomb", async () => {
  const bomb = deflateRawSync(Buffer.alloc(5_000_000, 65));
  const inflated = await inflateBounded(bomb, "deflate", 1000);
  assert.deepEqual([inflated.bytes.length, inflated.cut], [1000, true]);
  const cut = await inflateBounded(gzipSync(Buffer.from("x".repeat(5000))).subarray(0, 30), "gzip", 10_000);
  assert.equal(cut.broken, true);
});

test("unpackBySevenZip() lists and unpacks, and says what it could not do", async () => {
  const zip = writeZip([{ ...file, name: Buffer.from("a.txt") }]);
  const unpacked = await unpackBySevenZip(zip, "zip", limits);
  assert.equal(unpacked.files[0]?.content?.toString(), "hello hello hello");
  assert.equal((await unpackBySevenZip(zip, "zip", { ...limits, bytesMax: 3 })).unread, "size");
  assert.equal((await unpackBySevenZip(zip, "zip", { ...limits, filesMax: 0 })).unread, "count");
  assert.equal((await unpackBySevenZip(Buffer.from("nothing"), "7z", limits)).unread, "format");
  const noted = process.exitCode;
  assert.equal(noted, undefined);
});

test("every reader of archives bears every prefix and any change of an archive", () => {
  const vectors = [
    writeZip([file, file]),
    writeLzh([file, file]),
    writeLzh([file, file], 2),
    Buffer.alloc(1536, 65),
  ];
  for (const vector of vectors) {
    for (let length = 0; length <= vector.length; length += 1) readAll(vector.subarray(0, length));
  }
  const change = fc.tuple(fc.nat(400), fc.nat(255));
  fc.assert(
    fc.property(
      fc.constantFrom(...vectors),
      fc.array(change, { minLength: 1, maxLength: 12 }),
      (vector, changes) => {
        const changed = Buffer.from(vector);
        for (const [at, byte] of changes) if (at < changed.length) changed[at] = byte;
        readAll(changed);
      },
    ),
    { seed: 2016, numRuns: 3000 },
  );
});

function readAll(bytes: Buffer): void {
  readZipDirectory(bytes);
  for (const entry of readLzhDirectory(bytes)?.entries ?? []) {
    decodeLzh(
      bytes.subarray(entry.dataStart, entry.dataStart + entry.packedBytes),
      entry.method,
      Math.min(entry.bytes, 4096),
    );
  }
  readTarDirectory(bytes);
  readTnef(bytes);
}
