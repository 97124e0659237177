import { composeReport, type Before } from "./compose/composeReport.ts";
import type { CaseRow, KnownReport, Material } from "./material.ts";
import { hashReport, readReport } from "./printReport.ts";
import { readMaterial } from "./readMaterial.ts";
import type { Report } from "./report.ts";

/** Opens an object of the evidence store; null where it was erased or cannot be read here. */
export type OpenEvidence = (evidence: string) => Promise<Buffer | null>;

/** Makes a report anew from the rows that it was made from; null where the incident is not in them. */
export async function recompose(
  report: Report,
  rows: readonly CaseRow[],
  open: OpenEvidence,
): Promise<Report | null> {
  const material = await readMaterial(report.incident.id, rows, {
    organisation: report.organisation,
    timeZone: report.timeZone,
    asOf: Temporal.Instant.from(report.asOf),
    ledgerSize: report.ledgerSize,
    open,
  });
  if (material === null) return null;
  const drafted = material.reports.find(({ report: id }) => id === report.before?.entry);
  const before = drafted === undefined ? null : await openReport(drafted, open);
  return composeReport(
    material,
    {
      kind: report.kind,
      law: report.law?.id,
      duty: report.law?.duty,
      partner: report.partner ?? undefined,
      assumptions: report.assumptions ?? undefined,
    },
    before,
  );
}

/** A drafted report from the evidence store; null where it was erased. */
export async function openReport(drafted: KnownReport, open: OpenEvidence): Promise<Before | null> {
  const bytes = drafted.evidence === null ? null : await open(drafted.evidence);
  if (bytes === null) return null;
  const report = readReport(bytes, `report ${drafted.number}`);
  return { entry: drafted.report, sha256: hashReport(report), report };
}

export const isFinal = ({ releases }: KnownReport): boolean => releases.some(({ final }) => final);

/** Kinds that go on from one another: the preliminary, the supplements and the final report of one law. */
export function familyOf({
  kind,
  law,
  partner,
}: {
  kind: string;
  law: string | null;
  partner: string | null;
}): string {
  const reports = ["preliminary", "supplement", "final"];
  return `${reports.includes(kind) ? "report" : kind} ${law ?? ""} ${partner ?? ""}`;
}

/** The last released report that one of this kind goes on from; null for the first. */
export async function beforeOf(
  material: Material,
  wanted: { kind: string; law: string | null; partner: string | null },
  open: OpenEvidence,
): Promise<Before | null> {
  const family = familyOf(wanted);
  const last = material.reports.findLast((one) => isFinal(one) && familyOf(one) === family);
  return last === undefined ? null : openReport(last, open);
}
