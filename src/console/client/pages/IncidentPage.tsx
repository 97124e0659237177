import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import type { IncidentView } from "../../../station/services.ts";
import { incidentQuery } from "../incidentQueries.ts";
import { useWords } from "../language.ts";
import { ClockWall } from "../parts/ClockWall.tsx";
import { FactList } from "../parts/FactList.tsx";
import { IncidentChain } from "../parts/IncidentChain.tsx";
import { IncidentFindings } from "../parts/IncidentFindings.tsx";
import { SeverityMark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ReportTab } from "../parts/ReportTab.tsx";
import { RoomDecisions } from "../parts/RoomDecisions.tsx";
import { RoomEvidenceList } from "../parts/RoomEvidenceList.tsx";
import { RoomRoles, RoomSeverity } from "../parts/RoomRoles.tsx";
import { RoomTasks } from "../parts/RoomTasks.tsx";
import { RoomTimeline } from "../parts/RoomTimeline.tsx";
import { Shown } from "../parts/States.tsx";
import { roomQuery } from "../roomQueries.ts";

const TABS = ["now", "timeline", "tasks", "evidence", "chain", "reports"] as const;

/** One incident: what runs out, what is known, what happened, what is to be done. */
export function IncidentPage() {
  const { say } = useWords();
  const { id } = useParams({ from: "/incidents/$id" });
  const { show = "now" } = useSearch({ from: "/incidents/$id" });
  const query = useQuery(incidentQuery(id));
  return (
    <Shown query={query}>
      {(incident) => (
        <>
          <PageHead title={nameOf(incident, say("incident.name", { number: incident.number }))}>
            <Link to="/incidents">{say("state.back")}</Link>
          </PageHead>
          <Summary incident={incident} />
          <nav className="tabs" aria-label={say("room.tabs")}>
            {TABS.map((tab) => (
              <Link
                key={tab}
                to="/incidents/$id"
                params={{ id }}
                search={tab === "now" ? {} : { show: tab }}
                activeOptions={{ exact: tab !== "reports", includeSearch: true }}
              >
                {say(`room.tab.${tab}`)}
              </Link>
            ))}
          </nav>
          <div className="incident-view">
            <View incident={incident} show={show} />
          </div>
        </>
      )}
    </Shown>
  );
}

function View({ incident, show }: { incident: IncidentView; show: string }) {
  const query = useQuery(roomQuery(incident.id));
  if (show === "timeline") return <RoomTimeline incident={incident.id} />;
  if (show === "chain") return <IncidentChain incident={incident} />;
  if (show === "reports") return <ReportTab incident={incident} />;
  if (show === "tasks")
    return <Shown query={query}>{(room) => <RoomTasks incident={incident.id} room={room} />}</Shown>;
  if (show === "evidence")
    return <Shown query={query}>{(room) => <RoomEvidenceList incident={incident.id} room={room} />}</Shown>;
  return <Now incident={incident} />;
}

function Now({ incident }: { incident: IncidentView }) {
  const { say } = useWords();
  const query = useQuery(roomQuery(incident.id));
  return (
    <>
      <section aria-labelledby="decisions">
        <Shown query={query}>
          {(room) => (
            <>
              <RoomRoles incident={incident.id} room={room} />
              <RoomDecisions incident={incident.id} room={room} />
            </>
          )}
        </Shown>
      </section>
      <section aria-labelledby="clocks" className="incident-section">
        <h2 id="clocks">{say("incident.clocks")}</h2>
        <ClockWall incident={incident} />
      </section>
      <div className="incident-columns">
        <section aria-labelledby="facts">
          <h2 id="facts">{say("incident.facts")}</h2>
          <FactList incident={incident} />
        </section>
        <section aria-labelledby="list">
          <h2 id="list">{say("incident.list")}</h2>
          <IncidentFindings incident={incident} />
        </section>
      </div>
    </>
  );
}

function nameOf(incident: IncidentView, name: string): string {
  return incident.title === null ? name : `${name} ${incident.title}`;
}

function Summary({ incident }: { incident: IncidentView }) {
  const { say } = useWords();
  const { data: room } = useQuery(roomQuery(incident.id));
  return (
    <div className="row incident-summary">
      {incident.severity === null ? null : <SeverityMark severity={incident.severity} />}
      {room === undefined ? null : <RoomSeverity incident={incident.id} room={room} />}
      {incident.stage === null ? null : (
        <span>{`${say("incident.stage")}: ${say(`tactic.${incident.stage}`)}`}</span>
      )}
      <span className="soft">{say("incident.findings", { count: incident.findings })}</span>
      <span className="soft">
        {`${say("incident.opened")} `}
        <Moment at={incident.openedAt} />
      </span>
    </div>
  );
}
