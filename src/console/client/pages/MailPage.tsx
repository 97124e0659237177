import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { HeldMailRow, HeldMailView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { DecisionPanel } from "../parts/DecisionPanel.tsx";
import { MailContent } from "../parts/MailContent.tsx";
import { Moment } from "../parts/Moment.tsx";
import { OpenMail } from "../parts/OpenMail.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ReasonCard } from "../parts/ReasonCard.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { TimeLine } from "../parts/TimeLine.tsx";
import { entryName } from "../entryName.ts";
import { byteSize } from "../formats.ts";
import { decisionQuery, mailRowQuery } from "../queries.ts";
import { HeldMark } from "./MailDeskPage.tsx";

/** One held mail: what speaks against it, what it is, and the decision, in one place. */
export function MailPage() {
  const { say } = useWords();
  const { mail } = useParams({ from: "/mail/$mail" });
  const query = useQuery(mailRowQuery(mail));
  return (
    <Shown query={query}>
      {(row) =>
        row === null ? (
          <EmptyState title="state.missing" next="state.missing-next">
            <p>
              <Link to="/mail" search={{}}>
                {say("state.back")}
              </Link>
            </p>
          </EmptyState>
        ) : (
          <HeldMail key={mail} row={row} />
        )
      }
    </Shown>
  );
}

function HeldMail({ row }: { row: HeldMailRow }) {
  const { say } = useWords();
  const [view, setView] = useState<HeldMailView | null>(null);
  return (
    <>
      <PageHead title={view === null ? say("mail.from-domain", { domain: row.senderDomain }) : view.subject}>
        {row.decisionId === null ? null : (
          <a href="#decision" className="for-narrow">
            {say("mail.to-decision")}
          </a>
        )}
        <Link to="/mail" search={{}}>
          {say("state.back")}
        </Link>
      </PageHead>
      <div className="two-columns">
        <div className="first">
          <RowFacts row={row} />
          <section className="section">
            <h2>{say("mail.reasons")}</h2>
            <Reasons row={row} view={view} />
          </section>
        </div>
        <div className="rest">
          <section className="section">
            <h2>{say("mail.content")}</h2>
            {view === null ? <OpenMail mail={row.mail} onOpened={setView} /> : <MailContent view={view} />}
          </section>
          {view === null ? null : <Chain view={view} />}
        </div>
        <aside className="aside" id="decision">
          {row.decisionId === null ? (
            <p className="soft">{say("mail.no-decision")}</p>
          ) : (
            <Decision id={row.decisionId} />
          )}
        </aside>
      </div>
    </>
  );
}

function RowFacts({ row }: { row: HeldMailRow }) {
  const { say, language } = useWords();
  return (
    <dl className="facts">
      <dt>{say("mail.state")}</dt>
      <dd>
        <HeldMark state={row.state} />
      </dd>
      <dt>{say("mail.sender")}</dt>
      <dd>{row.senderMasked}</dd>
      <dt>{say("mail.recipients")}</dt>
      <dd>{row.recipientsMasked.join("　")}</dd>
      <dt>{say("mail.received")}</dt>
      <dd>
        <Moment at={row.receivedAt} />
      </dd>
      <dt>{say("mail.size")}</dt>
      <dd>{byteSize(row.bytes, language)}</dd>
      <dt>{say("mail.order")}</dt>
      <dd>{row.order ?? say("mail.no-order")}</dd>
    </dl>
  );
}

function Decision({ id }: { id: string }) {
  const query = useQuery(decisionQuery(id));
  return <Shown query={query}>{(decision) => <DecisionPanel decision={decision} />}</Shown>;
}

function Reasons({ row, view }: { row: HeldMailRow; view: HeldMailView | null }) {
  const { say } = useWords();
  const judged = view?.chain.find(({ kind }) => kind === "judged");
  const reasons = view?.because ?? row.reasons.map((reason) => ({ ...reason, because: null, part: null }));
  return (
    <div className="reasons">
      {view === null ? <p className="soft">{say("mail.seen-covered")}</p> : null}
      {reasons.map((reason, index) => (
        <ReasonCard
          key={`${reason.code}-${index}`}
          code={reason.code}
          severity={reason.severity}
          technique={reason.technique}
          because={reason.because}
          evidence={
            <span className="row" style={{ display: "inline-flex" }}>
              {reason.part === null ? null : say("mail.part", { path: reason.part })}
              {judged === undefined ? null : (
                <Link to="/ledger/$id" params={{ id: judged.id }}>
                  {say("mail.evidence-entry", { index: judged.index })}
                </Link>
              )}
            </span>
          }
          can={index === 0 && row.state === "held" ? say("mail.can-decide") : null}
        />
      ))}
    </div>
  );
}

function Chain({ view }: { view: HeldMailView }) {
  const { say } = useWords();
  const steps = view.chain.map((step) => ({
    key: step.id,
    at: step.at,
    kind: step.kind,
    children: (
      <p className="row">
        <Link to="/ledger/$id" params={{ id: step.id }}>
          {entryName(say, step.code)}
        </Link>
        <span className="faint small">
          {say(`kind.${step.kind}`)}　{step.by}
        </span>
      </p>
    ),
  }));
  return (
    <section className="section">
      <h2>{say("mail.chain")}</h2>
      <TimeLine steps={steps} />
    </section>
  );
}
