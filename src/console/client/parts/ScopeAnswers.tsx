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
  const choices: { key: string; verdict: ScopeVerdict; label: string; effect: string; off: boolean }[] = [
    {
      key: "1",
      verdict: "same",
      label: say("review.same"),
      effect: effectText(pair?.effect.same ?? null),
      off: pair?.customer === null,
    },
    {
      key: "2",
      verdict: "another",
      label: another,
      effect: recall ? "" : effectText(pair?.effect.another ?? null),
      off: false,
    },
    { key: "3", verdict: "unclear", label: say("review.unclear"), effect: "", off: false },
  ];
  return (
    <section className="section" aria-labelledby="review-question">
      <h2 id="review-question">{say("review.question")}</h2>
      {decision === null ? null : (
        <Decided decision={decision} another={another} busy={busy} onUndo={onUndo} />
      )}
      <div className="review-answers">
        {choices.map(({ key, verdict, label, effect, off }) => (
          <button
            key={key}
            type="button"
            className="button"
            aria-pressed={decision?.verdict === verdict}
            disabled={busy || pair === undefined || off}
            onClick={() => answer(verdict)}
          >
            <span>
              <kbd className="for-keys">{key}</kbd> {label}
            </span>
            <span className="soft small">{effect}</span>
          </button>
        ))}
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

/** What was said of the pair, by whom, and the way back. */
function Decided(props: { decision: ScopeDecision; another: string; busy: boolean; onUndo: () => void }) {
  const { say } = useWords();
  const { verdict, byName, at } = props.decision;
  const said = verdict === "another" ? props.another : say(`review.${verdict}`);
  return (
    <p className="row">
      <strong>{say("review.decided", { verdict: said, name: byName })}</strong>
      <span className="soft">
        <Moment at={at} />
      </span>
      <button type="button" className="button-link" disabled={props.busy} onClick={props.onUndo}>
        {say("review.undo")}
      </button>
    </p>
  );
}
