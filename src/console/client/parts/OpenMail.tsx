import { useState } from "react";
import { PURPOSES, type HeldMailView, type Purpose } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { openMail } from "../queries.ts";
import { useMay } from "../session.ts";
import { ProblemNotice } from "./States.tsx";

/** Uncovers the content: a click with a purpose, and an entry in the ledger. */
export function OpenMail({ mail, onOpened }: { mail: string; onOpened: (view: HeldMailView) => void }) {
  const { say } = useWords();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const may = useMay("mail.open");
  async function open(purpose: Purpose): Promise<void> {
    setBusy(true);
    try {
      setError(null);
      onOpened(await openMail(mail, purpose));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }
  if (!may) return <p className="soft">{say("mail.content-forbidden")}</p>;
  return (
    <div className="stack">
      <p className="soft reading">{say("mail.content-closed")}</p>
      <div className="row" role="group" aria-label={say("mail.purpose")}>
        {PURPOSES.map((purpose) => (
          <button
            key={purpose}
            type="button"
            className="button"
            disabled={busy}
            onClick={() => open(purpose)}
          >
            {say(`mail.purpose.${purpose}`)}
          </button>
        ))}
      </div>
      <ProblemNotice error={error} />
    </div>
  );
}
