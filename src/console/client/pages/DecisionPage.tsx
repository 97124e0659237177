import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { DecisionView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { DecisionPanel } from "../parts/DecisionPanel.tsx";
import { SeverityMark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Shown } from "../parts/States.tsx";
import { decisionQuery, mailRowQuery } from "../queries.ts";
import { nameOfReason } from "../words/reasonWords.ts";

/** One decision, on one screen, for one thumb if need be. */
export function DecisionPage() {
  const { say } = useWords();
  const { id } = useParams({ from: "/decisions/$id" });
  const query = useQuery(decisionQuery(id));
  return (
    <>
      <PageHead title={say("nav.decisions")}>
        <Link to="/decisions" search={{}}>
          {say("state.back")}
        </Link>
      </PageHead>
      <Shown query={query}>
        {(decision) => (
          <div style={{ maxWidth: 560, display: "grid", gap: 24 }}>
            <DecisionPanel decision={decision} />
            <DecisionFacts decision={decision} />
          </div>
        )}
      </Shown>
    </>
  );
}

/** The evidence in short, and the way to all of it. */
function DecidedMail({ mail }: { mail: string }) {
  const { say, choose } = useWords();
  const { data: row } = useQuery(mailRowQuery(mail));
  const name =
    row === null || row === undefined ? mail : say("mail.from-domain", { domain: row.senderDomain });
  return (
    <>
      <Link to="/mail/$mail" params={{ mail }}>
        {name}
      </Link>
      <ul className="stack-tight" style={{ paddingTop: 8 }}>
        {row?.reasons.map(({ code, severity }) => (
          <li key={code} className="row">
            {choose(nameOfReason(code))}
            <SeverityMark severity={severity} />
          </li>
        ))}
      </ul>
    </>
  );
}

function DecisionFacts({ decision }: { decision: DecisionView }) {
  const { say } = useWords();
  const { mail, finding, cut, statement, incident } = decision.about;
  const [entry] = decision.entries;
  return (
    <dl className="facts">
      {mail === undefined ? null : (
        <>
          <dt>{say("decision.about-mail")}</dt>
          <dd>
            <DecidedMail mail={mail} />
          </dd>
        </>
      )}
      {finding === undefined ? null : (
        <>
          <dt>{say("decision.about")}</dt>
          <dd>
            <Link to="/findings/$id" params={{ id: finding }}>
              {say("decision.about-finding")}
            </Link>
          </dd>
        </>
      )}
      <AboutIncident incident={incident} />
      {statement === undefined ? null : (
        <>
          <dt>{say("decision.about")}</dt>
          <dd>
            <Link to="/records/events/$id" params={{ id: statement }}>
              {say("approval.evidence")}
            </Link>
          </dd>
        </>
      )}
      {decision.code === "cut" || cut !== undefined ? (
        <>
          <dt>{say("nav.cuts")}</dt>
          <dd>
            <Link to="/cuts" search={{}}>
              {say("cut.in-force")}
            </Link>
          </dd>
        </>
      ) : null}
      <dt>{say("decision.owner")}</dt>
      <dd>{say(`role.${decision.owner.role}`)}</dd>
      <dt>{say("decision.asked-at")}</dt>
      <dd>
        <Moment at={decision.askedAt} />
      </dd>
      {entry === undefined ? null : (
        <>
          <dt>{say("decision.entries")}</dt>
          <dd>
            <Link to="/ledger/$id" params={{ id: entry }}>
              {entry}
            </Link>
          </dd>
        </>
      )}
    </dl>
  );
}

function AboutIncident({ incident }: { incident: string | undefined }) {
  const { say } = useWords();
  if (incident === undefined) return null;
  return (
    <>
      <dt>{say("decision.about")}</dt>
      <dd>
        <Link to="/incidents/$id" params={{ id: incident }} search={{}}>
          {say("nav.incidents")}
        </Link>
      </dd>
    </>
  );
}
