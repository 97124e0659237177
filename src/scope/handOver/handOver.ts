import { hash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Entry, EntryDraft, EntryId, EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import { SekishoError } from "../../lib/error.ts";
import { quoteSql } from "../../lib/openDuck.ts";
import type { ReviewedResult } from "../review/applyReview.ts";
import { parquet } from "../review/jobFiles.ts";
import { overwriteFile } from "../review/overwriteFile.ts";
import type { ReviewJob } from "../review/reviewJob.ts";
import { estimate, SAMPLES } from "../review/sampling.ts";
import { noticeSql, printGroups, stageNotices } from "./noticeGroups.ts";

/** What the incident room gets, by name. */
export const HANDED_FILES = [
  "persons.parquet",
  "links.parquet",
  "notices.parquet",
  "notice-groups.csv",
  "counts.json",
  "estimates.json",
] as const;
export type HandedFile = (typeof HANDED_FILES)[number];

/** One file in the evidence store; a large one is several objects, one behind the other. */
type Handed = { name: HandedFile; bytes: number; sha256: string; evidence: EvidenceHash[] };

/**
 * What was handed over, as the job's own folder notes it for the day on which it is erased. No personal
 * data.
 */
export type HandedOver = {
  entry: EntryId;
  at: string;
  /** The data folder, where the command knows it. */
  dataFolder: string | null;
  evidence: EvidenceHash[];
};

export const limits = {
  /** The store takes an object whole into memory. */
  objectBytesMax: 256 * 1024 ** 2,
} as const;

/** Where things are handed over to. */
export type Receiver = {
  evidence: EvidenceStore;
  append(draft: EntryDraft): Promise<Entry>;
  dataFolder: string | null;
};

/**
 * Hands a job over: lists, notices and counts into the evidence store, encrypted with keys of their own,
 * and one ledger entry that names them. What is decided but not applied is not in the files: throws
 * conflict.
 */
export async function handOver(
  job: ReviewJob,
  to: Receiver,
  options: { name: string; by: string },
): Promise<{ entry: Entry; files: Handed[]; groups: number }> {
  const counts = JSON.parse(readFileSync(await job.files.path("counts.json"), "utf8")) as ReviewedResult;
  const { now } = await job.summary();
  if (now.fewest !== counts.persons.fewest || now.most !== counts.persons.most) {
    throw new SekishoError(
      "conflict",
      "Cannot hand over: decisions were made that are not in the files yet",
      {
        hint: "apply them first: sekisho scope review OUT apply",
      },
    );
  }
  const groups = await stageNotices(job, counts.at);
  const estimates = [];
  for (const kind of SAMPLES) {
    const told = await estimate(job, kind);
    if (told !== null) estimates.push(told);
  }
  const files: Handed[] = [];
  for (const name of HANDED_FILES) {
    const content = await contentOf(job, name, { counts, groups: printGroups(groups), estimates });
    files.push({
      name,
      bytes: content.length,
      sha256: hash("sha256", content),
      evidence: await keep(content, to),
    });
  }
  const evidence = files.flatMap((file) => file.evidence);
  const { persons, records, links } = counts;
  const entry = await to.append({
    kind: "observed",
    code: "scope-handed-over",
    about: { scope: options.name.slice(0, 256), job: job.name, by: options.by.slice(0, 256) },
    evidence,
    data: {
      files: files.map(({ name, bytes, sha256, evidence: objects }) => ({ name, bytes, sha256, objects })),
      persons: { ...persons },
      records: records.found,
      links: { ...links },
      noticeGroups: groups.length,
      inputs: counts.inputs.length,
      countedAt: counts.at,
    },
  });
  note(job.files.out, { entry: entry.id, at: entry.at, dataFolder: to.dataFolder, evidence });
  return { entry, files, groups: groups.length };
}

async function keep(content: Buffer, { evidence }: Receiver): Promise<EvidenceHash[]> {
  const objects: EvidenceHash[] = [];
  for (let at = 0; at === 0 || at < content.length; at += limits.objectBytesMax)
    objects.push(await evidence.put(content.subarray(at, at + limits.objectBytesMax)));
  return objects;
}

async function contentOf(
  job: ReviewJob,
  name: HandedFile,
  made: { counts: ReviewedResult; groups: string; estimates: unknown },
): Promise<Buffer> {
  if (name === "counts.json") return Buffer.from(`${JSON.stringify(made.counts, null, 2)}\n`);
  if (name === "notice-groups.csv") return Buffer.from(made.groups);
  if (name === "estimates.json") return Buffer.from(`${JSON.stringify(made.estimates, null, 2)}\n`);
  const sql =
    name === "notices.parquet" ? noticeSql : `SELECT * FROM ${await job.files.table(job.duck, name)}`;
  const file = join(job.files.work(), `hand-over-${process.pid}.parquet`);
  try {
    await job.duck.run(`COPY (${sql}) TO ${quoteSql(file)} (${parquet})`);
    return readFileSync(file);
  } finally {
    if (existsSync(file)) overwriteFile(file);
    rmSync(file, { force: true });
  }
}

const noteName = "handed-over.json";

/** What was handed over of the job in a folder, oldest first. */
export function readHandedOver(out: string): HandedOver[] {
  const file = join(out, noteName);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as HandedOver[]) : [];
}

function note(out: string, handed: HandedOver): void {
  const file = resolve(out, noteName);
  writeFileSync(`${file}.part`, JSON.stringify([...readHandedOver(out), handed]), {
    mode: 0o600,
    flush: true,
  });
  renameSync(`${file}.part`, file);
}

/**
 * A file that was handed over, from its ledger entry: for the incident room, the notices and the reports.
 * Throws not-found, evidence-erased and evidence-malformed; the caller writes the look into the ledger.
 */
export async function openHanded(evidence: EvidenceStore, entry: Entry, name: HandedFile): Promise<Buffer> {
  const files = (entry.code === "scope-handed-over" ? entry.data["files"] : []) as {
    name: string;
    sha256: string;
    objects: EvidenceHash[];
  }[];
  const file = files.find((one) => one.name === name);
  if (file === undefined) {
    throw new SekishoError("not-found", `Cannot open ${name}: this entry handed over no such file`, {
      hint: "name an entry with the code scope-handed-over",
    });
  }
  const parts: Buffer[] = [];
  for (const object of file.objects) parts.push(await evidence.get(object));
  const content = Buffer.concat(parts);
  if (hash("sha256", content) === file.sha256) return content;
  throw new SekishoError("evidence-malformed", `Cannot open ${name}: it is not what was handed over`, {
    hint: "run: sekisho ledger verify --deep",
  });
}
