import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Disk } from "../lib/disk.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { siblingModule } from "../lib/sibling.ts";
import { openCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { hashRange, type Hash, type ReadNode } from "./merkle.ts";
import type { Verifier } from "./note.ts";
import { ledgerFiles, PublishedTree, readOpenEntries, readPublicKey } from "./read.ts";
import { hashRow, tilePath, tilesOf, tileWidth } from "./tiles.ts";
import type { Problem } from "./verifyBundle.ts";
import { verifyRun, type VerifyDone, type VerifyTask } from "./verifyWorker.ts";

export type VerifyOptions = {
  disk: Disk;
  folder: string;
  /** A key from elsewhere; without it the key beside the tiles is trusted. */
  verifier?: Verifier;
  /** Older signed checkpoints, kept elsewhere: the ledger must be a continuation of each. */
  older?: string[];
  /** Also parse every entry, and check the evidence that entries name. */
  deep?: boolean;
  /** Called with the hashes that entries name; gives back what is wrong with those objects. Needs `deep`. */
  checkEvidence?: (hashes: Set<string>) => Promise<Problem[]>;
  onProgress?: (done: number, total: number) => void;
  threads?: number;
};

export type VerifyResult = {
  ok: boolean;
  size: number;
  open: number;
  root: string;
  seconds: number;
  problems: Problem[];
};

const bundlesPerTask = 32;

/**
 * Verifies a ledger folder wholly: the checkpoint's signature, every entry against its leaf hash, every tile,
 * the root, older checkpoints, and the write-ahead files. Names what was changed and where; does not stop
 * at the first.
 */
export async function verifyLedger(options: VerifyOptions): Promise<VerifyResult> {
  const started = performance.now();
  const { disk, folder } = options;
  const verifier = options.verifier ?? (await readPublicKey(disk, folder));
  const problems: Problem[] = [];
  const published = await readCheckpoint(options, verifier, problems);
  const size = published?.checkpoint.size ?? 0;
  const evidence = new Set<string>();
  if (published !== null) {
    const tree = new PublishedTree(disk, folder, published);
    const leaves = await verifyBundles(options, size, { problems, evidence });
    await settleDiffering(tree, leaves, problems);
    await verifyUpperTiles(tree, leaves, problems);
    for (const older of options.older ?? []) await verifyOlder(tree, verifier, { older, problems });
  }
  const open = published === null ? 0 : await verifyOpen(options, { size, verifier, problems, ...published });
  if (options.deep === true && options.checkEvidence !== undefined)
    problems.push(...(await options.checkEvidence(evidence)));
  return {
    ok: problems.every((problem) => problem.code === "open-torn"),
    size,
    open,
    root: published?.checkpoint.root.toString("hex") ?? "",
    seconds: (performance.now() - started) / 1000,
    problems,
  };
}

type Published = { checkpoint: Checkpoint; text: string };

async function readCheckpoint(
  options: VerifyOptions,
  verifier: Verifier,
  problems: Problem[],
): Promise<Published | null> {
  const where = ledgerFiles.checkpoint;
  const note = await options.disk.read(join(options.folder, where));
  if (note === null) {
    problems.push({ code: "checkpoint-missing", where, detail: "there is no checkpoint in this folder" });
    return null;
  }
  try {
    const text = note.toString("utf8");
    return { checkpoint: openCheckpoint(text, verifier), text };
  } catch (error) {
    problems.push({ code: "checkpoint-forged", where, detail: textOfError(error) });
    return null;
  }
}

type Found = { problems: Problem[]; evidence: Set<string> };

/** Hashes of the level-1 nodes of all full bundles, and the leaves of the last partial one. */
type Leaves = { roots: Hash[]; partial: Hash[]; differing: { index: number; own: Hash[] }[] };

async function verifyBundles(options: VerifyOptions, size: number, found: Found): Promise<Leaves> {
  const bundles = Math.ceil(size / tileWidth);
  const tasks: VerifyTask[] = [];
  const deep = options.deep ?? false;
  for (let from = 0; from < bundles; from += bundlesPerTask) {
    tasks.push({ folder: options.folder, from, to: Math.min(bundles, from + bundlesPerTask), size, deep });
  }
  let doneEntries = 0;
  const done = await runTasks(tasks, options.threads ?? availableParallelism(), (task) => {
    doneEntries += Math.min(size, task.to * tileWidth) - task.from * tileWidth;
    options.onProgress?.(doneEntries, size);
  });
  const leaves: Leaves = { roots: [], partial: [], differing: [] };
  for (const part of done.sort((one, other) => one.from - other.from)) {
    leaves.roots.push(...splitHashes(part.roots));
    leaves.differing.push(...part.differing.map(({ index, own }) => ({ index, own: splitHashes(own) })));
    if (part.partial.length > 0) leaves.partial = part.partial.map((hash) => Buffer.from(hash));
    found.problems.push(...part.problems);
    for (const hash of part.evidence) found.evidence.add(hash);
  }
  return leaves;
}

function splitHashes(joined: Uint8Array): Hash[] {
  const hashes: Hash[] = [];
  for (let at = 0; at < joined.length; at += 32) hashes.push(Buffer.from(joined.subarray(at, at + 32)));
  return hashes;
}

/**
 * Where entries and their leaf hashes differ, the level above (or, for the last bundle, the signed root)
 * tells
 * which of the two was changed. Puts the right hashes into `leaves`, and names the tile where it was the
 * tile.
 */
async function settleDiffering(tree: PublishedTree, leaves: Leaves, problems: Problem[]): Promise<void> {
  for (const { index, own } of leaves.differing) {
    const full = own.length === tileWidth;
    const tileIsWrong = full
      ? (await storedRoot(tree, index))?.equals(hashRow(own)) === true
      : (await rootOf({ ...leaves, partial: own })).equals(tree.checkpoint.root);
    if (!tileIsWrong) continue;
    if (full) leaves.roots[index] = hashRow(own);
    else leaves.partial = own;
    for (const problem of problems) {
      if (problem.where !== tilePath("entries", index, own.length) || problem.code === "entry-malformed")
        continue;
      problem.code = "tile-altered";
      problem.where = tilePath(0, index, own.length);
      problem.detail = "its leaf hashes do not fit the entries, which are as they were signed";
    }
  }
}

async function storedRoot(tree: PublishedTree, index: number): Promise<Hash | null> {
  const above = await tree.readTile(1, Math.floor(index / tileWidth)).catch(() => null);
  return above?.[index % tileWidth] ?? null;
}

async function runTasks(
  tasks: VerifyTask[],
  threads: number,
  onDone: (task: VerifyTask) => void,
): Promise<VerifyDone[]> {
  const results: VerifyDone[] = [];
  if (tasks.length <= 4 || threads <= 1) {
    for (const task of tasks) {
      results.push(verifyRun(task));
      onDone(task);
    }
    return results;
  }
  let next = 0;
  async function work(): Promise<void> {
    const worker = new Worker(siblingModule(import.meta.url, "./verifyWorker"));
    try {
      while (next < tasks.length) {
        const task = tasks[next++] as VerifyTask;
        results.push(await ask(worker, task));
        onDone(task);
      }
    } finally {
      await worker.terminate();
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, work));
  return results;
}

function ask(worker: Worker, task: VerifyTask): Promise<VerifyDone> {
  return new Promise((resolve, reject) => {
    worker.once("message", (done: VerifyDone) => {
      worker.removeListener("error", reject);
      resolve(done);
    });
    worker.once("error", reject);
    worker.postMessage(task);
  });
}

/** Compares the tiles above the leaves with what the leaves lead to, and the root with the checkpoint. */
async function verifyUpperTiles(tree: PublishedTree, leaves: Leaves, problems: Problem[]): Promise<void> {
  let row = leaves.roots;
  for (const { level, full, partial } of tilesOf(tree.size)) {
    if (level === 0) continue;
    const above: Hash[] = [];
    for (let index = 0; index <= full; index++) {
      const width = index < full ? tileWidth : partial;
      if (width === 0) continue;
      const computed = row.slice(index * tileWidth, index * tileWidth + width);
      const where = tilePath(level, index, width);
      const stored = await tree.readTile(level, index).catch(() => null);
      const wrong =
        stored === null ? 0 : computed.findIndex((hash, place) => !hash.equals(stored[place] as Hash));
      if (stored === null) problems.push({ code: "tile-missing", where, detail: "it cannot be read" });
      else if (wrong >= 0)
        problems.push({ code: "tile-altered", where, detail: `hash ${wrong} does not fit the level below` });
      if (index < full) above.push(hashRow(computed));
    }
    row = above;
  }
  const computedRoot = await rootOf(leaves);
  if (computedRoot.equals(tree.checkpoint.root)) {
    // The leaf hashes lead to the signed root: a bundle that differs from them was changed, not the tile.
    return;
  }
  const [computed, signed] = [computedRoot.toString("hex"), tree.checkpoint.root.toString("hex")];
  const detail = `the entries lead to ${computed}, signed is ${signed}`;
  problems.push({ code: "root-mismatch", where: ledgerFiles.checkpoint, detail });
}

function rowReader(hashes: Hash[]): ReadNode {
  return async (level, index) => hashRow(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level));
}

async function rootOf(leaves: Leaves): Promise<Hash> {
  const size = leaves.roots.length * tileWidth + leaves.partial.length;
  return hashRange(0, size, async (level, index) => {
    if (level >= 8) return rowReader(leaves.roots)(level - 8, index);
    return rowReader(leaves.partial)(level, index - (leaves.roots.length * tileWidth) / 2 ** level);
  });
}

async function verifyOlder(
  tree: PublishedTree,
  verifier: Verifier,
  context: { older: string; problems: Problem[] },
): Promise<void> {
  try {
    const older = openCheckpoint(context.older, verifier);
    const where = `checkpoint of size ${older.size}`;
    if (older.size > tree.size) {
      const detail = `an older checkpoint names ${older.size} entries, this ledger has ${tree.size}`;
      context.problems.push({ code: "tail-truncated", where, detail });
      return;
    }
    const root = await hashRange(0, older.size, tree.readNode);
    if (!root.equals(older.root)) {
      context.problems.push({ code: "not-a-prefix", where, detail: "this ledger is not its continuation" });
    }
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error;
    context.problems.push({ code: "checkpoint-forged", where: "older checkpoint", detail: error.message });
  }
}

type OpenContext = { size: number; text: string; verifier: Verifier; problems: Problem[] };

/**
 * A station that runs may publish meanwhile: entries leave the open batch for tiles, under a newer
 * checkpoint. So a
 * gap counts only where the checkpoint is still the one that was verified, and the newer one is verified by
 * its
 * consistency with the older.
 */
async function verifyOpen(options: VerifyOptions, context: OpenContext): Promise<number> {
  let { size } = context;
  for (;;) {
    try {
      const open = await readOpenEntries(options.disk, options.folder, size);
      for (const { file, at, end } of open.problems) {
        const detail =
          end === "torn"
            ? `the last frame breaks off at byte ${at}: it was being written, and was never acknowledged`
            : `the frame at byte ${at} was altered`;
        const code = end === "torn" ? "open-torn" : "open-altered";
        context.problems.push({ code, where: `open/${file}`, detail });
      }
      return open.entries.length;
    } catch (error) {
      const newer = await readNewerCheckpoint(options, { ...context, size });
      if (newer === null) {
        context.problems.push({ code: "open-altered", where: "open", detail: textOfError(error) });
        return 0;
      }
      size = newer;
    }
  }
}

/** The size of a checkpoint that was published since, where it continues the one that was verified. */
async function readNewerCheckpoint(options: VerifyOptions, context: OpenContext): Promise<number | null> {
  const newer = await PublishedTree.open(options.disk, options.folder, context.verifier).catch(() => null);
  if (newer === null || newer.size <= context.size) return null;
  await verifyOlder(newer, context.verifier, { older: context.text, problems: context.problems });
  return newer.size;
}
