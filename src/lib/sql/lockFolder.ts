import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../error.ts";

/**
 * Keeps a second process out of `folder`. Node has no flock(2), so the lock is a file that names the process
 * and its start time: a lock left by a killed process is known by that and taken over.
 */
export function lockFolder(folder: string): { release(): void } {
  const path = join(folder, "lock");
  const mine = `${process.pid} ${startOfProcess(process.pid)}\n`;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, mine, { flag: "wx", mode: 0o600 });
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = holderOf(path);
    if (holder !== null) {
      throw new SekishoError("state-unavailable", `Cannot open ${folder}: process ${holder} holds it`, {
        hint: "stop that process, or give this one its own data folder",
      });
    }
    rmSync(path, { force: true });
  }
  throw new SekishoError("state-unavailable", `Cannot open ${folder}: another process took it just now`, {
    hint: "stop that process, or give this one its own data folder",
  });
}

/** The living process that holds the lock, or null where it has died. */
function holderOf(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  const [pid = "", start = ""] = text.trim().split(" ");
  const holder = Number(pid);
  if (!Number.isInteger(holder) || holder <= 0) return null;
  try {
    process.kill(holder, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return null;
  }
  return startOfProcess(holder) === start ? holder : null;
}

/** proc(5): field 22 of stat is the start time; the name in field 2 may hold blanks and ends at ")". */
function startOfProcess(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "unknown";
  } catch {
    return "unknown";
  }
}
