import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { IncidentView } from "../../../station/services.ts";
import { incidentQuery } from "../incidentQueries.ts";
import { useWords } from "../language.ts";
import { ClockWall } from "../parts/ClockWall.tsx";
import { FactList } from "../parts/FactList.tsx";
import { IncidentFindings } from "../parts/IncidentFindings.tsx";
import { SeverityMark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Shown } from "../parts/States.tsx";

/** One incident: what runs out, what is known, what happened. */
export function IncidentPage() {
  const { say } = useWords();
  const { id } = useParams({ from: "/incidents/$id" });
  const query = useQuery(incidentQuery(id));
  return (
    <Shown query={query}>
      {(incident) => (
        <>
          <PageHead title={nameOf(incident, say("incident.name", { number: incident.number }))}>
            <Link to="/incidents">{say("state.back")}</Link>
          </PageHead>
          <Summary incident={incident} />
          <section aria-labelledby="clocks">
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
      )}
    </Shown>
  );
}

function nameOf(incident: IncidentView, name: string): string {
  return incident.title === null ? name : `${name} ${incident.title}`;
}

function Summary({ incident }: { incident: IncidentView }) {
  const { say } = useWords();
  return (
    <p className="row incident-summary">
      {incident.severity === null ? null : <SeverityMark severity={incident.severity} />}
      {incident.stage === null ? null : (
        <span>{`${say("incident.stage")}: ${say(`tactic.${incident.stage}`)}`}</span>
      )}
      <span className="soft">{say("incident.findings", { count: incident.findings })}</span>
      <span className="soft">
        {`${say("incident.opened")} `}
        <Moment at={incident.openedAt} />
      </span>
    </p>
  );
}
