import { SekishoError } from "../lib/error.ts";
import { limits } from "./entry.ts";
import { hashChildren, type Hash } from "./merkle.ts";

/** C2SP tlog-tiles: a tile is 256 hashes wide and 8 levels high. */
export const tileWidth = 256;
export const tileHeight = 8;

/** The path of a tile below the ledger's folder: groups of three digits, all but the last with an x. */
export function tilePath(level: number | "entries", index: number, width: number = tileWidth): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const groups = digits.match(/\d{3}/g) as string[];
  const folded = groups.map((group, place) => (place === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/${level}/${folded}${width === tileWidth ? "" : `.p/${width}`}`;
}

/** Entry bundle: each entry after its big-endian 16-bit length. */
export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > limits.entryBytesMax) throw new RangeError(`entry of ${entry.length} bytes`);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    parts.push(length, entry);
  }
  return Buffer.concat(parts);
}

/** Entries of a bundle, and the offset at which it stops making sense, or null where it is whole. */
export function decodeBundle(bundle: Buffer): { entries: Buffer[]; brokenAt: number | null } {
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (at + 2 > bundle.length) return { entries, brokenAt: at };
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return { entries, brokenAt: at };
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return { entries, brokenAt: null };
}

/** The hashes of a tile. Throws `ledger-malformed` where the length is not that of `width` hashes. */
export function decodeTile(bytes: Buffer, width: number, path: string): Hash[] {
  if (bytes.length !== width * 32) {
    throw new SekishoError(
      "ledger-malformed",
      `Cannot read ${path}: ${bytes.length} bytes, need ${width * 32}`,
      {
        hint: "run: sekisho ledger verify",
      },
    );
  }
  return Array.from({ length: width }, (_, place) => bytes.subarray(place * 32, place * 32 + 32));
}

/** The hash over 2^k hashes of one tile row. */
export function hashRow(hashes: readonly Hash[]): Hash {
  let row = [...hashes];
  while (row.length > 1) {
    const above: Hash[] = [];
    for (let place = 0; place + 1 < row.length; place += 2) {
      above.push(hashChildren(row[place] as Hash, row[place + 1] as Hash));
    }
    row = above;
  }
  return row[0] as Hash;
}

/**
 * The tiles of a tree of `size` leaves at every level: how many are full, and how wide the partial one is.
 */
export function tilesOf(size: number): { level: number; full: number; partial: number }[] {
  const levels = [];
  for (let level = 0, nodes = size; nodes > 0; level++, nodes = Math.floor(nodes / tileWidth)) {
    levels.push({ level, full: Math.floor(nodes / tileWidth), partial: nodes % tileWidth });
  }
  return levels;
}
