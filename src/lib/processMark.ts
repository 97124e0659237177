import { readFileSync, rmSync, writeFileSync } from "node:fs";

/**
 * A file that names a running process, in such a way that a later process with the same number is not taken
 * for it: on Linux the start time in clock ticks stands beside the number (proc(5), stat, field 22).
 */
export function markProcess(path: string, pid: number): void {
  writeFileSync(path, `${markOf(pid)}\n`, { mode: 0o600 });
}

/** The mark of a process: its number and its start. */
export function markOf(pid: number): string {
  return `${pid} ${startTicks(pid) ?? "-"}`;
}

/** The process that the file names, where it still runs. */
export function findMarkedProcess(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  return findByMark(text);
}

/** The process of a mark, where it still runs. */
export function findByMark(mark: string): number | null {
  const [pid = "", ticks = ""] = mark.trim().split(" ");
  const number = Number(pid);
  if (!Number.isInteger(number) || number <= 1) return null;
  return isAlive(number) && (startTicks(number) ?? "-") === ticks ? number : null;
}

/** Whether a process runs. A zombie does not, though its end may never be fetched (as in many containers). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return stateOf(pid)?.[0] !== "Z";
}

/** Takes the mark away, where it is this process's own. */
export function unmarkProcess(path: string): void {
  if (findMarkedProcess(path) === process.pid) rmSync(path, { force: true });
}

function startTicks(pid: number): string | null {
  // Field 22 of the line is the 20th after the command name. A zombie counts as gone.
  const fields = stateOf(pid);
  return fields === null || fields[0] === "Z" ? null : (fields[19] ?? null);
}

/** What proc(5) says behind the command name, or null where there is no such file. */
function stateOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
