import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { RoomEvidence, RoomView } from "../../../station/services.ts";
import { absoluteTime, byteSize } from "../formats.ts";
import { useWords } from "../language.ts";
import { keepEvidence, noteInRoom } from "../roomQueries.ts";
import { useMay, useSession } from "../session.ts";
import { Mark } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { EmptyState } from "./States.tsx";
import { TextField } from "./TextField.tsx";

/** What proves something: its hash, where it is, and through whose hands it went. */
export function RoomEvidenceList({ incident, room }: { incident: string; room: RoomView }) {
  const { say } = useWords();
  const may = useMay("incident.change");
  const [adding, setAdding] = useState(false);
  return (
    <>
      {may ? (
        <p>
          <button type="button" className="button" onClick={() => setAdding(true)}>
            {say("room.keep")}
          </button>
        </p>
      ) : null}
      {room.evidence.length === 0 ? (
        <EmptyState title="room.evidence-none" next="room.evidence-none-next" />
      ) : (
        <ul className="room-list">
          {room.evidence.map((thing) => (
            <li key={thing.id}>
              <Thing thing={thing} incident={incident} />
            </li>
          ))}
        </ul>
      )}
      {adding ? <EvidenceDialog incident={incident} onClose={() => setAdding(false)} /> : null}
    </>
  );
}

function Thing({ thing, incident }: { thing: RoomEvidence; incident: string }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const may = useMay("incident.change");
  const [handing, setHanding] = useState(false);
  return (
    <div className="stack-tight">
      <p className="row">
        <strong className="room-text">{thing.name}</strong>
        <Mark loudness={thing.kept ? "held" : "plain"}>
          {say(thing.kept ? "room.kept" : "room.elsewhere")}
        </Mark>
      </p>
      <p className="small room-hash">{thing.sha256}</p>
      <p className="soft small">
        {`${byteSize(thing.bytes, language)}　${thing.where}　${thing.collectedBy} `}
        <Moment at={thing.collectedAt} />
        {thing.stamps.map((at) => (
          <span key={at}>{`　${say("room.stamped", { at: absoluteTime(at, timeZone, language) })}`}</span>
        ))}
      </p>
      <p className="soft small room-text">{thing.how}</p>
      {thing.custody.length === 0 ? null : (
        <details>
          <summary>{say("room.custody")}</summary>
          <ol className="stack-tight">
            {thing.custody.map((hand) => (
              <li key={hand.id} className="small room-text">
                <Moment at={hand.handedAt} />
                {`　${hand.who}　${hand.what}　${hand.where}　${hand.how}`}
              </li>
            ))}
          </ol>
        </details>
      )}
      {may ? (
        <p>
          <button type="button" className="button-link" onClick={() => setHanding(true)}>
            {say("room.hand")}
          </button>
        </p>
      ) : null}
      {handing ? <HandDialog incident={incident} thing={thing} onClose={() => setHanding(false)} /> : null}
    </div>
  );
}

type HandProps = { incident: string; thing: RoomEvidence; onClose: () => void };

function HandDialog({ incident, thing, onClose }: HandProps) {
  const { say } = useWords();
  const client = useQueryClient();
  const [who, setWho] = useState("");
  const [what, setWhat] = useState("");
  const [where, setWhere] = useState("");
  const [at, setAt] = useState("");
  async function send(how: string): Promise<void> {
    const data = { evidence: thing.id, at: new Date(at).toISOString() };
    await noteInRoom(incident, "custody", { data, text: { who, what, where, how } });
    await client.invalidateQueries({ queryKey: ["incident", incident] });
  }
  return (
    <ReasonDialog
      title={thing.name}
      label="room.hand-how"
      send="room.save"
      open
      onClose={onClose}
      onSend={send}
    >
      <TextField label={say("room.hand-at")} type="datetime-local" value={at} onChange={setAt} />
      <TextField label={say("room.hand-who")} value={who} onChange={setWho} />
      <TextField label={say("room.hand-what")} value={what} onChange={setWhat} />
      <TextField label={say("room.hand-where")} value={where} onChange={setWhere} />
    </ReasonDialog>
  );
}

function EvidenceDialog({ incident, onClose }: { incident: string; onClose: () => void }) {
  const { say } = useWords();
  const id = useId();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [sha256, setSha256] = useState("");
  const [name, setName] = useState("");
  const [where, setWhere] = useState("");
  const [by, setBy] = useState("");
  const [at, setAt] = useState("");
  async function send(how: string): Promise<void> {
    const collectedAt = new Date(at).toISOString();
    if (file !== null) await keepEvidence(incident, file, { name, where, how, by, collectedAt });
    else {
      const data = { sha256: sha256.trim().toLowerCase(), bytes: 0, collectedAt, kept: false };
      await noteInRoom(incident, "evidence", { data, text: { name, where, how, by } });
    }
    await client.invalidateQueries({ queryKey: ["incident", incident] });
  }
  return (
    <ReasonDialog
      title={say("room.evidence")}
      label="room.evidence-how"
      send="room.save"
      open
      onClose={onClose}
      onSend={send}
    >
      <div className="field">
        <label htmlFor={id}>{say("room.evidence-file")}</label>
        <input
          id={id}
          className="input"
          type="file"
          onChange={(event) => {
            const chosen = event.target.files?.[0] ?? null;
            setFile(chosen);
            if (chosen !== null && name === "") setName(chosen.name);
          }}
        />
      </div>
      {file === null ? (
        <TextField label={say("room.evidence-hash")} value={sha256} onChange={setSha256} />
      ) : null}
      <TextField label={say("room.evidence-name")} value={name} onChange={setName} />
      <TextField label={say("room.evidence-where")} value={where} onChange={setWhere} />
      <TextField label={say("room.evidence-by")} value={by} onChange={setBy} />
      <TextField label={say("room.evidence-at")} type="datetime-local" value={at} onChange={setAt} />
    </ReasonDialog>
  );
}
