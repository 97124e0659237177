import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ColumnsView } from "../../../station/services.ts";
import { percent } from "../formats.ts";
import { useWords } from "../language.ts";
import { wordOr } from "../parts/FileFacts.tsx";
import { Mark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { RecordsFrame } from "../parts/RecordsFrame.tsx";
import { EmptyState, Shown } from "../parts/States.tsx";
import { columnsQuery } from "../recordsQueries.ts";

/** Which columns are personal, and which have changed since people said so. */
export function ColumnsPage() {
  const { say } = useWords();
  const query = useQuery(columnsQuery);
  return (
    <>
      <PageHead title={say("records.tab.columns")} lead={say("columns.lead")} />
      <RecordsFrame>
        <Shown query={query}>
          {(view) => (
            <>
              <section className="section">
                <h2>{say("columns.changes")}</h2>
                <Changes changes={view.changes} />
              </section>
              {view.tables.length === 0 ? (
                <EmptyState title="columns.none" next="columns.none-next" />
              ) : (
                <Tables view={view} />
              )}
            </>
          )}
        </Shown>
      </RecordsFrame>
    </>
  );
}

function Changes({ changes }: { changes: ColumnsView["changes"] }) {
  const { say, language } = useWords();
  if (changes.length === 0) return <p className="soft">{say("columns.changes-none")}</p>;
  return (
    <>
      <ul className="lines">
        {changes.map(({ id, at, relation, column, kind, confidence }) => (
          <li key={id} className="row">
            <Mark loudness="attention">
              <Link to="/records/events/$id" params={{ id }}>
                {say("columns.change", {
                  relation,
                  column,
                  kind: wordOr(say, `personal.${kind}`, kind),
                  share: percent(confidence, language),
                })}
              </Link>
            </Mark>
            <span className="soft">
              <Moment at={at} />
            </span>
          </li>
        ))}
      </ul>
      <p className="soft">{say("columns.change-next")}</p>
    </>
  );
}

function Tables({ view }: { view: ColumnsView }) {
  const { say } = useWords();
  const { customers } = view;
  return (
    <>
      {customers === null ? null : <p className="soft">{say("columns.customers", customers)}</p>}
      {view.tables.map(({ table, key, personal, notPersonal }) => (
        <section className="section" key={table}>
          <h2 className="figures">{table}</h2>
          <dl className="facts">
            <dt>{say("columns.key")}</dt>
            <dd>
              {key === null ? (
                <Mark loudness="attention">{say("columns.no-key")}</Mark>
              ) : (
                <span className="figures">{key}</span>
              )}
            </dd>
            {personal.map(({ column, kind }) => (
              <div key={column} style={{ display: "contents" }}>
                <dt className="figures">{column}</dt>
                <dd>{wordOr(say, `personal.${kind}`, kind)}</dd>
              </div>
            ))}
          </dl>
          {notPersonal.length === 0 ? null : (
            <p className="soft small">
              {say("columns.not-personal", { columns: notPersonal.join(say("answer.comma")) })}
            </p>
          )}
        </section>
      ))}
    </>
  );
}
