import type { EntryDraft, EvidenceHash } from "../../ledger/entry.ts";
import { findingOf, type Finding } from "./findings.ts";
import { splitPort } from "./hosts.ts";
import type { SeenTraffic } from "./judge.ts";

/** What passes through the gate's loop, with the finding's own id and what is kept of it. */
export type CrossedTraffic = SeenTraffic & { finding: string; evidence: readonly EvidenceHash[] };

/** The entry of what was seen, without raw personal data: sentences and figures are evidence. */
export function describeTraffic(seen: CrossedTraffic): EntryDraft {
  const [first] = seen.findings as [Finding, ...Finding[]];
  const hidden = seen.findings.find(({ hiddenBy }) => hiddenBy !== null)?.hiddenBy ?? null;
  return {
    kind: "observed",
    code: "traffic-found",
    about: {
      gate: "outbound",
      finding: seen.finding,
      host: (seen.host?.name ?? "").slice(0, 256),
      hostAddress: seen.host?.address ?? "",
      destination: first.dst.slice(0, 256),
      addresses: seen.addresses.slice(0, 5).join(" ").slice(0, 256),
      names: seen.names.slice(0, 3).join(" ").slice(0, 256),
    },
    evidence: seen.evidence,
    data: {
      by: seen.by,
      group: first.group.slice(0, 500),
      address: seen.host?.address ?? "",
      hidden: seen.findings.every(({ hiddenBy }) => hiddenBy !== null) ? hidden : null,
    },
  };
}

/** The other side of findings of one behaviour: addresses and names. */
export function sidesOf(findings: readonly Finding[]): { addresses: string[]; names: string[] } {
  const sides = new Set(findings.map(({ dst }) => splitPort(dst).host));
  const isAddress = (side: string): boolean => /^[0-9.]+$/.test(side) || side.includes(":");
  const isName = (side: string): boolean => /^[a-z0-9_.-]+\.[a-z0-9-]+$/i.test(side) && !isAddress(side);
  return { addresses: [...sides].filter(isAddress), names: [...sides].filter(isName) };
}

/** No one saw this span of time. */
export function gapFinding(
  source: string,
  gap: { from: number; until: number },
  options: { dataFolder: string },
): Finding {
  const say = (at: number): string => new Date(at).toISOString().slice(0, 16).replace("T", " ");
  const figures = { fromMs: gap.from, untilMs: gap.until, folder: options.dataFolder };
  const about = { src: "", dst: `${source} ${say(gap.from)}`, group: `record ${source}`, figures };
  return findingOf("record-gap", about, { source, from: say(gap.from), until: say(gap.until) });
}

/** Events were lost: some connections are not on record. One finding a day and source. */
export function lossFinding(source: string, lost: number, today: string): Finding {
  const about = { src: "", dst: `${source} ${today}`, group: `record ${source}`, figures: { lost } };
  return findingOf("record-loss", about, { source, lost });
}
