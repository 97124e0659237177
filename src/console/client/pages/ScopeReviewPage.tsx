import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { ScopeDecision, ScopeList, ScopePairRow, ScopeVerdict } from "../../../station/services.ts";
import { useHotkeys } from "../hotkeys.ts";
import { useWords } from "../language.ts";
import { PageHead } from "../parts/PageHead.tsx";
import { ScopeAnswers } from "../parts/ScopeAnswers.tsx";
import { ScopePair } from "../parts/ScopePair.tsx";
import { DoneBar, useRangeText } from "../parts/ScopeParts.tsx";
import { EstimateFacts } from "../parts/ScopeSamples.tsx";
import { EmptyState, ForbiddenState, ProblemNotice, Shown } from "../parts/States.tsx";
import {
  decidePair,
  readScopeList,
  scopeEstimatesQuery,
  scopeJobQuery,
  scopePairQuery,
  scopePairsQuery,
  undoPair,
} from "../scopeQueries.ts";
import { useMay } from "../session.ts";

const LISTS: readonly ScopeList[] = ["open", "decided", "precision", "recall"];

/** Doubtful links one after the other, side by side, decided by one key each. */
export function ScopeReviewPage() {
  const { say } = useWords();
  const { job } = useParams({ from: "/scope/$job/review" });
  const list = readScopeList(useSearch({ from: "/scope/$job/review" }).list);
  const may = useMay("scope.open");
  const query = useQuery({ ...scopePairsQuery(job, list), enabled: may });
  return (
    <>
      <PageHead title={say("review.title")} lead={job}>
        <Link to="/scope/$job" params={{ job }}>
          {say("state.back")}
        </Link>
      </PageHead>
      <nav className="tabs" aria-label={say("review.list")}>
        {LISTS.map((each) => (
          <Link
            key={each}
            to="/scope/$job/review"
            params={{ job }}
            search={{ list: each }}
            activeProps={{}}
            data-status={each === list ? "active" : "other"}
          >
            {say(`review.list.${each}`)}
          </Link>
        ))}
      </nav>
      {may ? (
        <Shown query={query}>
          {({ rows, total }) =>
            rows.length === 0 ? (
              <NothingWaits list={list} />
            ) : (
              <Batch key={`${list}-${query.dataUpdatedAt}`} job={job} list={list} rows={rows} total={total} />
            )
          }
        </Shown>
      ) : (
        <ForbiddenState />
      )}
    </>
  );
}

function NothingWaits({ list }: { list: ScopeList }) {
  const { say } = useWords();
  if (list === "open" || list === "decided")
    return <EmptyState title="review.none" next="review.none-next" />;
  return <p className="soft">{say("sample.none")}</p>;
}

type BatchProps = { job: string; list: ScopeList; rows: ScopePairRow[]; total: number };

/** What was decided here, over what the list said when it was fetched. */
function useDecided(rows: readonly ScopePairRow[]) {
  const [said, setSaid] = useState<ReadonlyMap<number, ScopeDecision | null>>(new Map());
  return {
    decisionOf: (record: number): ScopeDecision | null =>
      said.get(record) ??
      (said.has(record) ? null : (rows.find((row) => row.record === record)?.decision ?? null)),
    note: (record: number, decision: ScopeDecision | null): void =>
      setSaid((before) => new Map(before).set(record, decision)),
  };
}

/** Decides and takes back, and shows what that changed. */
function useDeciding({ job, list, rows }: BatchProps, place: ReturnType<typeof usePlace>) {
  const client = useQueryClient();
  const { decisionOf, note } = useDecided(rows);
  const { at, record, moveTo } = place;
  const refresh = (): void => {
    void client.invalidateQueries({ queryKey: ["scope-job", job] });
    void client.invalidateQueries({ queryKey: ["scope-estimates", job] });
  };
  const decide = useMutation({
    mutationFn: (said: { verdict: ScopeVerdict; reason: string | null; customer: string | null }) =>
      decidePair(job, { record, in: list === "precision" || list === "recall" ? list : "queue", ...said }),
    onSuccess: ({ decision }) => {
      note(record, decision);
      refresh();
      const next = rows.findIndex((row, each) => each > at && decisionOf(row.record) === null);
      if (next >= 0) moveTo(next);
    },
  });
  const undo = useMutation({
    mutationFn: () => undoPair(job, decisionOf(record)?.id ?? null),
    onSuccess: (undone) => {
      note(undone.record, null);
      refresh();
      const back = rows.findIndex((row) => row.record === undone.record);
      if (back >= 0) moveTo(back);
    },
  });
  const left = rows.filter((row) => decisionOf(row.record) === null).length;
  const error = decide.error ?? undo.error;
  return {
    decide,
    undo,
    busy: decide.isPending || undo.isPending,
    decision: decisionOf(record),
    left,
    error,
  };
}

function Batch(props: BatchProps) {
  const { job, list, rows, total } = props;
  const { say } = useWords();
  const place = usePlace(job, list, rows);
  const { at, record, moveTo } = place;
  const [customer, setCustomer] = useState<string | null>(null);
  useEffect(() => setCustomer(null), [record]);
  const pair = useQuery(scopePairQuery(job, record, customer));
  const shown = pair.data?.record === record ? pair.data : undefined;
  const { decide, undo, busy, decision, left, error } = useDeciding(props, place);
  const answer = (verdict: ScopeVerdict, reason: string | null = null): void => {
    if (busy || shown === undefined || (verdict === "same" && shown.customer === null)) return;
    // "None of them" is said of all who were offered.
    const nobody = list === "recall" && verdict !== "same";
    decide.mutate({ verdict, reason, customer: nobody ? null : shown.customer });
  };
  useHotkeys({
    j: () => moveTo(at + 1),
    ArrowDown: () => moveTo(at + 1),
    k: () => moveTo(at - 1),
    ArrowUp: () => moveTo(at - 1),
    "1": () => answer("same"),
    "2": () => answer("another"),
    "3": () => answer("unclear"),
    u: () => (busy ? undefined : undo.mutate()),
  });
  return (
    <div className="two-columns">
      <div className="first">
        <Walk at={at} shown={rows.length} total={total} moveTo={moveTo} />
        <div className="review-pair">
          <Shown query={pair}>{(view) => <ScopePair pair={view} blind={list === "precision"} />}</Shown>
        </div>
        {list === "recall" && (shown?.candidates.length ?? 0) > 0 ? (
          <Candidates
            keys={shown?.candidates ?? []}
            chosen={shown?.customer ?? null}
            onChoose={setCustomer}
          />
        ) : null}
      </div>
      <aside className="aside">
        <ScopeAnswers
          pair={shown}
          recall={list === "recall"}
          decision={decision}
          busy={busy}
          onAnswer={answer}
          onUndo={() => undo.mutate()}
        />
        <ProblemNotice error={error} />
        {left === 0 && list === "open" ? <NextBatch job={job} list={list} /> : null}
        {list === "precision" || list === "recall" ? (
          <RunningEstimate job={job} kind={list} />
        ) : (
          <Progress job={job} />
        )}
        <p className="faint small for-keys">{say("review.keys")}</p>
        <p className="faint small">{say("review.look-note")}</p>
      </aside>
    </div>
  );
}

/** Where one is among the pairs, and the way to the neighbours. */
function Walk(props: { at: number; shown: number; total: number; moveTo: (place: number) => void }) {
  const { say } = useWords();
  const { at, shown, total, moveTo } = props;
  return (
    <p className="row">
      <button type="button" className="button" disabled={at === 0} onClick={() => moveTo(at - 1)}>
        {say("review.previous")}
      </button>
      <span className="figures">{say("review.place", { at: at + 1, total })}</span>
      <button type="button" className="button" disabled={at === shown - 1} onClick={() => moveTo(at + 1)}>
        {say("review.next")}
      </button>
    </p>
  );
}

/** The record that is looked at: in the address, so that it can be pointed to. */
function usePlace(job: string, list: ScopeList, rows: readonly ScopePairRow[]) {
  const navigate = useNavigate();
  const search = useSearch({ from: "/scope/$job/review" });
  const first = useMemo(
    () =>
      Math.max(
        0,
        rows.findIndex(({ decision }) => decision === null),
      ),
    [rows],
  );
  const named = rows.findIndex(({ record }) => String(record) === search.record);
  const at = named >= 0 ? named : first;
  const moveTo = (place: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, place))];
    if (row === undefined) return;
    const next = { list, record: String(row.record) };
    void navigate({
      to: "/scope/$job/review",
      params: { job },
      search: next,
      replace: true,
      resetScroll: false,
    });
  };
  return { at, record: (rows[at] as ScopePairRow).record, moveTo };
}

function Candidates(props: {
  keys: readonly string[];
  chosen: string | null;
  onChoose: (customer: string | null) => void;
}) {
  const { say } = useWords();
  return (
    <div className="row" role="group" aria-label={say("review.candidate")}>
      <span className="soft">{say("review.candidate")}</span>
      {props.keys.map((key, at) => (
        <button
          key={key}
          type="button"
          className="button"
          aria-pressed={props.chosen === key}
          onClick={() => props.onChoose(key)}
        >
          {say("review.candidate-number", { number: at + 1 })}
        </button>
      ))}
    </div>
  );
}

function NextBatch({ job, list }: { job: string; list: ScopeList }) {
  const { say } = useWords();
  const client = useQueryClient();
  return (
    <section className="section">
      <p>{say("review.batch-done")}</p>
      <p>
        <button
          type="button"
          className="button button-main"
          onClick={() => void client.invalidateQueries({ queryKey: ["scope-pairs", job, list] })}
        >
          {say("review.batch-next")}
        </button>
      </p>
    </section>
  );
}

function Progress({ job }: { job: string }) {
  const { say } = useWords();
  const rangeText = useRangeText();
  const { data } = useQuery(scopeJobQuery(job));
  const review = data?.review ?? null;
  return (
    <section className="section review-progress" aria-live="polite">
      {review === null ? null : (
        <>
          <h2>{say("review.now")}</h2>
          <p className="scope-figure">{rangeText(review.now)}</p>
          <DoneBar done={review.total - review.open} total={review.total} />
          <p className="soft">
            {say("review.progress", { done: review.total - review.open, total: review.total })}
          </p>
        </>
      )}
    </section>
  );
}

function RunningEstimate({ job, kind }: { job: string; kind: "precision" | "recall" }) {
  const { say } = useWords();
  const { data } = useQuery(scopeEstimatesQuery(job));
  const told = data?.find((one) => one.kind === kind);
  return (
    <section className="section review-progress" aria-live="polite">
      <h2>{say(`sample.${kind}`)}</h2>
      {told === undefined ? null : <EstimateFacts told={told} />}
    </section>
  );
}
