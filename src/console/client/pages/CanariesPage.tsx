import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { CanariesView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { DataTable } from "../parts/DataTable.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { RecordsFrame } from "../parts/RecordsFrame.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { canariesQuery } from "../recordsQueries.ts";
import { printSort, readSort } from "../sortInAddress.ts";
import { useReadingColumns } from "./ReadingsPage.tsx";

/** Customers who do not exist: how many are planted, and which rang. */
export function CanariesPage() {
  const { say } = useWords();
  const query = useQuery(canariesQuery);
  return (
    <>
      <PageHead title={say("records.tab.canaries")} lead={say("canary.lead")} />
      <RecordsFrame>
        <Shown query={query}>{(view) => <Canaries view={view} />}</Shown>
      </RecordsFrame>
    </>
  );
}

function Canaries({ view }: { view: CanariesView }) {
  const { say } = useWords();
  const navigate = useNavigate();
  const search = useSearch({ from: "/records/canaries" });
  const columns = useReadingColumns();
  return (
    <>
      <section className="section">
        <h2>{say("canary.planted")}</h2>
        {view.planted.length === 0 ? (
          <EmptyState title="canary.planted-none" next="canary.planted-next" />
        ) : (
          <ul className="stack-tight">
            {view.planted.map(({ table, count }) => (
              <li key={table}>{say("canary.count", { table, count })}</li>
            ))}
          </ul>
        )}
      </section>
      <section className="section">
        <h2>{say("canary.rings")}</h2>
        {view.rings.length === 0 ? (
          <p className="soft">{say("canary.rings-none")}</p>
        ) : (
          <DataTable
            name="sekisho-canaries"
            columns={columns}
            rows={view.rings}
            keyOf={(row) => row.id}
            total={view.rings.length}
            sort={readSort(search.sort)}
            onSort={(sort) => void navigate({ to: "/records/canaries", search: { sort: printSort(sort) } })}
            onOpen={({ id }) => void navigate({ to: "/records/events/$id", params: { id } })}
          />
        )}
      </section>
    </>
  );
}
