import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { RoomView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { noteInRoom } from "../roomQueries.ts";
import { useMay } from "../session.ts";
import { SeverityMark } from "./Mark.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { SelectField } from "./TextField.tsx";

const ROLES = ["commander", "scribe", "counsel", "privacy-officer", "partner-desk"] as const;
const SEVERITIES = ["low", "medium", "high", "critical"] as const;
type Props = { incident: string; room: RoomView };

/** Who leads, who writes, who counsels; one line. */
export function RoomRoles({ incident, room }: Props) {
  const { say } = useWords();
  const may = useMay("incident.change");
  const [giving, setGiving] = useState<(typeof ROLES)[number] | null>(null);
  return (
    <dl className="room-roles" aria-label={say("room.roles")}>
      {ROLES.map((role) => {
        const given = room.roles.find((one) => one.role === role);
        return (
          <div key={role}>
            <dt>{say(`room.role.${role}`)}</dt>
            <dd>
              {given?.person ?? <span className="faint">{say("room.role-none")}</span>}
              {may ? (
                <button type="button" className="button-link" onClick={() => setGiving(role)}>
                  {say("room.give-role")}
                </button>
              ) : null}
            </dd>
          </div>
        );
      })}
      {giving === null ? null : (
        <RoleDialog incident={incident} room={room} role={giving} onClose={() => setGiving(null)} />
      )}
    </dl>
  );
}

type DialogProps = Props & { role: (typeof ROLES)[number]; onClose: () => void };

function RoleDialog({ incident, room, role, onClose }: DialogProps) {
  const { say } = useWords();
  const client = useQueryClient();
  const [person, setPerson] = useState(room.persons[0]?.id ?? "");
  async function send(why: string): Promise<void> {
    await noteInRoom(incident, "role", { data: { role, person }, text: { why } });
    await client.invalidateQueries({ queryKey: ["incident", incident] });
  }
  return (
    <ReasonDialog
      title={say(`room.role.${role}`)}
      label="room.role-why"
      send="room.save"
      open
      onClose={onClose}
      onSend={send}
    >
      <SelectField
        label={say("room.role-person")}
        value={person}
        options={room.persons.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={setPerson}
      />
    </ReasonDialog>
  );
}

/** How grave a person holds it to be, beside what the findings say. */
export function RoomSeverity({ incident, room }: Props) {
  const { say } = useWords();
  const client = useQueryClient();
  const may = useMay("incident.change");
  const [open, setOpen] = useState(false);
  const [severity, setSeverity] = useState<(typeof SEVERITIES)[number]>("critical");
  return (
    <>
      {room.severity === null ? null : (
        <span className="row">
          <SeverityMark severity={room.severity.severity} />
          <span className="soft small">{say("room.severity-by", { name: room.severity.by })}</span>
        </span>
      )}
      {may ? (
        <button type="button" className="button-link" onClick={() => setOpen(true)}>
          {say("room.severity")}
        </button>
      ) : null}
      <ReasonDialog
        title={say("room.severity")}
        label="room.severity-why"
        send="room.save"
        open={open}
        onClose={() => setOpen(false)}
        onSend={async (why) => {
          await noteInRoom(incident, "severity", { data: { severity }, text: { why } });
          await client.invalidateQueries({ queryKey: ["incident", incident] });
        }}
      >
        <SelectField
          label={say("room.task-state")}
          value={severity}
          options={SEVERITIES.map((value) => ({ value, label: say(`severity.${value}`) }))}
          onChange={setSeverity}
        />
      </ReasonDialog>
    </>
  );
}
