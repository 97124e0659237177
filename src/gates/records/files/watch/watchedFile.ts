import type { Said } from "../../../../gate.ts";
import type { FileScan } from "../fileScanner.ts";
import type { Stored } from "./storeFile.ts";
import type { Writer } from "./writers.ts";

/**
 * How a file came to be looked at: it was left alone for a while, deleted, cut short, or written over; it
 * goes on growing; or it was kept before the watch last stopped.
 */
export type Occasion = "settled" | "deleted" | "cut-short" | "written-over" | "growing" | "left-over";

/** A file with personal records, in evidence. */
export type WatchedFile = {
  /** Its newest name. */
  path: string;
  names: string[];
  occasion: Occasion;
  firstSeen: Temporal.Instant;
  scan: FileScan;
  evidence: Stored | null;
  writer: Writer;
};

export const WATCH_PROBLEMS = [
  /** The kernel gives no more watches, or we hold as many as we may: what is below is not seen. */
  "watch-limit",
  "folder-vanished",
  /** The watch itself ended, and began anew. */
  "watch-ended",
  /** Evidence could not be written: the file is still held by its second name. */
  "evidence-full",
  /** A file system without hard links: what is deleted at once is lost. */
  "no-links",
  "disk-short",
  /** Files that came and went before they could be held. */
  "missed",
  "not-read",
  /** More files at once than can be held. */
  "too-many",
  "writers-unknown",
] as const;
export type WatchProblem = {
  code: (typeof WATCH_PROBLEMS)[number];
  path: string | null;
  because: Said;
};

export type WatchStatus = {
  folders: number;
  held: number;
  waiting: number;
  scanned: number;
  found: number;
  missed: number;
};
