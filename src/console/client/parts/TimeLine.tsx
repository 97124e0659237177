import type { ReactNode } from "react";
import type { Kind } from "../entryTypes.ts";
import { KindShape } from "./Mark.tsx";
import { ShortMoment } from "./Moment.tsx";

export type TimeLineStep = { key: string; at: string; kind: Kind; children: ReactNode };

/** What happened, from above to below, each step by its shape: seen, judged, decided, done. */
export function TimeLine({ steps }: { steps: TimeLineStep[] }) {
  return (
    <ol className="time-line">
      {steps.map((step) => (
        <li key={step.key}>
          <span className="soft">
            <ShortMoment at={step.at} />
          </span>
          <KindShape kind={step.kind} />
          <div>{step.children}</div>
        </li>
      ))}
    </ol>
  );
}
