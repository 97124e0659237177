import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { LedgerRow, ReportsView } from "../../../station/services.ts";
import { shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { handedOverQuery, linkScope } from "../reportQueries.ts";
import { useMay, useSession } from "../session.ts";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { Shown } from "./States.tsx";
import { SelectField } from "./TextField.tsx";

type Persons = { fewest: number; most: number };

/** A count of persons, or between which two it lies. */
export function usePersonsText(): (persons: Persons) => string {
  const { say } = useWords();
  return ({ fewest, most }) =>
    fewest === most
      ? say("report.scope-persons", { count: most })
      : say("report.scope-between", { fewest, most });
}

/** Which count of persons holds for the incident, and the way to another one. */
export function ReportScope({ incident, view }: { incident: string; view: ReportsView }) {
  const { say } = useWords();
  const may = useMay("report.draft");
  const [linking, setLinking] = useState(false);
  const personsText = usePersonsText();
  const { scope } = view;
  return (
    <section className="section" aria-labelledby="scope">
      <h2 id="scope">{say("report.scope")}</h2>
      {scope === null ? (
        <>
          <p>{say("report.scope-none")}</p>
          <p className="soft small">{say("report.scope-none-next")}</p>
        </>
      ) : (
        <p className="row">
          <strong>{personsText(scope.persons)}</strong>
          <Link to="/ledger/$id" params={{ id: scope.entry }}>
            {say("report.scope-counted", { day: scope.countedAt.slice(0, 10) })}
          </Link>
        </p>
      )}
      {may ? (
        <p>
          <button type="button" className="button-link" onClick={() => setLinking(true)}>
            {say("report.scope-link")}
          </button>
        </p>
      ) : null}
      {linking ? <LinkDialog incident={incident} onClose={() => setLinking(false)} /> : null}
    </section>
  );
}

function LinkDialog({ incident, onClose }: { incident: string; onClose: () => void }) {
  const { say } = useWords();
  const client = useQueryClient();
  const query = useQuery(handedOverQuery);
  const [chosen, setChosen] = useState("");
  const rows = query.data?.rows as LedgerRow[] | undefined;
  const scope = chosen === "" ? (rows?.[0]?.entry.id ?? "") : chosen;
  async function send(reason: string): Promise<void> {
    await linkScope(incident, { scope, reason });
    await client.invalidateQueries({ queryKey: ["incident", incident, "reports"] });
  }
  return (
    <ReasonDialog
      title={say("report.scope-link")}
      label="report.scope-why"
      send="report.save"
      open
      onClose={onClose}
      onSend={send}
    >
      <Shown query={query}>{() => <Results rows={rows ?? []} value={scope} onChange={setChosen} />}</Shown>
    </ReasonDialog>
  );
}

type ResultsProps = { rows: LedgerRow[]; value: string; onChange: (scope: string) => void };

function Results({ rows, value, onChange }: ResultsProps) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const personsText = usePersonsText();
  if (rows.length === 0) return <p className="soft">{say("report.scope-nothing")}</p>;
  const labelOf = ({ entry }: LedgerRow): string => {
    const persons = entry.data["persons"] as Partial<Persons> | undefined;
    const { fewest = 0, most = 0 } = persons ?? {};
    return `${personsText({ fewest, most })}　${shortTime(entry.at, timeZone, language)}`;
  };
  return (
    <SelectField
      label={say("report.scope-which")}
      value={value}
      options={rows.map((row) => ({ value: row.entry.id as string, label: labelOf(row) }))}
      onChange={onChange}
    />
  );
}
