import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState, type FormEvent } from "react";
import type { CustomerView, RecordsPurpose } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { dayStart } from "../formats.ts";
import { useWords } from "../language.ts";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { RecordsFrame } from "../parts/RecordsFrame.tsx";
import { EmptyState, ForbiddenState, Notice, ProblemNotice } from "../parts/States.tsx";
import { useMay, useSession } from "../session.ts";

type Asked = { customer: string; since: string; until: string; purpose: RecordsPurpose };
const PURPOSES = ["asked-by-customer", "investigate"] as const;

/** Who saw this customer: asked with a purpose, and the question itself is in the ledger. */
export function CustomerPage() {
  const { say } = useWords();
  const { timeZone } = useSession();
  const may = useMay("records.customer");
  const ask = useMutation({
    mutationFn: ({ customer, since, until, purpose }: Asked) => {
      const from = since === "" ? {} : { since: dayStart(since, timeZone) };
      const to = until === "" ? {} : { until: dayStart(until, timeZone, 1) };
      return read(api.records.customer.$post({ json: { customer, purpose, ...from, ...to } }));
    },
  });
  return (
    <>
      <PageHead title={say("records.tab.customer")} lead={say("customer.lead")} />
      <RecordsFrame>
        {may ? (
          <>
            <Question busy={ask.isPending} onAsk={(asked) => ask.mutate(asked)} />
            <ProblemNotice error={ask.error} />
            {ask.isPending ? <p className="soft">{say("customer.asking")}</p> : null}
            {ask.data === undefined || ask.isPending ? null : <Answer view={ask.data} />}
          </>
        ) : (
          <ForbiddenState />
        )}
      </RecordsFrame>
    </>
  );
}

function Question({ busy, onAsk }: { busy: boolean; onAsk: (asked: Asked) => void }) {
  const { say } = useWords();
  const id = useId();
  const [asked, setAsked] = useState<Omit<Asked, "purpose"> & { purpose: RecordsPurpose | "" }>({
    customer: "",
    since: "",
    until: "",
    purpose: "",
  });
  const { purpose } = asked;
  function send(event: FormEvent): void {
    event.preventDefault();
    if (purpose !== "") onAsk({ ...asked, purpose });
  }
  const field = (key: "customer" | "since" | "until", type: "text" | "date") => (
    <div className="field">
      <label htmlFor={`${id}-${key}`}>{say(key === "customer" ? "customer.key" : `customer.${key}`)}</label>
      <input
        id={`${id}-${key}`}
        className="input"
        type={type}
        autoComplete="off"
        required={key === "customer"}
        maxLength={200}
        value={asked[key]}
        onChange={(event) => setAsked({ ...asked, [key]: event.target.value })}
      />
    </div>
  );
  return (
    <form className="stack" onSubmit={send}>
      <div className="table-tools">
        {field("customer", "text")}
        {field("since", "date")}
        {field("until", "date")}
        <div className="field">
          <label htmlFor={`${id}-purpose`}>{say("customer.purpose")}</label>
          <select
            id={`${id}-purpose`}
            className="input"
            required
            value={purpose}
            onChange={(event) => setAsked({ ...asked, purpose: event.target.value as RecordsPurpose })}
          >
            <option value="" />
            {PURPOSES.map((each) => (
              <option key={each} value={each}>
                {say(`reading.reveal.${each}`)}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" className="button button-main" disabled={busy || purpose === ""}>
          {say("customer.ask")}
        </button>
      </div>
      <p className="soft small">{say("customer.note")}</p>
    </form>
  );
}

function Answer({ view }: { view: CustomerView }) {
  const { say } = useWords();
  const { persons, readings, keyless } = view;
  return (
    <>
      {keyless === 0 ? null : <Notice kind="attention">{say("customer.keyless", { count: keyless })}</Notice>}
      {persons.length === 0 ? (
        <EmptyState title="customer.none" next="customer.none-next" />
      ) : (
        <section className="section">
          <h2>{say("customer.persons", { count: persons.length })}</h2>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{say("reader.person")}</th>
                <th scope="col" className="numeric">
                  {say("customer.readings")}
                </th>
                <th scope="col">{say("customer.first")}</th>
                <th scope="col">{say("customer.last")}</th>
              </tr>
            </thead>
            <tbody>
              {persons.map(({ person, readings: count, firstAt, lastAt }) => (
                <tr key={person}>
                  <td data-rank="1">
                    <Link to="/records/events" search={{ person }}>
                      {person}
                    </Link>
                  </td>
                  <td data-rank="2" className="numeric">
                    {count.toLocaleString()}
                  </td>
                  <td data-rank="2">
                    <Moment at={firstAt} />
                  </td>
                  <td data-rank="2">
                    <Moment at={lastAt} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {readings.length === 0 ? null : <Readings readings={readings} />}
      {view.more ? <p className="soft">{say("customer.more")}</p> : null}
    </>
  );
}

function Readings({ readings }: { readings: CustomerView["readings"] }) {
  const { say } = useWords();
  return (
    <section className="section">
      <h2>{say("customer.readings")}</h2>
      <ul className="lines">
        {readings.map(({ at, person, client, application, statement, touches }) => (
          <li key={statement} className="row">
            <Moment at={at} />
            <strong>{person}</strong>
            <span className="soft">{say("reading.from", { application: application || "?", client })}</span>
            <span className="soft small">
              {Object.entries(touches)
                .map(([relation, columns]) => `${relation} (${columns.join(say("answer.comma"))})`)
                .join(say("answer.comma"))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
