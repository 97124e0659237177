import { useEffect, useRef, useState } from "react";
import { useWords } from "../language.ts";
import { useChosen } from "./ReportChooser.tsx";
import { TextField } from "./TextField.tsx";

/** The figures of the estimate with what is usual, as the report's schema has them; shares in percent. */
const FIGURES = [
  ["compensationYen", 500, 1],
  ["compensated", 1, 100],
  ["mailYen", 0.1, 1],
  ["reachedByMail", 0.8, 100],
  ["letterYen", 150, 1],
  ["callers", 0.01, 100],
  ["callMinutes", 8, 1],
  ["hotlineYenPerHour", 4000, 1],
] as const;
type Figure = (typeof FIGURES)[number][0];

const REST_MS = 500;

/** The assumptions as fields. Whatever is changed stands in the address, and the sum is made anew. */
export function ReportCost({ incident, assumed }: { incident: string; assumed: string | undefined }) {
  const { say } = useWords();
  const chosen = useChosen(incident);
  const [texts, setTexts] = useState(() => textsOf(assumed));
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  /** Not with every key: each change makes the whole report anew. */
  function change(changed: Record<Figure, string>): void {
    setTexts(changed);
    if (timer.current !== null) clearTimeout(timer.current);
    const next = printAssumed(changed);
    if (next === null) return;
    timer.current = setTimeout(
      () => chosen({ of: "cost", ...(next === "" ? {} : { assume: next }) }),
      REST_MS,
    );
  }
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return (
    <fieldset className="report-cost">
      <legend className="label">{say("report.cost-assumed")}</legend>
      <p className="soft small">{say("report.cost-lead")}</p>
      <div className="report-figures">
        {FIGURES.map(([figure]) => (
          <TextField
            key={figure}
            label={say(`report.cost.${figure}`)}
            value={texts[figure]}
            onChange={(text) => change({ ...texts, [figure]: text })}
          />
        ))}
      </div>
      <button type="button" className="button-link" onClick={() => change(textsOf(undefined))}>
        {say("report.cost-usual")}
      </button>
    </fieldset>
  );
}

function textsOf(assumed: string | undefined): Record<Figure, string> {
  const given = parse(assumed ?? "{}");
  const rows = FIGURES.map(([figure, usual, scale]) => {
    const value = Number(given[figure] ?? usual);
    return [figure, String(Number((value * scale).toPrecision(12)))];
  });
  return Object.fromEntries(rows) as Record<Figure, string>;
}

function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** As JSON, without what is usual; null while a field holds no number. */
function printAssumed(texts: Record<Figure, string>): string | null {
  const changed: Partial<Record<Figure, number>> = {};
  for (const [figure, usual, scale] of FIGURES) {
    const text = texts[figure].trim();
    const value = Number((Number(text) / scale).toPrecision(12));
    if (text === "" || !Number.isFinite(value) || value < 0) return null;
    if (value !== usual) changed[figure] = value;
  }
  return Object.keys(changed).length === 0 ? "" : JSON.stringify(changed);
}
