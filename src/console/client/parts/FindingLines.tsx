import { Link } from "@tanstack/react-router";
import type { FindingRow } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { nameOfFinding } from "../words/findingWords.ts";
import { Breakable } from "./Breakable.tsx";
import { SeverityMark } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";

/** Findings in short, each leading to its page. */
export function FindingLines({ findings }: { findings: FindingRow[] }) {
  const { say, choose } = useWords();
  return (
    <ul className="lines">
      {findings.map((finding) => (
        <li key={finding.id} className="row">
          <Link to="/findings/$id" params={{ id: finding.id }}>
            {finding.reasons.map(({ code }) => choose(nameOfFinding(code))).join(say("answer.comma"))}
          </Link>
          <SeverityMark severity={finding.severity} />
          <span className="soft">
            <Breakable text={finding.destination} />
          </span>
          <span className="faint">
            <Moment at={finding.at} />
          </span>
        </li>
      ))}
    </ul>
  );
}
