import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Keyring } from "../../../ledger/keyring.ts";
import { realDisk } from "../../../lib/disk.ts";
import { textOfError } from "../../../lib/error.ts";
import { holdFile } from "../../../lib/holdFile.ts";
import { AccessArchive, type FinishedFile } from "./archive.ts";
import type { FromArchive, ToArchive } from "./archiveLink.ts";
import { foldersOf } from "./dayIndex.ts";

/**
 * One round of the archive as a process of its own, started by the gate: DuckDB may need more memory than
 * there is, or end with the process it runs in, and the gate goes on.
 */

let heard: (message: ToArchive) => void = () => {};
process.on("message", (message: ToArchive) => heard(message));
// Without the gate nobody tells the ledger; the next round begins where this one ends.
const giveUp = (): never => process.exit(1);
process.on("disconnect", giveUp);

function hear(): Promise<ToArchive> {
  return new Promise((resolve) => {
    heard = resolve;
  });
}

function say(message: FromArchive): void {
  process.send?.(message);
}

const first = await hear();
if (first.type === "run") {
  try {
    await run(first);
  } catch (error) {
    say({ type: "problem", problem: `Cannot keep the record of accesses: ${textOfError(error)}` });
    process.exitCode = 1;
  }
}
process.off("disconnect", giveUp);
process.disconnect?.();

async function run({ dataFolder, files, retentionDays, all }: ToArchive & { type: "run" }): Promise<void> {
  const { record } = foldersOf(dataFolder);
  mkdirSync(record, { recursive: true, mode: 0o700 });
  const held = holdFile(join(record, "lock"));
  if (held === null) throw new Error(`another process writes to ${record}`);
  const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
  const onProblem = (problem: string): void => say({ type: "problem", problem });
  const archive = new AccessArchive({ dataFolder, keyring, onProblem });
  try {
    const archived = await archive.archive(files);
    const days = await archive.openDays(all || files.some((file) => isOld(file)));
    await archive.merge(days);
    const told = await archive.untold(days);
    if (told.length > 0) await tell(archive, told);
    const pruned = await archive.prune(retentionDays);
    say({ type: "done", archived, pruned });
  } finally {
    await archive.close();
    held.release();
  }
}

async function tell(archive: AccessArchive, files: FinishedFile[]): Promise<void> {
  const answer = hear();
  say({ type: "files", files });
  await answer;
  await archive.markTold(files.map(({ path }) => path));
}

function isOld(file: string): boolean {
  return Date.now() - Number(file.split("-")[0]) > 2 * 86_400_000;
}
