import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Person, Role } from "../../../station/services.ts";
import { api, ApiProblem, read } from "../api.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { useConfirmed } from "./ConfirmFactor.tsx";
import type { Made } from "./InviteDialog.tsx";
import { Modal } from "./Modal.tsx";
import { RoleChoices } from "./RoleChoices.tsx";
import { Notice, ProblemNotice } from "./States.tsx";

export type PersonRow = Person & { secondFactor: boolean; passkeys: number; lastSeenAt: string | null };

type Props = { row: PersonRow; onClose: () => void; onMade: (made: Made) => void };
type Change = { act: "roles"; roles: Role[] } | { act: "reset" } | { act: "remove" };

/** Changes one person's roles, offers a new set-up, or removes her; each says what it will do. */
export function PersonDialog({ row, onClose, onMade }: Props) {
  const { say } = useWords();
  const client = useQueryClient();
  const { person } = useSession();
  const [roles, setRoles] = useState(row.roles);
  const [sure, setSure] = useState(false);
  const param = { id: row.id };
  const change = useConfirmed(async (wanted: Change) => {
    if (wanted.act === "roles")
      await read(api.people[":id"].roles.$put({ param, json: { roles: wanted.roles } }));
    if (wanted.act === "remove") await read(api.people[":id"].$delete({ param }));
    if (wanted.act === "reset") {
      onMade({ ...(await read(api.people[":id"].reset.$post({ param }))), email: row.email });
    }
    await client.invalidateQueries();
    onClose();
  });
  const last = change.error instanceof ApiProblem && change.error.code === "conflict";
  return (
    <Modal title={say("people.change-title", { name: row.name })} open onClose={onClose}>
      <RoleChoices roles={roles} onChange={setRoles} />
      {last ? <Notice kind="attention">{say("people.last-administrator")}</Notice> : null}
      {last ? null : <ProblemNotice error={change.error} />}
      <div className="row">
        <button
          type="button"
          className="button button-main"
          disabled={roles.length === 0 || change.busy}
          onClick={() => change.run({ act: "roles", roles })}
        >
          {say("people.save")}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {say("answer.cancel")}
        </button>
      </div>
      {row.id === person?.id ? null : (
        <>
          <div className="stack-tight">
            <p className="soft small">{say("people.reset-lead")}</p>
            <p>
              <button type="button" className="button" onClick={() => change.run({ act: "reset" })}>
                {say("people.reset")}
              </button>
            </p>
          </div>
          <div className="stack-tight">
            <p className="soft small">{say("people.remove-lead", { name: row.name })}</p>
            <p className="row">
              <label className="row">
                <input type="checkbox" checked={sure} onChange={(event) => setSure(event.target.checked)} />
                {say("answer.yes")}
              </label>
              <button
                type="button"
                className="button"
                disabled={!sure || change.busy}
                onClick={() => change.run({ act: "remove" })}
              >
                {say("people.remove")}
              </button>
            </p>
          </div>
        </>
      )}
      {change.dialog}
    </Modal>
  );
}
