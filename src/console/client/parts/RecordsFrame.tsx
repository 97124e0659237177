import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useWords } from "../language.ts";
import { statusQuery } from "../queries.ts";
import { waitingQuery } from "../recordsQueries.ts";
import { useMay } from "../session.ts";
import { Mark } from "./Mark.tsx";
import { EmptyState, ForbiddenState } from "./States.tsx";

const TABS = [
  ["/records", "records.tab.readers"],
  ["/records/waiting", "records.tab.waiting"],
  ["/records/events", "records.tab.events"],
  ["/records/columns", "records.tab.columns"],
  ["/records/customer", "records.tab.customer"],
  ["/records/canaries", "records.tab.canaries"],
  ["/records/files", "records.tab.files"],
] as const;

/**
 * What the pages of the records gate share: the way from one to another, and what is said where there is
 * none.
 */
export function RecordsFrame({ children }: { children: ReactNode }) {
  const { say } = useWords();
  const { data } = useQuery(statusQuery);
  const asksCustomers = useMay("records.customer");
  if (!useMay("records.view")) return <ForbiddenState />;
  const missing = data !== undefined && !data.gates.some(({ name }) => name === "records");
  return (
    <>
      <nav className="tabs" aria-label={say("records.tabs")}>
        {TABS.filter(([to]) => to !== "/records/customer" || asksCustomers).map(([to, word]) => (
          <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
            {say(word)}
            {to === "/records/waiting" ? <WaitingCount /> : null}
          </Link>
        ))}
      </nav>
      {missing ? <EmptyState title="records.no-gate" next="records.no-gate-next" /> : children}
    </>
  );
}

function WaitingCount() {
  const { data } = useQuery(waitingQuery);
  const count = data?.length ?? 0;
  return count === 0 ? null : <Mark loudness="act">{count.toLocaleString()}</Mark>;
}
