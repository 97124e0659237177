import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { NoticeView } from "../../../station/services.ts";
import { duration } from "../formats.ts";
import { useWords } from "../language.ts";
import { noticeQuery } from "../noticeQueries.ts";
import { NoticeActs } from "../parts/NoticeActs.tsx";
import { NoticeDoubts } from "../parts/NoticeDoubts.tsx";
import { NoticeTexts } from "../parts/NoticeTexts.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { Shown } from "../parts/States.tsx";

/** One campaign: where everybody is, what is said to whom, and who has released it. */
export function NoticePage() {
  const { say } = useWords();
  const { name } = useParams({ from: "/notices/$name" });
  const query = useQuery(noticeQuery(name));
  return (
    <Shown query={query}>
      {(notice) => (
        <>
          <PageHead title={`${name}　${say(`notice.state.${notice.state}`)}`}>
            <Link to="/notices">{say("state.back")}</Link>
          </PageHead>
          <NoticeActs notice={notice} />
          <Where notice={notice} />
          <NoticeDoubts notice={notice} />
          <Refusals notice={notice} />
          <NoticeTexts notice={notice} />
        </>
      )}
    </Shown>
  );
}

/** A bar for each state and channel, all on one scale. */
function Where({ notice }: { notice: NoticeView }) {
  const { say, language } = useWords();
  const { progress, persons } = notice;
  const rows = Object.entries(notice.states).map(([key, count]) => {
    const [state = "waiting", step = "1"] = key.split(" ");
    return { key, state: state as "sent", step, count };
  });
  return (
    <section className="section" aria-labelledby="where">
      <h2 id="where">{say("notice.where")}</h2>
      {progress === null ? null : (
        <p aria-live="polite">
          {progress.secondsLeft === null
            ? say("notice.progress-begins")
            : say("notice.progress", {
                rate: progress.perSecond,
                left: duration(progress.secondsLeft * 1_000, language),
              })}
        </p>
      )}
      {notice.lastProblem === null ? null : (
        <p className="soft">{say("notice.problem", { problem: notice.lastProblem })}</p>
      )}
      <ul className="notice-bars">
        {rows.map(({ key, state, step, count }) => (
          <li key={key}>
            <span>
              {say(`notice.person.${state}`)}
              {Number(step) > 1 ? ` ${say("notice.channel", { number: step })}` : null}
            </span>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" className="replay-bar" aria-hidden="true">
              <rect width={persons === 0 ? 0 : (100 * count) / persons} height="8" className="replay-here" />
            </svg>
            <strong>{count.toLocaleString(language)}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Refusals({ notice }: { notice: NoticeView }) {
  const { say, language } = useWords();
  const bounces = Object.entries(notice.bounces);
  if (notice.refusals.length === 0 && bounces.length === 0) return null;
  return (
    <section className="section" aria-labelledby="refusals">
      <h2 id="refusals">{say("notice.refusals")}</h2>
      <ul className="stack-tight">
        {notice.refusals.map(({ domain, status, count }) => (
          <li key={`${domain} ${status}`} className="room-text">
            {`${domain}　${status}　${count.toLocaleString(language)}`}
          </li>
        ))}
      </ul>
      {bounces.length === 0 ? null : (
        <p className="soft">
          {`${say("notice.bounces")}: `}
          {bounces
            .map(([kind, count]) => `${kind} ${count.toLocaleString(language)}`)
            .join(say("answer.comma"))}
        </p>
      )}
    </section>
  );
}
