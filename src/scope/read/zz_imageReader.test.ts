import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordEncoding } from "./record.ts";
import { readPaths, testFolder, type SeenRecord } from "./testReading.ts";
import { encode, noise, rowOf, writable } from "./testText.ts";

const encodings = ["utf-8", "cp932", "euc-jp", "iso-2022-jp", "utf-16le", "utf-16be"] as const;

function fileOf(from: number, count: number, encoding: RecordEncoding): Buffer {
  const rows = Array.from({ length: count }, (_, at) => `${rowOf(from + at)}\r\n`);
  return encode(rows.join(""), encoding);
}

/** The bytes, with zeros to a whole number of blocks. */
function padded(bytes: Buffer, blockBytes = 4_096): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)]);
}

async function carve(image: Buffer, limits: Parameters<typeof readPaths>[1] = {}): Promise<SeenRecord[]> {
  using folder = testFolder();
  return (await readPaths([folder.write("disk.img", image)], limits)).records;
}

/** Every whole record stands at its offset, as its own bytes. */
function checkOffsets(image: Buffer, records: readonly SeenRecord[]): void {
  for (const { text, offset, encoding } of records) {
    const bytes = encode(text, encoding);
    assert.ok(image.subarray(offset, offset + bytes.length).equals(bytes), `${offset}: ${text}`);
  }
}

for (const encoding of encodings) {
  test(`ImageReader finds rows in ${encoding} in an image with slack, at exact offsets`, async () => {
    const image = Buffer.concat([
      Buffer.alloc(8_192),
      noise(20_480, 1),
      padded(fileOf(0, 90, encoding)),
      noise(8_192, 2),
      Buffer.alloc(4_096),
      padded(fileOf(500, 3, encoding)),
      noise(4_096, 3),
    ]);
    const records = await carve(image);
    const numbers = [...Array.from({ length: 90 }, (_, at) => at), 500, 501, 502];
    assert.deepEqual(
      records.map(({ text }) => text),
      numbers.map((number) => writable(rowOf(number), encoding)),
    );
    assert.deepEqual(
      new Set(records.map(({ encoding: found, part }) => `${found} ${part}`)),
      new Set([`${encoding} whole`]),
    );
    checkOffsets(image, records);
  });

  test(`ImageReader keeps halves of rows in ${encoding} that are cut at both ends`, async () => {
    const rows = fileOf(0, 200, encoding);
    const image = Buffer.concat([noise(4_096, 4), rows.subarray(4_096, 11_776), noise(4_096, 5)]);
    const records = await carve(image);
    const whole = records.filter(({ part }) => part === "whole");
    assert.deepEqual([records[0]?.part, records.at(-1)?.part], ["tail", "head"]);
    assert.equal(whole.length, records.length - 2);
    const texts = new Set(Array.from({ length: 200 }, (_, at) => writable(rowOf(at), encoding)));
    for (const { text } of whole) assert.ok(texts.has(text), text);
    checkOffsets(image, whole);
  });
}

test("ImageReader finds rows that begin at any sector of 512 bytes", async () => {
  const rows = fileOf(0, 4, "cp932");
  const image = Buffer.concat([noise(1_536, 6), padded(rows, 512), noise(2_048 + 4_096, 7)]);
  const records = await carve(Buffer.concat([Buffer.alloc(70_000 - (70_000 % 512)), image]));
  assert.deepEqual(
    records.map(({ text }) => text),
    [0, 1, 2, 3].map(rowOf),
  );
});

test("ImageReader parts two files that meet in the middle of a row", async () => {
  const one = fileOf(0, 60, "utf-8");
  const other = encode(
    Array.from({ length: 80 }, (_, at) => `${at};x${at};y${at}@example.jp;${at * 31}\n`).join(""),
    "utf-8",
  );
  const image = Buffer.concat([
    noise(4_096, 8),
    one.subarray(0, 4_096),
    other.subarray(1_003),
    Buffer.alloc(4_096),
  ]);
  const records = await carve(image);
  const halves = records.filter(({ part }) => part !== "whole");
  assert.deepEqual(
    halves.map(({ part, offset }) => [part, part === "tail" ? offset : 0]),
    [
      ["head", 0],
      ["tail", 8_192],
    ],
  );
});

test("ImageReader joins the lines of quoted fields", async () => {
  const rows = ['1,"東京都\n渋谷区",a@example.jp', "2,大阪府,b@example.jp"];
  const records = await carve(Buffer.concat([noise(4_096, 9), padded(Buffer.from(`${rows.join("\n")}\n`))]));
  assert.deepEqual(
    records.map(({ text, part }) => [text, part]),
    rows.map((row) => [row, "whole"]),
  );
});

test("ImageReader finds less than one false record in a hundred blocks of random bytes", async () => {
  const image = noise(32 * 1024 ** 2, 10);
  const records = await carve(image);
  assert.ok(records.length * 100 < image.length / 4_096, `${records.length} records`);
});

test("ImageReader gives nothing for zeros, and counts blocks by class", async () => {
  using folder = testFolder();
  const image = Buffer.concat([Buffer.alloc(40_960), noise(40_960, 11), padded(fileOf(0, 10, "utf-8"))]);
  const { tallies, records } = await readPaths([folder.write("disk.img", image)]);
  assert.equal(records.length, 10);
  assert.deepEqual(tallies[0]?.blocks, { zero: 10, random: 10, binary: 0, text: 1 });
});

test("ImageReader gives the same records however the image is cut into tasks", async () => {
  const piece = fc.oneof(
    fc.constant(Buffer.alloc(1_024)),
    fc.integer({ min: 1, max: 99 }).map((seed) => noise(1_536, seed)),
    fc
      .tuple(fc.nat(999), fc.integer({ min: 1, max: 60 }), fc.constantFrom(...encodings), fc.boolean())
      .map(([from, count, encoding, cut]) => {
        const bytes = fileOf(from, count, encoding);
        return cut ? bytes.subarray(0, bytes.length - (bytes.length % 512)) : padded(bytes, 512);
      }),
    fc.integer({ min: 1, max: 5_000 }).map((bytes) => padded(Buffer.alloc(bytes, "長い行,"), 512)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 20 }),
      async (pieces, blocks) => {
        const image = Buffer.concat([Buffer.alloc(512), ...pieces]);
        const small = { gridBytes: 4_096, imageLineBytesMax: 1_024, quotedBytesMax: 512 };
        const whole = await carve(image, small);
        const cut = await carve(image, { ...small, taskBytes: blocks * 512, chunkBytes: 700 });
        const seen = (records: SeenRecord[]): unknown[] =>
          records.map(({ text, offset, encoding, part }) => [text, offset, encoding, part]);
        assert.deepEqual(seen(cut), seen(whole));
      },
    ),
    { seed: 7, numRuns: 700 },
  );
});
