import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ScopeEstimate } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { Moment } from "./Moment.tsx";
import { applyDecisions, drawScopeSample, handOverJob, scopeEstimatesQuery } from "../scopeQueries.ts";
import { useMay } from "../session.ts";
import { DoneBar } from "./ScopeParts.tsx";
import { Notice, ProblemNotice } from "./States.tsx";

const SIZE = 200;
const KINDS = ["precision", "recall"] as const;

/** How right the result is, measured by people on samples. */
export function ScopeSamples({ job }: { job: string }) {
  const { say } = useWords();
  const { data = [] } = useQuery(scopeEstimatesQuery(job));
  return (
    <section className="section">
      <h2>{say("sample.title")}</h2>
      <div className="scope-groups">
        {KINDS.map((kind) => (
          <Sample key={kind} job={job} kind={kind} told={data.find((one) => one.kind === kind) ?? null} />
        ))}
      </div>
    </section>
  );
}

function Sample({
  job,
  kind,
  told,
}: {
  job: string;
  kind: ScopeEstimate["kind"];
  told: ScopeEstimate | null;
}) {
  const { say } = useWords();
  const opens = useMay("scope.open");
  const client = useQueryClient();
  const draw = useMutation({
    mutationFn: () => drawScopeSample(job, kind, SIZE),
    onSuccess: () => client.invalidateQueries({ queryKey: ["scope-estimates", job] }),
  });
  return (
    <section className="section">
      <h3>{say(`sample.${kind}`)}</h3>
      {told === null ? <p className="soft">{say("sample.none")}</p> : <EstimateFacts told={told} />}
      {opens && told === null ? (
        <p>
          <button type="button" className="button" disabled={draw.isPending} onClick={() => draw.mutate()}>
            {say("sample.draw", { count: SIZE })}
          </button>
        </p>
      ) : null}
      {opens && told !== null ? (
        <p>
          <Link to="/scope/$job/review" params={{ job }} search={{ list: kind }}>
            {say("sample.judge")}
          </Link>
        </p>
      ) : null}
      <ProblemNotice error={draw.error} />
    </section>
  );
}

/** What a sample has come to, as the report will say it. */
export function EstimateFacts({ told }: { told: ScopeEstimate }) {
  const { say, choose } = useWords();
  const done = told.looked + told.unclear;
  return (
    <div className="stack-tight">
      <DoneBar done={done} total={told.size} />
      <p className="soft">{say("sample.progress", { done, total: told.size })}</p>
      <p>{choose(told.sentence)}</p>
    </div>
  );
}

const countsOf = ({ confirmed, removed, added }: Applied) => ({ confirmed, removed, added });
type Applied = { confirmed: number; removed: number; added: number };

/** Makes the files anew with what was decided. */
export function ApplyDecisions({ job, decided }: { job: string; decided: number }) {
  const { say } = useWords();
  const client = useQueryClient();
  const apply = useMutation({
    mutationFn: () => applyDecisions(job),
    onSuccess: () => client.invalidateQueries({ queryKey: ["scope-job", job] }),
  });
  if (!useMay("scope.decide") || (decided === 0 && apply.data === undefined)) return null;
  return (
    <div className="stack-tight">
      <p className="row">
        <button type="button" className="button" disabled={apply.isPending} onClick={() => apply.mutate()}>
          {say("review.apply")}
        </button>
      </p>
      <p className="soft">{say("review.apply-lead")}</p>
      {apply.data === undefined ? null : (
        <Notice kind="plain">{say("review.applied", countsOf(apply.data))}</Notice>
      )}
      <ProblemNotice error={apply.error} />
    </div>
  );
}

/** Gives the result to those who tell persons and authorities, and shows when that was done. */
export function HandOver({ job, done }: { job: string; done: readonly { entry: string; at: string }[] }) {
  const { say } = useWords();
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: () => handOverJob(job),
    onSuccess: () => client.invalidateQueries({ queryKey: ["scope-job", job] }),
  });
  const may = useMay("scope.hand-over");
  return (
    <div className="stack-tight">
      {may ? (
        <>
          <p className="row">
            <button type="button" className="button" disabled={act.isPending} onClick={() => act.mutate()}>
              {say("hand-over.do")}
            </button>
          </p>
          <p className="soft">{say("hand-over.lead")}</p>
        </>
      ) : null}
      {done.map(({ entry, at }) => (
        <p key={entry}>
          <Link to="/ledger/$id" params={{ id: entry }}>
            {say("hand-over.done")}
          </Link>{" "}
          <span className="soft">
            <Moment at={at} />
          </span>
        </p>
      ))}
      <ProblemNotice error={act.error} />
    </div>
  );
}
