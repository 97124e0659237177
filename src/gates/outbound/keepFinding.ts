import type { EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import type { SeenTraffic } from "./judge.ts";
import type { KeptFinding } from "./keptFinding.ts";

/** Stopping traffic waits no longer than this for a finding's sentences to be on disk. */
const evidenceMsMax = 100;

/**
 * Keeps the sentences and figures of a finding as evidence. Where the disk takes its time, the loop goes on
 * without them, and an entry of its own names them when they are there.
 */
export async function keepFinding(
  seen: SeenTraffic,
  finding: string,
  to: { evidence: EvidenceStore; recorder: Recorder; onProblem: (error: Error) => void },
): Promise<EvidenceHash[]> {
  const kept: KeptFinding = { findings: seen.findings.map((one) => ({ ...one })) };
  let late = false;
  const put = to.evidence.put(Buffer.from(JSON.stringify(kept))).then(
    (hash) => {
      if (!late) return [hash];
      const about = { gate: "outbound", finding };
      to.recorder.note({ kind: "observed", code: "finding-kept", about, evidence: [hash] });
      return [];
    },
    (error: unknown) => {
      to.onProblem(error as Error);
      return [];
    },
  );
  const waited = new Promise<EvidenceHash[]>((resolve) => {
    setTimeout(() => {
      late = true;
      resolve([]);
    }, evidenceMsMax).unref();
  });
  return Promise.race([put, waited]);
}
