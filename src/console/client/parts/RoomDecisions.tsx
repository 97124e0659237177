import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { RoomDecision, RoomView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { askInRoom, dissent, takeMatter } from "../roomQueries.ts";
import { useMay } from "../session.ts";
import { Mark } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { RemainingTime } from "./RemainingTime.tsx";
import { SelectField, TextField } from "./TextField.tsx";

/** What waits for somebody first, then what was decided, with who was asked and who thought otherwise. */
export function RoomDecisions({ incident, room }: { incident: string; room: RoomView }) {
  const { say } = useWords();
  const may = useMay("incident.change");
  const [asking, setAsking] = useState(false);
  const waits = ({ state }: RoomDecision): boolean => state === "asked" || state === "seconding";
  const sorted = room.decisions.toSorted((one, other) => Number(waits(other)) - Number(waits(one)));
  return (
    <>
      <div className="row spread">
        <h2 id="decisions">{say("room.decisions")}</h2>
        {may ? (
          <button type="button" className="button-link" onClick={() => setAsking(true)}>
            {say("room.ask")}
          </button>
        ) : null}
      </div>
      {sorted.length === 0 ? <p className="soft">{say("room.decisions-none")}</p> : null}
      <ul className="room-list">
        {sorted.map((decision) => (
          <li key={decision.id}>
            <Decision decision={decision} incident={incident} waits={waits(decision)} />
          </li>
        ))}
      </ul>
      {asking ? <AskDialog incident={incident} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

function Decision({
  decision,
  incident,
  waits,
}: {
  decision: RoomDecision;
  incident: string;
  waits: boolean;
}) {
  const { say, choose } = useWords();
  const { outcome } = decision;
  return (
    <div className="stack-tight">
      <p>
        <Link to="/decisions/$id" params={{ id: decision.id }}>
          <strong>{choose(decision.question)}</strong>
        </Link>
      </p>
      {waits ? (
        <RemainingTime
          askedAt={decision.askedAt}
          deadline={decision.deadline}
          defaultLabel={choose(decision.onSilence)}
        />
      ) : null}
      {outcome === null ? null : (
        <p>
          {say(decision.state === "defaulted" ? "room.defaulted" : "room.outcome", {
            option: choose(outcome),
          })}
        </p>
      )}
      <Told decision={decision} />
      {decision.dissents.map(({ by, at, reason }) => (
        <p key={at} className="soft small">
          {say("room.dissent-by", { name: by, reason: reason ?? "–" })} <Moment at={at} />
        </p>
      ))}
      <Acts decision={decision} incident={incident} waits={waits} />
    </div>
  );
}

function Told({ decision }: { decision: RoomDecision }) {
  const { say } = useWords();
  const last = decision.told.at(-1);
  const way = last?.way.replace(/-\d+$/, "") as "console" | "mail" | "webhook" | undefined;
  return (
    <>
      {last === undefined || way === undefined ? null : (
        <p className="soft small">
          {say("room.told", { count: decision.told.length, way: say(`room.way.${way}`) })}{" "}
          <Moment at={last.at} />
        </p>
      )}
      {decision.taken === null ? null : (
        <p className="small">
          <Mark loudness="plain">
            {say("room.taken", { name: decision.taken.by, comment: decision.taken.comment ?? "–" })}
          </Mark>
        </p>
      )}
    </>
  );
}

function Acts({ decision, incident, waits }: { decision: RoomDecision; incident: string; waits: boolean }) {
  const { say } = useWords();
  const client = useQueryClient();
  const may = useMay("incident.change");
  const [open, setOpen] = useState<"take" | "dissent" | null>(null);
  if (!may) return null;
  const renew = (): Promise<void> => client.invalidateQueries({ queryKey: ["incident", incident] });
  async function send(text: string): Promise<void> {
    if (open === "take") await takeMatter(`decision ${decision.id}`, text);
    else await dissent(decision.id, text);
    await renew();
  }
  const take = open === "take";
  return (
    <p className="row">
      {waits && decision.taken === null ? (
        <button type="button" className="button" onClick={() => setOpen("take")}>
          {say("room.take")}
        </button>
      ) : null}
      <button type="button" className="button-link" onClick={() => setOpen("dissent")}>
        {say("room.dissent")}
      </button>
      <ReasonDialog
        title={say(take ? "room.take" : "room.dissent")}
        label={take ? "room.take-comment" : "room.dissent-reason"}
        send={take ? "room.take" : "room.save"}
        open={open !== null}
        onClose={() => setOpen(null)}
        onSend={send}
      />
    </p>
  );
}

const ASKABLE = ["approver", "privacy-officer", "administrator", "analyst", "operator"] as const;

function AskDialog({ incident, onClose }: { incident: string; onClose: () => void }) {
  const { say } = useWords();
  const client = useQueryClient();
  const [options, setOptions] = useState("");
  const [role, setRole] = useState<(typeof ASKABLE)[number]>("approver");
  const [hours, setHours] = useState("4");
  async function send(question: string): Promise<void> {
    const labels = options.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
    const both = (text: string) => ({ ja: text, en: text });
    await askInRoom(incident, {
      question: both(question),
      options: labels.map((label) => ({ label: both(label), consequence: both("–") })),
      role,
      hours: Number(hours),
      onSilence: 0,
      secondPerson: false,
    });
    await client.invalidateQueries({ queryKey: ["incident", incident] });
  }
  return (
    <ReasonDialog
      title={say("room.ask")}
      label="room.ask-question"
      send="room.save"
      open
      onClose={onClose}
      onSend={send}
    >
      <TextField label={say("room.ask-options")} value={options} onChange={setOptions} long />
      <p className="soft small">{say("room.ask-silence")}</p>
      <SelectField
        label={say("room.ask-role")}
        value={role}
        options={ASKABLE.map((value) => ({ value, label: say(`role.${value}`) }))}
        onChange={setRole}
      />
      <TextField label={say("room.ask-hours")} value={hours} onChange={setHours} type="number" />
    </ReasonDialog>
  );
}
