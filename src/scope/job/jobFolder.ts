import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import type { HashKey } from "../signatures/keyedHash.ts";

/** Goes up when a job that an older version began cannot be gone on with. */
const version = 4;

export const PHASES = ["index", "read", "match", "persons", "done"] as const;
export type Phase = (typeof PHASES)[number];

type State = { version: number; fingerprint: string; phase: Phase };

/**
 * The folder of a job: what a killed job goes on from. A job is told by its inputs, its customers and its
 * options; another job must not be written over it.
 */
export class JobFolder {
  readonly out: string;
  readonly work: string;
  readonly read: string;
  #state: State;

  private constructor(out: string, state: State) {
    this.out = out;
    this.work = join(out, "work");
    this.read = join(this.work, "read");
    this.#state = state;
  }

  /** Opens a folder for a job; `again` throws an older job in it away. */
  static open(out: string, told: unknown, again: boolean): JobFolder {
    const fingerprint = createHash("sha256").update(JSON.stringify(told)).digest("hex");
    const file = join(out, "work", "job.json");
    if (again) rmSync(join(out, "work"), { recursive: true, force: true });
    if (!existsSync(file)) {
      mkdirSync(join(out, "work", "read"), { recursive: true, mode: 0o700 });
      const folder = new JobFolder(out, { version, fingerprint, phase: "index" });
      folder.#save();
      return folder;
    }
    const state = JSON.parse(readFileSync(file, "utf8")) as State;
    if (state.version !== version || state.fingerprint !== fingerprint) {
      throw new SekishoError("conflict", `Cannot use ${out}: it holds another job`, {
        hint: "name another folder with --out, or throw the older job away with --again",
      });
    }
    return new JobFolder(out, state);
  }

  get phase(): Phase {
    return this.#state.phase;
  }

  /** Whether a phase is over. */
  isPast(phase: Phase): boolean {
    return PHASES.indexOf(this.#state.phase) > PHASES.indexOf(phase);
  }

  /** Notes that a phase is over: what it made is whole by now. */
  finish(phase: Phase): void {
    const next = PHASES[PHASES.indexOf(phase) + 1] ?? "done";
    this.#state = { ...this.#state, phase: next };
    this.#save();
  }

  #save(): void {
    const file = join(this.work, "job.json");
    writeFileSync(`${file}.part`, JSON.stringify(this.#state), { mode: 0o600 });
    renameSync(`${file}.part`, file);
  }
}

/** Reads a key of signatures, or makes one that only its owner can read. */
export function openKey(file: string): HashKey {
  if (!existsSync(file))
    writeFileSync(file, `${randomBytes(8).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  const text = readFileSync(file, "utf8").trim();
  if (!/^[0-9a-f]{16}$/.test(text)) {
    throw new SekishoError("key-missing", `Cannot read the key ${file}: it holds no 16 hexadecimal digits`, {
      hint: "restore the file from its copy; without the key its index must be made anew",
    });
  }
  return { k0: Number.parseInt(text.slice(0, 8), 16), k1: Number.parseInt(text.slice(8), 16) };
}

/** Takes a file that is whole to its name; only its owner can read it, whoever wrote it. */
export function settle(folder: string, name: string): void {
  chmodSync(join(folder, `${name}.part`), 0o600);
  renameSync(join(folder, `${name}.part`), join(folder, name));
}
