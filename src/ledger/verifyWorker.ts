import { parentPort } from "node:worker_threads";
import { tileWidth } from "./tiles.ts";
import { verifyBundle, type Problem } from "./verifyBundle.ts";

/** A run of bundles to verify. */
export type VerifyTask = { folder: string; from: number; to: number; size: number; deep: boolean };
export type VerifyDone = {
  from: number;
  roots: Uint8Array;
  partial: Uint8Array[];
  problems: Problem[];
  evidence: string[];
  /** Bundles whose entries differ from their leaf hashes, with the hashes of the entries, joined. */
  differing: { index: number; own: Uint8Array }[];
};

/**
 * Verifies the bundles from..to of a tree of `size` entries; roots of full ones are joined, 32 bytes each.
 */
export function verifyRun(task: VerifyTask): VerifyDone {
  const roots: Uint8Array[] = [];
  const done: VerifyDone = {
    from: task.from,
    roots: new Uint8Array(),
    partial: [],
    problems: [],
    evidence: [],
    differing: [],
  };
  const bundles = Math.ceil(task.size / tileWidth);
  for (let index = task.from; index < task.to; index++) {
    const width = Math.min(tileWidth, task.size - index * tileWidth);
    const verified = verifyBundle(task.folder, index, {
      width,
      last: index === bundles - 1,
      deep: task.deep,
    });
    if (width === tileWidth) roots.push(verified.root ?? Buffer.alloc(32));
    else done.partial = verified.hashes;
    if (done.problems.length < 1_000) done.problems.push(...verified.problems);
    done.evidence.push(...verified.evidence);
    if (verified.own !== null) done.differing.push({ index, own: Buffer.concat(verified.own) });
  }
  done.roots = Buffer.concat(roots);
  return done;
}

parentPort?.on("message", (task: VerifyTask) => parentPort?.postMessage(verifyRun(task)));
