import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { IncidentListRow } from "../../../station/services.ts";
import { incidentsQuery, openIncident } from "../incidentQueries.ts";
import { useWords } from "../language.ts";
import { SeverityMark } from "../parts/Mark.tsx";
import { Moment, ShortMoment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ReasonDialog } from "../parts/ReasonDialog.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { useMay } from "../session.ts";

/** All incidents, the newest first, with what runs out next. */
export function IncidentsPage() {
  const { say } = useWords();
  const navigate = useNavigate();
  const client = useQueryClient();
  const may = useMay("incident.change");
  const query = useQuery(incidentsQuery);
  const [opening, setOpening] = useState(false);
  async function open(title: string): Promise<void> {
    const { id } = await openIncident(title);
    await client.invalidateQueries({ queryKey: ["incidents"] });
    void navigate({ to: "/incidents/$id", params: { id } });
  }
  return (
    <>
      <PageHead title={say("nav.incidents")} lead={say("incident.lead")}>
        {may ? (
          <button type="button" className="button" onClick={() => setOpening(true)}>
            {say("incident.open-one")}
          </button>
        ) : null}
      </PageHead>
      <Shown query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState title="incident.none" next="incident.none-next" />
          ) : (
            <ul className="incidents">
              {rows.map((row) => (
                <Row key={row.id} row={row} />
              ))}
            </ul>
          )
        }
      </Shown>
      <ReasonDialog
        title={say("incident.open-one")}
        label="incident.title"
        send="incident.open-one"
        open={opening}
        onClose={() => setOpening(false)}
        onSend={open}
      />
    </>
  );
}

function Row({ row }: { row: IncidentListRow }) {
  const { say, choose } = useWords();
  return (
    <li>
      <h2>
        <Link to="/incidents/$id" params={{ id: row.id }}>
          {say("incident.name", { number: row.number })}
          {row.title === null ? null : ` ${row.title}`}
        </Link>
      </h2>
      <p className="row">
        {row.severity === null ? null : <SeverityMark severity={row.severity} />}
        {row.stage === null ? null : <span>{say(`tactic.${row.stage}`)}</span>}
      </p>
      <p className="soft">
        {say("incident.findings", { count: row.findings })}
        {row.hosts.length === 0 ? null : `　${row.hosts.slice(0, 4).join(say("answer.comma"))}`}
      </p>
      <p>
        {row.next === null ? (
          <Moment at={row.openedAt} />
        ) : (
          <>
            {`${choose(row.next.duty)} `}
            <ShortMoment at={row.next.deadline} />
          </>
        )}
      </p>
    </li>
  );
}
