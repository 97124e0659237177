import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import type { Role } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { Field } from "./Field.tsx";
import { useConfirmed } from "./ConfirmFactor.tsx";
import { Modal } from "./Modal.tsx";
import { RoleChoices } from "./RoleChoices.tsx";
import { Notice, ProblemNotice } from "./States.tsx";

/** A one-time link that was just made. Its address is told now and never again. */
export type Made = { address: string; email: string; expiresAt: string };

type Props = { open: boolean; onClose: () => void; onMade: (made: Made) => void };

export function InviteDialog({ open, onClose, onMade }: Props) {
  const { say } = useWords();
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [roles, setRoles] = useState<Role[]>(["operator"]);
  const invite = useConfirmed(async (invitation: { email: string; roles: Role[] }) => {
    const made = await read(api.people.invitations.$post({ json: invitation }));
    onMade({ ...made, email: invitation.email });
    setEmail("");
    onClose();
    await client.invalidateQueries({ queryKey: ["people"] });
  });
  function send(event: FormEvent): void {
    event.preventDefault();
    void invite.run({ email, roles });
  }
  return (
    <Modal title={say("people.invite")} open={open} onClose={onClose}>
      <form className="stack" onSubmit={send}>
        <Field
          id="invite-email"
          label={say("sign-in.email")}
          value={email}
          onChange={setEmail}
          complete="off"
        />
        <RoleChoices roles={roles} onChange={setRoles} />
        <ProblemNotice error={invite.error} />
        <div className="row">
          <button type="submit" className="button button-main" disabled={roles.length === 0 || invite.busy}>
            {say("people.invite-go")}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {say("answer.cancel")}
          </button>
        </div>
      </form>
      {invite.dialog}
    </Modal>
  );
}

/** Shows the link once, to be copied. */
export function MadeLink({ made }: { made: Made }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const [copied, setCopied] = useState(false);
  const time = shortTime(made.expiresAt, timeZone, language);
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(made.address);
    setCopied(true);
  }
  return (
    <Notice kind="held">
      <p>
        <strong>{say("people.link-made")}</strong>
      </p>
      <p>{say("people.link-lead", { email: made.email, time })}</p>
      <p className="row">
        <code className="figures" id="made-link">
          {made.address}
        </code>
        <button type="button" className="button" onClick={copy}>
          {say(copied ? "answer.copied" : "answer.copy")}
        </button>
      </p>
    </Notice>
  );
}
