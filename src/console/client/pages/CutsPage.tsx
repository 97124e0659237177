import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { CutRow } from "../../../station/services.ts";
import { useWords, type Say } from "../language.ts";
import { CutItem, useTarget } from "../parts/CutItem.tsx";
import { CutOrder } from "../parts/CutOrder.tsx";
import { CutMark, leaks, proofOf } from "../parts/CutProof.tsx";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { FilterField } from "../parts/FilterField.tsx";
import { Moment } from "../parts/Moment.tsx";
import { NeedsOutboundGate } from "../parts/OutboundGate.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { printSort, readSort } from "../sortInAddress.ts";
import { cutsQuery, inForce } from "../trafficQueries.ts";

/** What is cut on purpose: in force first, those that do not hold above all. */
export function CutsPage() {
  const { say } = useWords();
  const query = useQuery(cutsQuery);
  return (
    <>
      <PageHead title={say("nav.cuts")} lead={say("cut.lead")}>
        <a href="#order" className="for-narrow">
          {say("cut.order")}
        </a>
        <Link to="/cuts/card">{say("cut.card")}</Link>
      </PageHead>
      <NeedsOutboundGate>
        <div className="two-columns">
          <div className="first">
            <section className="section">
              <h2>{say("cut.in-force")}</h2>
              <Shown query={query}>{(cuts) => <InForce cuts={cuts.filter(inForce)} />}</Shown>
            </section>
          </div>
          <div className="rest">
            <section className="section">
              <h2>{say("cut.over")}</h2>
              <Shown query={query}>{(cuts) => <Over cuts={cuts.filter((cut) => !inForce(cut))} />}</Shown>
            </section>
          </div>
          <aside className="aside" id="order">
            <section className="section">
              <h2>{say("cut.order")}</h2>
              <CutOrder />
            </section>
          </aside>
        </div>
      </NeedsOutboundGate>
    </>
  );
}

const IN_FORCE_SHOWN = 12;

function InForce({ cuts }: { cuts: CutRow[] }) {
  const { say } = useWords();
  const [most, setMost] = useState(IN_FORCE_SHOWN);
  if (cuts.length === 0) return <EmptyState title="cut.none" next="cut.none-next" />;
  const sorted = cuts.toSorted((one, other) => Number(leaks(other)) - Number(leaks(one)));
  return (
    <>
      <p className="figure">
        <strong style={{ color: "var(--held)" }}>{cuts.length.toLocaleString()}</strong>
        <span className="soft">{say("cut.in-force-count", { count: cuts.length })}</span>
      </p>
      {sorted.slice(0, most).map((cut) => (
        <CutItem key={cut.id} cut={cut} />
      ))}
      {cuts.length <= most ? null : (
        <p>
          <button type="button" className="button" onClick={() => setMost(cuts.length)}>
            {say("table.more", { count: cuts.length - most })}
          </button>
        </p>
      )}
    </>
  );
}

const STATES = ["ended", "failed", "dry"] as const;

function Over({ cuts }: { cuts: CutRow[] }) {
  const { say } = useWords();
  const navigate = useNavigate();
  const search = useSearch({ from: "/cuts" });
  const columns = useColumns();
  if (cuts.length === 0) return <p className="soft">{say("cut.over-none")}</p>;
  const rows = cuts.filter(({ state }) => search.state === undefined || state === search.state);
  const go = (change: { state?: string; sort?: string }) =>
    void navigate({ to: "/cuts", search: { ...search, ...change }, resetScroll: false });
  return (
    <div>
      <div className="table-tools" role="search">
        <FilterField
          label={say("cut.state")}
          value={search.state ?? ""}
          options={STATES.map((state) => ({ value: state, label: say(`cut.mark.${state}`) }))}
          onChange={(state) => go({ state })}
        />
      </div>
      {rows.length === 0 ? (
        <p className="soft">{say("cut.over-none-fit")}</p>
      ) : (
        <DataTable
          name="sekisho-cuts"
          columns={columns}
          rows={rows}
          keyOf={(row) => row.id}
          total={rows.length}
          sort={readSort(search.sort)}
          onSort={(sort) => go({ sort: printSort(sort) })}
        />
      )}
    </div>
  );
}

/** How an act came to its end; what is not known is shown as it is. */
function endOf({ endedBy }: CutRow, say: Say): string {
  if (endedBy === "its end") return say("cut.ended.end");
  if (endedBy === "a decision") return say("cut.ended.decision");
  return endedBy ?? "";
}

function useColumns(): Column<CutRow>[] {
  const { say, language } = useWords();
  const targetOf = useTarget();
  return useMemo(() => {
    const columns: Column<CutRow>[] = [
      {
        key: "target",
        label: "cut.target",
        rank: 1,
        text: targetOf,
        sort: targetOf,
        show: (row) => <span className="figures">{targetOf(row)}</span>,
      },
      {
        key: "act",
        label: "cut.act",
        rank: 2,
        text: (row) => say(`cut.act.${row.act}`),
        sort: (row) => row.act,
      },
      {
        key: "state",
        label: "cut.state",
        rank: 2,
        text: (row) => say(`cut.mark.${row.state}`),
        sort: (row) => row.state,
        show: (row) => (
          <>
            <CutMark cut={row} />
            <p className="faint small">{endOf(row, say)}</p>
          </>
        ),
      },
      { key: "proof", label: "cut.proof", rank: 3, text: (row) => proofOf(row, say, language) },
      {
        key: "ordered",
        label: "cut.ordered-at",
        rank: 2,
        text: (row) => row.orderedAt,
        sort: (row) => row.orderedAt,
        show: (row) => <Moment at={row.orderedAt} />,
      },
    ];
    return columns;
  }, [say, language, targetOf]);
}
