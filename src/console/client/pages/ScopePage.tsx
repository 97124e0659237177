import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ScopeJobRow } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { JobState, useRangeText } from "../parts/ScopeParts.tsx";
import { EmptyState, ForbiddenState, Shown } from "../parts/States.tsx";
import { scopeJobsQuery } from "../scopeQueries.ts";
import { useMay } from "../session.ts";

/** Jobs of the scope: what was recovered, and how many persons it is about. */
export function ScopePage() {
  const { say } = useWords();
  const may = useMay("scope.view");
  const query = useQuery({ ...scopeJobsQuery, enabled: may });
  return (
    <>
      <PageHead title={say("nav.scope")} lead={say("scope.lead")} />
      {may ? (
        <Shown query={query}>
          {(jobs) =>
            jobs.length === 0 ? (
              <EmptyState title="scope.none" next="scope.none-next" />
            ) : (
              <ul className="scope-jobs">
                {jobs.map((job) => (
                  <Job key={job.name} job={job} />
                ))}
              </ul>
            )
          }
        </Shown>
      ) : (
        <ForbiddenState />
      )}
    </>
  );
}

function Job({ job }: { job: ScopeJobRow }) {
  const { say } = useWords();
  const rangeText = useRangeText();
  return (
    <li>
      <h2>
        <Link to="/scope/$job" params={{ job: job.name }}>
          {job.name}
        </Link>
      </h2>
      <JobState job={job} />
      <p className="scope-range">{job.range === null ? null : rangeText(job.range)}</p>
      <p className="soft">
        {job.records === null ? null : (
          <span>{`${say("scope.records")} ${job.records.toLocaleString()}　`}</span>
        )}
        <span>{say("scope.changed")} </span>
        <Moment at={job.changedAt} />
      </p>
      {job.problem === null ? null : <p className="faint small">{job.problem}</p>}
    </li>
  );
}
