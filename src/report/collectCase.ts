import type { CaseRow } from "./material.ts";
import { codes } from "./reportCodes.ts";

export const limits = { rowsMax: 20_000, actsMax: 5_000, depthMax: 6 } as const;

/** Where the ledger's entries are looked up: the station's index, or the files themselves. */
export type CaseSource = {
  /** Entries whose `about` has this. */
  about(key: string, value: string): Promise<CaseRow[]>;
  byId(ids: readonly string[]): Promise<CaseRow[]>;
  /** Entries that rest on these, over several steps, at most `limits.actsMax`. */
  restingOn(ids: readonly string[]): Promise<CaseRow[]>;
  /** How many entries the ledger has. */
  size(): Promise<number>;
};

/**
 * All entries of the ledger that concern an incident, by index: those about it and about what was merged into
 * it, its findings, what rests on these, and the scope that was linked to it.
 */
export async function collectCase(source: CaseSource, incident: string): Promise<CaseRow[]> {
  const found = new Map<string, CaseRow>();
  const take = (rows: readonly CaseRow[]): void => {
    for (const row of rows) if (found.size < limits.rowsMax) found.set(row.entry.id, row);
  };
  const waiting = [incident];
  const seen = new Set<string>();
  while (waiting.length > 0) {
    const id = waiting.pop() as string;
    if (seen.has(id)) continue;
    seen.add(id);
    const rows = await source.about("incident", id);
    take(rows);
    for (const { entry } of rows)
      if (entry.code === "incidents-merged" && entry.about["incident"] === id)
        waiting.push(entry.about["from"] ?? "");
  }
  const named = (code: string, key: string): string[] => [
    ...new Set(
      [...found.values()].flatMap(({ entry }) => (entry.code === code ? (entry.about[key] ?? []) : [])),
    ),
  ];
  const findings = named("finding-joined", "finding");
  take(await source.byId([...findings, ...named(codes.scope, "scope")]));
  take(await source.restingOn(findings));
  return [...found.values()].toSorted((one, other) => one.index - other.index);
}
