import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { LiveEvent } from "../../../station/services.ts";
import { useWords, type Say } from "../language.ts";
import { recentQuery } from "../queries.ts";
import { useLive } from "../useLive.ts";
import { nameOfFinding } from "../words/findingWords.ts";
import { nameOfReading } from "../words/readingWords.ts";
import { nameOfReason } from "../words/reasonWords.ts";
import { Mark, type Loudness } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";
import { EmptyState, Shown } from "./States.tsx";

const EVENTS_SHOWN = 60;

/** What came to the gates. New rows announce themselves above and wait until somebody asks for them. */
export function LiveEvents() {
  const query = useQuery(recentQuery);
  return <Shown query={query}>{(recent) => <LiveList recent={recent} />}</Shown>;
}

function LiveList({ recent }: { recent: LiveEvent[] }) {
  const { say } = useWords();
  const [shown, setShown] = useState(recent);
  const live = useLive();
  const known = new Set(shown.map(({ entryId }) => entryId));
  const waiting = live.events.filter(({ entryId }) => !known.has(entryId));
  function showNew(): void {
    setShown([...waiting, ...shown].slice(0, EVENTS_SHOWN));
    live.clear();
  }
  return (
    <div>
      <div className="announce row spread" aria-live="polite">
        {waiting.length === 0 ? (
          <span className="faint">{say("table.newest")}</span>
        ) : (
          <button type="button" className="button-link" onClick={showNew}>
            {say("table.new", { count: waiting.length })}
          </button>
        )}
        {live.connected === true ? <span className="faint small">{say("gates.live")}</span> : null}
        {live.connected === false ? <Mark loudness="attention">{say("gates.not-live")}</Mark> : null}
      </div>
      {shown.length === 0 ? (
        <EmptyState title="gates.no-events" next="gates.no-events-next" />
      ) : (
        <EventTable events={shown} />
      )}
    </div>
  );
}

const LOUDNESS: Partial<Record<LiveEvent["act"], Loudness>> = {
  hold: "held",
  cut: "held",
  failed: "attention",
};

/** What was found is as loud as its gravest reason. */
function loudnessOf({ act, reasons }: LiveEvent): Loudness {
  if (act !== "finding") return LOUDNESS[act] ?? "plain";
  if (reasons.some(({ severity }) => severity === "critical")) return "act";
  return reasons.some(({ severity }) => severity === "high") ? "attention" : "plain";
}

/** The short name of a reason, from the table of its gate. */
function nameOf(event: LiveEvent, code: string) {
  if (event.gate === "records") return nameOfReading(code);
  return event.gate === "outbound" ? nameOfFinding(code) : nameOfReason(code);
}

function nameOfGate(gate: string, say: Say): string {
  const known = (["mail", "outbound", "records"] as const).find((name) => name === gate);
  return known === undefined ? gate : say(`gate.${known}`);
}

/** Who it was about, leading to what can be done about it; else to its entry. */
function Subject({ event }: { event: LiveEvent }) {
  const { say } = useWords();
  const { mail, act, gate, subject, entryId } = event;
  if (mail !== null && act === "hold") {
    return (
      <Link to="/mail/$mail" params={{ mail }}>
        {subject}
      </Link>
    );
  }
  if (event.reading !== null) {
    return (
      <Link to="/records/events/$id" params={{ id: event.reading }}>
        {subject === "" ? say("ledger.data") : subject}
      </Link>
    );
  }
  if (gate !== "outbound") return subject;
  return (
    <Link to="/ledger/$id" params={{ id: entryId }}>
      {subject === "" ? say("ledger.data") : subject}
    </Link>
  );
}

function EventTable({ events }: { events: LiveEvent[] }) {
  const { say, choose } = useWords();
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{say("column.time")}</th>
          <th scope="col">{say("column.act")}</th>
          <th scope="col" data-rank="3">
            {say("column.gate")}
          </th>
          <th scope="col">{say("column.subject")}</th>
          <th scope="col">{say("column.reasons")}</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.entryId}>
            <td data-rank="2">
              <Moment at={event.at} />
            </td>
            <td data-rank="2">
              <Mark loudness={loudnessOf(event)}>{say(`act.${event.act}`)}</Mark>
            </td>
            <td data-rank="3" className="soft">
              {nameOfGate(event.gate, say)}
            </td>
            <td data-rank="1">
              <Subject event={event} />
            </td>
            <td data-rank="2">{event.reasons.map(({ code }) => choose(nameOf(event, code))).join("　")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
