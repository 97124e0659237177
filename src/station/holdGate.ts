import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../lib/error.ts";
import { holdFile } from "../lib/holdFile.ts";
import { findMarkedProcess, markProcess } from "../lib/processMark.ts";

/** For the life of the process: a lock that is collected as garbage is given back. */
const held: unknown[] = [];

/**
 * One process per gate and data folder, whichever station started it: two would share a spool. The gate
 * itself holds the lock and notes its number, since a station that is killed between the start of a gate and
 * the note of it would leave one that nobody knows. Throws gate-runs.
 */
export function holdGate(dataFolder: string, gate: string): void {
  const run = join(dataFolder, "run");
  mkdirSync(run, { recursive: true, mode: 0o700 });
  const lock = holdFile(join(run, `${gate}.lock`));
  if (lock === null) {
    const pid = findGate(dataFolder, gate);
    const who = pid === null ? "another process" : `process ${pid}`;
    throw new SekishoError("gate-runs", `Cannot start the ${gate} gate: ${who} is it already`, {
      hint: "leave that one be: the station takes it up",
    });
  }
  held.push(lock);
  noteGate(dataFolder, gate, process.pid);
}

/** The gate has said who it is, over the link: the note is made anew, where somebody has cleaned up. */
export function noteGate(dataFolder: string, gate: string, pid: number): void {
  markProcess(join(dataFolder, "run", `${gate}.pid`), pid);
}

/** The process that holds the gate, or null. */
export function findGate(dataFolder: string, gate: string): number | null {
  return findMarkedProcess(join(dataFolder, "run", `${gate}.pid`));
}
