import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { Entry } from "../entryTypes.ts";
import type { LedgerWalk } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { entryName } from "../entryName.ts";
import { saveFile } from "../exportRows.ts";
import { absoluteTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { ChainWalk } from "../parts/ChainWalk.tsx";
import { KindMark } from "../parts/Mark.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ProblemNotice, Shown } from "../parts/States.tsx";
import { walkQuery } from "../queries.ts";
import { useSession } from "../session.ts";

/** One entry: what it says, what it rests on, what rests on it, and its proof. */
export function EntryPage() {
  const { id } = useParams({ from: "/ledger/$id" });
  const query = useQuery(walkQuery(id));
  return <Shown query={query}>{(walk) => <EntryView walk={walk as unknown as LedgerWalk} />}</Shown>;
}

function EntryView({ walk }: { walk: LedgerWalk }) {
  const { say } = useWords();
  const { entry, index } = walk.entry;
  const alone = walk.restsOn.length === 0 && walk.restedOnBy.length === 0;
  return (
    <>
      <PageHead title={entryName(say, entry.code)} lead={say("ledger.entry", { index })}>
        <Link to="/ledger" search={{}}>
          {say("state.back")}
        </Link>
      </PageHead>
      <section className="section">
        <h2>{say("ledger.walk")}</h2>
        {alone ? <p className="soft">{say("ledger.walk-alone")}</p> : <ChainWalk walk={walk} />}
      </section>
      <section className="section">
        <h2>{say("ledger.data")}</h2>
        <EntryFacts entry={entry} />
        {Object.keys(entry.data).length === 0 ? null : (
          <pre className="code-text" tabIndex={0}>
            {JSON.stringify(entry.data, null, 2)}
          </pre>
        )}
      </section>
      <SaveProof id={entry.id} index={index} />
    </>
  );
}

function EntryFacts({ entry }: { entry: Entry }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  return (
    <dl className="facts">
      <dt>{say("ledger.kind")}</dt>
      <dd>
        <KindMark kind={entry.kind} />
      </dd>
      <dt>{say("column.time")}</dt>
      <dd>{absoluteTime(entry.at, timeZone, language)}</dd>
      <dt>{say("ledger.by")}</dt>
      <dd className="figures">{entry.by}</dd>
      {Object.entries(entry.about).map(([key, value]) => (
        <div key={key} style={{ display: "contents" }}>
          <dt>{key}</dt>
          <dd className="figures">
            <Link to="/ledger" search={{ about: `${key}:${value}` }}>
              {value}
            </Link>
          </dd>
        </div>
      ))}
      {entry.evidence.map((hash) => (
        <div key={hash} style={{ display: "contents" }}>
          <dt>{say("ledger.evidence")}</dt>
          <dd className="figures">{hash}</dd>
        </div>
      ))}
      <dt>{say("ledger.id")}</dt>
      <dd className="figures">{entry.id}</dd>
    </dl>
  );
}

function SaveProof({ id, index }: { id: string; index: number }) {
  const { say } = useWords();
  const [error, setError] = useState<unknown>(null);
  async function save(): Promise<void> {
    try {
      const proof = await read(api.ledger[":id"].proof.$get({ param: { id } }));
      saveFile(`sekisho-entry-${index}.proof.json`, "application/json", JSON.stringify(proof, null, 2));
    } catch (problem) {
      setError(problem);
    }
  }
  return (
    <section className="stack-tight">
      <p className="row">
        <button type="button" className="button" onClick={save}>
          {say("ledger.proof")}
        </button>
        <span className="soft">{say("ledger.proof-lead")}</span>
      </p>
      <ProblemNotice error={error} />
    </section>
  );
}
