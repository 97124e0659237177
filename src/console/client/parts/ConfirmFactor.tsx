import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api, ApiProblem, read } from "../api.ts";
import { useWords } from "../language.ts";
import { passkeysWork, provePasskey } from "../passkeys.ts";
import { Modal } from "./Modal.tsx";
import { ProblemNotice } from "./States.tsx";

/**
 * Carries an act out, and where the station asks for a fresh factor, asks the person and carries it out
 * again. The act stays what it was: nothing typed is lost.
 */
export function useConfirmed<Argument>(act: (argument: Argument) => Promise<void>) {
  const [waiting, setWaiting] = useState<{ argument: Argument } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  async function run(argument: Argument): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await act(argument);
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.code === "confirmation-needed") setWaiting({ argument });
      else setError(problem);
    } finally {
      setBusy(false);
    }
  }
  const dialog = (
    <ConfirmDialog
      open={waiting !== null}
      onClose={() => setWaiting(null)}
      onDone={() => {
        const again = waiting;
        setWaiting(null);
        if (again !== null) void run(again.argument);
      }}
    />
  );
  return { run, busy, error, dialog };
}

type Props = { open: boolean; onClose: () => void; onDone: () => void };

function ConfirmDialog({ open, onClose, onDone }: Props) {
  const { say } = useWords();
  const client = useQueryClient();
  const [code, setCode] = useState("");
  const [error, setError] = useState<unknown>(null);
  async function prove(how: () => Promise<unknown>): Promise<void> {
    try {
      setError(null);
      await how();
      setCode("");
      await client.invalidateQueries({ queryKey: ["session"] });
      onDone();
    } catch (problem) {
      setError(problem);
    }
  }
  function send(event: FormEvent): void {
    event.preventDefault();
    void prove(() => read(api.confirm.$post({ json: { code: code.trim() } })));
  }
  return (
    <Modal title={say("confirm.title")} open={open} onClose={onClose}>
      <p className="soft">{say("confirm.lead")}</p>
      {passkeysWork() ? (
        <button type="button" className="button button-wide" onClick={() => prove(provePasskey)}>
          {say("confirm.passkey")}
        </button>
      ) : null}
      <form className="stack" onSubmit={send}>
        <CodeField label={say("confirm.code")} value={code} onChange={setCode} />
        <ProblemNotice error={error} />
        <div className="row">
          <button type="submit" className="button button-main">
            {say("confirm.send")}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {say("answer.cancel")}
          </button>
        </div>
      </form>
    </Modal>
  );
}

type CodeProps = { label: string; value: string; onChange: (value: string) => void };

/** Six digits, from the app or from the telephone's own suggestion. */
export function CodeField({ label, value, onChange }: CodeProps) {
  return (
    <div className="field">
      <label htmlFor="code">{label}</label>
      <input
        id="code"
        className="input input-code"
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="[0-9]{6}"
        maxLength={6}
        required
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
