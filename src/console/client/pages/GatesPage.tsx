import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import type { GateStatus, RatePoint } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { LiveEvents } from "../parts/LiveEvents.tsx";
import { Mark, type Loudness } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { BrokenState, Shown } from "../parts/States.tsx";
import { leaks } from "../parts/CutProof.tsx";
import { cutsQuery, inForce } from "../trafficQueries.ts";
import { mailsQuery, ratesQuery, reasonsQuery, replayQuery, statusQuery } from "../queries.ts";
import { useMay } from "../session.ts";
import { nameOfReason } from "../words/reasonWords.ts";

const RatesChart = lazy(async () => ({ default: (await import("../parts/RatesChart.tsx")).RatesChart }));

/** The calm page: what passes, what is held, and whether every gate stands. */
export function GatesPage() {
  const { say } = useWords();
  return (
    <>
      <PageHead title={say("nav.gates")} lead={say("gates.lead")} />
      <div className="gates-head">
        <HeldFigure />
        <CutFigure />
        <GateStates />
      </div>
      <div className="gates-grid">
        <Rates />
        <Reasons />
      </div>
      <section className="section">
        <h2>{say("gates.events")}</h2>
        <LiveEvents />
      </section>
      <ReplayLink />
    </>
  );
}

/** Only where the case of 2016 was played. */
function ReplayLink() {
  const { say } = useWords();
  const may = useMay("ledger.read");
  const { data } = useQuery({ ...replayQuery, enabled: may });
  if ((data?.rows.length ?? 0) === 0) return null;
  return (
    <p>
      <Link to="/replay">{say("replay.see")}</Link>
    </p>
  );
}

/** The one figure that the page is about. */
function HeldFigure() {
  const { say } = useWords();
  const { data } = useInfiniteQuery(mailsQuery({ state: "held" }));
  const held = data?.pages[0]?.counts.held;
  return (
    <Link to="/mail" search={{ state: "held" }} className="figure" style={{ textDecoration: "none" }}>
      <strong style={{ color: (held ?? 0) > 0 ? "var(--held)" : "var(--ink)" }}>
        {held === undefined ? "–" : held.toLocaleString()}
      </strong>
      <span className="soft">{say("gates.waiting")}</span>
    </Link>
  );
}

/** How much is cut on purpose; nothing where no outbound gate stands. */
function CutFigure() {
  const { say } = useWords();
  const { data: status } = useQuery(statusQuery);
  const stands = status?.gates.some(({ name }) => name === "outbound") === true;
  const { data } = useQuery({ ...cutsQuery, enabled: stands, refetchInterval: 10_000 });
  if (!stands) return null;
  const count = data?.filter(inForce).length;
  const leaking = data?.some(leaks) === true;
  return (
    <Link to="/cuts" search={{}} className="figure" style={{ textDecoration: "none" }}>
      <strong style={{ color: (count ?? 0) > 0 ? "var(--held)" : "var(--ink)" }}>
        {count === undefined ? "–" : count.toLocaleString()}
      </strong>
      <span className="row">
        <span className="soft">{say("gates.in-force")}</span>
        {leaking ? <Mark loudness="act">{say("cut.mark.leaks")}</Mark> : null}
      </span>
    </Link>
  );
}

const LOUDNESS: Record<GateStatus["state"], Loudness> = {
  ready: "plain",
  starting: "attention",
  stopping: "attention",
  restarting: "attention",
  lost: "act",
  stopped: "attention",
};

function GateStates() {
  const { data } = useQuery(statusQuery);
  return (
    <ul className="stack-tight" style={{ minHeight: 40 }}>
      {data?.gates.map((gate) => (
        <GateState key={gate.name} gate={gate} />
      ))}
    </ul>
  );
}

function GateState({ gate }: { gate: GateStatus }) {
  const { say, choose } = useWords();
  const known = (["mail", "outbound", "records"] as const).find((name) => name === gate.name);
  return (
    <li className="stack-tight">
      <p className="row">
        <strong>{known === undefined ? gate.name : say(`gate.${known}`)}</strong>
        <Mark loudness={LOUDNESS[gate.state]}>{say(`gate-state.${gate.state}`)}</Mark>
        <span className="soft">
          <Moment at={gate.since} />
        </span>
        {gate.shadow ? <Mark loudness="attention">{say("gates.shadow")}</Mark> : null}
        {gate.spooled > 0 ? (
          <Mark loudness="attention">{say("gates.spooled", { count: gate.spooled })}</Mark>
        ) : null}
        {gate.restarts > 0 ? (
          <span className="faint">{say("gates.restarts", { count: gate.restarts })}</span>
        ) : null}
      </p>
      {gate.note === null ? null : <p className="soft">{choose(gate.note)}</p>}
      {gate.lastError === null ? null : <p className="faint small">{gate.lastError}</p>}
    </li>
  );
}

function Rates() {
  const { say } = useWords();
  const query = useQuery(ratesQuery);
  return (
    <section className="section">
      <h2>{say("gates.rates")}</h2>
      {query.error !== null && query.data === undefined ? (
        <BrokenState error={query.error} again={query.refetch} />
      ) : (
        <Suspense fallback={<div className="chart" />}>
          {query.data === undefined ? <div className="chart" /> : <Chart points={query.data} />}
        </Suspense>
      )}
    </section>
  );
}

function Chart({ points }: { points: RatePoint[] }) {
  const { say } = useWords();
  const sum = (key: "passed" | "held" | "refused") => points.reduce((total, point) => total + point[key], 0);
  const values = { passed: sum("passed"), held: sum("held"), refused: sum("refused") };
  return (
    <>
      <RatesChart points={points} />
      <p className="soft">{say("gates.chart", values)}</p>
    </>
  );
}

const REASONS_SHOWN = 8;

function Reasons() {
  const { say } = useWords();
  const query = useQuery(reasonsQuery);
  return (
    <section className="section">
      <h2>{say("gates.reasons")}</h2>
      <Shown query={query}>
        {(reasons) =>
          reasons.length === 0 ? (
            <p className="soft">{say("gates.no-reasons")}</p>
          ) : (
            <ReasonBars reasons={reasons} />
          )
        }
      </Shown>
    </section>
  );
}

function ReasonBars({ reasons }: { reasons: { code: string; count: number }[] }) {
  const { choose } = useWords();
  const shown = reasons.toSorted((one, other) => other.count - one.count).slice(0, REASONS_SHOWN);
  const most = Math.max(1, ...shown.map(({ count }) => count));
  return (
    <ul className="bars">
      {shown.map(({ code, count }) => (
        <li key={code}>
          <Link to="/mail" search={{ reason: code }}>
            {choose(nameOfReason(code))}
          </Link>
          <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect className="bar" width={(100 * count) / most} height="8" />
          </svg>
          <span>{count.toLocaleString()}</span>
        </li>
      ))}
    </ul>
  );
}
