import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { StagedFile } from "./stagedRows.ts";

/** Which part of a staged file lies where in the image, and is still there. */
export type Extent = { file: string; start: number; end: number; at: number };

export type DamagedImage = {
  path: string;
  bytes: number;
  fileSystem: "ext4" | "none";
  /** Why there is no file system in it; null where there is one. */
  why: string | null;
  /** What was not overwritten, in the order of places. */
  left: Extent[];
};

const sectorBytes = 512;
const blockBytes = 4_096;

/** Of the deleted files' sectors, so many are overwritten since: then about half of the rows left are cut. */
export const overwritten = 0.45;

/**
 * Makes the server's disk: ext4 that holds the files among others, deletes them, and overwrites a part of
 * their sectors. Nothing is mounted, so nobody need be root. Without e2fsprogs their blocks lie in a plain
 * image.
 */
export function makeDamagedImage(
  folder: string,
  files: readonly StagedFile[],
  { random, withoutFileSystem = false }: { random: () => number; withoutFileSystem?: boolean },
): DamagedImage {
  const path = join(folder, "product-information-server.dd");
  const programs = { mkfs: findProgram("mkfs.ext4"), debugfs: findProgram("debugfs") };
  const missing = programs.mkfs === null || programs.debugfs === null;
  const why = withoutFileSystem ? "no file system" : missing ? "e2fsprogs is not installed here" : null;
  const extents =
    why === null
      ? makeExt4(path, folder, { files, random, mkfs: programs.mkfs ?? "", debugfs: programs.debugfs ?? "" })
      : makePlain(path, files, random);
  const left = overwrite(path, extents, random);
  return { path, bytes: statSync(path).size, fileSystem: why === null ? "ext4" : "none", why, left };
}

function findProgram(name: string): string | null {
  const folders = ["/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

type Ext4 = { files: readonly StagedFile[]; random: () => number; mkfs: string; debugfs: string };

function makeExt4(path: string, folder: string, { files, random, mkfs, debugfs }: Ext4): Extent[] {
  const disk = join(folder, "disk");
  mkdirSync(join(disk, "products"), { recursive: true });
  for (const file of files) writeFileSync(join(disk, file.name), file.bytes);
  const others = [noise(2 * 1024 ** 2, random), pages(3 * 1024 ** 2, random)];
  for (const [at, bytes] of others.entries()) writeFileSync(join(disk, "products", `part-${at}`), bytes);
  const held = files.reduce((sum, file) => sum + file.bytes.length, 0) + 5 * 1024 ** 2;
  const blocks = Math.ceil((held * 1.5) / blockBytes) + 2_048;
  rmSync(path, { force: true });
  run(mkfs, ["-q", "-F", "-b", String(blockBytes), "-d", disk, path, String(blocks)]);
  rmSync(disk, { recursive: true });
  const commands = join(folder, "debugfs-commands");
  const lines = files.flatMap(({ name }) => [`blocks /${name}`, `rm /${name}`]);
  writeFileSync(commands, `${lines.join("\n")}\n`);
  const said = run(debugfs, ["-w", "-f", commands, path]);
  rmSync(commands);
  return files.flatMap((file) => {
    const from = said.indexOf(`debugfs: blocks /${file.name}\n`);
    const list = said.slice(from).split("\n")[1] ?? "";
    return list
      .trim()
      .split(/\s+/)
      .map((block, at) => extentOf(file, at, Number(block) * blockBytes));
  });
}

function run(program: string, parameters: string[]): string {
  const done = spawnSync(program, parameters, { encoding: "utf8", maxBuffer: 256 * 1024 ** 2 });
  if (done.status === 0) return done.stdout;
  throw new Error(`${program} failed: ${done.stderr}${done.error?.message ?? ""}`);
}

function extentOf(file: StagedFile, block: number, at: number): Extent {
  const start = block * blockBytes;
  return { file: file.name, start, end: Math.min(file.bytes.length, start + blockBytes), at };
}

/** The files' blocks in runs among noise, pages and zeros, as on a disk without its file system. */
function makePlain(path: string, files: readonly StagedFile[], random: () => number): Extent[] {
  const extents: Extent[] = [];
  const handle = openSync(path, "w", 0o600);
  let at = 0;
  const write = (bytes: Buffer): void => {
    for (let from = 0; from < bytes.length; from += writeSync(handle, bytes, from));
    at += bytes.length;
  };
  for (const file of files) {
    for (let block = 0; block * blockBytes < file.bytes.length; block += 1) {
      if (random() < 1 / 64) write((random() < 0.5 ? noise : pages)(65_536, random));
      const extent = extentOf(file, block, at);
      const bytes = Buffer.alloc(blockBytes);
      file.bytes.copy(bytes, 0, extent.start, extent.end);
      extents.push(extent);
      write(bytes);
    }
  }
  closeSync(handle);
  return extents;
}

/** Writes noise over some of the sectors, and says what is left. */
function overwrite(path: string, extents: readonly Extent[], random: () => number): Extent[] {
  const left: Extent[] = [];
  const handle = openSync(path, "r+");
  const other = noise(1024 ** 2, random);
  for (const { file, start, end, at } of extents) {
    for (let from = start; from < end; from += sectorBytes) {
      const place = at + from - start;
      const to = Math.min(end, from + sectorBytes);
      if (random() < overwritten) {
        const pick = Math.floor(random() * (other.length / sectorBytes)) * sectorBytes;
        writeSync(handle, other, pick, sectorBytes, place);
        continue;
      }
      const last = left.at(-1);
      const joins = last?.file === file && last.end === from && last.at + last.end - last.start === place;
      if (joins) last.end = to;
      else left.push({ file, start: from, end: to, at: place });
    }
  }
  closeSync(handle);
  return left.toSorted((one, other_) => one.at - other_.at);
}

function noise(bytes: number, random: () => number): Buffer {
  const made = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) made.writeUInt32LE(Math.floor(random() * 4_294_967_296), at);
  return made;
}

const lines = [
  '<td class="price">12,800円</td><td>空室あり</td>',
  "プラン名,料金,部屋タイプ,食事",
  "温泉のある宿,2名1室,朝食付き,15:00,10:00",
  "INFO  scheduler - job 4711 finished, 0 errors, 12 warnings",
  "2016-03-21 10:22:31,INFO,session opened,10.1.2.3",
];

/** What such a server holds besides: pages and logs, with commas and times but no customer. */
function pages(bytes: number, random: () => number): Buffer {
  const made = Buffer.alloc(bytes);
  for (let at = 0; at < bytes;) {
    at +=
      made.write(`${lines[Math.floor(random() * lines.length)]} ${Math.floor(random() * 9_999)}\n`, at) || 1;
  }
  return made;
}
