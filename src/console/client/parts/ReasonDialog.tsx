import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useWords } from "../language.ts";
import type { WordCode } from "../words/words.ts";
import { Modal } from "./Modal.tsx";
import { ProblemNotice } from "./States.tsx";

type Props = {
  title: string;
  lead?: WordCode;
  label: WordCode;
  send: WordCode;
  open: boolean;
  onClose: () => void;
  /** Carries it out; what it throws is shown, and nothing typed is lost. */
  onSend: (reason: string) => Promise<unknown>;
  /** Fields before the reason. */
  children?: ReactNode;
};

/** An act that needs a reason in a person's own words. */
export function ReasonDialog(props: Props) {
  const { say } = useWords();
  const id = useId();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await props.onSend(reason.trim());
      setReason("");
      props.onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Modal title={props.title} open={props.open} onClose={props.onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        {props.lead === undefined ? null : <p>{say(props.lead)}</p>}
        {props.children}
        <div className="field">
          <label htmlFor={id}>{say(props.label)}</label>
          <textarea
            id={id}
            className="input"
            required
            minLength={3}
            maxLength={4000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
        <ProblemNotice error={error} />
        <div className="row">
          <button type="submit" className="button button-main" disabled={busy || reason.trim().length < 3}>
            {say(props.send)}
          </button>
          <button type="button" className="button" onClick={props.onClose}>
            {say("answer.cancel")}
          </button>
        </div>
      </form>
    </Modal>
  );
}
