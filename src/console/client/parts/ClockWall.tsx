import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ClockView, IncidentView } from "../../../station/services.ts";
import { useNow } from "../clock.ts";
import { absoluteTime, duration } from "../formats.ts";
import { tellDone } from "../incidentQueries.ts";
import { useWords } from "../language.ts";
import { useMay, useSession } from "../session.ts";
import { Mark } from "./Mark.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { EmptyState } from "./States.tsx";

const dayMs = 86_400_000;

/** Every duty that is there or may be, by what runs out first. */
export function ClockWall({ incident }: { incident: IncidentView }) {
  const clocks = incident.clocks.filter(({ answer, claim }) => answer === "yes" || claim !== null);
  if (clocks.length === 0) return <EmptyState title="incident.clocks-none" />;
  return (
    <ul className="clocks">
      {clocks.map((clock) => (
        <Clock key={`${clock.law} ${clock.duty} ${clock.claim}`} clock={clock} incident={incident} />
      ))}
    </ul>
  );
}

function Clock({ clock, incident }: { clock: ClockView; incident: IncidentView }) {
  const { say, choose, language } = useWords();
  const may = useMay("incident.settle");
  const { timeZone } = useSession();
  const [telling, setTelling] = useState(false);
  const dayOf = ({ lastDay, deadline }: ClockView["former"][number]): string =>
    lastDay ?? (deadline === null ? "" : absoluteTime(deadline, timeZone, language));
  return (
    <li data-done={clock.done === null ? undefined : ""}>
      <div className="clock-head">
        <TimeLeft clock={clock} />
        <h3>{choose(clock.name)}</h3>
        <p className="soft">{choose(clock.lawName)}</p>
      </div>
      <div className="clock-body">
        <p className="row">
          <Mark loudness={clock.answer === "yes" ? "attention" : "plain"}>
            {say(clock.answer === "yes" ? "incident.due" : "incident.may-be-due")}
          </Mark>
          <span>{say("incident.to", { recipient: choose(clock.recipient) })}</span>
        </p>
        <p>{choose(clock.counted)}</p>
        {clock.former.map((former) => (
          <p key={former.toldAt} className="faint small">
            {say("incident.former", { day: dayOf(former) })}
          </p>
        ))}
        <ClockBasis clock={clock} />
        {clock.done === null && may ? (
          <p>
            <button type="button" className="button" onClick={() => setTelling(true)}>
              {say("incident.do-done")}
            </button>
          </p>
        ) : null}
      </div>
      <DoneDialog incident={incident.id} clock={clock} open={telling} onClose={() => setTelling(false)} />
    </li>
  );
}

/** The largest thing on a clock: what is left, or that there is no day. */
function TimeLeft({ clock }: { clock: ClockView }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const now = useNow(10);
  if (clock.done !== null) {
    return (
      <p className="clock-left" title={absoluteTime(clock.done.at, timeZone, language)}>
        <Mark loudness="plain">{say("incident.done-by", { name: clock.done.by })}</Mark>
      </p>
    );
  }
  if (clock.deadline === null) {
    return (
      <p className="clock-left">{say(clock.claim === null ? "incident.not-started" : "incident.no-day")}</p>
    );
  }
  const left = Date.parse(clock.deadline) - now;
  const time = duration(Math.abs(left), language);
  // What only may be due asks for attention, never louder than what is.
  const last = clock.answer === "yes" ? "act" : "attention";
  const loudness = left < dayMs ? last : left < 3 * dayMs ? "attention" : "plain";
  return (
    <>
      <p className="clock-left">
        <Mark loudness={loudness}>{say(left < 0 ? "incident.passed" : "incident.left", { time })}</Mark>
      </p>
      <p>
        <time dateTime={clock.deadline} title={absoluteTime(clock.deadline, timeZone, language)}>
          {clock.lastDay === null
            ? absoluteTime(clock.deadline, timeZone, language)
            : say("incident.until-day", { day: clock.lastDay })}
        </time>
      </p>
    </>
  );
}

function ClockBasis({ clock }: { clock: ClockView }) {
  const { say, choose } = useWords();
  return (
    <details>
      <summary>{say("incident.because")}</summary>
      <ul className="stack-tight">
        {clock.because.map((because) => (
          <li key={because.en}>{choose(because)}</li>
        ))}
      </ul>
      <p className="soft small">
        {`${say(`incident.binding.${clock.binding}`)}: ${clock.source}`}
        <br />
        {say("incident.checked", { day: clock.checkedOn })}
      </p>
    </details>
  );
}

type DoneProps = { incident: string; clock: ClockView; open: boolean; onClose: () => void };

function DoneDialog({ incident, clock, open, onClose }: DoneProps) {
  const { say, choose } = useWords();
  const client = useQueryClient();
  const [at, setAt] = useState("");
  async function send(reason: string): Promise<void> {
    const moment = at === "" ? new Date() : new Date(at);
    const done = { law: clock.law, duty: clock.duty, at: moment.toISOString(), reason };
    client.setQueryData(["incident", incident], await tellDone(incident, done));
  }
  return (
    <ReasonDialog
      title={choose(clock.name)}
      label="incident.done-how"
      send="incident.done"
      open={open}
      onClose={onClose}
      onSend={send}
    >
      <div className="field">
        <label htmlFor={`done-${clock.law}-${clock.duty}`}>{say("incident.done-at")}</label>
        <input
          id={`done-${clock.law}-${clock.duty}`}
          className="input"
          type="datetime-local"
          value={at}
          onChange={(event) => setAt(event.target.value)}
        />
      </div>
    </ReasonDialog>
  );
}
