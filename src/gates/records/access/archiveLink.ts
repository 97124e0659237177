import type { FinishedFile } from "./archive.ts";

/** What the gate and its archive program say to each other. */
export type ToArchive =
  | {
      type: "run";
      dataFolder: string;
      /** Spool files to which nobody writes any more. */
      files: string[];
      retentionDays: number;
      /** Look at every day, not only at the last ones. */
      all: boolean;
    }
  | { type: "told" };

export type FromArchive =
  | { type: "files"; files: FinishedFile[] }
  | { type: "problem"; problem: string }
  | { type: "done"; archived: string[]; pruned: { day: string; files: number }[] };
