import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { IncidentView, ReportsView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { reportsQuery } from "../reportQueries.ts";
import { useMay, useSession } from "../session.ts";
import { ReportBoard } from "./ReportBoard.tsx";
import { ReportList, useReportName } from "./ReportList.tsx";
import { PassageDialog, ReportPassages, type Writing } from "./ReportPassages.tsx";
import { ReportScope } from "./ReportScope.tsx";
import { Notice, Shown } from "./States.tsx";

/** Reports of an incident: what waits for a second person, one report item by item, and what was drafted. */
export function ReportTab({ incident }: { incident: IncidentView }) {
  const query = useQuery(reportsQuery(incident.id));
  const [writing, setWriting] = useState<Writing | null>(null);
  return (
    <Shown query={query}>
      {(view) => (
        <div className="report">
          <WaitsForYou incident={incident.id} view={view} />
          <div className="two-columns">
            <div className="first">
              <ReportBoard incident={incident} view={view} onWrite={setWriting} />
            </div>
            <div className="aside">
              <ReportScope incident={incident.id} view={view} />
              <ReportPassages view={view} onWrite={setWriting} />
            </div>
          </div>
          <ReportList incident={incident.id} view={view} />
          {writing === null ? null : (
            <PassageDialog
              incident={incident.id}
              view={view}
              writing={writing}
              onClose={() => setWriting(null)}
            />
          )}
        </div>
      )}
    </Shown>
  );
}

/** Whoever comes with a phone comes for this. */
function WaitsForYou({ incident, view }: { incident: string; view: ReportsView }) {
  const { say } = useWords();
  const { person } = useSession();
  const may = useMay("report.release");
  const nameOf = useReportName(view);
  const waiting = view.reports.filter(
    ({ state, releases }) => state === "seconding" && !releases.some((one) => one.person === person?.id),
  );
  if (!may || waiting.length === 0) return null;
  return (
    <Notice kind="attention">
      <p>{say("report.waits-you")}</p>
      <ul className="stack-tight">
        {waiting.map((row) => (
          <li key={row.id}>
            <Link to="/incidents/$id/reports/$report" params={{ id: incident, report: row.id }}>
              {nameOf(row)}
            </Link>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
