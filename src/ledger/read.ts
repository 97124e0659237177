import { join } from "node:path";
import type { Disk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { openCheckpoint, type Checkpoint } from "./checkpoint.ts";
import type { Hash, ReadNode } from "./merkle.ts";
import { readVerifier, type Verifier } from "./note.ts";
import { decodeBundle, decodeTile, hashRow, tileHeight, tilePath, tileWidth } from "./tiles.ts";
import { readWriteAhead } from "./writeAhead.ts";

/** The files of a ledger folder. */
export const ledgerFiles = { checkpoint: "checkpoint", publicKey: "key.pub", open: "open" } as const;

/** The published tree of a ledger folder: what its checkpoint signs. Reads tiles only, keeps none. */
export class PublishedTree {
  readonly folder: string;
  readonly checkpoint: Checkpoint;
  readonly checkpointText: string;
  readonly #disk: Disk;

  constructor(disk: Disk, folder: string, published: { checkpoint: Checkpoint; text: string }) {
    this.#disk = disk;
    this.folder = folder;
    this.checkpoint = published.checkpoint;
    this.checkpointText = published.text;
  }

  /**
   * Opens a ledger folder; `verifier` defaults to the key file beside the tiles. Null where nothing is
   * published.
   */
  static async open(disk: Disk, folder: string, verifier?: Verifier): Promise<PublishedTree | null> {
    const text = await disk.read(join(folder, ledgerFiles.checkpoint));
    if (text === null) return null;
    const key = verifier ?? (await readPublicKey(disk, folder));
    return new PublishedTree(disk, folder, {
      checkpoint: openCheckpoint(text.toString("utf8"), key),
      text: text.toString("utf8"),
    });
  }

  get size(): number {
    return this.checkpoint.size;
  }

  /** The tile's bytes: full where it exists, else the narrowest partial one that this checkpoint needs. */
  async readTileBytes(
    level: number | "entries",
    index: number,
  ): Promise<{ bytes: Buffer; width: number; path: string }> {
    const nodes = level === "entries" ? this.size : Math.floor(this.size / tileWidth ** level);
    const width = Math.min(tileWidth, nodes - index * tileWidth);
    for (const candidate of width === tileWidth ? [tileWidth] : [width, tileWidth]) {
      const path = tilePath(level, index, candidate);
      const bytes = await this.#disk.read(join(this.folder, path));
      if (bytes !== null) return { bytes, width: candidate, path };
    }
    throw new SekishoError(
      "ledger-malformed",
      `Cannot read ${tilePath(level, index, width)}: it is missing`,
      {
        hint: "restore it from a copy of the ledger, then run: sekisho ledger verify",
      },
    );
  }

  async readTile(level: number, index: number): Promise<Hash[]> {
    const { bytes, width, path } = await this.readTileBytes(level, index);
    return decodeTile(bytes, width, path);
  }

  readonly readNode: ReadNode = async (level, index) => {
    const tileLevel = Math.floor(level / tileHeight);
    const span = 2 ** (level % tileHeight);
    const first = index * span;
    const tile = await this.readTile(tileLevel, Math.floor(first / tileWidth));
    const place = first % tileWidth;
    return hashRow(tile.slice(place, place + span));
  };

  /** The entries of bundle `index`, as bytes, cut at the size of the checkpoint. */
  async readBundle(index: number): Promise<Buffer[]> {
    const { bytes, path } = await this.readTileBytes("entries", index);
    const { entries, brokenAt } = decodeBundle(bytes);
    if (brokenAt !== null) {
      throw new SekishoError("ledger-malformed", `Cannot read ${path}: it breaks off at byte ${brokenAt}`, {
        hint: "restore it from a copy of the ledger, then run: sekisho ledger verify",
      });
    }
    return entries.slice(0, this.size - index * tileWidth);
  }

  /** Entries from `start` up to `end`, as bytes. */
  async *readEntries(start: number, end: number): AsyncGenerator<{ index: number; bytes: Buffer }> {
    for (let bundle = Math.floor(start / tileWidth); bundle * tileWidth < end; bundle++) {
      const entries = await this.readBundle(bundle);
      for (const [place, bytes] of entries.entries()) {
        const index = bundle * tileWidth + place;
        if (index >= start && index < end) yield { index, bytes };
      }
    }
  }
}

/** The verifier key that lies beside the tiles. */
export async function readPublicKey(disk: Disk, folder: string): Promise<Verifier> {
  const text = await disk.read(join(folder, ledgerFiles.publicKey));
  if (text !== null) return readVerifier(text.toString("utf8"));
  throw new SekishoError(
    "ledger-malformed",
    `Cannot read the ledger in ${folder}: ${ledgerFiles.publicKey} is missing`,
    {
      hint: "give the folder that `sekisho start` writes (ledger/ in the data folder), or --key FILE",
    },
  );
}

/** Entries that are on disk after the published tree, from the write-ahead files. */
export async function readOpenEntries(
  disk: Disk,
  folder: string,
  from: number,
): Promise<{ entries: Buffer[]; problems: { file: string; at: number; end: "torn" | "altered" }[] }> {
  const entries: Buffer[] = [];
  const problems: { file: string; at: number; end: "torn" | "altered" }[] = [];
  const open = join(folder, ledgerFiles.open);
  for (const name of (await disk.list(open)).filter((file) => file.startsWith("from-"))) {
    const bytes = await disk.read(join(open, name));
    if (bytes === null) continue;
    const read = readWriteAhead(name, bytes);
    if (read.end !== "whole") problems.push({ file: name, at: read.at, end: read.end });
    for (const frame of read.frames) {
      const skip = from + entries.length - frame.firstIndex;
      if (skip < 0) {
        throw new SekishoError(
          "ledger-malformed",
          `Cannot read ${name}: entries up to ${frame.firstIndex} are missing`,
          {
            hint: "restore the folder `open` from a copy of the ledger, then run: sekisho ledger verify",
          },
        );
      }
      entries.push(...frame.entries.slice(Math.min(skip, frame.entries.length)));
    }
  }
  return { entries, problems };
}
