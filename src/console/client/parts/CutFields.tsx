import { useId } from "react";
import { duration } from "../formats.ts";
import { useWords } from "../language.ts";

const MINUTES = [15, 60, 240, 720, 1440, 4320, 10_080];

type MinutesProps = { minutes: number; onChange: (minutes: number) => void };

/** For how long an act holds; every act has an end. */
export function MinutesField({ minutes, onChange }: MinutesProps) {
  const { say, language } = useWords();
  const id = useId();
  const choices = MINUTES.includes(minutes) ? MINUTES : [...MINUTES, minutes].sort((one, two) => one - two);
  return (
    <div className="field">
      <label htmlFor={id}>{say("cut.lasts")}</label>
      <select
        id={id}
        className="input"
        value={minutes}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {duration(choice * 60_000, language)}
          </option>
        ))}
      </select>
    </div>
  );
}

type ReasonProps = { reason: string; onChange: (reason: string) => void };

export function ReasonField({ reason, onChange }: ReasonProps) {
  const { say } = useWords();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{say("cut.reason")}</label>
      <textarea
        id={id}
        className="input"
        required
        minLength={3}
        maxLength={2000}
        placeholder={say("cut.reason-example")}
        value={reason}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
