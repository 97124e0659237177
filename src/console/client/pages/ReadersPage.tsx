import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ReaderRow, ReadersOverview } from "../../../station/services.ts";
import { useWords, type Say } from "../language.ts";
import { BudgetBar } from "../parts/BudgetBar.tsx";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { Mark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ReadersMatrix } from "../parts/ReadersMatrix.tsx";
import { RecordsFrame } from "../parts/RecordsFrame.tsx";
import { EmptyState, Notice, Shown } from "../parts/States.tsx";
import { READER_HOURS, readersQuery, readReaderHours } from "../recordsQueries.ts";
import { printSort, readSort } from "../sortInAddress.ts";

/** Who reads how many customers, hour by hour, against budget and own past. */
export function ReadersPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const search = useSearch({ from: "/records" });
  const hours = readReaderHours(search.hours);
  const query = useQuery(readersQuery(hours));
  return (
    <>
      <PageHead title={say("nav.records")} lead={say("records.lead")}>
        <div className="choice" role="group" aria-label={say("traffic.hours")}>
          {READER_HOURS.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === hours}
              onClick={() => void navigate({ to: "/records", search: { ...search, hours: each } })}
            >
              {say(`reader.hours.${each}`)}
            </button>
          ))}
        </div>
      </PageHead>
      <RecordsFrame>
        <Shown query={query}>{(overview) => <Readers overview={overview} />}</Shown>
      </RecordsFrame>
    </>
  );
}

function Readers({ overview }: { overview: ReadersOverview }) {
  const { say } = useWords();
  const navigate = useNavigate();
  const search = useSearch({ from: "/records" });
  const columns = useColumns();
  const { files, rows, retentionDays } = overview.record;
  return (
    <>
      {overview.shadow ? <Notice kind="attention">{say("records.shadow")}</Notice> : null}
      {overview.readers.length === 0 ? (
        <EmptyState title="reader.none" next="reader.none-next" />
      ) : (
        <>
          <section className="section">
            <h2>{say("reader.picture")}</h2>
            <ReadersMatrix overview={overview} />
          </section>
          <section className="section">
            <DataTable
              name="sekisho-readers"
              columns={columns}
              rows={overview.readers}
              keyOf={(row) => row.person}
              total={overview.readers.length}
              sort={readSort(search.sort)}
              onSort={(sort) =>
                void navigate({ to: "/records", search: { ...search, sort: printSort(sort) } })
              }
              onOpen={({ person }) => void navigate({ to: "/records/events", search: { person } })}
            />
          </section>
        </>
      )}
      {files === 0 ? null : (
        <p className="soft">{say("reader.record", { files, rows, days: retentionDays })}</p>
      )}
    </>
  );
}

function sumOf(row: ReaderRow): number {
  return row.customers.reduce((sum, count) => sum + count, 0);
}

function useColumns(): Column<ReaderRow>[] {
  const { say } = useWords();
  return useMemo(() => {
    const columns: Column<ReaderRow>[] = [
      {
        key: "person",
        label: "reader.person",
        rank: 1,
        text: (row) => row.person,
        sort: (row) => row.person,
        show: (row) => (
          <>
            <Link to="/records/events" search={{ person: row.person }}>
              {row.person}
            </Link>
            {row.service ? <span className="faint small"> {say("reader.service")}</span> : null}
          </>
        ),
      },
      {
        key: "hour",
        label: "reader.hour",
        rank: 2,
        text: (row) => String(row.inHour),
        sort: (row) => row.inHour,
        show: (row) => <BudgetBar used={row.inHour} budget={row.budget.hour} />,
      },
      {
        key: "day",
        label: "reader.day",
        rank: 2,
        text: (row) => String(row.inDay),
        sort: (row) => row.inDay,
        show: (row) => <BudgetBar used={row.inDay} budget={row.budget.day} />,
      },
      {
        key: "alarms",
        label: "reader.alarms",
        rank: 2,
        numeric: true,
        text: (row) => String(row.alarms),
        sort: (row) => row.alarms,
        show: (row) =>
          row.alarms === 0 ? (
            <span className="faint">0</span>
          ) : (
            <Mark loudness="attention">{row.alarms.toLocaleString()}</Mark>
          ),
      },
      ...pastColumns(say),
    ];
    return columns;
  }, [say]);
}

/** What she read in these hours, against what she usually reads. */
function pastColumns(say: Say): Column<ReaderRow>[] {
  return [
    {
      key: "customers",
      label: "reader.customers",
      rank: 3,
      numeric: true,
      text: (row) => sumOf(row).toLocaleString(),
      sort: sumOf,
    },
    {
      key: "usual",
      label: "reader.usual",
      rank: 4,
      numeric: true,
      text: (row) => row.usual?.toLocaleString() ?? say("answer.none"),
      sort: (row) => row.usual ?? 0,
    },
    {
      key: "group",
      label: "reader.group",
      rank: 4,
      text: (row) => row.group ?? "",
      sort: (row) => row.group ?? "",
    },
    {
      key: "last",
      label: "reader.last",
      rank: 3,
      text: (row) => row.lastAt,
      sort: (row) => row.lastAt,
      show: (row) => <Moment at={row.lastAt} />,
    },
  ];
}
