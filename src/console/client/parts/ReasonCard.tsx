import type { ReactNode } from "react";
import type { Said } from "../../../gate.ts";
import { useWords } from "../language.ts";
import { nameOfReason, whyOfReason } from "../words/reasonWords.ts";
import { SeverityMark } from "./Mark.tsx";

type Props = {
  code: string;
  severity: string;
  technique: string | null;
  /** What was seen, as the gate said it; null while the content stays covered. */
  because: Said | null;
  evidence: ReactNode;
  can: ReactNode;
};

/** One judgement, answering three questions in place: what was seen, why it matters, what can be done. */
export function ReasonCard({ code, severity, technique, because, evidence, can }: Props) {
  const { say, choose } = useWords();
  const why = whyOfReason(code);
  return (
    <article className="reason">
      <h3>
        {choose(nameOfReason(code))}
        <SeverityMark severity={severity} />
        {technique === null ? null : <span className="faint small figures">ATT&amp;CK {technique}</span>}
      </h3>
      <dl style={{ display: "contents" }}>
        {because === null ? null : (
          <>
            <dt>{say("mail.seen")}</dt>
            <dd>
              {choose(because)} <span className="faint small">{evidence}</span>
            </dd>
          </>
        )}
        {why === null ? null : (
          <>
            <dt>{say("mail.why")}</dt>
            <dd>{choose(why)}</dd>
          </>
        )}
        {can === null ? null : (
          <>
            <dt>{say("mail.can")}</dt>
            <dd>{can}</dd>
          </>
        )}
      </dl>
    </article>
  );
}
