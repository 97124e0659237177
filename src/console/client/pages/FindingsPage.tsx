import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { groupFindings, severityRank, type FindingGroup } from "../groupFindings.ts";
import { useWords, type Say } from "../language.ts";
import { Breakable } from "../parts/Breakable.tsx";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { FilterField, SearchField } from "../parts/FilterField.tsx";
import { HostName } from "../parts/HostName.tsx";
import { Mark, SeverityMark, type Loudness } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { NeedsOutboundGate } from "../parts/OutboundGate.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { PAGE_ROWS } from "../queries.ts";
import { printSort, readSort } from "../sortInAddress.ts";
import { findingsQuery, type FindingSearch } from "../trafficQueries.ts";
import { FINDING_NAMES, nameOfFinding } from "../words/findingWords.ts";
import { WORDS, type WordCode } from "../words/words.ts";

type Change = Partial<Record<"code" | "severity" | "host" | "hidden" | "text" | "sort" | "show", string>>;

/** What the outbound gate found, one line for each behaviour. */
export function FindingsPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const { sort, show, ...search } = useSearch({ from: "/findings" });
  const query = useQuery(findingsQuery(search));
  const columns = useColumns();
  const each = show === "each";
  const groups = useMemo(() => groupFindings(query.data?.rows ?? [], each), [query.data, each]);
  const [most, setMost] = useState(PAGE_ROWS);
  const rows = useMemo(() => groups.slice(0, most), [groups, most]);
  const left = Math.min(PAGE_ROWS, groups.length - rows.length);
  const set = (change: Change) => {
    const all = {
      ...search,
      ...(sort === undefined ? {} : { sort }),
      ...(show === undefined ? {} : { show }),
    };
    void navigate({ to: "/findings", search: { ...all, ...change }, replace: "text" in change });
  };
  return (
    <>
      <PageHead title={say("nav.findings")} lead={say("finding.lead")}>
        <div className="choice" role="group">
          <button type="button" aria-pressed={!each} onClick={() => set({ show: "" })}>
            {say("finding.grouped")}
          </button>
          <button type="button" aria-pressed={each} onClick={() => set({ show: "each" })}>
            {say("finding.each")}
          </button>
        </div>
        <Link to="/traffic" search={{}}>
          {say("nav.traffic")}
        </Link>
      </PageHead>
      <NeedsOutboundGate>
        <section className="section">
          <Filters search={search} set={set} />
          <Shown query={query}>
            {({ total, hidden }) => (
              <>
                <Hidden hidden={hidden} shown={search.hidden === "true"} set={set} />
                {rows.length === 0 ? (
                  <Nothing filtered={Object.keys(search).length > 0} />
                ) : (
                  <DataTable
                    name="sekisho-findings"
                    columns={columns}
                    rows={rows}
                    keyOf={(row) => row.key}
                    total={groups.length}
                    loadAll={() => Promise.resolve(groups)}
                    {...(left > 0 ? { more: { count: left, load: () => setMost(most + PAGE_ROWS) } } : {})}
                    sort={readSort(sort)}
                    onSort={(next) => set({ sort: printSort(next) })}
                    onOpen={({ newest }) => void navigate({ to: "/findings/$id", params: { id: newest.id } })}
                  />
                )}
                <OlderLeft
                  shown={query.data?.rows.length ?? 0}
                  total={search.hidden === "true" ? total + hidden : total}
                />
              </>
            )}
          </Shown>
        </section>
      </NeedsOutboundGate>
    </>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { say } = useWords();
  if (!filtered) return <EmptyState title="finding.none" next="finding.none-next" />;
  return (
    <EmptyState title="finding.none-fit">
      <p>
        <Link to="/findings" search={{}}>
          {say("table.clear")}
        </Link>
      </p>
    </EmptyState>
  );
}

/** The station lists so many at most, and says when there are more. */
function OlderLeft({ shown, total }: { shown: number; total: number }) {
  const { say } = useWords();
  if (shown === 0 || shown >= total) return null;
  return <p className="soft">{say("finding.only-newest", { shown, total })}</p>;
}

/** What suppressions hide is never out of reach: how many, and a click to see them. */
function Hidden(props: { hidden: number; shown: boolean; set: (change: Change) => void }) {
  const { say } = useWords();
  if (props.hidden === 0) return null;
  return (
    <p className="row soft">
      <span>{say("finding.hidden-count", { count: props.hidden })}</span>
      <button
        type="button"
        className="button-link"
        onClick={() => props.set({ hidden: props.shown ? "" : "true" })}
      >
        {say(props.shown ? "finding.hidden-hide" : "finding.hidden-show")}
      </button>
    </p>
  );
}

function Filters({ search, set }: { search: FindingSearch; set: (change: Change) => void }) {
  const { say, choose, language } = useWords();
  const codes = FINDING_NAMES.map((code) => ({ value: code, label: choose(nameOfFinding(code)) }));
  const collator = new Intl.Collator(language);
  codes.sort((one, other) => collator.compare(one.label, other.label));
  const severities = (["critical", "high", "medium", "low", "info"] as const).map((severity) => ({
    value: severity,
    label: say(`severity.${severity}`),
  }));
  return (
    <div className="table-tools" role="search">
      <SearchField value={search.text ?? ""} onChange={(text) => set({ text })} />
      <FilterField
        label={say("finding.code")}
        value={search.code ?? ""}
        options={codes}
        onChange={(code) => set({ code })}
      />
      <FilterField
        label={say("finding.severity")}
        value={search.severity ?? ""}
        options={severities}
        onChange={(severity) => set({ severity })}
      />
      {search.host === undefined ? null : (
        <FilterField
          label={say("finding.host")}
          value={search.host}
          options={[{ value: search.host, label: search.host }]}
          onChange={(host) => set({ host })}
        />
      )}
    </div>
  );
}

const LOUDNESS: Record<string, Loudness> = {
  ask: "attention",
  block: "held",
  isolate: "held",
  "cut-zone": "held",
  "cut-off": "held",
};

/** What the standing orders did about it. */
export function ActMark({ act }: { act: string | null }) {
  const { say } = useWords();
  return <Mark loudness={LOUDNESS[act ?? ""] ?? "plain"}>{nameOfAct(act, say)}</Mark>;
}

function nameOfAct(act: string | null, say: Say): string {
  const word = `finding.act.${act ?? "watch"}`;
  return word in WORDS ? say(word as WordCode) : (act ?? "");
}

function useColumns(): Column<FindingGroup>[] {
  const { say, choose } = useWords();
  return useMemo(() => {
    const codes = (row: FindingGroup) =>
      row.codes.map((code) => choose(nameOfFinding(code))).join(say("answer.comma"));
    const hiddenBy = ({ newest }: FindingGroup) =>
      newest.hiddenBy === null ? "" : say("finding.hidden-by", { name: newest.hiddenBy });
    const columns: Column<FindingGroup>[] = [
      {
        key: "what",
        label: "finding.what",
        rank: 1,
        text: codes,
        sort: codes,
        show: (row) => (
          <>
            <Link to="/findings/$id" params={{ id: row.newest.id }}>
              {codes(row)}
            </Link>
            {row.newest.hiddenBy === null ? null : <p className="faint small">{hiddenBy(row)}</p>}
          </>
        ),
      },
      {
        key: "severity",
        label: "finding.severity",
        rank: 2,
        text: (row) => row.severity,
        sort: (row) => severityRank(row.severity),
        show: (row) => <SeverityMark severity={row.severity} />,
      },
      {
        key: "host",
        label: "finding.host",
        rank: 2,
        text: (row) => row.newest.host,
        sort: (row) => row.newest.host,
        show: ({ newest }) =>
          newest.hostAddress === "" ? (
            <span className="faint">{say("finding.no-host")}</span>
          ) : (
            <HostName name={newest.host} address={newest.hostAddress} />
          ),
      },
      {
        key: "destination",
        label: "traffic.destination",
        rank: 2,
        text: (row) => row.newest.destination,
        sort: (row) => row.newest.destination,
        show: (row) => <Breakable text={row.newest.destination} />,
      },
      ...outcomeColumns(say),
    ];
    return columns;
  }, [say, choose]);
}

/** What was done about it, how often it was found, and when last. */
function outcomeColumns(say: Say): Column<FindingGroup>[] {
  return [
    {
      key: "done",
      label: "finding.done",
      rank: 3,
      text: (row) => nameOfAct(row.newest.act, say),
      sort: (row) => row.newest.act ?? "",
      show: (row) => <ActMark act={row.newest.act} />,
    },
    {
      key: "count",
      label: "finding.count",
      rank: 4,
      numeric: true,
      text: (row) => String(row.count),
      sort: (row) => row.count,
    },
    {
      key: "last",
      label: "finding.last",
      rank: 2,
      text: (row) => row.newest.at,
      sort: (row) => row.newest.at,
      show: (row) => <Moment at={row.newest.at} />,
    },
  ];
}
