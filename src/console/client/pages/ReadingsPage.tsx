import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { RecordsEventRow } from "../../../station/services.ts";
import { useWords, type Say } from "../language.ts";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { FilterField, SearchField } from "../parts/FilterField.tsx";
import { SeverityMark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ReadingMark, useReadingName } from "../parts/ReadingMark.tsx";
import { RecordsFrame } from "../parts/RecordsFrame.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { PAGE_ROWS } from "../queries.ts";
import { fetchAllReadings, readingsQuery, type ReadingSearch } from "../recordsQueries.ts";
import { printSort, readSort } from "../sortInAddress.ts";
import { nameOfReading, READING_CODES } from "../words/readingWords.ts";

const STATES = ["held", "cut", "refused", "told", "approved", "denied", "withdrawn"] as const;
const KINDS = ["statement", "columns", "file", "watch"] as const;
const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
/** Tables of one event that a list shows; its page has all. */
const RELATIONS_MAX = 2;
const RANK: readonly string[] = ["info", "low", "medium", "high", "critical"];

type Change = Partial<Record<keyof ReadingSearch | "sort", string>>;

/** What happened at the records gate: held, cut, refused, told, and what the watch saw. */
export function ReadingsPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const { sort, ...search } = useSearch({ from: "/records/events" });
  const query = useInfiniteQuery(readingsQuery(search));
  const columns = useReadingColumns();
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  const set = (change: Change) =>
    void navigate({
      to: "/records/events",
      search: { ...search, ...(sort === undefined ? {} : { sort }), ...change },
      replace: "text" in change,
    });
  return (
    <>
      <PageHead title={say("records.tab.events")} lead={say("reading.lead")} />
      <RecordsFrame>
        <section className="section">
          <Filters search={search} set={set} />
          <Shown query={query}>
            {({ pages }) => {
              const total = pages.at(-1)?.total ?? 0;
              if (total === 0) return <Nothing filtered={Object.keys(search).length > 0} />;
              const left = Math.min(PAGE_ROWS, total - rows.length);
              return (
                <DataTable
                  name="sekisho-records"
                  columns={columns}
                  rows={rows}
                  keyOf={(row) => row.id}
                  total={total}
                  sort={readSort(sort)}
                  onSort={(next) => set({ sort: printSort(next) })}
                  onOpen={({ id }) => void navigate({ to: "/records/events/$id", params: { id } })}
                  loadAll={() => fetchAllReadings(search)}
                  {...(left > 0 ? { more: { count: left, load: () => void query.fetchNextPage() } } : {})}
                />
              );
            }}
          </Shown>
        </section>
      </RecordsFrame>
    </>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { say } = useWords();
  if (!filtered) return <EmptyState title="reading.none" next="reading.none-next" />;
  return (
    <EmptyState title="reading.none-fit">
      <p>
        <Link to="/records/events" search={{}}>
          {say("table.clear")}
        </Link>
      </p>
    </EmptyState>
  );
}

function Filters({ search, set }: { search: ReadingSearch; set: (change: Change) => void }) {
  const { say, choose } = useWords();
  return (
    <div className="table-tools" role="search">
      <SearchField value={search.text ?? ""} onChange={(text) => set({ text })} />
      <FilterField
        label={say("reading.state")}
        value={search.state ?? ""}
        options={STATES.map((value) => ({ value, label: say(`reading.state.${value}`) }))}
        onChange={(state) => set({ state })}
      />
      <FilterField
        label={say("reading.what")}
        value={search.code ?? ""}
        options={READING_CODES.map((value) => ({ value, label: choose(nameOfReading(value)) }))}
        onChange={(code) => set({ code })}
      />
      <FilterField
        label={say("reading.severity")}
        value={search.severity ?? ""}
        options={SEVERITIES.map((value) => ({ value, label: say(`severity.${value}`) }))}
        onChange={(severity) => set({ severity })}
      />
      <FilterField
        label={say("reading.kind")}
        value={search.kind ?? ""}
        options={KINDS.map((value) => ({ value, label: say(`reading.kind.${value}`) }))}
        onChange={(kind) => set({ kind })}
      />
      {search.person === undefined ? null : (
        <FilterField
          label={say("reading.person")}
          value={search.person}
          options={[{ value: search.person, label: search.person }]}
          onChange={(person) => set({ person })}
        />
      )}
    </div>
  );
}

/** The columns of a list of events, for every page that shows one. */
export function useReadingColumns(): Column<RecordsEventRow>[] {
  const { say } = useWords();
  const nameOf = useReadingName();
  return useMemo(() => {
    const columns: Column<RecordsEventRow>[] = [
      {
        key: "what",
        label: "reading.what",
        rank: 1,
        text: nameOf,
        sort: nameOf,
        show: (row) => (
          <Link to="/records/events/$id" params={{ id: row.id }}>
            {nameOf(row)}
          </Link>
        ),
      },
      {
        key: "person",
        label: "reading.person",
        rank: 2,
        text: (row) => row.person,
        sort: (row) => row.person,
      },
      {
        key: "state",
        label: "reading.state",
        rank: 2,
        text: (row) => say(`reading.state.${row.state}`),
        sort: (row) => row.state,
        show: (row) => <ReadingMark row={row} />,
      },
      {
        key: "severity",
        label: "reading.severity",
        rank: 2,
        text: (row) => row.severity,
        sort: (row) => RANK.indexOf(row.severity),
        show: (row) => <SeverityMark severity={row.severity} />,
      },
      ...placeColumns(say),
    ];
    return columns;
  }, [say, nameOf]);
}

/** Where it came from, what it was about, and when. */
const placeColumns = (say: Say): Column<RecordsEventRow>[] => [
  {
    key: "where",
    label: "reading.where",
    rank: 3,
    text: (row) => row.client,
    sort: (row) => row.client,
    show: (row) => (
      <span className="figures" title={row.application}>
        {row.client}
      </span>
    ),
  },
  {
    key: "relations",
    label: "reading.relations",
    rank: 4,
    text: (row) => row.relations.join(" "),
    sort: (row) => row.relations.join(" "),
    show: ({ relations }) => (
      <>
        {relations.slice(0, RELATIONS_MAX).join(say("answer.comma"))}
        {relations.length > RELATIONS_MAX ? (
          <span className="soft">
            {" "}
            {say("reading.relations-more", { count: relations.length - RELATIONS_MAX })}
          </span>
        ) : null}
      </>
    ),
  },
  {
    key: "at",
    label: "reading.at",
    rank: 2,
    text: (row) => row.at,
    sort: (row) => row.at,
    show: (row) => <Moment at={row.at} />,
  },
];
