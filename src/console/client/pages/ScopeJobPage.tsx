import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ScopeJobView } from "../../../station/services.ts";
import { byteSize } from "../formats.ts";
import { useWords } from "../language.ts";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ApplyDecisions, HandOver, ScopeSamples } from "../parts/ScopeSamples.tsx";
import { DoneBar, JobState, nameOfItem, useRangeText } from "../parts/ScopeParts.tsx";
import { ForbiddenState, Notice, Shown } from "../parts/States.tsx";
import { scopeJobQuery } from "../scopeQueries.ts";
import { useMay } from "../session.ts";

type Counts = NonNullable<ScopeJobView["counts"]>;
type Review = NonNullable<ScopeJobView["review"]>;

/** One job in numbers: how many persons, with which items, of which services, and how sure that is. */
export function ScopeJobPage() {
  const { say } = useWords();
  const { job: name } = useParams({ from: "/scope/$job" });
  const may = useMay("scope.view");
  const query = useQuery({ ...scopeJobQuery(name), enabled: may });
  if (!may) return <ForbiddenState />;
  return (
    <>
      <PageHead title={name} lead={say("nav.scope")}>
        <Link to="/scope">{say("state.back")}</Link>
        {query.data?.hasReport === true ? (
          <a className="button" href={`/api/scope/jobs/${encodeURIComponent(name)}/report`} download>
            {say("scope.report")}
          </a>
        ) : null}
      </PageHead>
      <Shown query={query}>{(job) => <Job job={job} />}</Shown>
    </>
  );
}

function Job({ job }: { job: ScopeJobView }) {
  const { say } = useWords();
  const { counts, review } = job;
  return (
    <>
      <div className="row">
        <JobState job={job} />
        <span className="soft">
          {say("scope.changed")} <Moment at={job.changedAt} />
        </span>
      </div>
      {job.problem === null ? null : (
        <Notice kind="attention">
          <p>{job.problem}</p>
        </Notice>
      )}
      {job.state === "running" || job.state === "stopped" ? <Phases job={job} /> : null}
      {counts === null || review === null ? null : (
        <>
          <div className="two-columns">
            <div className="first stack">
              <Persons counts={counts} review={review} />
              <Bars
                title={say("scope.by-item")}
                rows={counts.byItem.map(({ item, persons, records }) => ({
                  name: nameOfItem(item, say),
                  persons,
                  text: say("scope.of-records", { persons, records }),
                }))}
              />
            </div>
            <aside className="aside stack">
              <ReviewState job={job} review={review} counts={counts} />
              <Facts counts={counts} />
            </aside>
          </div>
          <ScopeSamples job={job.name} />
          <div className="scope-groups">
            <ByValue title={say("scope.by-service")} rows={counts.byService} />
            <ByValue title={say("scope.by-partner")} rows={counts.byPartner} />
            <ByValue title={say("scope.by-language")} rows={counts.byLanguage} />
          </div>
          <Inputs counts={counts} />
        </>
      )}
    </>
  );
}

const PHASES = ["index", "read", "match", "persons", "done"] as const;

/** How far a job is that is not finished. */
function Phases({ job }: { job: ScopeJobView }) {
  const { say } = useWords();
  const here = PHASES.indexOf(job.phase);
  return (
    <section className="section">
      <ol className="scope-phases">
        {PHASES.map((phase, at) => (
          <li key={phase} data-state={at < here ? "done" : at === here ? "here" : "open"}>
            <span aria-hidden="true">{at < here ? "✓" : at === here ? "▸" : "・"}</span>
            {say(`scope.phase.${phase}`)}
            {phase === "read" && at <= here ? (
              <span className="faint">{say("scope.parts", { count: job.partsRead })}</span>
            ) : null}
          </li>
        ))}
      </ol>
      {job.state === "stopped" ? <Notice kind="attention">{say("scope.stopped-next")}</Notice> : null}
    </section>
  );
}

function Persons({ counts, review }: { counts: Counts; review: Review }) {
  const { say } = useWords();
  const rangeText = useRangeText();
  const { now, machine } = review;
  const reviewed = now.fewest !== machine.fewest || now.most !== machine.most;
  return (
    <section className="section">
      <h2>{say("scope.persons")}</h2>
      <p className="scope-figure">{rangeText(now)}</p>
      {now.fewest === now.most ? null : <p className="soft">{say("scope.range-lead", now)}</p>}
      {reviewed ? <p className="soft">{say("scope.machine", machine)}</p> : null}
      <dl className="facts">
        <dt>{say("scope.records")}</dt>
        <dd className="figures">{counts.records.found.toLocaleString()}</dd>
        <dt>{say("scope.duplicates")}</dt>
        <dd className="figures">{counts.duplicates.toLocaleString()}</dd>
        <dt>{say("scope.matched")}</dt>
        <dd className="figures">{counts.persons.matched.toLocaleString()}</dd>
        <dt>{say("scope.not-customers")}</dt>
        <dd className="figures">{counts.persons.notCustomers.toLocaleString()}</dd>
      </dl>
    </section>
  );
}

function Facts({ counts }: { counts: Counts }) {
  const { say } = useWords();
  const { passports } = counts;
  const facts = [
    [say("scope.minors"), counts.minors],
    [say("scope.passports"), passports.persons],
    [say("scope.passports-valid", { day: counts.at }), passports.valid],
    [say("scope.passports-unknown"), passports.unknown],
    [say("scope.half"), counts.records.half],
  ] as const;
  return (
    <dl className="facts">
      {facts.map(([name, count]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd className="figures">{count.toLocaleString()}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How far people are, and the way to go on. */
function ReviewState({ job, review, counts }: { job: ScopeJobView; review: Review; counts: Counts }) {
  const { say } = useWords();
  const opens = useMay("scope.open");
  const done = review.total - review.open;
  return (
    <section className="section">
      <h2>{say("review.title")}</h2>
      <DoneBar done={done} total={review.total} />
      <p>{say("review.progress", { done, total: review.total })}</p>
      <p className="soft">{say("review.tally", review.decided)}</p>
      {review.without === 0 ? null : (
        <p className="soft">{say("review.without", { count: review.without })}</p>
      )}
      {review.broken === 0 ? null : (
        <Notice kind="attention">{say("review.broken", { count: review.broken })}</Notice>
      )}
      {opens ? (
        <p>
          <Link className="button button-main" to="/scope/$job/review" params={{ job: job.name }} search={{}}>
            {review.open === 0 ? say("review.look") : say("review.open", { count: review.open })}
          </Link>
        </p>
      ) : (
        <p className="soft">{say("review.may-not")}</p>
      )}
      <ApplyDecisions job={job.name} decided={done} />
      {counts.appliedAt === null ? null : (
        <p className="soft">
          {say("review.applied-at")} <Moment at={counts.appliedAt} />
        </p>
      )}
      <HandOver job={job.name} done={counts.handedOver} />
    </section>
  );
}

function ByValue({ title, rows }: { title: string; rows: { value: string; persons: number }[] }) {
  const { say } = useWords();
  if (rows.length === 0) return null;
  const named = rows.map(({ value, persons }) => ({
    name: value === "" ? say("scope.unsaid") : value,
    persons,
    text: say("scope.of-persons", { persons }),
  }));
  return <Bars title={title} rows={named} />;
}

function Bars({ title, rows }: { title: string; rows: { name: string; persons: number; text: string }[] }) {
  const most = Math.max(1, ...rows.map(({ persons }) => persons));
  if (rows.length === 0) return null;
  return (
    <section className="section">
      <h2>{title}</h2>
      <ul className="bars scope-bars">
        {rows.map(({ name, persons, text }) => (
          <li key={name}>
            <span>{name}</span>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
              <rect className="bar" width={(100 * persons) / most} height="8" />
            </svg>
            <span className="figures">{text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Inputs({ counts }: { counts: Counts }) {
  const { say, language } = useWords();
  return (
    <>
      <section className="section">
        <h2>{say("scope.inputs")}</h2>
        <ul className="stack-tight">
          {counts.inputs.map(({ source, bytes, sha256 }) => (
            <li key={source}>
              <span className="breakable">{source}</span>{" "}
              <span className="soft">{byteSize(bytes, language)}</span>{" "}
              <span className="faint small breakable">SHA-256 {sha256}</span>
            </li>
          ))}
        </ul>
      </section>
      {counts.problems.length === 0 ? null : (
        <section className="section">
          <h2>{say("scope.problems")}</h2>
          <ul className="stack-tight">
            {counts.problems.map(({ message }, at) => (
              <li key={at}>{message}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
