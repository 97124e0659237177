import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../lib/error.ts";
import { holdFile } from "../lib/holdFile.ts";
import { findMarkedProcess, markProcess, unmarkProcess } from "../lib/processMark.ts";

/** One writer per data folder: a station, or a command that writes the ledger. Throws ledger-locked. */
export function holdDataFolder(folder: string, action: string): { release(): void } {
  const run = join(folder, "run");
  mkdirSync(run, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const mark = join(run, "station.pid");
  const held = holdFile(join(run, "lock"));
  if (held === null) {
    const pid = findMarkedProcess(mark);
    const who = pid === null ? "another process" : `a station (process ${pid})`;
    throw new SekishoError("ledger-locked", `${action}: ${who} already uses ${folder}`, {
      hint: "stop that one first, or give this one another dataFolder",
    });
  }
  markProcess(mark, process.pid);
  return {
    release() {
      unmarkProcess(mark);
      held.release();
    },
  };
}
