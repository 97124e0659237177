import type { Crossing } from "../../gate.ts";
import type { Entry } from "../../ledger/entry.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import type { Crossed, ReportedAct } from "./describeReading.ts";

const codes: Record<ReportedAct["do"], string> = {
  refuse: "statement-refused",
  hold: "statement-held",
  cut: "statement-cut",
  tell: "statement-told",
};

/**
 * Writes down what was done to a statement. The threads have done it already where it is a refusal or a cut:
 * these let nothing through, so they need not wait for the disk. A hold ends by an answer.
 */
export async function enforceReading(
  act: ReportedAct,
  crossing: Crossing<Crossed, ReportedAct>,
  recorder: Recorder,
): Promise<Entry> {
  const { seen, about, restsOn } = crossing;
  const draft = {
    kind: "enforced" as const,
    code: codes[act.do],
    about,
    rests: [restsOn],
    data: { state: seen.dry ? "dry" : "done", ...seen.outcome },
  };
  return act.do === "hold" ? recorder.append(draft) : recorder.note(draft);
}
