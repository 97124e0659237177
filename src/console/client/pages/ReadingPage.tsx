import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { RecordsEventView, RecordsPurpose } from "../../../station/services.ts";
import { entryName } from "../entryName.ts";
import { useWords } from "../language.ts";
import { DecisionPanel } from "../parts/DecisionPanel.tsx";
import { FileFacts } from "../parts/FileFacts.tsx";
import { SeverityMark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ReadingMark, useReadingName } from "../parts/ReadingMark.tsx";
import { Shown } from "../parts/States.tsx";
import { TimeLine } from "../parts/TimeLine.tsx";
import { decisionQuery } from "../queries.ts";
import { readingQuery } from "../recordsQueries.ts";
import { nameOfReading, whyOfReading } from "../words/readingWords.ts";

/** One event of the records gate: why, the statement with its values masked, and what was done. */
export function ReadingPage() {
  const { id } = useParams({ from: "/records/events/$id" });
  const [reveal, setReveal] = useState<RecordsPurpose | null>(null);
  const query = useQuery(readingQuery(id, reveal));
  return <Shown query={query}>{(event) => <Reading key={id} event={event} onReveal={setReveal} />}</Shown>;
}

type Props = { event: RecordsEventView; onReveal: (purpose: RecordsPurpose) => void };

function Reading({ event, onReveal }: Props) {
  const { say } = useWords();
  const nameOf = useReadingName();
  return (
    <>
      <PageHead title={nameOf(event)} lead={event.person}>
        {event.kind === "statement" ? (
          <Link to="/records/events" search={{ person: event.person }}>
            {say("reading.all-of", { person: event.person })}
          </Link>
        ) : null}
        <Link to="/records/events" search={{}}>
          {say("state.back")}
        </Link>
      </PageHead>
      <div className="two-columns">
        <div className="first">
          <Facts event={event} />
          <section className="section">
            <h2>{say("reading.because")}</h2>
            <Reasons event={event} />
          </section>
          {event.kind === "statement" ? <Statement event={event} onReveal={onReveal} /> : null}
          {event.file === null ? null : <FileFacts file={event.file} />}
        </div>
        <div className="rest">
          <Chain event={event} />
        </div>
        <aside className="aside">
          {event.decisionId === null ? null : <Question id={event.decisionId} />}
        </aside>
      </div>
    </>
  );
}

function Question({ id }: { id: string }) {
  const query = useQuery(decisionQuery(id));
  return <Shown query={query}>{(decision) => <DecisionPanel decision={decision} />}</Shown>;
}

const LIMITS = ["hour", "day", "statement", "kilobytes", "canary", "unreadable"] as const;

function Facts({ event }: { event: RecordsEventView }) {
  const { say } = useWords();
  const { application, client } = event;
  const limit = LIMITS.find((one) => one === event.why);
  const estimated = event.decisionId !== null || event.estimate !== null;
  const rows: [string, React.ReactNode][] = [
    [say("reading.severity"), <SeverityMark severity={event.severity} />],
    [say("reading.state"), <ReadingMark row={event} />],
    [say("reading.at"), <Moment at={event.at} />],
  ];
  if (client !== "")
    rows.push([say("reading.where"), say("reading.from", { application: application || "?", client })]);
  // Where the columns are known, their tables stand beside them.
  if (event.touches.length > 0) rows.push([say("reading.columns"), <Touches event={event} />]);
  else if (event.relations.length > 0)
    rows.push([say("reading.relations"), event.relations.join(say("answer.comma"))]);
  if (limit !== undefined)
    rows.push([say("reading.limit"), say(`reading.limit.${limit}`, { count: event.limit ?? 0 })]);
  if (event.customers !== null)
    rows.push([say("reading.customers"), <strong>{event.customers.toLocaleString()}</strong>]);
  if (estimated)
    rows.push([
      say("reading.estimate"),
      event.estimate === null ? say("reading.estimate-unknown") : event.estimate.toLocaleString(),
    ]);
  if (event.purpose !== null) rows.push([say("reading.purpose"), event.purpose]);
  rows.push([say("reading.order"), event.order ?? say("reading.no-order")]);
  return (
    <dl className="facts">
      {rows.map(([term, value]) => (
        <div key={term} style={{ display: "contents" }}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Touches({ event }: { event: RecordsEventView }) {
  const { say } = useWords();
  return (
    <ul className="stack-tight touches">
      {event.touches.map(({ relation, columns }) => (
        <li key={relation}>
          <span className="figures">{relation}</span>{" "}
          <span className="soft">{columns.join(say("answer.comma"))}</span>
        </li>
      ))}
    </ul>
  );
}

/** Each reason: what was seen, with its entry, and why it matters. */
function Reasons({ event }: { event: RecordsEventView }) {
  const { say, choose } = useWords();
  const judged = event.chain.find(({ kind }) => kind === "judged");
  return (
    <div className="reasons">
      {event.reasons.map(({ code, technique, severity }) => {
        const why = whyOfReading(code);
        return (
          <article key={code} className="reason">
            <h3>
              {choose(nameOfReading(code))}
              <SeverityMark severity={severity} />
              {technique === null ? null : (
                <span className="faint small figures">ATT&amp;CK {technique}</span>
              )}
            </h3>
            <dl style={{ display: "contents" }}>
              <dt>{say("mail.seen")}</dt>
              <dd>
                {event.because
                  .filter((one) => one.code === code)
                  .map(({ said }) => (
                    <p key={said.en}>{choose(said)}</p>
                  ))}
                {judged === undefined ? null : (
                  <Link to="/ledger/$id" params={{ id: judged.id }} className="small">
                    {say("mail.evidence-entry", { index: judged.index })}
                  </Link>
                )}
              </dd>
              {why === null ? null : (
                <>
                  <dt>{say("mail.why")}</dt>
                  <dd>{choose(why)}</dd>
                </>
              )}
            </dl>
          </article>
        );
      })}
    </div>
  );
}

const PURPOSES = ["decide", "investigate", "asked-by-customer"] as const;

function Statement({ event, onReveal }: Props) {
  const { say } = useWords();
  return (
    <section className="section">
      <h2>{say("reading.text")}</h2>
      {event.text === "" ? (
        <p className="soft">{say("reading.text-none")}</p>
      ) : (
        <pre className="statement">{event.text}</pre>
      )}
      {event.masked && event.text !== "" ? (
        <div className="stack-tight">
          <p className="soft">{say("reading.masked")}</p>
          <div className="row" role="group" aria-label={say("reading.reveal")}>
            <span className="soft">{say("reading.reveal")}</span>
            {PURPOSES.map((purpose) => (
              <button key={purpose} type="button" className="button" onClick={() => onReveal(purpose)}>
                {say(`reading.reveal.${purpose}`)}
              </button>
            ))}
          </div>
        </div>
      ) : null}
    </section>
  );
}

function Chain({ event }: { event: RecordsEventView }) {
  const { say } = useWords();
  const steps = event.chain.map((step) => ({
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
      <h2>{say("reading.chain")}</h2>
      <TimeLine steps={steps} />
      <p className="faint small">{say("reading.opened")}</p>
    </section>
  );
}
