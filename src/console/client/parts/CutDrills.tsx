import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { CutDrill } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { duration } from "../formats.ts";
import { useWords } from "../language.ts";
import { useMay } from "../session.ts";
import { drillsQuery } from "../trafficQueries.ts";
import { useConfirmed } from "./ConfirmFactor.tsx";
import { Moment } from "./Moment.tsx";
import { ProblemNotice, Shown } from "./States.tsx";

/** Exercises of the card: start one, and how long the last ones took. Not printed. */
export function CutDrills({ canCut }: { canCut: boolean }) {
  const { say } = useWords();
  const client = useQueryClient();
  const query = useQuery(drillsQuery);
  const may = useMay("cut.order");
  const start = useConfirmed(async () => {
    await read(api.traffic.drills.$post());
    await client.invalidateQueries({ queryKey: ["drills"] });
    await client.invalidateQueries({ queryKey: ["decisions"] });
  });
  return (
    <section className="card-drills">
      <h2>{say("drill.title")}</h2>
      <p className="soft">{say("drill.lead")}</p>
      {canCut && may ? (
        <button
          type="button"
          className="button"
          disabled={start.busy}
          onClick={() => void start.run(undefined)}
        >
          {say("drill.start")}
        </button>
      ) : null}
      <ProblemNotice error={start.error} />
      {start.dialog}
      <Shown query={query}>
        {(drills) =>
          drills.length === 0 ? (
            <p>{say("drill.none")}</p>
          ) : (
            <ul className="card-lines">
              {drills.map((drill) => (
                <li key={drill.decisionId}>
                  <DrillLine drill={drill} />
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}

function DrillLine({ drill }: { drill: CutDrill }) {
  const { say, language } = useWords();
  const took = duration((drill.secondsToAnswer ?? 0) * 1_000, language);
  const text =
    drill.state === "asked" || drill.state === "seconding"
      ? say("drill.waits")
      : drill.answeredBy === null
        ? say("drill.silence")
        : say("drill.answered", { name: drill.answeredBy, time: took });
  const machine =
    drill.inPlaceMs === null ? "" : say("drill.machine", { ms: String(Math.round(drill.inPlaceMs)) });
  return (
    <>
      <Link to="/decisions/$id" params={{ id: drill.decisionId }}>
        <Moment at={drill.startedAt} />
      </Link>{" "}
      {text} {machine}
    </>
  );
}
