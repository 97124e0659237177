import { z } from "zod";
import { SekishoError } from "../lib/error.ts";
import { hashLeaf, proveInclusion, rootOfInclusion, type Hash } from "./merkle.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { Verifier } from "./note.ts";
import type { PublishedTree } from "./read.ts";

const Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** Everything that shows, without the rest of the ledger, that an entry stands in it. Hashes are hex. */
export const EntryProof = z.strictObject({
  index: z.int().nonnegative(),
  treeSize: z.int().positive(),
  leafHash: Hex,
  path: z.array(Hex).max(64),
  checkpoint: z.string(),
  entryBytes: z.string(),
});
export type EntryProof = z.infer<typeof EntryProof>;

/** Reads a proof as others give it; throws input-unreadable. */
export function readProof(text: string): EntryProof {
  try {
    return EntryProof.parse(JSON.parse(text));
  } catch (cause) {
    throw new SekishoError("input-unreadable", "Cannot read the proof: it is not of the form of ours", {
      hint: "make one with: sekisho ledger prove INDEX --out FILE",
      cause,
    });
  }
}

/** Proof for the entry at `index`; throws not-found. */
export async function proveEntry(tree: PublishedTree, index: number): Promise<EntryProof> {
  if (index < 0 || index >= tree.size) {
    throw new SekishoError("not-found", `Cannot prove entry ${index}: the ledger has ${tree.size} entries`, {
      hint: "see: sekisho ledger show",
    });
  }
  for await (const { bytes } of tree.readEntries(index, index + 1)) {
    const path = await proveInclusion(index, tree.size, tree.readNode);
    return {
      index,
      treeSize: tree.size,
      leafHash: hashLeaf(bytes).toString("hex"),
      path: path.map((hash) => hash.toString("hex")),
      checkpoint: tree.checkpointText,
      entryBytes: bytes.toString("utf8"),
    };
  }
  throw new Error("unreachable");
}

/** Whether a proof holds, with the ledger's public key alone. */
export function checkProof(
  proof: EntryProof,
  verifier: Verifier,
): { ok: true } | { ok: false; problem: string } {
  try {
    const checkpoint = openCheckpoint(proof.checkpoint, verifier);
    if (checkpoint.size !== proof.treeSize)
      return { ok: false, problem: "the checkpoint is of a tree of another size" };
    const leaf = hashLeaf(Buffer.from(proof.entryBytes, "utf8"));
    if (leaf.toString("hex") !== proof.leafHash)
      return { ok: false, problem: "the entry does not fit its leaf hash" };
    const path: Hash[] = proof.path.map((hash) => Buffer.from(hash, "hex"));
    const root = rootOfInclusion(leaf, proof.index, checkpoint.size, path);
    if (root === null || !root.equals(checkpoint.root)) {
      return { ok: false, problem: "the path does not lead to the signed root" };
    }
    return { ok: true };
  } catch (error) {
    if (error instanceof SekishoError) return { ok: false, problem: error.message };
    throw error;
  }
}
