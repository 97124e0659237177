import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Kind } from "../entryTypes.ts";
import type { LedgerRow } from "../../../station/services.ts";
import { entryName } from "../entryName.ts";
import { useWords } from "../language.ts";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { FilterField, SearchField } from "../parts/FilterField.tsx";
import { KindMark } from "../parts/Mark.tsx";
import { ShortMoment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { VerifyLedger } from "../parts/VerifyLedger.tsx";
import { fetchAllLedger, ledgerQuery, PAGE_ROWS, type LedgerSearch } from "../queries.ts";
import { printSort, readSort } from "../sortInAddress.ts";
import { useMay, useSession } from "../session.ts";

/** Everything that was seen, judged, decided and done. */
export function LedgerPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const { sort, ...search } = useSearch({ from: "/ledger" });
  const { timeZone } = useSession();
  const query = useInfiniteQuery(ledgerQuery(search, timeZone));
  const columns = useColumns();
  const rows = useMemo(() => {
    // The typed client cannot carry zod's recursive JSON type; the rows are the station's own.
    return (query.data?.pages.flatMap((page) => page.rows) ?? []) as LedgerRow[];
  }, [query.data]);
  const size = query.data?.pages.at(-1)?.size ?? 0;
  const filtered = Object.keys(search).length > 0;
  const verifies = useMay("ledger.verify");
  const set = (change: Partial<Record<keyof LedgerSearch | "sort", string>>) =>
    void navigate({
      to: "/ledger",
      search: { ...search, ...(sort === undefined ? {} : { sort }), ...change },
      replace: "text" in change,
    });
  return (
    <>
      <PageHead title={say("nav.ledger")} lead={say("ledger.lead")} />
      {verifies ? <VerifyLedger size={size} /> : null}
      <section className="section">
        <Filters search={search} set={set} />
        <Shown query={query}>
          {() =>
            rows.length === 0 ? (
              <Nothing filtered={filtered} />
            ) : (
              <DataTable
                name="sekisho-ledger"
                columns={columns}
                rows={rows}
                keyOf={(row) => row.entry.id}
                total={!filtered ? size : query.hasNextPage ? null : rows.length}
                loadAll={() => fetchAllLedger(search, timeZone)}
                sort={readSort(sort)}
                onSort={(next) => set({ sort: printSort(next) })}
                onOpen={(row) => void navigate({ to: "/ledger/$id", params: { id: row.entry.id } })}
                {...(query.hasNextPage
                  ? { more: { count: PAGE_ROWS, load: () => void query.fetchNextPage() } }
                  : {})}
              />
            )
          }
        </Shown>
      </section>
    </>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { say } = useWords();
  if (!filtered) return <EmptyState title="ledger.none" next="ledger.none-next" />;
  return (
    <EmptyState title="ledger.none-fit">
      <p>
        <Link to="/ledger" search={{}}>
          {say("table.clear")}
        </Link>
      </p>
    </EmptyState>
  );
}

const KINDS: Kind[] = ["observed", "judged", "decided", "enforced"];

type FilterProps = {
  search: LedgerSearch;
  set: (change: Partial<Record<keyof LedgerSearch, string>>) => void;
};

function Filters({ search, set }: FilterProps) {
  const { say } = useWords();
  const kinds = KINDS.map((kind) => ({ value: kind, label: say(`kind.${kind}`) }));
  return (
    <div className="table-tools" role="search">
      <SearchField value={search.text ?? ""} onChange={(text) => set({ text })} />
      <FilterField
        label={say("ledger.kind")}
        value={search.kind ?? ""}
        options={kinds}
        onChange={(kind) => set({ kind })}
      />
      <div className="field">
        <label htmlFor="about">{say("ledger.about")}</label>
        <input
          id="about"
          className="input"
          key={search.about}
          defaultValue={search.about ?? ""}
          placeholder={say("ledger.about-example")}
          pattern="[a-z][a-zA-Z0-9]*:.+"
          onBlur={(event) => event.target.validity.valid && set({ about: event.target.value })}
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
        />
      </div>
      <div className="field">
        <label htmlFor="since">{say("ledger.since")}</label>
        <input
          id="since"
          className="input"
          type="date"
          value={search.since ?? ""}
          onChange={(event) => set({ since: event.target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor="until">{say("ledger.until")}</label>
        <input
          id="until"
          className="input"
          type="date"
          value={search.until ?? ""}
          onChange={(event) => set({ until: event.target.value })}
        />
      </div>
    </div>
  );
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The end of an id is the part that differs; the whole stands on hover, in the entry and in exports. */
const shortId = (id: string) => `…${id.slice(-6)}`;

/** What an entry is about, without what the next column says already. */
function About({ about }: { about: Record<string, string> }) {
  return (
    <span className="row" style={{ gap: "0 12px" }}>
      {Object.entries(about)
        .filter(([key]) => key !== "gate")
        .map(([key, value]) => (
          <span key={key} title={`${key}:${value}`} className="nowrap">
            <span className="faint small">{key}</span> {value.replace(UUID, shortId)}
          </span>
        ))}
    </span>
  );
}

const aboutText = (row: LedgerRow) =>
  Object.entries(row.entry.about)
    .map(([key, value]) => `${key}:${value}`)
    .join(" ");

function useColumns(): Column<LedgerRow>[] {
  const { say } = useWords();
  return useMemo(
    () => [
      {
        key: "index",
        label: "ledger.index",
        rank: 2,
        numeric: true,
        text: (row) => String(row.index),
        sort: (row) => row.index,
      },
      {
        key: "time",
        label: "column.time",
        rank: 2,
        text: (row) => row.entry.at,
        sort: (row) => row.entry.at,
        show: (row) => <ShortMoment at={row.entry.at} />,
      },
      {
        key: "kind",
        label: "ledger.kind",
        rank: 2,
        text: (row) => say(`kind.${row.entry.kind}`),
        sort: (row) => row.entry.kind,
        show: (row) => <KindMark kind={row.entry.kind} />,
      },
      {
        key: "code",
        label: "ledger.code",
        rank: 1,
        text: (row) => entryName(say, row.entry.code),
        sort: (row) => row.entry.code,
        show: (row) => (
          <Link to="/ledger/$id" params={{ id: row.entry.id }}>
            {entryName(say, row.entry.code)}
          </Link>
        ),
      },
      {
        key: "about",
        label: "ledger.about",
        rank: 3,
        text: aboutText,
        show: (row) => <About about={row.entry.about} />,
      },
      {
        key: "by",
        label: "ledger.by",
        rank: 4,
        text: (row) => row.entry.by,
        sort: (row) => row.entry.by,
        show: (row) => (
          <span className="soft" title={row.entry.by}>
            {row.entry.by.replace(UUID, shortId)}
          </span>
        ),
      },
    ],
    [say],
  );
}
