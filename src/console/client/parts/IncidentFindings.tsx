import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { IncidentFinding, IncidentView } from "../../../station/services.ts";
import { partFinding } from "../incidentQueries.ts";
import { useWords } from "../language.ts";
import { useMay } from "../session.ts";
import { nameOfFinding } from "../words/findingWords.ts";
import { nameOfReading } from "../words/readingWords.ts";
import { nameOfReason } from "../words/reasonWords.ts";
import { SeverityMark } from "./Mark.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { EmptyState } from "./States.tsx";
import { TimeLine } from "./TimeLine.tsx";

/** The findings in their order, each with why it is in this incident. */
export function IncidentFindings({ incident }: { incident: IncidentView }) {
  if (incident.list.length === 0) return <EmptyState title="incident.list-none" />;
  const steps = incident.list.map((finding) => ({
    key: finding.entry,
    at: finding.at,
    kind: "judged" as const,
    children: <Finding finding={finding} incident={incident.id} />,
  }));
  return <TimeLine steps={steps} />;
}

const NAMES = { mail: nameOfReason, outbound: nameOfFinding, records: nameOfReading };

function Finding({ finding, incident }: { finding: IncidentFinding; incident: string }) {
  const { say, choose } = useWords();
  const client = useQueryClient();
  const may = useMay("incident.change");
  const [parting, setParting] = useState(false);
  const nameOf = NAMES[finding.gate as keyof typeof NAMES] ?? nameOfReason;
  const names = finding.codes.map((code) => choose(nameOf(code))).join(say("answer.comma"));
  const { why } = finding;
  return (
    <div className="stack-tight">
      <p className="row">
        <FindingLink finding={finding} text={names} />
        <SeverityMark severity={finding.severity} />
      </p>
      <p className="soft small">
        {finding.keys
          .map(({ kind, value }) => `${say(`incident.key.${kind}`)} ${value}`)
          .join(say("answer.comma"))}
      </p>
      <p className="small">
        {why === null
          ? say("incident.opened-it")
          : say("incident.by-key", { kind: say(`incident.key.${why.key.kind}`), value: why.key.value })}
        {may ? (
          <>
            {"　"}
            <button type="button" className="button-link" onClick={() => setParting(true)}>
              {say("incident.part")}
            </button>
          </>
        ) : null}
      </p>
      <ReasonDialog
        title={names}
        lead="incident.part-does"
        label="incident.reason"
        send="incident.part"
        open={parting}
        onClose={() => setParting(false)}
        onSend={async (reason) =>
          client.setQueryData(["incident", incident], await partFinding(incident, finding.entry, reason))
        }
      />
    </div>
  );
}

/** Where all of it stands: the mail, the finding, the statement, or else the ledger's entry. */
function FindingLink({ finding, text }: { finding: IncidentFinding; text: string }) {
  const { mail, finding: found, statement, event } = finding.about;
  const read = statement ?? event;
  if (mail !== undefined)
    return (
      <Link to="/mail/$mail" params={{ mail }}>
        {text}
      </Link>
    );
  if (found !== undefined)
    return (
      <Link to="/findings/$id" params={{ id: found }}>
        {text}
      </Link>
    );
  if (read !== undefined)
    return (
      <Link to="/records/events/$id" params={{ id: read }}>
        {text}
      </Link>
    );
  return (
    <Link to="/ledger/$id" params={{ id: finding.entry }}>
      {text}
    </Link>
  );
}
