import { closeSync, globSync, openSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { Draw, hashOf, Shuffle } from "./draw.ts";
import { stream } from "./population.ts";

export type ImageProfile = "dense" | "sparse";

const blockBytes = 4_096;
const fragmentBlocksMax = 64;
/** Of the image, what is left of the leak; the rest is zero, random and other text in these parts. */
const shares: Readonly<Record<ImageProfile, number>> = { dense: 0.12, sparse: 0.005 };
const noise = { zero: 0.28, random: 0.35, text: 0.37 } as const;

/**
 * Writes `image.dd`: the leak's files as a deleted file's blocks lie on a disk, in fragments of up to 64
 * blocks in any order, one in thirty blocks overwritten, the last block of a file padded with zeros; among
 * them blocks of zeros, of random bytes and of text that is no customer's. Returns the path of a CSV that
 * says where the bytes went: file, start, end, place in the image.
 */
export function writeImage({
  folder,
  seed,
  profile,
}: {
  folder: string;
  seed: number;
  profile: ImageProfile;
}): string {
  const draw = new Draw().reset(seed, stream.image, 1);
  const fragments = cutFiles(globSync(join(folder, "leak", "*")).sort(), draw);
  const order = new Shuffle(fragments.length, hashOf(seed, stream.image, 2));
  const image = openSync(join(folder, "image.dd"), "w");
  const pools = { random: randomPool(draw), text: textPool(draw) };
  const places: string[] = [];
  let at = 0;
  const write = (bytes: Uint8Array): void => {
    for (let from = 0; from < bytes.length;) from += writeSync(image, bytes, from, bytes.length - from);
    at += bytes.length;
  };
  for (let number = 0; number < fragments.length; number += 1) {
    const fragment = fragments[order.at(number)] as Fragment;
    const blocks = Math.ceil((fragment.end - fragment.start) / blockBytes);
    let others = Math.ceil((blocks * (1 - shares[profile])) / shares[profile]);
    while (others > 0) {
      const count = Math.min(others, 1 + draw.below(profile === "dense" ? 96 : 4_096));
      writeNoise(count, { write, pools, draw });
      others -= count;
    }
    const bytes = readPadded(fragment, blocks);
    let runStart = 0;
    for (let block = 0; block <= blocks; block += 1) {
      const overwritten = block < blocks && draw.chance(1 / 30);
      if (!overwritten && block < blocks) continue;
      const from = fragment.start + runStart * blockBytes;
      const to = Math.min(fragment.end, fragment.start + block * blockBytes);
      if (to > from) {
        places.push(`${basename(fragment.file)},${from},${to},${at}\n`);
        write(bytes.subarray(runStart * blockBytes, block * blockBytes));
      }
      if (overwritten) writeNoise(1, { write, pools, draw });
      runStart = block + 1;
    }
  }
  closeSync(image);
  const told = join(folder, "image-fragments.csv");
  writeFileSync(told, places.join(""));
  return told;
}

type Fragment = { file: string; start: number; end: number };

function cutFiles(files: readonly string[], draw: Draw): Fragment[] {
  const fragments: Fragment[] = [];
  for (const file of files) {
    const size = statSync(file).size;
    for (let start = 0; start < size;) {
      const end = Math.min(size, start + blockBytes * (1 + draw.below(fragmentBlocksMax)));
      fragments.push({ file, start, end });
      start = end;
    }
  }
  return fragments;
}

function readPadded({ file, start, end }: Fragment, blocks: number): Buffer {
  const bytes = Buffer.alloc(blocks * blockBytes);
  const from = openSync(file, "r");
  for (let read = 0; read < end - start;)
    read += readSync(from, bytes, read, end - start - read, start + read);
  closeSync(from);
  return bytes;
}

type Noise = {
  write: (bytes: Uint8Array) => void;
  pools: { random: Buffer; text: Buffer };
  draw: Draw;
};

const zeros = Buffer.alloc(256 * blockBytes);
const poolBlocks = 512;

function writeNoise(blocks: number, { write, pools, draw }: Noise): void {
  const kind = draw.next();
  const pool = kind < noise.zero ? zeros : kind < noise.zero + noise.random ? pools.random : pools.text;
  for (let left = blocks; left > 0;) {
    const count = Math.min(left, 128);
    const most = pool.length - count * blockBytes;
    const from = draw.below(most);
    write(pool.subarray(from, from + count * blockBytes));
    left -= count;
  }
}

function randomPool(draw: Draw): Buffer {
  const bytes = Buffer.alloc(poolBlocks * blockBytes);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(draw.below(4_294_967_296), at);
  return bytes;
}

const lines = [
  "GET /images/banner.png HTTP/1.1",
  '<td class="price">12,800円</td><td>空室あり</td>',
  "Received: from mx.mail.example by relay.post.example; ",
  "function render(list, options) { return list.map((one) => one.text, options); }",
  "INFO  scheduler - job 4711 finished, 0 errors, 12 warnings",
  "support@kaisha.example wrote on Monday,",
  "温泉のある宿を検索しました。条件：大人2名、1泊、朝食付き",
  "SELECT plan_id, room_type, price FROM plans WHERE area = 12, 13, 14;",
  "2016-03-15 10:22:31,INFO,session opened,10.1.2.3",
  "プラン名,料金,部屋タイプ,食事",
];

/** Logs, pages and code as they lie on a server, some of it with commas and "@". */
function textPool(draw: Draw): Buffer {
  const bytes = Buffer.alloc(poolBlocks * blockBytes);
  for (let at = 0; at < bytes.length;) {
    const line = `${draw.pick(lines)} ${draw.below(1_000_000).toString(36)}\n`;
    at += Math.max(1, bytes.write(line, at, "utf8"));
  }
  return bytes;
}
