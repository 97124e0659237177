import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RecordEncoding } from "./record.ts";
import { readPaths, testFolder, type SeenRecord } from "./testReading.ts";
import { encode, noise, rowOf, writable } from "./testText.ts";

const imageBytes = 96 * 1024 ** 2;
const files: readonly { name: string; encoding: RecordEncoding; from: number; rows: number }[] = [
  { name: "customers.csv", encoding: "utf-8", from: 0, rows: 20_000 },
  { name: "meibo.csv", encoding: "cp932", from: 30_000, rows: 20_000 },
  { name: "list.csv", encoding: "utf-16le", from: 60_000, rows: 8_000 },
];

function bytesOfFile({ encoding, from, rows }: (typeof files)[number]): Buffer {
  return encode(Array.from({ length: rows }, (_, at) => `${rowOf(from + at)}\r\n`).join(""), encoding);
}

function run(command: string, ...parameters: string[]): void {
  const done = spawnSync(command, parameters, { encoding: "utf8" });
  assert.equal(done.status, 0, `${command} ${parameters.join(" ")}: ${done.stderr}${done.error ?? ""}`);
}

/**
 * Writes the files into the mounted image, deletes them, and writes something else over a part of them. NTFS
 * takes other places first: there more is written.
 */
function leaveTraces(folder: string, kind: "ext4" | "ntfs"): void {
  mkdirSync(join(folder, "staged"));
  writeFileSync(join(folder, "before.bin"), noise(3 * 1024 ** 2, 1));
  for (const file of files) writeFileSync(join(folder, "staged", file.name), bytesOfFile(file));
  spawnSync("sync", ["-f", folder]);
  for (const file of files) rmSync(join(folder, "staged", file.name));
  spawnSync("sync", ["-f", folder]);
  const { bavail, bsize } = statfsSync(folder);
  const after = kind === "ext4" ? 700_000 : Math.round(bavail * bsize * 0.3);
  writeFileSync(join(folder, "after.bin"), noise(after, 2));
  spawnSync("sync", ["-f", folder]);
}

/** mkfs.ext4 makes blocks of 1 KiB on so small a disk. */
const blockBytes = 1_024;

/** Whole rows that are still in the image, by the blocks of the files that are still there. */
function survivors(image: Buffer): Set<string> {
  const places = new Map<string, number>();
  for (let at = 0; at < image.length; at += blockBytes) {
    const key = image.toString("latin1", at, at + 64);
    if (!places.has(key)) places.set(key, at);
  }
  const found = new Set<string>();
  for (const file of files) {
    const bytes = bytesOfFile(file);
    const placeOf = (at: number): number => {
      const block = bytes.subarray(at - (at % blockBytes), at - (at % blockBytes) + blockBytes);
      const place = places.get(block.toString("latin1", 0, 64)) ?? -1;
      return place >= 0 && image.subarray(place, place + block.length).equals(block) ? place : -1;
    };
    let at = 0;
    for (let row = 0; row < file.rows; row += 1) {
      const text = writable(rowOf(file.from + row), file.encoding);
      const end = at + encode(`${text}\r\n`, file.encoding).length;
      const [first, last] = [placeOf(at), placeOf(end - 1)];
      const blocks = Math.floor((end - 1) / blockBytes) - Math.floor(at / blockBytes);
      if (first >= 0 && last === first + blocks * blockBytes) found.add(text);
      at = end;
    }
  }
  return found;
}

function checkFound(image: Buffer, records: readonly SeenRecord[]): void {
  const there = survivors(image);
  const all = files.reduce((sum, { rows }) => sum + rows, 0);
  assert.ok(there.size > 5_000 && there.size < all, `${there.size} rows are left of ${all}`);
  const texts = new Set<string>();
  for (const { text, offset, encoding, part } of records) {
    if (part !== "whole" || !there.has(text)) continue;
    const bytes = encode(text, encoding);
    assert.ok(image.subarray(offset, offset + bytes.length).equals(bytes), `${text} is not at ${offset}`);
    texts.add(text);
  }
  assert.ok(texts.size >= there.size * 0.99, `${texts.size} of ${there.size} rows`);
}

function missing(...programs: string[]): { skip?: string } {
  if (process.getuid?.() !== 0) return { skip: "needs root, to mount an image" };
  if (!existsSync("/dev/loop-control")) return { skip: "needs loop devices" };
  const absent = programs.filter((path) => !existsSync(path));
  return absent.length > 0 ? { skip: `needs ${absent.join(", ")}` } : {};
}

function makeImage(folder: ReturnType<typeof testFolder>, kind: "ext4" | "ntfs"): string {
  const image = folder.write("disk.img", "");
  truncateSync(image, imageBytes);
  const mount = image.replace("disk.img", "mounted");
  mkdirSync(mount);
  if (kind === "ext4") {
    run("/usr/sbin/mkfs.ext4", "-q", "-F", image);
    run("mount", "-o", "loop,nodiscard", image, mount);
  } else {
    run("/usr/sbin/mkntfs", "-q", "-F", "-Q", "-s", "512", "-c", "4096", image);
    run("ntfs-3g", image, mount);
  }
  try {
    leaveTraces(mount, kind);
  } finally {
    run("umount", mount);
  }
  return image;
}

test(
  "readTask() finds the rows of deleted files in an ext4 image, and in Sleuth Kit's export of it",
  missing("/usr/sbin/mkfs.ext4", "/usr/bin/blkls"),
  async () => {
    using folder = testFolder();
    const image = makeImage(folder, "ext4");
    const carved = await readPaths([image], { taskBytes: 16 * 1024 ** 2 });
    checkFound(readFileSync(image), carved.records);
    const exported = folder.write("unallocated.blkls", "");
    const handle = openSync(exported, "w");
    const done = spawnSync("/usr/bin/blkls", [image], { stdio: ["ignore", handle, "inherit"] });
    closeSync(handle);
    assert.equal(done.status, 0);
    const again = await readPaths([exported]);
    checkFound(readFileSync(exported), again.records);
    const rowsOf = ({ records }: typeof carved): Set<string> =>
      new Set(
        records
          .filter(({ text, part }) => part === "whole" && text.includes("@example.jp"))
          .map(({ text }) => text),
      );
    assert.deepEqual([...rowsOf(again).symmetricDifference(rowsOf(carved))].slice(0, 5), []);
  },
);

test(
  "readTask() finds the rows of deleted files in an NTFS image",
  missing("/usr/sbin/mkntfs", "/usr/bin/ntfs-3g", "/dev/fuse"),
  async () => {
    using folder = testFolder();
    const image = makeImage(folder, "ntfs");
    const { records } = await readPaths([image]);
    checkFound(readFileSync(image), records);
  },
);
