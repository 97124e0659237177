import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
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
  const { say, language } = useWords();
  const tabs = useRef<HTMLElement>(null);
  const { data } = useQuery(statusQuery);
  const asksCustomers = useMay("records.customer");
  const may = useMay("records.view");
  // On a telephone the tabs are a strip: the one that is open is to be seen.
  const open = useLocation({ select: ({ pathname }) => pathname });
  useEffect(() => {
    const tab = tabs.current?.querySelector('[data-status="active"]');
    tab?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [open, language]);
  if (!may) return <ForbiddenState />;
  const missing = data !== undefined && !data.gates.some(({ name }) => name === "records");
  return (
    <>
      <nav className="tabs" aria-label={say("records.tabs")} ref={tabs}>
        {TABS.filter(([to]) => to !== "/records/customer" || asksCustomers).map(([to, word]) => (
          <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
            {say(word)}
            {to === "/records/waiting" ? <WaitingCount /> : null}
          </Link>
        ))}
      </nav>
      <div className="records">
        {missing ? <EmptyState title="records.no-gate" next="records.no-gate-next" /> : children}
      </div>
    </>
  );
}

function WaitingCount() {
  const { data } = useQuery(waitingQuery);
  const count = data?.length ?? 0;
  return count === 0 ? null : <Mark loudness="act">{count.toLocaleString()}</Mark>;
}
