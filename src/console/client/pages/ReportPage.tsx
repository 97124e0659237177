import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { Report, ReportRow, ReportsView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ReportDiff } from "../parts/ReportDiff.tsx";
import { ReportFiles } from "../parts/ReportFiles.tsx";
import { ReportItems } from "../parts/ReportItems.tsx";
import { useReportName } from "../parts/ReportList.tsx";
import { ReportRelease } from "../parts/ReportRelease.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { reportQuery, reportCheckQuery, reportsQuery } from "../reportQueries.ts";

/** One drafted report: its release on one screen, for one thumb if need be; below it what it says. */
export function ReportPage() {
  const { id, report } = useParams({ from: "/incidents/$id/reports/$report" });
  const view = useQuery(reportsQuery(id));
  const content = useQuery(reportQuery(id, report));
  return (
    <Shown query={view}>
      {(found) => {
        const row = found.reports.find((one) => one.id === report);
        if (row === undefined) return <EmptyState title="state.missing" next="state.missing-next" />;
        return (
          <>
            <Head incident={id} view={found} row={row} />
            <Shown query={content}>
              {(whole) => <Whole incident={id} view={found} row={row} report={whole} />}
            </Shown>
          </>
        );
      }}
    </Shown>
  );
}

function Head({ incident, view, row }: { incident: string; view: ReportsView; row: ReportRow }) {
  const { say } = useWords();
  const nameOf = useReportName(view);
  return (
    <PageHead title={nameOf(row)}>
      <Link to="/incidents/$id" params={{ id: incident }} search={{ show: "reports" }}>
        {say("state.back")}
      </Link>
    </PageHead>
  );
}

type WholeProps = { incident: string; view: ReportsView; row: ReportRow; report: Report };

function Whole({ incident, view, row, report }: WholeProps) {
  const { say, choose } = useWords();
  const { data: problems = [] } = useQuery(reportCheckQuery(incident, row.id));
  const names = new Map(view.passages.map(({ id, by }) => [id, by]));
  return (
    <div className="two-columns report-page">
      <div className="aside">
        <ReportRelease incident={incident} view={view} row={row} report={report} problems={problems} />
        <ReportFiles incident={incident} row={row} />
        <dl className="facts">
          <dt>{say("report.column-at")}</dt>
          <dd>
            <Moment at={row.draftedAt} />
          </dd>
          <dt>{say("report.draft-entry")}</dt>
          <dd>
            <Link to="/ledger/$id" params={{ id: row.id }}>
              {row.id}
            </Link>
          </dd>
          <dt>{say("report.fingerprint")}</dt>
          <dd className="room-hash small">{row.sha256}</dd>
        </dl>
      </div>
      <div className="first">
        <ReportDiff incident={incident} view={view} row={row} />
        <section className="section" aria-label={say("report.items")}>
          <h2>{choose(report.title)}</h2>
          <ReportItems
            report={report}
            problems={problems}
            after={({ kind }, cited) => {
              const by = kind === "passage" ? names.get(cited[0]?.entry ?? "") : undefined;
              return by === undefined ? null : <p className="soft small">{say("report.by", { name: by })}</p>;
            }}
          />
        </section>
      </div>
    </div>
  );
}
