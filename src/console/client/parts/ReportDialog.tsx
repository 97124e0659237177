import { useState, type FormEvent, type ReactNode } from "react";
import { useWords } from "../language.ts";
import type { WordCode } from "../words/words.ts";
import { Modal } from "./Modal.tsx";
import { ProblemNotice } from "./States.tsx";

type Props = {
  title: string;
  send: WordCode;
  /** What was typed makes sense as it is. */
  ready: boolean;
  onClose: () => void;
  onSend: () => Promise<unknown>;
  children: ReactNode;
};

/** Something that is written down without a reason of its own. What is refused is shown; nothing is lost. */
export function ReportDialog({ title, send, ready, onClose, onSend, children }: Props) {
  const { say } = useWords();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onSend();
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }
  return (
    <Modal title={title} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        {children}
        <ProblemNotice error={error} />
        <div className="row">
          <button type="submit" className="button button-main" disabled={busy || !ready}>
            {say(send)}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {say("answer.cancel")}
          </button>
        </div>
      </form>
    </Modal>
  );
}
