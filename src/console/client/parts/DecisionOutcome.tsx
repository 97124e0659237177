import { Link } from "@tanstack/react-router";
import type { DecisionView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import type { WordCode } from "../words/words.ts";
import { useOptionName } from "./DecisionPanel.tsx";
import { Mark } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";

/** After a decision: who, when, and what took hold. */
export function DecisionOutcome({ decision }: { decision: DecisionView }) {
  const { say } = useWords();
  const nameOf = useOptionName(decision);
  const option = nameOf(decision.outcome ?? decision.defaultOption);
  return (
    <div className="stack">
      <p className="reading">{say(OUTCOME_WORDS[decision.state] ?? "decision.outcome", { option })}</p>
      <DecisionAnswers decision={decision} />
      <div className="stack-tight">
        <h3>{say("decision.enforcement")}</h3>
        <Enforcement decision={decision} />
      </div>
    </div>
  );
}

const OUTCOME_WORDS: Partial<Record<DecisionView["state"], WordCode>> = {
  defaulted: "decision.defaulted",
  withdrawn: "decision.withdrawn",
};

function Enforcement({ decision }: { decision: DecisionView }) {
  const { say } = useWords();
  const { enforcement } = decision;
  if (decision.state === "withdrawn") return <p className="soft">{say("answer.none")}</p>;
  if (enforcement === null) return <p className="soft">{say("decision.not-enforced")}</p>;
  const known = (["asked", "in-place", "ended", "failed", "dry"] as const).find(
    (one) => one === enforcement.state,
  );
  return (
    <p className="row">
      <Mark loudness={known === "failed" ? "act" : "plain"}>{say(`enforced.${known ?? "asked"}`)}</Mark>
      {enforcement.at === "" ? null : (
        <span className="soft">
          <Moment at={enforcement.at} />
        </span>
      )}
      {enforcement.detail === null ? null : <span className="soft">{enforcement.detail}</span>}
    </p>
  );
}

/** Every answer with its reason, and the entries that keep them. */
export function DecisionAnswers({ decision }: { decision: DecisionView }) {
  const { say } = useWords();
  const nameOf = useOptionName(decision);
  const last = decision.entries.at(-1);
  return (
    <>
      <ul className="stack-tight">
        {decision.answers.map((answer, index) => (
          <li key={index}>
            <p className="row">
              <strong>
                {say("decision.answered-by", { name: answer.personName, option: nameOf(answer.option) })}
              </strong>
              <span className="soft">
                <Moment at={answer.at} />
              </span>
            </p>
            <p className="soft">{answer.reason}</p>
          </li>
        ))}
      </ul>
      {last === undefined ? null : (
        <p>
          <Link to="/ledger/$id" params={{ id: last }}>
            {say("decision.entries")}
          </Link>
        </p>
      )}
    </>
  );
}
