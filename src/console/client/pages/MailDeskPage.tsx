import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { HELD_STATES, type HeldMailRow, type HeldState } from "../../../station/services.ts";
import { byteSize } from "../formats.ts";
import { useWords } from "../language.ts";
import { DataTable, type Column } from "../parts/DataTable.tsx";
import { FilterField, SearchField } from "../parts/FilterField.tsx";
import { Mark, type Loudness } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { RemainingShort } from "../parts/RemainingTime.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { fetchAllMails, mailsQuery, PAGE_ROWS, type MailSearch } from "../queries.ts";
import { printSort, readSort } from "../sortInAddress.ts";
import { nameOfReason, REASON_CODES } from "../words/reasonWords.ts";

/** What the gate holds, for the people who decide. */
export function MailDeskPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const { sort, ...search } = useSearch({ from: "/mail" });
  const query = useInfiniteQuery(mailsQuery(search));
  const columns = useColumns();
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  const set = (change: Partial<Record<"state" | "reason" | "text" | "sort", string>>) =>
    void navigate({
      to: "/mail",
      search: { ...search, ...(sort === undefined ? {} : { sort }), ...change },
      // Each pause in typing is not a step that one would go back to.
      replace: "text" in change,
    });
  const filtered = Object.keys(search).length > 0;
  return (
    <>
      <PageHead title={say("nav.mail")} lead={say("mail.lead")} />
      <section className="section">
        <Filters search={search} set={set} counts={query.data?.pages[0]?.counts} />
        <Shown query={query}>
          {({ pages }) => {
            const total = pages.at(-1)?.total ?? 0;
            if (total === 0) return <Nothing filtered={filtered} />;
            const left = Math.min(PAGE_ROWS, total - rows.length);
            return (
              <DataTable
                name="sekisho-mail"
                columns={columns}
                rows={rows}
                keyOf={(row) => row.mail}
                total={total}
                sort={readSort(sort)}
                onSort={(next) => set({ sort: printSort(next) })}
                onOpen={(row) => void navigate({ to: "/mail/$mail", params: { mail: row.mail } })}
                loadAll={() => fetchAllMails(search)}
                {...(left > 0 ? { more: { count: left, load: () => void query.fetchNextPage() } } : {})}
              />
            );
          }}
        </Shown>
      </section>
    </>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { say } = useWords();
  if (!filtered) return <EmptyState title="mail.none" next="mail.none-next" />;
  return (
    <EmptyState title="mail.none-fit">
      <p>
        <Link to="/mail" search={{}}>
          {say("table.clear")}
        </Link>
      </p>
    </EmptyState>
  );
}

type FilterProps = {
  search: MailSearch;
  set: (change: Partial<Record<"state" | "reason" | "text", string>>) => void;
  counts: Record<HeldState, number> | undefined;
};

function Filters({ search, set, counts }: FilterProps) {
  const { say, choose, language } = useWords();
  const states = HELD_STATES.map((state) => {
    const count = counts?.[state];
    return {
      value: state,
      label: count === undefined ? say(`held.${state}`) : `${say(`held.${state}`)} ${count}`,
    };
  });
  const reasons = REASON_CODES.map((code) => ({ value: code, label: choose(nameOfReason(code)) }));
  const collator = new Intl.Collator(language);
  reasons.sort((one, other) => collator.compare(one.label, other.label));
  return (
    <div className="table-tools" role="search">
      <SearchField value={search.text ?? ""} onChange={(text) => set({ text })} />
      <FilterField
        label={say("mail.state")}
        value={search.state ?? ""}
        options={states}
        onChange={(state) => set({ state })}
      />
      <FilterField
        label={say("mail.reason")}
        value={search.reason ?? ""}
        options={reasons}
        onChange={(reason) => set({ reason })}
      />
    </div>
  );
}

const LOUDNESS: Partial<Record<HeldState, Loudness>> = { held: "held", failed: "act" };

export function HeldMark({ state }: { state: HeldState }) {
  const { say } = useWords();
  return <Mark loudness={LOUDNESS[state] ?? "plain"}>{say(`held.${state}`)}</Mark>;
}

function useColumns(): Column<HeldMailRow>[] {
  const { say, choose, language } = useWords();
  return useMemo(() => {
    const reasons = (row: HeldMailRow) =>
      row.reasons.map(({ code }) => choose(nameOfReason(code))).join("　");
    const far = "9999";
    return [
      {
        key: "sender",
        label: "mail.sender",
        rank: 1,
        text: (row) => row.senderMasked,
        sort: (row) => row.senderDomain,
        show: (row) => (
          <Link to="/mail/$mail" params={{ mail: row.mail }}>
            {row.senderMasked}
          </Link>
        ),
      },
      { key: "because", label: "mail.because", rank: 1, text: reasons, sort: (row) => row.reasons.length },
      {
        key: "state",
        label: "mail.state",
        rank: 2,
        text: (row) => say(`held.${row.state}`),
        sort: (row) => HELD_STATES.indexOf(row.state),
        show: (row) => <HeldMark state={row.state} />,
      },
      {
        key: "deadline",
        label: "mail.deadline",
        rank: 2,
        text: (row) => row.deadline ?? "",
        sort: (row) => row.deadline ?? far,
        show: (row) =>
          row.deadline === null ? null : <RemainingShort askedAt={row.receivedAt} deadline={row.deadline} />,
      },
      {
        key: "received",
        label: "mail.received",
        rank: 2,
        text: (row) => row.receivedAt,
        sort: (row) => row.receivedAt,
        show: (row) => <Moment at={row.receivedAt} />,
      },
      {
        key: "recipients",
        label: "mail.recipients",
        rank: 4,
        text: (row) => row.recipientsMasked.join(" "),
        sort: (row) => row.recipientsMasked[0] ?? "",
      },
      {
        key: "size",
        label: "mail.size",
        rank: 4,
        numeric: true,
        text: (row) => byteSize(row.bytes, language),
        sort: (row) => row.bytes,
      },
    ];
  }, [say, choose, language]);
}
