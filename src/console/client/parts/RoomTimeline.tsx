import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { TimelineLine } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { noteInRoom, timelineQuery } from "../roomQueries.ts";
import { useMay } from "../session.ts";
import { Moment } from "./Moment.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { EmptyState, Shown } from "./States.tsx";
import { TextField } from "./TextField.tsx";
import { TimeLine } from "./TimeLine.tsx";

const SHAPE = {
  finding: "judged",
  event: "observed",
  claim: "observed",
  decision: "decided",
  duty: "enforced",
  evidence: "observed",
  task: "enforced",
} as const;

/** All of it in the order in which it happened, whoever noted it. */
export function RoomTimeline({ incident }: { incident: string }) {
  const { say } = useWords();
  const may = useMay("incident.change");
  const [adding, setAdding] = useState(false);
  const query = useQuery(timelineQuery(incident));
  return (
    <>
      <div className="row spread">
        <p className="soft">{say("room.timeline-lead")}</p>
        {may ? (
          <button type="button" className="button" onClick={() => setAdding(true)}>
            {say("room.add-event")}
          </button>
        ) : null}
      </div>
      <Shown query={query}>
        {(lines) =>
          lines.length === 0 ? (
            <EmptyState title="room.timeline-none" />
          ) : (
            <TimeLine
              steps={lines.map((line, at) => ({
                key: `${line.entry} ${at}`,
                at: line.happenedAt,
                kind: SHAPE[line.kind],
                children: <Line line={line} />,
              }))}
            />
          )
        }
      </Shown>
      {adding ? <EventDialog incident={incident} onClose={() => setAdding(false)} /> : null}
    </>
  );
}

function Line({ line }: { line: TimelineLine }) {
  const { say, choose } = useWords();
  return (
    <div className="stack-tight">
      <p className="room-text">
        <Link to="/ledger/$id" params={{ id: line.entry }}>
          {choose(line.what)}
        </Link>
      </p>
      <p className="soft small">
        {line.knownAt === line.happenedAt ? null : (
          <>
            {`${say("room.known-at")} `}
            <Moment at={line.knownAt} />
            {line.knownTo === null ? null : ` ${say("room.known-to", { who: line.knownTo })}`}
            {"　"}
          </>
        )}
        {line.by === null ? null : say("room.by", { name: line.by })}
      </p>
    </div>
  );
}

function EventDialog({ incident, onClose }: { incident: string; onClose: () => void }) {
  const { say } = useWords();
  const client = useQueryClient();
  const [happened, setHappened] = useState("");
  const [known, setKnown] = useState("");
  const [knownTo, setKnownTo] = useState("");
  async function send(what: string): Promise<void> {
    const iso = (local: string): string => new Date(local).toISOString();
    const data = { happenedAt: iso(happened), knownAt: iso(known) };
    await noteInRoom(incident, "event", { data, text: { what, knownTo } });
    await client.invalidateQueries({ queryKey: ["incident", incident] });
  }
  return (
    <ReasonDialog
      title={say("room.event")}
      label="room.event-what"
      send="room.save"
      open
      onClose={onClose}
      onSend={send}
    >
      <TextField
        label={say("room.happened-at")}
        type="datetime-local"
        value={happened}
        onChange={setHappened}
      />
      <TextField label={say("room.known-at-field")} type="datetime-local" value={known} onChange={setKnown} />
      <TextField label={say("room.known-to-field")} value={knownTo} onChange={setKnownTo} />
    </ReasonDialog>
  );
}
