import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SekishoError, textOfError } from "../../lib/error.ts";
import type { HandedOver } from "../../scope/handOver/handOver.ts";
import type { ReviewedResult } from "../../scope/review/applyReview.ts";
import { SCOPE_PHASES, type ScopeJobRow, type ScopeJobView, type ScopePhase } from "./scopeTypes.ts";

export const limits = {
  jobsMax: 200,
  /** A job that has written nothing for so long does not run any more. */
  quietMs: 120_000,
  rowsShown: 60,
} as const;

/** What may name a job: a folder directly below `scope/`. */
export const JOB_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;

/** The folder of a job. Throws not-found. */
export function folderOfJob(scopeFolder: string, name: string): string {
  const folder = join(scopeFolder, name);
  if (JOB_NAME.test(name) && existsSync(folder)) return folder;
  throw new SekishoError("not-found", "Cannot find this job of the scope", {
    hint: `jobs lie below ${scopeFolder}: sekisho scope … --out ${join(scopeFolder, "NAME")}`,
  });
}

/** All jobs, the one that wrote last first. */
export function listJobs(scopeFolder: string): ScopeJobRow[] {
  if (!existsSync(scopeFolder)) return [];
  return readdirSync(scopeFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && JOB_NAME.test(entry.name))
    .slice(0, limits.jobsMax)
    .map(({ name }) => rowOfJob(join(scopeFolder, name), name))
    .toSorted((one, other) => (one.changedAt < other.changedAt ? 1 : -1));
}

/** One job as its folder says; what cannot be read is said, too. */
export function rowOfJob(folder: string, name: string): ScopeJobRow {
  const changed = changedAt(folder);
  const row: ScopeJobRow = {
    name,
    state: "unreadable",
    phase: "index",
    partsRead: 0,
    changedAt: new Date(changed).toISOString(),
    range: null,
    records: null,
    problem: null,
  };
  if (existsSync(join(folder, "sealed.json"))) return { ...row, state: "sealed", phase: "done" };
  try {
    const { phase } = JSON.parse(readFileSync(join(folder, "work", "job.json"), "utf8")) as { phase: string };
    row.phase = SCOPE_PHASES.find((one) => one === phase) ?? ("index" satisfies ScopePhase);
    row.partsRead = countParts(join(folder, "work", "read"));
    row.state = row.phase === "done" ? "done" : Date.now() - changed < limits.quietMs ? "running" : "stopped";
    const counts = row.state === "done" ? readCounts(join(folder, "counts.json")) : null;
    if (counts !== null) {
      row.range = { fewest: counts.persons.fewest, most: counts.persons.most };
      row.records = counts.records.found;
    }
  } catch (error) {
    row.problem = textOfError(error);
  }
  return row;
}

function countParts(folder: string): number {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")).length : 0;
}

function changedAt(folder: string): number {
  const places = [folder, join(folder, "work"), join(folder, "work", "read")];
  return Math.max(...places.map((place) => statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

export function readCounts(file: string): ReviewedResult | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ReviewedResult) : null;
}

/** The numbers of a result that the page shows. */
export function countsOf(
  result: ReviewedResult,
  handedOver: readonly HandedOver[],
): NonNullable<ScopeJobView["counts"]> {
  const by = (name: string): { value: string; persons: number }[] =>
    Object.entries(result.by[name] ?? {})
      .map(([value, persons]) => ({ value, persons }))
      .toSorted((one, other) => other.persons - one.persons)
      .slice(0, limits.rowsShown);
  const { at, persons, records, minors, passports, duplicates, links, customers } = result;
  return {
    ...{ at, persons, minors, passports, duplicates, links, customers },
    records,
    byItem: Object.entries(result.byItem)
      .map(([item, counted]) => ({ item, ...counted }))
      .filter((row) => row.records > 0),
    byService: by("service"),
    byPartner: by("partner"),
    byLanguage: by("language"),
    inputs: result.inputs
      .slice(0, limits.rowsShown)
      .map(({ source, bytes, sha256 }) => ({ source, bytes, sha256 })),
    problems: result.problems.slice(0, limits.rowsShown).map(({ message }) => ({ message })),
    // A job that nobody has reviewed says nothing of it.
    handedOver: handedOver.map(({ entry, at: when }) => ({ entry, at: when })),
    appliedAt: (result as Partial<ReviewedResult>).review?.at ?? null,
  };
}
