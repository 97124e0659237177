import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import type { PublicProblem, Report, ReportRow, ReportsView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { diffQuery, fileReport, releaseReport } from "../reportQueries.ts";
import { useMay, useSession } from "../session.ts";
import { useConfirmed } from "./ConfirmFactor.tsx";
import { Moment } from "./Moment.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { formerOf } from "./ReportDiff.tsx";
import { ItemCounts } from "./ReportItems.tsx";
import { ReportStateMark } from "./ReportList.tsx";
import { ReportRefused } from "./ReportRefused.tsx";
import { Notice, ProblemNotice } from "./States.tsx";
import { TextField } from "./TextField.tsx";

type Props = {
  incident: string;
  view: ReportsView;
  row: ReportRow;
  report: Report;
  problems: readonly PublicProblem[];
};

/** The question, how far it is, what is not known in it, and the one thing to do next. */
export function ReportRelease({ incident, view, row, report, problems }: Props) {
  const { say } = useWords();
  const waits = row.state === "draft" || row.state === "seconding";
  const isOutside = row.kind === "public" || row.kind === "press";
  const calm = waits ? undefined : "";
  return (
    <section
      className="decision"
      data-calm={calm}
      data-seconding={row.state === "seconding" ? "" : undefined}
    >
      {waits ? <h2 className="decision-question">{say("report.release-question")}</h2> : null}
      <p className="row">
        <ReportStateMark state={row.state} />
        <Changed incident={incident} view={view} row={row} />
      </p>
      <ItemCounts report={report} />
      {isOutside ? <ReportRefused report={report} problems={problems} /> : null}
      <Releases row={row} />
      {waits ? <Release incident={incident} row={row} refused={problems.length > 0} /> : null}
      {row.state === "released" ? <Filing incident={incident} row={row} /> : null}
      {row.state === "filed" ? <p className="soft">{say("report.filed")}</p> : null}
    </section>
  );
}

function Changed({ incident, view, row }: Pick<Props, "incident" | "view" | "row">) {
  const { say } = useWords();
  const former = formerOf(view, row);
  const { data } = useQuery({
    ...diffQuery(incident, former?.id ?? "", row.id),
    enabled: former !== undefined,
  });
  if (former === undefined) return <span className="soft">{say("report.first-version")}</span>;
  if (data === undefined) return null;
  if (data.length === 0)
    return <span className="soft">{say("report.same-as", { number: former.number })}</span>;
  return <a href="#changed">{say("report.changed-since", { number: former.number, count: data.length })}</a>;
}

function Releases({ row }: { row: ReportRow }) {
  const { say } = useWords();
  if (row.releases.length === 0) return null;
  return (
    <ul className="stack-tight">
      {row.releases.map(({ person, by, at, final }) => (
        <li key={person}>
          {say(final ? "report.final-by" : "report.released-by", { name: by })} <Moment at={at} />
        </li>
      ))}
    </ul>
  );
}

type ReleaseProps = { incident: string; row: ReportRow; refused: boolean };

/** Who cannot release it is told why before she could try. */
function Release({ incident, row, refused }: ReleaseProps) {
  const { say } = useWords();
  const { person } = useSession();
  const may = useMay("report.release");
  const [first] = row.releases;
  if (first !== undefined && row.releases.some((one) => one.person === person?.id))
    return <Notice kind="held">{say("report.release-yours")}</Notice>;
  if (!may) return <Notice kind="plain">{say("report.release-not-yours")}</Notice>;
  if (refused) return null;
  return <ReleaseForm incident={incident} row={row} />;
}

function ReleaseForm({ incident, row }: { incident: string; row: ReportRow }) {
  const { say } = useWords();
  const id = useId();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [first] = row.releases;
  const release = useConfirmed(async (why: string) => {
    await releaseReport(incident, row.id, why);
    await client.invalidateQueries({ queryKey: ["incident", incident] });
  });
  function send(event: FormEvent): void {
    event.preventDefault();
    void release.run(reason.trim());
  }
  return (
    <form className="stack" onSubmit={send}>
      <p>
        {first === undefined ? say("report.release-first") : say("report.release-second", { name: first.by })}
      </p>
      <div className="field">
        <label htmlFor={id}>{say("report.release-reason")}</label>
        <textarea
          id={id}
          className="input"
          required
          minLength={3}
          maxLength={4000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
      <ProblemNotice error={release.error} />
      <button
        type="submit"
        className="button button-main button-wide"
        disabled={release.busy || reason.trim().length < 3}
      >
        {say(first === undefined ? "report.release" : "report.release-final")}
      </button>
      {release.dialog}
    </form>
  );
}

function Filing({ incident, row }: { incident: string; row: ReportRow }) {
  const { say } = useWords();
  const client = useQueryClient();
  const may = useMay("report.release");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState("");
  if (!may) return null;
  async function send(receipt: string): Promise<void> {
    await fileReport(incident, row.id, { receipt, at: new Date(at).toISOString() });
    await client.invalidateQueries({ queryKey: ["incident", incident] });
  }
  return (
    <>
      <button type="button" className="button button-main button-wide" onClick={() => setOpen(true)}>
        {say("report.file")}
      </button>
      {open ? (
        <ReasonDialog
          title={say("report.file")}
          lead="report.file-lead"
          label="report.file-receipt"
          send="report.save"
          open
          onClose={() => setOpen(false)}
          onSend={send}
        >
          <TextField label={say("report.file-at")} type="datetime-local" value={at} onChange={setAt} />
        </ReasonDialog>
      ) : null}
    </>
  );
}
