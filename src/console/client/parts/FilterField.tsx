import { useEffect, useId, useState } from "react";
import { useWords } from "../language.ts";

type Props = {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
};

/** One filter of a table; the browser's own list, which works by thumb, by keyboard and by ear. */
export function FilterField({ label, value, options, onChange }: Props) {
  const { say } = useWords();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{say("table.all")}</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

const TYPING_MS = 300;

/** Free text, put into the address when typing rests. */
export function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { say } = useWords();
  const id = useId();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), TYPING_MS);
    return () => clearTimeout(timer);
    // The caller makes a new function at every drawing; only what is typed matters here.
  }, [typed]);
  return (
    <div className="field grow">
      <label htmlFor={id}>{say("table.search")}</label>
      <input
        id={id}
        className="input"
        type="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key === "Enter") onChange(typed);
        }}
      />
    </div>
  );
}
