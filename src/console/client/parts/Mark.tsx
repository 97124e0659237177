import type { ReactNode } from "react";
import type { Kind } from "../entryTypes.ts";
import { useWords } from "../language.ts";

export type Loudness = "attention" | "act" | "held" | "plain";

/** A state: a shape and a word, and a colour only where somebody should look. Never colour alone. */
export function Mark({ loudness, children }: { loudness: Loudness; children: ReactNode }) {
  return (
    <span className={`mark mark-${loudness}`}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        {SHAPES[loudness]}
      </svg>
      <span>{children}</span>
    </span>
  );
}

const SHAPES: Record<Loudness, ReactNode> = {
  attention: <path d="M5 .5 9.7 9.5H.3Z" fill="currentColor" />,
  act: <path d="M5 0 10 5 5 10 0 5Z" fill="currentColor" />,
  held: <path d="M1 1h3v8H1zM6 1h3v8H6z" fill="currentColor" />,
  plain: <circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />,
};

/** In a field of 12 by 12; drawn in the colour and stroke of what stands around it. */
export const OUTLINES: Record<Kind, ReactNode> = {
  observed: <circle cx="6" cy="6" r="4.5" />,
  judged: <path d="M6 .8 11.2 6 6 11.2.8 6Z" />,
  decided: <rect x="1.5" y="1.5" width="9" height="9" />,
  enforced: <circle cx="6" cy="6" r="4.5" style={{ fill: "currentColor" }} />,
};

/** The shape of one of the four steps: observed, judged, decided, enforced. */
export function KindShape({ kind }: { kind: Kind }) {
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" fill="none" stroke="currentColor">
      {OUTLINES[kind]}
    </svg>
  );
}

export function KindMark({ kind }: { kind: Kind }) {
  const { say } = useWords();
  return (
    <span className="mark mark-plain">
      <KindShape kind={kind} />
      <span>{say(`kind.${kind}`)}</span>
    </span>
  );
}

const SEVERITY_LOUDNESS: Record<string, Loudness> = { critical: "act", high: "attention" };

export function SeverityMark({ severity }: { severity: string }) {
  const { say } = useWords();
  const known = ["info", "low", "medium", "high", "critical"].find((word) => word === severity) ?? "info";
  const loudness = SEVERITY_LOUDNESS[known] ?? "plain";
  return <Mark loudness={loudness}>{say(`severity.${known as "info"}`)}</Mark>;
}
