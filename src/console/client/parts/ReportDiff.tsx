import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ItemChange, ReportRow, ReportsView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { diffQuery } from "../reportQueries.ts";
import { useReportName } from "./ReportList.tsx";
import { Shown } from "./States.tsx";
import { SelectField } from "./TextField.tsx";

const STAGES: readonly string[] = ["preliminary", "supplement", "final"];

/** Preliminary, supplement and final report of one law go on from one another. */
function isSameFamily(one: ReportRow, other: ReportRow): boolean {
  const family = ({ kind }: ReportRow): string => (STAGES.includes(kind) ? "report" : kind);
  return family(one) === family(other) && one.law === other.law && one.partner === other.partner;
}

/** The version before this one. */
export function formerOf(view: ReportsView, row: ReportRow): ReportRow | undefined {
  return view.reports
    .filter((one) => isSameFamily(one, row) && one.number < row.number)
    .toSorted((one, other) => other.number - one.number)[0];
}

type Props = { incident: string; view: ReportsView; row: ReportRow };

/** What this version says that another one does not; which one stands in the address. */
export function ReportDiff({ incident, view, row }: Props) {
  const { say } = useWords();
  const navigate = useNavigate();
  const { from } = useSearch({ from: "/incidents/$id/reports/$report" });
  const nameOf = useReportName(view);
  const others = view.reports.filter((one) => isSameFamily(one, row) && one.id !== row.id);
  const other = others.find(({ id }) => id === from) ?? formerOf(view, row);
  // What changed is read from the older one to the newer one, whichever is open.
  const [older, newer] = other !== undefined && other.number > row.number ? [row, other] : [other, row];
  return (
    <section className="section" aria-labelledby="changed">
      <h2 id="changed">{say("report.diff")}</h2>
      {others.length === 0 ? (
        <p className="soft">{say("report.diff-alone")}</p>
      ) : (
        <>
          <SelectField
            label={say("report.diff-with")}
            value={other?.id ?? ""}
            options={[
              ...(other === undefined ? [{ value: "", label: say("report.diff-choose") }] : []),
              ...others.map((one) => ({ value: one.id, label: nameOf(one) })),
            ]}
            onChange={(next) =>
              void navigate({
                to: "/incidents/$id/reports/$report",
                params: { id: incident, report: row.id },
                search: { from: next },
                replace: true,
                resetScroll: false,
              })
            }
          />
          {older === undefined ? null : <Changes incident={incident} from={older.id} to={newer.id} />}
        </>
      )}
    </section>
  );
}

function Changes({ incident, from, to }: { incident: string; from: string; to: string }) {
  const { say } = useWords();
  const query = useQuery(diffQuery(incident, from, to));
  return (
    <Shown query={query}>
      {(changes) =>
        changes.length === 0 ? (
          <p className="soft">{say("report.diff-none")}</p>
        ) : (
          <ul className="room-list">
            {changes.map((change) => (
              <li key={change.code}>
                <Change change={change} />
              </li>
            ))}
          </ul>
        )
      }
    </Shown>
  );
}

function Change({ change }: { change: ItemChange }) {
  const { say, choose } = useWords();
  const { name, was, is, added, removed, table } = change;
  const states = {
    was: was === null ? "" : say(`report.state.${was}`),
    is: is === null ? "" : say(`report.state.${is}`),
  };
  return (
    <div className="stack-tight">
      <p className="row">
        <strong>{choose(name)}</strong>
        {was !== null && is !== null && was !== is ? (
          <span className="soft">{say("report.diff-state", states)}</span>
        ) : null}
        {was === null ? <span className="soft">{say("report.diff-item-new")}</span> : null}
        {is === null ? <span className="soft">{say("report.diff-item-gone")}</span> : null}
        {table ? <span className="soft">{say("report.diff-table")}</span> : null}
      </p>
      <Lines sign="−" word="report.diff-removed" lines={removed.map(choose)} />
      <Lines sign="＋" word="report.diff-added" lines={added.map(choose)} />
    </div>
  );
}

type LinesProps = {
  sign: string;
  word: "report.diff-added" | "report.diff-removed";
  lines: readonly string[];
};

function Lines({ sign, word, lines }: LinesProps) {
  const { say } = useWords();
  return lines.map((line, at) => (
    <p key={at} className="report-change" data-gone={word === "report.diff-removed" ? "" : undefined}>
      <span className="nowrap">{`${sign} ${say(word)}`}</span>
      <span className="report-text">{line}</span>
    </p>
  ));
}
