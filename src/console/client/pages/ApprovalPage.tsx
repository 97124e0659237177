import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { WaitingApproval } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { DecisionPanel } from "../parts/DecisionPanel.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Shown } from "../parts/States.tsx";
import { useMay } from "../session.ts";
import { approvalQuery } from "../recordsQueries.ts";

/** One held reading on one screen, for one thumb: who, from where, how many, until when, and the answer. */
export function ApprovalPage() {
  const { say } = useWords();
  const { id } = useParams({ from: "/records/waiting/$id" });
  const query = useQuery(approvalQuery(id));
  return (
    <>
      <PageHead title={say("records.tab.waiting")}>
        <Link to="/records/waiting">{say("approval.list")}</Link>
      </PageHead>
      <Shown query={query}>
        {(waiting) => (
          <div className="approval">
            <Estimate event={waiting.event} />
            <DecisionPanel decision={waiting.decision} />
            <ApprovalFacts waiting={waiting} />
          </div>
        )}
      </Shown>
    </>
  );
}

/** The one figure that the page is about. */
function Estimate({ event }: Pick<WaitingApproval, "event">) {
  const { say } = useWords();
  if (event.estimate === null) return <p className="reading">{say("approval.customers-unknown")}</p>;
  return (
    <p className="figure">
      <strong>{event.estimate.toLocaleString()}</strong>
      <span>{say("approval.customers")}</span>
    </p>
  );
}

/** Who reads whom, in figures, with the way to the evidence. */
function ApprovalFacts({ waiting }: { waiting: WaitingApproval }) {
  const { say } = useWords();
  const { event, before } = waiting;
  const opens = useMay("records.open");
  return (
    <div className="stack">
      <dl className="facts">
        <dt>{say("approval.who")}</dt>
        <dd>
          <Link to="/records/events" search={{ person: event.person }}>
            {event.person}
          </Link>
        </dd>
        <dt>{say("approval.where")}</dt>
        <dd>{say("reading.from", { application: event.application || "?", client: event.client })}</dd>
        <dt>{say("reading.relations")}</dt>
        <dd className="touches">{event.relations.join(say("answer.comma"))}</dd>
        <dt>{say("reading.columns")}</dt>
        <dd>{event.columns.toLocaleString()}</dd>
        {event.purpose === null ? null : (
          <>
            <dt>{say("reading.purpose")}</dt>
            <dd>{event.purpose}</dd>
          </>
        )}
      </dl>
      <div className="stack-tight soft">
        {event.customersMax === null ? null : <p>{say("approval.most", { count: event.customersMax })}</p>}
        <p>{say("approval.before", before)}</p>
        {opens ? (
          <p>
            <Link to="/records/events/$id" params={{ id: event.id }}>
              {say("approval.evidence")}
            </Link>
          </p>
        ) : null}
      </div>
    </div>
  );
}
