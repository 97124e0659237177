import { siblingModule } from "../../../lib/sibling.ts";
import type { Finding } from "../findings.ts";
import type { OutboundSettings } from "../settings.ts";
import { runProgram, type Running } from "./runProgram.ts";

export type PastHitsAsked = {
  /** The record's folder. */
  folder: string;
  settings: OutboundSettings;
  /** Which indicators were searched for before; null or a missing file for none. */
  knownFile: string;
  /** Where to write those that are now. */
  nextFile: string;
  memoryBytesMax: number;
};
export type PastHitsDone = { findings: Finding[]; indicators: number; days: number };

export const limits = { minutesMax: 24 * 60, heapMegabytes: 1_024 } as const;

/** Searches the whole record for indicators that were not searched for before, in a process of its own. */
export function runPastHits(asked: PastHitsAsked): Running<PastHitsDone> {
  return runProgram(siblingModule(import.meta.url, "./pastHitsProgram"), asked, limits);
}
