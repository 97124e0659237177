import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { IncidentView, ReportsView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { allowPublic } from "../reportQueries.ts";
import { timelineQuery } from "../roomQueries.ts";
import { useMay } from "../session.ts";
import { useValueText } from "./FactList.tsx";
import { Mark } from "./Mark.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { DiscMark } from "./ReportItems.tsx";
import { usePersonsText } from "./ReportScope.tsx";

/** Something on record that could stand on the public page. */
type Candidate = { entry: string; kind: "claim" | "passage" | "event" | "scope"; text: string };

const SHOWN = 30;

function useCandidates(incident: IncidentView, view: ReportsView): Candidate[] {
  const { choose } = useWords();
  const personsText = usePersonsText();
  const valueText = useValueText();
  const { data: lines = [] } = useQuery(timelineQuery(incident.id));
  const claims = incident.facts.flatMap(({ about, claims: said }) =>
    said
      .filter(({ former }) => !former)
      .map((claim): Candidate => ({
        entry: claim.id,
        kind: "claim",
        text: `${choose(about)}：${valueText(claim)}`,
      })),
  );
  const passages = view.passages
    .filter(({ partner, text }) => partner === null && text !== null)
    .map(({ id, text }): Candidate => {
      const both = { ja: text?.ja ?? text?.en ?? "", en: text?.en ?? text?.ja ?? "" };
      return { entry: id, kind: "passage", text: choose(both) };
    });
  const events = lines
    .filter(({ kind }) => kind === "event")
    .map(({ entry, what }): Candidate => ({ entry, kind: "event", text: choose(what) }));
  const { scope } = view;
  const counted: Candidate[] =
    scope === null
      ? []
      : [
          {
            entry: scope.entry,
            kind: "scope",
            text: personsText(scope.persons),
          },
        ];
  return [...passages, ...claims, ...counted, ...events];
}

/** Entry by entry, whether anybody may read it; what is allowed leads. */
export function ReportPublic({ incident, view }: { incident: IncidentView; view: ReportsView }) {
  const { say } = useWords();
  const [whole, setWhole] = useState(false);
  const allowed = new Set(view.forPublic);
  const candidates = useCandidates(incident, view).toSorted(
    (one, other) => Number(allowed.has(other.entry)) - Number(allowed.has(one.entry)),
  );
  const shown = whole ? candidates : candidates.slice(0, SHOWN);
  const left = candidates.length - shown.length;
  return (
    <section className="section" aria-labelledby="public">
      <h2 id="public">{say("report.public")}</h2>
      <p className="soft">{say("report.public-lead")}</p>
      {candidates.length === 0 ? <p className="soft">{say("report.public-none")}</p> : null}
      <ul className="room-list report-public">
        {shown.map((candidate) => (
          <li key={candidate.entry}>
            <One incident={incident.id} candidate={candidate} allowed={allowed.has(candidate.entry)} />
          </li>
        ))}
      </ul>
      {left > 0 ? (
        <p>
          <button type="button" className="button" onClick={() => setWhole(true)}>
            {say("table.more", { count: left })}
          </button>
        </p>
      ) : null}
    </section>
  );
}

type OneProps = { incident: string; candidate: Candidate; allowed: boolean };

function One({ incident, candidate, allowed }: OneProps) {
  const { say } = useWords();
  const client = useQueryClient();
  const may = useMay("report.release");
  const [asking, setAsking] = useState(false);
  const { entry, kind, text } = candidate;
  async function send(reason: string): Promise<void> {
    await allowPublic(incident, { entry, allowed: !allowed, reason });
    await client.invalidateQueries({ queryKey: ["incident", incident, "reports"] });
  }
  const act = allowed ? "report.public-withdraw" : "report.public-allow";
  return (
    <div className="stack-tight">
      <p className="report-text report-clamped">{text}</p>
      <p className="row">
        {allowed ? (
          <DiscMark>{say("report.public-yes")}</DiscMark>
        ) : (
          <Mark loudness="plain">{say("report.public-no")}</Mark>
        )}
        <Link to="/ledger/$id" params={{ id: entry }} className="small">
          {say(`report.public-kind.${kind}`)}
        </Link>
        {may ? (
          <button type="button" className="button-link" onClick={() => setAsking(true)}>
            {say(act)}
          </button>
        ) : null}
      </p>
      {asking ? (
        <ReasonDialog
          title={say(act)}
          label="report.public-reason"
          send="report.save"
          open
          onClose={() => setAsking(false)}
          onSend={send}
        >
          <p className="report-text report-quoted">{text}</p>
        </ReasonDialog>
      ) : null}
    </div>
  );
}
