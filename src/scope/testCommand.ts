import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../cli.ts", import.meta.url));

/** What a command line left behind; `bytesMax`: the most memory it held at once, 0 where nobody can tell. */
export type Ran = { status: number | null; out: string; err: string; bytesMax: number };

/** Starts `sekisho scope` as a person would. */
export function startScope(words: readonly string[]): ChildProcess {
  const node = ["--disable-warning=ExperimentalWarning", program, "scope"];
  return spawn(process.execPath, [...node, ...words], { stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs `sekisho scope` to its end. */
export async function runScopeCommand(...words: string[]): Promise<Ran> {
  const child = startScope(words);
  const texts = { out: "", err: "" };
  child.stdout?.on("data", (bytes: Buffer) => (texts.out += bytes.toString("utf8")));
  child.stderr?.on("data", (bytes: Buffer) => (texts.err += bytes.toString("utf8")));
  let bytesMax = 0;
  const watch = setInterval(() => {
    bytesMax = Math.max(bytesMax, highestOf(child.pid ?? 0));
  }, 50);
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(watch);
  return { status, ...texts, bytesMax };
}

/** Linux says what a process held at most. */
function highestOf(pid: number): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
