import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { WaitingApproval } from "../../../station/services.ts";
import type { DecisionView } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { useWords } from "../language.ts";
import { passkeysWork } from "../passkeys.ts";
import { approvalQuery, approveReading } from "../recordsQueries.ts";
import { useConfirmed } from "./ConfirmFactor.tsx";
import { Notice, ProblemNotice, Shown } from "./States.tsx";

/** The answer to a held reading: approved by a passkey over exactly it, refused by a click. */
export function ApprovalForm({ decision }: { decision: DecisionView }) {
  const query = useQuery(approvalQuery(decision.id));
  return <Shown query={query}>{(waiting) => <Answer waiting={waiting} />}</Shown>;
}

function Answer({ waiting }: { waiting: WaitingApproval }) {
  const { say, choose } = useWords();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const { decision, mayAnswer, isReader } = waiting;
  const { id } = decision;
  const deny = useConfirmed(async () => {
    const json = { option: "deny", reason };
    await read(api.decisions[":id"].answer.$post({ param: { id }, json }));
    await client.invalidateQueries();
  });
  const approve = useConfirmed(async () => {
    await approveReading(id, reason);
    await client.invalidateQueries();
  });
  if (isReader) return <Notice kind="attention">{say("approval.own")}</Notice>;
  if (!mayAnswer) {
    return (
      <Notice kind="plain">{say("decision.may-not", { role: say(`role.${decision.owner.role}`) })}</Notice>
    );
  }
  const ready = reason.trim().length >= 3 && !approve.busy && !deny.busy;
  const [option] = decision.options;
  return (
    <form className="stack" onSubmit={(event) => event.preventDefault()}>
      {option === undefined ? null : (
        <div className="stack-tight">
          <p>{choose(option.consequence)}</p>
          <p className="soft small">{choose(option.undo)}</p>
        </div>
      )}
      <div className="field">
        <label htmlFor={`reason-${id}`}>{say("decision.reason")}</label>
        <textarea
          id={`reason-${id}`}
          className="input"
          required
          minLength={3}
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
      <Passkeys waiting={waiting} />
      <ProblemNotice error={approve.error ?? deny.error} />
      <div className="approval-buttons">
        <button
          type="button"
          className="button button-main button-wide"
          disabled={!ready || waiting.passkeys === 0 || !passkeysWork()}
          onClick={() => void approve.run(undefined)}
        >
          {say(approve.busy ? "approval.busy" : "approval.approve")}
        </button>
        <button
          type="button"
          className="button button-wide"
          disabled={!ready}
          onClick={() => void deny.run(undefined)}
        >
          {say("approval.refuse")}
        </button>
      </div>
      <p className="soft small">{say("approval.binds")}</p>
      {deny.dialog}
    </form>
  );
}

/** Why this person cannot approve here, and what she can do about it. */
function Passkeys({ waiting }: { waiting: WaitingApproval }) {
  const { say } = useWords();
  if (waiting.passkeys === 0) {
    return (
      <Notice kind="attention">
        <p>{say("approval.no-passkey")}</p>
        <p>
          <Link to="/profile">{say("approval.add-passkey")}</Link>
        </p>
      </Notice>
    );
  }
  return passkeysWork() ? null : <Notice kind="attention">{say("approval.no-passkey-here")}</Notice>;
}
