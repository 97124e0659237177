import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { WaitingApproval } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { RecordsFrame } from "../parts/RecordsFrame.tsx";
import { RemainingTime } from "../parts/RemainingTime.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { waitingQuery } from "../recordsQueries.ts";

/** Statements that wait for a second person, the most urgent first. */
export function WaitingPage() {
  const { say } = useWords();
  const query = useQuery(waitingQuery);
  return (
    <>
      <PageHead title={say("records.tab.waiting")} lead={say("approval.lead")} />
      <RecordsFrame>
        <Shown query={query}>
          {(all) =>
            all.length === 0 ? (
              <EmptyState title="approval.none" next="approval.none-next" />
            ) : (
              <ul className="waiting">
                {all.map((waiting) => (
                  <Waiting key={waiting.decision.id} waiting={waiting} />
                ))}
              </ul>
            )
          }
        </Shown>
      </RecordsFrame>
    </>
  );
}

function Waiting({ waiting }: { waiting: WaitingApproval }) {
  const { say, choose } = useWords();
  const { decision, isReader } = waiting;
  const silent = decision.options.find(({ code }) => code === decision.defaultOption);
  return (
    <li className="decision">
      <h2 className="decision-question">{choose(decision.question)}</h2>
      <RemainingTime
        askedAt={decision.askedAt}
        deadline={decision.deadline}
        defaultLabel={silent === undefined ? decision.defaultOption : choose(silent.label)}
      />
      <Link to="/records/waiting/$id" params={{ id: decision.id }} className="button button-main button-wide">
        {say("approval.open")}
      </Link>
      {isReader ? <p className="soft">{say("approval.own")}</p> : null}
    </li>
  );
}
