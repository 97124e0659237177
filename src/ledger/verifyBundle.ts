import { readFileSync } from "node:fs";
import { join } from "node:path";
import { printCanonicalJson, type Json } from "../lib/canonicalJson.ts";
import { Entry } from "./entry.ts";
import { hashLeaf, type Hash } from "./merkle.ts";
import { decodeBundle, hashRow, tilePath, tileWidth } from "./tiles.ts";

/** Something in a ledger folder that is not as its checkpoint says; `where` names the file and the entry. */
export type Problem = { code: ProblemCode; where: string; detail: string };
export const PROBLEM_CODES = [
  "entry-altered",
  "entry-removed",
  "entries-reordered",
  "entry-malformed",
  "tail-truncated",
  "tile-altered",
  "tile-missing",
  "checkpoint-forged",
  "checkpoint-missing",
  "root-mismatch",
  "not-a-prefix",
  "open-altered",
  "open-torn",
  "evidence-missing",
  "evidence-altered",
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** `deep` also parses every entry: its form, and the evidence that it names. */
export type BundleOptions = { width: number; last: boolean; deep: boolean };

/** What is left of a bundle after it was verified: the hashes that the levels above need. */
export type VerifiedBundle = {
  hashes: Hash[];
  root: Hash | null;
  problems: Problem[];
  evidence: string[];
  /**
   * Where entries and leaf hashes differ: the hashes of the entries as they stand, to find which was
   * changed.
   */
  own: Hash[] | null;
};

function read(folder: string, level: number | "entries", index: number, width: number): Buffer | null {
  for (const candidate of width === tileWidth ? [tileWidth] : [width, tileWidth]) {
    try {
      return readFileSync(join(folder, tilePath(level, index, candidate)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return null;
}

/**
 * Verifies one entry bundle of `width` entries against its tile of leaf hashes. Where they differ the tile's
 * hash is taken for the levels above, so that those tell which of the two was changed.
 */
export function verifyBundle(folder: string, index: number, options: BundleOptions): VerifiedBundle {
  const { width, last, deep } = options;
  const problems: Problem[] = [];
  const bundlePath = tilePath("entries", index, width);
  const first = index * tileWidth;
  const bytes = read(folder, "entries", index, width);
  const tile = read(folder, 0, index, width);
  const { entries, brokenAt } = bytes === null ? { entries: [], brokenAt: 0 } : decodeBundle(bytes);
  const leaves = entries.slice(0, width).map(hashLeaf);
  const listed = tile === null ? null : splitHashes(tile).slice(0, width);
  if (listed === null) {
    problems.push({
      code: "tile-missing",
      where: tilePath(0, index, width),
      detail: "the leaf hashes are missing",
    });
  }
  if (leaves.length < width) {
    const lost = missingOf(leaves, listed);
    const which =
      lost === null
        ? `${width - leaves.length} entries from ${first + leaves.length}`
        : `entry ${first + lost}`;
    const broken = brokenAt === null ? "" : ` (breaks off at byte ${brokenAt})`;
    const detail = `${which} of ${first + width} cannot be read${broken}`;
    problems.push({
      code: last && lost === null ? "tail-truncated" : "entry-removed",
      where: bundlePath,
      detail,
    });
  } else if (listed !== null) {
    problems.push(...compare(leaves, listed, { bundlePath, first }));
  }
  const evidence: string[] = [];
  for (const [place, entry] of deep ? entries.entries() : []) {
    checkShape(entry, { place: first + place, bundlePath, problems, evidence });
  }
  const hashes = listed !== null && listed.length === width ? listed : leaves;
  const root = hashes.length === tileWidth ? hashRow(hashes) : null;
  const own = problems.length > 0 && leaves.length === width ? leaves : null;
  return { hashes: width === tileWidth ? [] : hashes, root, problems, evidence, own };
}

function splitHashes(tile: Buffer): Hash[] {
  const hashes = [];
  for (let at = 0; at + 32 <= tile.length; at += 32) hashes.push(tile.subarray(at, at + 32));
  return hashes;
}

/** The place of the one entry that was taken out, where the rest of the bundle still fits its tile. */
function missingOf(leaves: readonly Hash[], listed: readonly Hash[] | null): number | null {
  if (listed === null || leaves.length === 0) return null;
  const place = leaves.findIndex((leaf, at) => listed[at] !== undefined && !leaf.equals(listed[at]));
  return place < 0 ? null : place;
}

function compare(leaves: Hash[], listed: Hash[], where: { bundlePath: string; first: number }): Problem[] {
  const differing = leaves.flatMap((leaf, place) => (listed[place]?.equals(leaf) === true ? [] : [place]));
  if (differing.length === 0) return [];
  const known = new Set(listed.map((hash) => hash.toString("hex")));
  const moved = differing.every((place) => known.has((leaves[place] as Hash).toString("hex")));
  const names = differing
    .slice(0, 8)
    .map((place) => where.first + place)
    .join(", ");
  const detail = `entry ${names}${differing.length > 8 ? " and more" : ""}`;
  if (moved && differing.length > 1) {
    return [
      {
        code: "entries-reordered",
        where: where.bundlePath,
        detail: `${detail} stand in another order than they were signed`,
      },
    ];
  }
  return [{ code: "entry-altered", where: where.bundlePath, detail: `${detail} does not fit its leaf hash` }];
}

type ShapeContext = { place: number; bundlePath: string; problems: Problem[]; evidence: string[] };

function readEntry(text: string): Entry | null {
  try {
    return Entry.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The bytes must be the one canonical form of an entry. */
function checkShape(bytes: Buffer, context: ShapeContext): void {
  const text = bytes.toString("utf8");
  const entry = readEntry(text);
  if (entry !== null) {
    context.evidence.push(...entry.evidence);
    if (printCanonicalJson(entry as unknown as Json) === text) return;
  }
  const detail = `entry ${context.place} is not the canonical JSON of an entry`;
  context.problems.push({ code: "entry-malformed", where: context.bundlePath, detail });
}
