import { createHash } from "node:crypto";
import { createReadStream, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { detectFile } from "../../lib/containers/detectFile.ts";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { bytesOf, InputFile } from "./inputFile.ts";
import { readLimits, type ReadLimits } from "./limits.ts";
import type { ReadProblem, ReadTask, ScopeInput } from "./record.ts";
import { isCompoundFile, isMail, looksLikeText } from "./sniffBytes.ts";
import { isCutInPieces } from "./sniffText.ts";

const headBytes = 64 * 1024;
const sampleBytes = 4_096;
const samples = 16;

type Found = { source: string; file: string };

/**
 * Lists the inputs below the paths and cuts them into tasks. Nothing is opened for writing; links within
 * folders are not followed. What cannot be read is a problem by name; if that is all, a SekishoError.
 */
export async function planInputs(
  paths: readonly string[],
  options: { limits?: Partial<ReadLimits> } = {},
): Promise<{ inputs: ScopeInput[]; tasks: ReadTask[]; problems: ReadProblem[] }> {
  const limits = { ...readLimits, ...options.limits };
  const problems: ReadProblem[] = [];
  const found: Found[] = [];
  const names = namesOf(paths);
  for (const path of [...new Set(paths)].sort())
    find({ source: names.get(path) as string, file: path }, { found, problems, limits, top: true });
  const inputs: ScopeInput[] = [];
  for (const { source, file } of found) {
    try {
      const bytes = bytesOf(file);
      if (bytes > 0) inputs.push({ id: inputs.length, source, file, bytes, how: howToRead(file, bytes) });
    } catch (error) {
      problems.push(unreadable(source, error));
    }
  }
  if (inputs.length === 0 && problems.length > 0) {
    const first = (problems[0] as ReadProblem).message;
    throw new SekishoError("input-unreadable", first, { hint: "name files or folders that can be read" });
  }
  return {
    inputs,
    tasks: inputs.flatMap((input) => cut(input, limits)).map((task, id) => ({ ...task, id })),
    problems,
  };
}

/** SHA-256 of an input, in hex. */
export async function hashInput(input: ScopeInput): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(input.file, { highWaterMark: 1024 ** 2 }), hash);
  return hash.digest("hex");
}

/** Paths are shown as they were given. */
function namesOf(paths: readonly string[]): Map<string, string> {
  return new Map(paths.map((path) => [path, path.length > 1 ? path.replace(/\/+$/, "") : path]));
}

type Finding = { found: Found[]; problems: ReadProblem[]; limits: ReadLimits; top: boolean };

function find({ source, file }: Found, finding: Finding): void {
  const { found, problems, limits } = finding;
  try {
    // What is named may be a link; what lies below a folder may lead out of it.
    const status = finding.top ? statSync(file) : lstatSync(file);
    if (status.isDirectory()) {
      const entries = readdirSync(file).sort();
      for (const name of entries) {
        if (found.length >= limits.filesMax) {
          if (!problems.some(({ code, path }) => code === "too-many" && path === "")) {
            const message = `${source}: more than ${limits.filesMax} files; name its folders one by one`;
            problems.push({ code: "too-many", source, path: "", offset: 0, message });
          }
          return;
        }
        find({ source: join(source, name), file: join(file, name) }, { ...finding, top: false });
      }
    } else if (status.isFile() || (finding.top && status.isBlockDevice())) found.push({ source, file });
    else if (finding.top) throw new Error("it is no file, folder or disk");
  } catch (error) {
    problems.push(unreadable(source, error));
  }
}

function unreadable(source: string, error: unknown): ReadProblem {
  const reason = textOfError(error).replace(/, \w+ '.*'$/, "");
  return { code: "unreadable", source, path: "", offset: 0, message: `Cannot read ${source}: ${reason}` };
}

function howToRead(file: string, bytes: number): ScopeInput["how"] {
  using input = new InputFile(file);
  const head = input.slice(0, headBytes);
  const { kind, encoding } = detectFile(head);
  if (kind !== "text" && kind !== "binary" && kind !== "empty") return "container";
  if (isMail(head) || isCompoundFile(head)) return "container";
  if (encoding === "utf-16le" || encoding === "utf-16be") return "text";
  if (!looksLikeText(head)) return "image";
  // The head of an image may be text; padding and binary files come later.
  for (let sample = 1; sample <= samples; sample += 1) {
    const offset = Math.floor(((bytes - sampleBytes) * sample) / samples);
    if (offset > headBytes && !looksLikeText(input.slice(offset, sampleBytes))) return "image";
  }
  return "text";
}

function cut(input: ScopeInput, limits: ReadLimits): Omit<ReadTask, "id">[] {
  const { bytes, how } = input;
  if (how === "container" || (how === "text" && !isCutInPieces(input.file)))
    return [{ input, start: 0, end: bytes }];
  const tasks: Omit<ReadTask, "id">[] = [];
  for (let start = 0; start < bytes; start += limits.taskBytes)
    tasks.push({ input, start, end: Math.min(bytes, start + limits.taskBytes) });
  return tasks;
}
