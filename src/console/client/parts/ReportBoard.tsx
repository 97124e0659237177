import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { IncidentView, PassageView, Report, ReportsView } from "../../../station/services.ts";
import { shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { checkQuery, draftReport, previewQuery, type Wanted } from "../reportQueries.ts";
import { useMay, useSession } from "../session.ts";
import { ReportChooser, wantedOf } from "./ReportChooser.tsx";
import { ReportCost } from "./ReportCost.tsx";
import { ItemCounts, ReportItems, type ItemParts } from "./ReportItems.tsx";
import type { Topic, Writing } from "./ReportPassages.tsx";
import { ReportPublic } from "./ReportPublic.tsx";
import { ReportRefused } from "./ReportRefused.tsx";
import { EmptyState, ProblemNotice, Shown } from "./States.tsx";

type Props = { incident: IncidentView; view: ReportsView; onWrite: (writing: Writing) => void };

/** One report as it would be now: what is known, what is not, and who could settle it. */
export function ReportBoard({ incident, view, onWrite }: Props) {
  const { say } = useWords();
  const search = useSearch({ from: "/incidents/$id" });
  const wanted = wantedOf(search);
  const isNobody = wanted.kind === "partner" && wanted.partner === undefined;
  return (
    <section className="section" aria-label={say("report.items")}>
      <ReportChooser incident={incident.id} view={view} />
      {isNobody ? (
        <EmptyState title="report.partner-choose" next="report.partner-choose-next" />
      ) : (
        <Board incident={incident} view={view} wanted={wanted} onWrite={onWrite} />
      )}
    </section>
  );
}

function Board({ incident, view, wanted, onWrite }: Props & { wanted: Wanted }) {
  const query = useQuery(previewQuery(incident.id, wanted));
  const check = useQuery(checkQuery(incident.id, wanted));
  const isOutside = wanted.kind === "public" || wanted.kind === "press";
  const parts = useItemParts({ incident: incident.id, view, wanted, onWrite });
  return (
    <>
      {wanted.kind === "cost" ? <ReportCost incident={incident.id} assumed={wanted.assumptions} /> : null}
      <Shown query={query}>
        {(report) => (
          <>
            <BoardHead incident={incident.id} report={report} wanted={wanted} />
            {isOutside && check.data !== undefined ? (
              <ReportRefused report={report} problems={check.data} />
            ) : null}
            <ReportItems report={report} problems={check.data ?? []} {...parts} />
          </>
        )}
      </Shown>
      {isOutside ? <ReportPublic incident={incident} view={view} /> : null}
    </>
  );
}

type HeadProps = { incident: string; report: Report; wanted: Wanted };

function BoardHead({ incident, report, wanted }: HeadProps) {
  const { say, choose, language } = useWords();
  const { timeZone } = useSession();
  const client = useQueryClient();
  const renew = (): Promise<void> =>
    client.invalidateQueries({ queryKey: ["incident", incident, "reports"] });
  return (
    <div className="stack-tight">
      <h2>{choose(report.title)}</h2>
      {report.law === null ? null : (
        <p className="soft small">{`${choose(report.law.recipient)}　${report.law.source}`}</p>
      )}
      <ItemCounts report={report} />
      <p className="soft small row">
        {say("report.as-of", { at: shortTime(report.asOf, timeZone, language) })}
        <button type="button" className="button-link" onClick={() => void renew()}>
          {say("report.renew")}
        </button>
      </p>
      <DraftButton incident={incident} wanted={wanted} />
    </div>
  );
}

/** Keeps what is shown; the release follows on the page of the draft. */
function DraftButton({ incident, wanted }: { incident: string; wanted: Wanted }) {
  const { say } = useWords();
  const may = useMay("report.draft");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  if (!may) return null;
  async function draft(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      const { assumptions, ...asked } = wanted;
      const assumed = assumptions === undefined ? {} : { assumptions: JSON.parse(assumptions) as object };
      const { id: report } = await draftReport(incident, { ...asked, ...assumed });
      await client.invalidateQueries({ queryKey: ["incident", incident, "reports"] });
      await navigate({ to: "/incidents/$id/reports/$report", params: { id: incident, report } });
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }
  return (
    <>
      <p className="row">
        <button type="button" className="button" disabled={busy} onClick={() => void draft()}>
          {say("report.draft")}
        </button>
        <span className="soft small">{say("report.draft-lead")}</span>
      </p>
      <ProblemNotice error={error} />
    </>
  );
}

/** What can be done about an item, in its place. */
function useItemParts({
  incident,
  view,
  wanted,
  onWrite,
}: {
  incident: string;
  view: ReportsView;
  wanted: Wanted;
  onWrite: Props["onWrite"];
}): ItemParts {
  const { say } = useWords();
  const may = useMay("report.draft");
  const topics = new Set<string>(view.choices.topics.map(({ code }) => code));
  const passages = new Map<string, PassageView>(view.passages.map((passage) => [passage.id, passage]));
  return {
    head: ({ code, contradicts, state }) => (
      <>
        {may && topics.has(code) ? (
          <button
            type="button"
            className="button-link"
            onClick={() => onWrite({ topic: code as Topic, replaces: null, partner: wanted.partner ?? null })}
          >
            {say("report.write")}
          </button>
        ) : null}
        {code === "duty" && state === "not-yet-known" ? (
          <Link to="/incidents/$id" params={{ id: incident }} search={{}}>
            {say("report.claim")}
          </Link>
        ) : null}
        {contradicts ? (
          <Link to="/incidents/$id" params={{ id: incident }} search={{}}>
            {say("report.settle")}
          </Link>
        ) : null}
      </>
    ),
    after: ({ kind }, cited) => {
      const passage = kind === "passage" ? passages.get(cited[0]?.entry ?? "") : undefined;
      if (passage === undefined) return null;
      return (
        <p className="soft small">
          {say("report.by", { name: passage.by })}
          {may ? (
            <>
              {"　"}
              <button
                type="button"
                className="button-link"
                onClick={() => onWrite({ topic: passage.topic, replaces: passage, partner: passage.partner })}
              >
                {say("report.replace")}
              </button>
            </>
          ) : null}
        </p>
      );
    },
  };
}
