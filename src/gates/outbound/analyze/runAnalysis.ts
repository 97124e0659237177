import { siblingModule } from "../../../lib/sibling.ts";
import type { Finding } from "../findings.ts";
import type { OutboundSettings } from "../settings.ts";
import { runProgram, type Running } from "./runProgram.ts";

export type AnalysisAsked = {
  folder: string;
  settings: OutboundSettings;
  /** Microseconds since 1970. */
  since: number;
  until: number;
  rolling: boolean;
  today: string;
  memoryBytesMax: number;
};
export type AnalysisDone = { findings: Finding[]; pairs: number; hosts: number };

export const limits = { minutesMax: 60, heapMegabytes: 1_024 } as const;

/** Analyses a span of the record in a process of its own. */
export function runAnalysis(asked: AnalysisAsked): Running<AnalysisDone> {
  return runProgram(siblingModule(import.meta.url, "./analysisProgram"), asked, limits);
}
