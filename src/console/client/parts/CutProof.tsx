import type { CutRow } from "../../../station/services.ts";
import { briefTime } from "../formats.ts";
import { useWords, type Language, type Say } from "../language.ts";
import { Mark, type Loudness } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";

/** Whether packets passed an act that is in force. */
export function leaks(cut: CutRow): boolean {
  return cut.state === "in-place" && (cut.passedSince ?? 0) > 0;
}

const LOUDNESS: Record<CutRow["state"], Loudness> = {
  asked: "attention",
  "in-place": "held",
  ended: "plain",
  failed: "act",
  dry: "plain",
};

/** The state of an act; one that does not hold is louder than one that does. */
export function CutMark({ cut }: { cut: CutRow }) {
  const { say } = useWords();
  if (leaks(cut)) return <Mark loudness="act">{say("cut.mark.leaks")}</Mark>;
  return <Mark loudness={LOUDNESS[cut.state]}>{say(`cut.mark.${cut.state}`)}</Mark>;
}

/** The proof as one sentence. */
export function proofOf(cut: CutRow, say: Say, language: Language): string {
  const { state, inPlaceMs, lastPacketMs, passedSince } = cut;
  if (state === "failed") return say("cut.proof.failed", { problem: cut.problem ?? "" });
  if (state === "dry") return say("cut.proof.dry");
  if ((passedSince ?? 0) > 0) return say("cut.proof.leaks", { count: passedSince ?? 0 });
  if (cut.provedAt === null) {
    if (inPlaceMs === null) return say("cut.proof.asked");
    return say("cut.proof.placed", { placed: briefTime(inPlaceMs, language) });
  }
  if (lastPacketMs === null) return say("cut.proof.silent");
  const last = briefTime(Math.abs(lastPacketMs), language);
  return say(lastPacketMs < 0 ? "cut.proof.before" : "cut.proof.holds", { last });
}

/** The proof, what was stopped, and when it was measured. */
export function CutProof({ cut }: { cut: CutRow }) {
  const { say, language } = useWords();
  return (
    <div className="stack-tight">
      <p className={leaks(cut) || cut.state === "failed" ? "reading proof proof-act" : "reading proof"}>
        {proofOf(cut, say, language)}
      </p>
      {leaks(cut) ? <p>{say("cut.proof.leaks-next")}</p> : null}
      {cut.provedAt === null ? null : (
        <p className="soft row">
          {cut.stopped === null ? null : <span>{say("cut.stopped", { count: cut.stopped })}</span>}
          <MeasuredAt at={cut.provedAt} />
        </p>
      )}
    </div>
  );
}

function MeasuredAt({ at }: { at: string }) {
  const { say } = useWords();
  const [before = "", after = ""] = say("cut.proved-at", { time: "\u0000" }).split("\u0000");
  return (
    <span>
      {before}
      <Moment at={at} />
      {after}
    </span>
  );
}

/** A warning in the reader's language, where its form is known. */
export function sayWarning(warning: string, say: Say): string {
  const name =
    /^administrators (.+)$/.exec(warning)?.[1] ??
    /^it meets the administrators' path "(.+)", which stays open$/.exec(warning)?.[1];
  if (name !== undefined) return say("cut.warning.administrators", { name });
  const unwritten = warning === "no-administrators" || warning.startsWith("no administrators' path");
  return unwritten ? say("cut.warning.none") : warning;
}
