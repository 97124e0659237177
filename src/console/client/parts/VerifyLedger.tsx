import { useState } from "react";
import type { VerifyReport } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { useWords } from "../language.ts";
import { Notice, ProblemNotice } from "./States.tsx";

/** Checks every entry, hash and signature anew, and says what it found. */
export function VerifyLedger({ size }: { size: number }) {
  const { say } = useWords();
  const [report, setReport] = useState<VerifyReport | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  async function verify(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      setReport(await read(api.ledger.verify.$post()));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="stack-tight">
      <div className="row">
        <button type="button" className="button" onClick={verify} disabled={busy}>
          {busy ? say("ledger.verifying", { count: size }) : say("ledger.verify")}
        </button>
        {report?.ok === true ? (
          <p role="status">
            {say("ledger.verified", { count: report.size, seconds: report.seconds.toFixed(2) })}{" "}
            <span className="faint small figures">
              {say("ledger.root")} {report.root.slice(0, 16)}…
            </span>
          </p>
        ) : null}
      </div>
      {report?.ok === false ? <Problems report={report} /> : null}
      <ProblemNotice error={error} />
    </div>
  );
}

function Problems({ report }: { report: VerifyReport }) {
  const { say } = useWords();
  return (
    <Notice kind="act">
      <p>
        <strong>{say("ledger.verify-broken", { count: report.problems.length })}</strong>
      </p>
      <ul>
        {report.problems.slice(0, 20).map((problem, index) => (
          <li key={index} className="figures">
            {problem.code}　{problem.where}　{problem.detail}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
