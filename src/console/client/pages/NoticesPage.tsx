import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState, type FormEvent } from "react";
import { useWords } from "../language.ts";
import { noticesQuery, takeList } from "../noticeQueries.ts";
import { Modal } from "../parts/Modal.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { EmptyState, ProblemNotice, Shown } from "../parts/States.tsx";
import { TextField } from "../parts/TextField.tsx";
import { useMay } from "../session.ts";

/** All campaigns, the newest first. */
export function NoticesPage() {
  const { say } = useWords();
  const may = useMay("notice.prepare");
  const query = useQuery(noticesQuery);
  const [taking, setTaking] = useState(false);
  return (
    <>
      <PageHead title={say("nav.notices")} lead={say("notice.lead")}>
        {may && query.data?.ready === true ? (
          <button type="button" className="button" onClick={() => setTaking(true)}>
            {say("notice.new")}
          </button>
        ) : null}
      </PageHead>
      <Shown query={query}>
        {({ ready, campaigns }) =>
          !ready ? (
            <EmptyState title="notice.not-ready" next="notice.not-ready-next" />
          ) : campaigns.length === 0 ? (
            <EmptyState title="notice.none" next="notice.none-next" />
          ) : (
            <ul className="room-list">
              {campaigns.map(({ name, state, persons }) => (
                <li key={name} className="row spread">
                  <Link to="/notices/$name" params={{ name }}>
                    <strong className="room-text">{name}</strong>
                  </Link>
                  <span className="soft">
                    {`${say(`notice.state.${state}`)}　${say("notice.persons", { count: persons })}`}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <TakeDialog open={taking} onClose={() => setTaking(false)} />
    </>
  );
}

function TakeDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { say } = useWords();
  const id = useId();
  const client = useQueryClient();
  const [name, setName] = useState("main");
  const [file, setFile] = useState<File | null>(null);
  const [taken, setTaken] = useState<Awaited<ReturnType<typeof takeList>> | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (file === null) return;
    setBusy(true);
    setError(null);
    try {
      setTaken(await takeList(name, file));
      await client.invalidateQueries({ queryKey: ["notices"] });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Modal title={say("notice.new")} open={open} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void send(event)}>
        <TextField label={say("notice.name")} value={name} onChange={setName} />
        <div className="field">
          <label htmlFor={id}>{say("notice.file")}</label>
          <input
            id={id}
            className="input"
            type="file"
            accept=".csv,text/csv"
            required
            onChange={(event) => setFile(event.target.files?.[0] ?? null)}
          />
        </div>
        <ProblemNotice error={error} />
        {taken === null ? null : (
          <>
            <p>{say("notice.taken", { rows: taken.rows, added: taken.added, bad: taken.bad.length })}</p>
            <ul className="stack-tight">
              {taken.bad.slice(0, 20).map(({ line, problem }) => (
                <li key={line} className="small">
                  {say("notice.bad", { line, problem })}
                </li>
              ))}
            </ul>
          </>
        )}
        <div className="row">
          <button type="submit" className="button button-main" disabled={busy || file === null}>
            {say("notice.take")}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {say("answer.close")}
          </button>
        </div>
      </form>
    </Modal>
  );
}
