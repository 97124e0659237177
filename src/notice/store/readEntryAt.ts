import { join } from "node:path";
import type { Entry } from "../../ledger/entry.ts";
import type { Signer } from "../../ledger/note.ts";
import { PublishedTree, readOpenEntries } from "../../ledger/read.ts";
import type { Disk } from "../../lib/disk.ts";

/**
 * The entry at a place of the ledger, whether its tile is published or not yet; null where another entry or
 * none stands there.
 */
export async function readEntryAt(
  disk: Disk,
  folder: string,
  { place, id, signer }: { place: number; id: string; signer: Signer },
): Promise<Entry | null> {
  const tree = await PublishedTree.open(disk, folder, signer.verifier);
  const size = tree?.size ?? 0;
  let bytes: Uint8Array | undefined;
  if (tree !== null && place < size) {
    for await (const entry of tree.readEntries(place, place + 1)) bytes = entry.bytes;
  } else {
    const open = await readOpenEntries(disk, join(folder), size);
    bytes = open.entries[place - size];
  }
  if (bytes === undefined) return null;
  const entry = JSON.parse(Buffer.from(bytes).toString("utf8")) as Entry;
  return entry.id === id ? entry : null;
}
