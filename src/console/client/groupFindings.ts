import type { FindingRow } from "../../station/services.ts";

const SEVERITIES = ["info", "low", "medium", "high", "critical"];

/** Findings of one behaviour as one line: the newest, with what all of them say together. */
export type FindingGroup = {
  key: string;
  newest: FindingRow;
  count: number;
  severity: string;
  codes: string[];
  /** How many of them a suppression hides. */
  hidden: number;
};

export function severityRank(severity: string): number {
  return SEVERITIES.indexOf(severity);
}

/** One line for each behaviour, in the order of the newest finding of each. `rows` come newest first. */
export function groupFindings(rows: FindingRow[], each: boolean): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const row of rows) {
    const key = each ? row.id : row.group;
    const known = groups.get(key);
    const codes = row.reasons.map(({ code }) => code);
    const hidden = row.hiddenBy === null ? 0 : 1;
    if (known === undefined) {
      groups.set(key, { key, newest: row, count: 1, severity: row.severity, codes, hidden });
      continue;
    }
    known.count += 1;
    known.hidden += hidden;
    known.codes = [...new Set([...known.codes, ...codes])];
    if (severityRank(row.severity) > severityRank(known.severity)) known.severity = row.severity;
  }
  return [...groups.values()];
}
