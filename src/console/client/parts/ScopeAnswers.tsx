import { useState } from "react";
import type { ScopeDecision, ScopePairView, ScopeVerdict } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { Moment } from "./Moment.tsx";
import { useEffectText } from "./ScopeParts.tsx";

type Props = {
  pair: ScopePairView | undefined;
  recall: boolean;
  decision: ScopeDecision | null;
  busy: boolean;
  onAnswer: (verdict: ScopeVerdict, reason: string | null) => void;
  onUndo: () => void;
};

/** The question about a pair: three answers with what each changes, a reason, and the way back. */
export function ScopeAnswers({ pair, recall, decision, busy, onAnswer, onUndo }: Props) {
  const { say } = useWords();
  const effectText = useEffectText();
  const [reason, setReason] = useState("");
  const answer = (verdict: ScopeVerdict): void => {
    onAnswer(verdict, reason.trim() === "" ? null : reason.trim());
    setReason("");
  };
  const another = recall ? say("review.none-of-them") : say("review.another");
  const nobody = pair !== undefined && pair.customer === null;
  return (
    <section className="section" aria-labelledby="review-question">
      <h2 id="review-question">{say("review.question")}</h2>
      {decision === null ? null : (
        <p className="row">
          <strong>
            {say("review.decided", {
              verdict: decision.verdict === "another" ? another : say(`review.${decision.verdict}`),
              name: decision.byName,
            })}
          </strong>
          <span className="soft">
            <Moment at={decision.at} />
          </span>
          <button type="button" className="button-link" disabled={busy} onClick={onUndo}>
            {say("review.undo")}
          </button>
        </p>
      )}
      <div className="review-answers">
        <button
          type="button"
          className="button"
          disabled={busy || pair === undefined || nobody}
          onClick={() => answer("same")}
        >
          <span>
            <kbd>1</kbd> {say("review.same")}
          </span>
          <span className="soft small">{effectText(pair?.effect.same ?? null)}</span>
        </button>
        <button
          type="button"
          className="button"
          disabled={busy || pair === undefined}
          onClick={() => answer("another")}
        >
          <span>
            <kbd>2</kbd> {another}
          </span>
          <span className="soft small">{recall ? "" : effectText(pair?.effect.another ?? null)}</span>
        </button>
        <button
          type="button"
          className="button"
          disabled={busy || pair === undefined}
          onClick={() => answer("unclear")}
        >
          <span>
            <kbd>3</kbd> {say("review.unclear")}
          </span>
        </button>
      </div>
      <div className="field">
        <label htmlFor="review-reason">{say("review.reason")}</label>
        <input
          id="review-reason"
          className="input"
          maxLength={2_000}
          autoComplete="off"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
    </section>
  );
}
