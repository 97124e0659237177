import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import { openDuck, type Duck } from "../../lib/openDuck.ts";
import { encryptFile } from "./encryptFile.ts";
import { keysOfIndex } from "../job/customerIndex.ts";
import { jobNameOf, openPlainFiles, readSql } from "./jobFiles.ts";
import { overwriteFile } from "./overwriteFile.ts";
import {
  openKeyFile,
  readSealed,
  sealedLines,
  sealedNames,
  wrap,
  writeEncrypted,
  writeSealed,
  type Sealed,
} from "./sealedFiles.ts";

/** What a sealed job is made of; the rest of a job's folder served only for running it. */
const kept = [
  /^(records|links|persons)\.parquet$/,
  /^counts\.json$/,
  /^report\.html$/,
  /^counts\.csv$/,
  /^work\/(job|customers|hashes)\.json$/,
  /^work\/(matched\.bin|person_of\.parquet|keys\.parquet|key)$/,
  /^work\/index\/now\/.*(?<!\.part)$/,
  /^review\/(sample-\w+\.json|before-\w+\/(links|persons)\.parquet|before-\w+\/counts\.json)$/,
];

/**
 * Seals a finished job: afterwards nothing of it lies in clear text in its folder, and only who has the key
 * file opens it. Each file has a key of its own. The clear files go only when all sealed ones are on the
 * disk; when that was interrupted, the same call goes on.
 */
export async function sealJob(out: string, keyFile: string): Promise<{ files: number; key: string }> {
  if (resolve(keyFile).startsWith(`${resolve(out)}/`)) {
    throw new SekishoError("usage", "Cannot keep the key in the folder that it seals", {
      hint: "name a place that others do not reach, on another medium at best",
    });
  }
  const before = readSealed(out);
  if (before === null) await seal(out, openKeyFile(keyFile, true));
  else openKeyFile(keyFile, false);
  const { files } = readSealed(out) as Sealed;
  clearOut(out);
  return { files: Object.keys(files).length, key: keyFile };
}

async function seal(out: string, key: Buffer): Promise<void> {
  const plain = openPlainFiles(out);
  await jobNameOf(plain);
  const folder = join(out, sealedNames.folder);
  rmSync(folder, { recursive: true, force: true });
  const index = join(out, "work", "index");
  // A review of the sealed job looks for customers by them, and has no folder to write them to.
  if (existsSync(join(index, "now", "index.json"))) await keysOfIndex(index);
  const names = listFiles(out).filter((name) => kept.some((pattern) => pattern.test(name)));
  const lineKey = randomBytes(32);
  const sealed: Sealed = {
    version: 1,
    check: wrap(key, Buffer.from("sekisho scope"), "check"),
    lines: wrap(key, lineKey, "lines"),
    files: {},
  };
  const duck = await openDuck();
  try {
    await duck.run("SET preserve_insertion_order = true");
    const known = new WeakMap<Duck, Set<string>>();
    for (const name of names) {
      const file = join(folder, name);
      const fileKey = randomBytes(32);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const isParquet = name.endsWith(".parquet");
      if (isParquet) {
        const sql = `SELECT * FROM ${readSql(join(out, name), {})}`;
        await writeEncrypted(duck, { sql, file, key: fileKey, known });
        renameSync(`${file}.part`, file);
      } else encryptFile(join(out, name), file, fileKey);
      sealed.files[name] = { key: wrap(key, fileKey, name), how: isParquet ? "parquet" : "bytes" };
    }
  } finally {
    await duck.close();
  }
  sealLines(join(out, "review", "decisions.jsonl"), lineKey);
  writeSealed(out, sealed);
}

/** Decisions hold reasons that people wrote. */
function sealLines(file: string, key: Buffer): void {
  if (!existsSync(file)) return;
  const lines = sealedLines(key);
  const text = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `${lines.seal(line)}\n`);
  writeFileSync(`${file}.sealed`, text.join(""), { mode: 0o600, flush: true });
}

/** Overwrites and removes what is not sealed; the decisions take their sealed form. */
function clearOut(out: string): void {
  const decisions = join(out, "review", "decisions.jsonl");
  for (const name of listFiles(out)) {
    if (name === sealedNames.list || name.startsWith(`${sealedNames.folder}/`)) continue;
    if (name === "handed-over.json" || name.startsWith("review/decisions.jsonl")) continue;
    overwriteFile(join(out, name));
  }
  if (existsSync(`${decisions}.sealed`)) {
    overwriteFile(decisions);
    renameSync(`${decisions}.sealed`, decisions);
  }
  rmSync(join(out, "work"), { recursive: true, force: true });
}

/** Files below a folder, with their ways. */
export function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\/+/, ""))
    .toSorted();
}
