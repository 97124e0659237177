import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ReportRow, ReportsView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { printSort, readSort } from "../sortInAddress.ts";
import { DataTable, type Column } from "./DataTable.tsx";
import { Mark } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";
import { EmptyState } from "./States.tsx";

/** What a drafted report is called: by its law or its partner, its kind and its version. */
export function useReportName(view: ReportsView): (row: ReportRow) => string {
  const { say, choose } = useWords();
  const { laws, partners } = view.choices;
  return ({ kind: code, law: id, partner: to, number }) => {
    const kind = say(`report.kind.${code}`);
    if (to !== null) {
      const known = partners.find((one) => one.code === to);
      return say("report.name-partner", {
        kind,
        number,
        partner: known === undefined ? to : choose(known.name),
      });
    }
    if (id === null) return say("report.name", { kind, number });
    const law = laws.find((one) => one.id === id);
    return say("report.name-law", { kind, number, law: law === undefined ? id : choose(law.name) });
  };
}

export function ReportStateMark({ state }: { state: ReportRow["state"] }) {
  const { say } = useWords();
  return <Mark loudness={state === "seconding" ? "attention" : "plain"}>{say(`report.is.${state}`)}</Mark>;
}

/** Every report that was kept, with how far it is. */
export function ReportList({ incident, view }: { incident: string; view: ReportsView }) {
  const { say } = useWords();
  const navigate = useNavigate();
  const search = useSearch({ from: "/incidents/$id" });
  const columns = useColumns(incident, view);
  const open = (row: ReportRow): void =>
    void navigate({ to: "/incidents/$id/reports/$report", params: { id: incident, report: row.id } });
  return (
    <section className="section" aria-labelledby="drafted">
      <h2 id="drafted">{say("report.list")}</h2>
      {view.reports.length === 0 ? (
        <EmptyState title="report.list-none" next="report.list-none-next" />
      ) : (
        <DataTable
          name="sekisho-reports"
          columns={columns}
          rows={view.reports}
          keyOf={(row) => row.id}
          total={view.reports.length}
          sort={readSort(search.sort) ?? { key: "at", descending: true }}
          onSort={(next) => {
            const kept = { ...search, sort: printSort(next) };
            void navigate({ to: "/incidents/$id", params: { id: incident }, search: kept });
          }}
          onOpen={open}
        />
      )}
    </section>
  );
}

function useColumns(incident: string, view: ReportsView): Column<ReportRow>[] {
  const { say } = useWords();
  const nameOf = useReportName(view);
  return useMemo(() => {
    const columns: Column<ReportRow>[] = [
      {
        key: "name",
        label: "report.column-name",
        rank: 1,
        text: nameOf,
        sort: nameOf,
        show: (row) => (
          <Link to="/incidents/$id/reports/$report" params={{ id: incident, report: row.id }}>
            {nameOf(row)}
          </Link>
        ),
      },
      {
        key: "state",
        label: "report.column-state",
        rank: 2,
        text: ({ state }) => say(`report.is.${state}`),
        sort: ({ state }) => state,
        show: ({ state }) => <ReportStateMark state={state} />,
      },
      {
        key: "releases",
        label: "report.column-releases",
        rank: 3,
        text: ({ releases }) => releases.map(({ by }) => by).join(say("answer.comma")),
        sort: ({ releases }) => releases.length,
      },
      {
        key: "at",
        label: "report.column-at",
        rank: 2,
        text: ({ draftedAt }) => draftedAt,
        sort: ({ draftedAt }) => draftedAt,
        show: ({ draftedAt }) => <Moment at={draftedAt} />,
      },
    ];
    return columns;
  }, [incident, nameOf, say]);
}
