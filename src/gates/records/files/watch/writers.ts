import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

/**
 * Who wrote a file, and how that is known: by fanotify at the moment of writing, by an open file, or by its
 * owner.
 */
export type Writer = {
  by: "fanotify" | "open-file" | "owner" | "unknown";
  process: string | null;
  pid: number | null;
  uid: number | null;
  user: string | null;
};

type Seen = { process: string | null; pid: number; uid: number | null };

const programs = ["/usr/sbin/fatrace", "/usr/bin/fatrace", "/usr/local/sbin/fatrace"];
const seenMax = 20_000;
const openFilesMax = 200_000;

/** The program that tells who writes, or null where it is not installed or this is not root. */
export function findFatrace(): string | null {
  return process.getuid?.() === 0 ? (programs.find((path) => canRun(path)) ?? null) : null;
}

/** A line of fatrace: "bash(6508): CWO /srv/out/x". Names of processes may hold anything. */
export function readFatraceLine(line: string): { path: string; process: string | null; pid: number } | null {
  const match = /^(.{0,64})\((\d{1,10})\)(?: \[\d+:\d+\])?: [A-Z+<>]+\s+(\/.+)$/.exec(line);
  if (match === null) return null;
  const path = (match[3] ?? "").replace(/ \(deleted\)$/, "");
  // "unknown": it had ended before its name could be read.
  return { path, process: match[1] === "unknown" ? null : (match[1] ?? null), pid: Number(match[2]) };
}

/** Listens, where it may, to which process writes which file; else looks who holds a file open. */
export class Writers {
  readonly #children: ChildProcess[] = [];
  #seen = new Map<string, Seen>();
  #older = new Map<string, Seen>();
  #users: { names: Map<number, string>; readMs: number } = { names: new Map(), readMs: -Infinity };

  /** Starts fatrace for every mount of these folders. */
  listen(program: string, folders: readonly string[], onEnd: (why: string) => void): void {
    // At the top of the mount: a folder in which a program stands is never quite gone.
    const mounts = new Map(folders.map((folder) => [statSync(folder).dev, topOfMount(folder)]));
    for (const folder of mounts.values()) {
      const child = spawn(program, ["--current-mount", "--filter=W"], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
      });
      let ended = false;
      const end = (why: string): void => {
        if (!ended) onEnd(why);
        ended = true;
      };
      child.on("error", (error) => end(error.message));
      child.on("exit", (code, signal) => {
        if (this.#children.includes(child)) end(`it ended with ${code ?? signal}`);
      });
      createInterface({ input: child.stdout }).on("line", (line) => this.#note(line));
      this.#children.push(child);
    }
  }

  close(): void {
    for (const child of this.#children.splice(0)) child.kill();
  }

  /** Who wrote a file that was seen under these names and belongs to `owner`. */
  writerOf(names: Iterable<string>, owner: number | null, open: Seen | undefined): Writer {
    for (const name of names) {
      const seen = this.#seen.get(name) ?? this.#older.get(name);
      if (seen !== undefined) return this.#told("fanotify", { ...seen, uid: seen.uid ?? owner });
    }
    if (open !== undefined) return this.#told("open-file", open);
    if (owner === null) return { by: "unknown", process: null, pid: null, uid: null, user: null };
    return { by: "owner", process: null, pid: null, uid: owner, user: this.#userOf(owner) };
  }

  #told(by: Writer["by"], { process: name, pid, uid }: Seen): Writer {
    return { by, process: name, pid, uid, user: uid === null ? null : this.#userOf(uid) };
  }

  #note(line: string): void {
    const read = readFatraceLine(line);
    if (read === null || read.pid === process.pid) return;
    // Two generations: the older half is forgotten at once, which costs nothing per line.
    if (this.#seen.size >= seenMax) {
      this.#older = this.#seen;
      this.#seen = new Map();
    }
    const known = this.#seen.get(read.path);
    if (known?.pid === read.pid) return;
    this.#seen.set(read.path, { process: read.process, pid: read.pid, uid: uidOf(read.pid) });
  }

  #userOf(uid: number): string | null {
    if (performance.now() - this.#users.readMs > 60_000) {
      this.#users = { names: readUsers(), readMs: performance.now() };
    }
    return this.#users.names.get(uid) ?? null;
  }
}

/** Open files below some folders: their path, as the process opened it, and where they can still be read. */
export type OpenFile = Seen & { path: string; deleted: boolean; readAt: string };

/** Which processes hold files below these folders open; of other users' processes only root is told. */
export async function findOpenFiles(below: (path: string) => boolean): Promise<OpenFile[]> {
  const found: OpenFile[] = [];
  let looked = 0;
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      looked += 1;
      if (looked > openFilesMax) return found;
      const readAt = `/proc/${pid}/fd/${fd}`;
      const target = await readlink(readAt).catch(() => "");
      const deleted = target.endsWith(" (deleted)");
      const path = deleted ? target.slice(0, -" (deleted)".length) : target;
      if (!path.startsWith("/") || !below(path)) continue;
      found.push({ path, deleted, readAt, process: nameOf(pid), pid: Number(pid), uid: uidOf(Number(pid)) });
    }
  }
  return found;
}

function topOfMount(folder: string): string {
  const device = statSync(folder).dev;
  let top = folder;
  while (top !== "/" && statSync(dirname(top)).dev === device) top = dirname(top);
  return top;
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return "";
  }
}

function uidOf(pid: number): number | null {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return null; // It has ended; the file's owner is what is left.
  }
}

function readUsers(): Map<number, string> {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    return new Map(lines.map((line) => line.split(":")).map((parts) => [Number(parts[2]), parts[0] ?? ""]));
  } catch {
    return new Map();
  }
}
