import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { CutRow } from "../../../station/services.ts";
import { useNow } from "../clock.ts";
import { absoluteTime, duration, shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useMay, useSession } from "../session.ts";
import { inForce } from "../trafficQueries.ts";
import { CutChange } from "./CutChange.tsx";
import { CutMark, CutProof, sayWarning } from "./CutProof.tsx";
import { Moment } from "./Moment.tsx";
import { nearness } from "./RemainingTime.tsx";
import { Notice } from "./States.tsx";

/** What an act is aimed at, in words. */
export function useTarget(): (cut: Pick<CutRow, "act" | "target">) => string {
  const { say } = useWords();
  return ({ act, target }) => (act === "cut-off" ? say("cut.everything") : target);
}

/** One act in force: what, since when, until when, whether it holds, and how to end it. */
export function CutItem({ cut }: { cut: CutRow }) {
  const { say } = useWords();
  const targetOf = useTarget();
  const may = useMay("cut.order");
  const [change, setChange] = useState<"lift" | "renew" | null>(null);
  return (
    <article className="cut">
      <h3>
        <span>{say(`cut.act.${cut.act}`)}</span>
        <span className="figures cut-target">{targetOf(cut)}</span>
        <CutMark cut={cut} />
      </h3>
      <CutProof cut={cut} />
      {inForce(cut) ? <CutRemaining cut={cut} /> : null}
      {cut.warnings.length === 0 ? null : (
        <Notice kind="attention">
          {cut.warnings.map((warning) => (
            <p key={warning}>{sayWarning(warning, say)}</p>
          ))}
        </Notice>
      )}
      <div className="row spread">
        <CutOrigin cut={cut} />
        {may && cut.state === "in-place" ? (
          <div className="row" role="group" aria-label={say("cut.acts")}>
            <button type="button" className="button" onClick={() => setChange("renew")}>
              {say("cut.renew")}
            </button>
            <button type="button" className="button" onClick={() => setChange("lift")}>
              {say("cut.lift")}
            </button>
          </div>
        ) : null}
      </div>
      <CutChange cut={cut} change={change} onClose={() => setChange(null)} />
    </article>
  );
}

/** Since when, and on whose word. */
function CutOrigin({ cut }: { cut: CutRow }) {
  const { say } = useWords();
  return (
    <p className="row soft small">
      <span>
        {say("cut.ordered-at")} <Moment at={cut.orderedAt} />
      </span>
      {cut.order === null ? null : <span>{say("cut.by-order", { order: cut.order })}</span>}
      {cut.decisionId === null ? null : (
        <Link to="/decisions/$id" params={{ id: cut.decisionId }}>
          {say("cut.by-decision")}
        </Link>
      )}
      {cut.finding === null ? null : (
        <Link to="/findings/$id" params={{ id: cut.finding }}>
          {say("cut.of-finding")}
        </Link>
      )}
    </p>
  );
}

/** The time that an act has left, as a shrinking bar. */
function CutRemaining({ cut }: { cut: CutRow }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const start = Date.parse(cut.orderedAt);
  const end = Date.parse(cut.until);
  const now = useNow(end - Date.now() < 120_000 ? 1 : 5);
  const state = nearness(start, end, now);
  const share = Math.min(1, Math.max(0, (end - now) / Math.max(1, end - start)));
  const left = say("decision.remaining", { time: duration(end - now, language) });
  return (
    <div className="remaining" {...{ [`data-${state}`]: "" }}>
      <div className="row spread">
        <strong>{state === "passed" ? say("cut.passed-end") : left}</strong>
        <time dateTime={cut.until} title={absoluteTime(cut.until, timeZone, language)} className="soft">
          {say("cut.ends", { time: shortTime(cut.until, timeZone, language) })}
        </time>
      </div>
      <svg className="remaining-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect className="track" width="100" height="8" />
        <rect className="left" width={state === "passed" ? 100 : share * 100} height="8" />
      </svg>
    </div>
  );
}
