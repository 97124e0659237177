import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import type { CutRow } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { useWords } from "../language.ts";
import { useConfirmed } from "./ConfirmFactor.tsx";
import { useTarget } from "./CutItem.tsx";
import { MinutesField, ReasonField } from "./CutFields.tsx";
import { Modal } from "./Modal.tsx";
import { ProblemNotice } from "./States.tsx";

type Props = { cut: CutRow; change: "lift" | "renew" | null; onClose: () => void };

/** Ends an act, or gives it a new end: what that does, the reason, and a fresh proof of who asks. */
export function CutChange({ cut, change, onClose }: Props) {
  const { say } = useWords();
  const targetOf = useTarget();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [minutes, setMinutes] = useState(240);
  const lift = change === "lift";
  const send = useConfirmed(async (given: { reason: string; minutes: number; lift: boolean }) => {
    const param = { id: cut.id };
    const asked = given.lift
      ? api.traffic.cuts[":id"].lift.$post({ param, json: { reason: given.reason } })
      : api.traffic.cuts[":id"].renew.$post({
          param,
          json: { reason: given.reason, minutes: given.minutes },
        });
    await read(asked as Promise<never>);
    await client.invalidateQueries({ queryKey: ["cuts"] });
    setReason("");
    onClose();
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    void send.run({ reason, minutes, lift });
  }
  const values = { act: say(`cut.act.${cut.act}`), target: targetOf(cut) };
  return (
    <>
      <Modal
        title={say(lift ? "cut.lift-title" : "cut.renew-title", values)}
        open={change !== null}
        onClose={onClose}
      >
        <form className="stack" onSubmit={submit}>
          <p>{say(lift ? "cut.lift-does" : "cut.renew-does")}</p>
          {lift ? null : <MinutesField minutes={minutes} onChange={setMinutes} />}
          <ReasonField reason={reason} onChange={setReason} />
          <ProblemNotice error={send.error} />
          <div className="row">
            <button
              type="submit"
              className="button button-main"
              disabled={reason.trim().length < 3 || send.busy}
            >
              {say(lift ? "cut.lift-send" : "cut.renew-send")}
            </button>
            <button type="button" className="button" onClick={onClose}>
              {say("answer.cancel")}
            </button>
          </div>
        </form>
      </Modal>
      {send.dialog}
    </>
  );
}
