import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import type { DecisionView } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { useWords } from "../language.ts";
import { useMay, useSession } from "../session.ts";
import { ApprovalForm } from "./ApprovalForm.tsx";
import { useConfirmed } from "./ConfirmFactor.tsx";
import { DecisionAnswers, DecisionOutcome } from "./DecisionOutcome.tsx";
import { RemainingTime } from "./RemainingTime.tsx";
import { Notice, ProblemNotice } from "./States.tsx";

/** A decision on one screen: question, time left, default, options with consequences, reason, answer. */
export function DecisionPanel({ decision }: { decision: DecisionView }) {
  const { choose } = useWords();
  const open = decision.state === "asked" || decision.state === "seconding";
  const flags = decision.state === "seconding" ? { "data-seconding": "" } : open ? {} : { "data-calm": "" };
  return (
    <section className="decision" {...flags} aria-labelledby={`question-${decision.id}`}>
      <h2 className="decision-question" id={`question-${decision.id}`}>
        {choose(decision.question)}
      </h2>
      {open ? <OpenDecision decision={decision} /> : <DecisionOutcome decision={decision} />}
    </section>
  );
}

/** An option's name in the reader's language. */
export function useOptionName(decision: DecisionView): (code: string) => string {
  const { choose } = useWords();
  return (code) => {
    const option = decision.options.find((each) => each.code === code);
    return option === undefined ? code : choose(option.label);
  };
}

function OpenDecision({ decision }: { decision: DecisionView }) {
  const { say } = useWords();
  const { person } = useSession();
  const nameOf = useOptionName(decision);
  const answersAny = useMay("decision.answer");
  const owns = person?.roles.includes(decision.owner.role) === true && decision.owner.role !== "auditor";
  // The first is bound only while the second is missing; two answers that disagree put the question anew.
  const last = decision.state === "seconding" ? decision.answers.at(-1) : undefined;
  const first = last !== undefined && last.person === person?.id;
  return (
    <>
      <RemainingTime
        askedAt={decision.askedAt}
        deadline={decision.deadline}
        defaultLabel={nameOf(decision.defaultOption)}
      />
      <SecondPerson decision={decision} />
      {decision.code === "bulk-read" ? <ApprovalForm decision={decision} /> : null}
      {decision.code === "bulk-read" || answersAny || owns ? null : (
        <Notice kind="plain">
          <p>{say("decision.may-not", { role: say(`role.${decision.owner.role}`) })}</p>
        </Notice>
      )}
      {decision.code !== "bulk-read" && (answersAny || owns) && !first ? (
        <AnswerForm decision={decision} />
      ) : null}
    </>
  );
}

/** How far the two persons are, said honestly: nothing has happened while the second is missing. */
function SecondPerson({ decision }: { decision: DecisionView }) {
  const { say } = useWords();
  const { person } = useSession();
  const nameOf = useOptionName(decision);
  if (!decision.secondPerson) return null;
  const first = decision.answers.at(-1);
  if (first === undefined) return <Notice kind="plain">{say("decision.two-none")}</Notice>;
  if (decision.state === "asked") return <Disagreement decision={decision} />;
  const values = { option: nameOf(first.option), name: first.personName };
  const yours = first.person === person?.id;
  return (
    <Notice kind="held">
      <p>{say(yours ? "decision.two-yours" : "decision.two-other", values)}</p>
      <p>{first.reason}</p>
    </Notice>
  );
}

function Disagreement({ decision }: { decision: DecisionView }) {
  const { say } = useWords();
  return (
    <Notice kind="attention">
      <p>{say("decision.two-disagree")}</p>
      <DecisionAnswers decision={decision} />
    </Notice>
  );
}

function AnswerForm({ decision }: { decision: DecisionView }) {
  const { say } = useWords();
  const client = useQueryClient();
  const nameOf = useOptionName(decision);
  const [option, setOption] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  const answer = useConfirmed(async (given: { option: string; reason: string }) => {
    await read(api.decisions[":id"].answer.$post({ param: { id: decision.id }, json: given }));
    await client.invalidateQueries();
  });
  function send(event: FormEvent): void {
    event.preventDefault();
    if (option !== null) void answer.run({ option, reason });
  }
  return (
    <form className="stack" onSubmit={send}>
      <Options decision={decision} option={option} onChoose={setOption} />
      <div className="field">
        <label htmlFor={`reason-${decision.id}`}>{say("decision.reason")}</label>
        <textarea
          id={`reason-${decision.id}`}
          className="input"
          required
          minLength={3}
          maxLength={2000}
          placeholder={say("decision.reason-example")}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
      <ProblemNotice error={answer.error} />
      <button
        type="submit"
        className="button button-main button-wide"
        disabled={option === null || reason.trim().length < 3 || answer.busy}
      >
        {option === null ? say("decision.answer-none") : say("decision.answer", { option: nameOf(option) })}
      </button>
      {answer.dialog}
    </form>
  );
}

type OptionsProps = {
  decision: DecisionView;
  option: string | null;
  onChoose: (option: string) => void;
};

function Options({ decision, option, onChoose }: OptionsProps) {
  const { say, choose } = useWords();
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
      <legend className="label">{say("decision.options")}</legend>
      <div className="options">
        {decision.options.map((each) => (
          <label key={each.code} className="option">
            <input
              type="radio"
              name={`option-${decision.id}`}
              value={each.code}
              checked={option === each.code}
              onChange={() => onChoose(each.code)}
            />
            <strong>
              {choose(each.label)}
              {each.code === decision.defaultOption ? (
                <span className="faint small">　{say("answer.default")}</span>
              ) : null}
            </strong>
            <span>{choose(each.consequence)}</span>
            <span className="small">{say("decision.undo", { undo: choose(each.undo) })}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
