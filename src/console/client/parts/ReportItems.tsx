import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { PublicProblem, Report } from "../../../station/services.ts";
import { entryName } from "../entryName.ts";
import { useWords } from "../language.ts";
import { Mark } from "./Mark.tsx";
import { foundName } from "./ReportRefused.tsx";

type Item = Report["items"][number];
type Sentence = Item["sentences"][number];
type Source = Report["sources"][number];

const LINES = 12;
const CITES = 8;

/** What stands beside and below an item, for who may write. */
export type ItemParts = {
  /** Beside the item's name. */
  head?: (item: Item) => ReactNode;
  /** After a sentence: whose it is, and what can be done about it. */
  after?: (sentence: Sentence, cited: Source[]) => ReactNode;
};

type Props = { report: Report; problems?: readonly PublicProblem[] } & ItemParts;

/** Item by item: whether it is known, each sentence with the entries it rests on. */
export function ReportItems({ report, problems = [], head, after }: Props) {
  const { choose } = useWords();
  const sources = new Map(report.sources.map((source) => [source.number, source]));
  return (
    <ol className="report-items">
      {report.items.map((item) => (
        <li key={item.code} id={`item-${item.code}`} data-state={item.state}>
          <div className="report-item-head">
            <h3>{choose(item.name)}</h3>
            <ItemMarks item={item} />
            {head?.(item)}
          </div>
          <Sentences
            sentences={item.sentences}
            sources={sources}
            problems={problems.filter((problem) => problem.item === item.code)}
            {...(after === undefined ? {} : { after })}
          />
          {item.table === null ? null : <ItemTable table={item.table} />}
        </li>
      ))}
    </ol>
  );
}

function ItemMarks({ item }: { item: Item }) {
  const { say } = useWords();
  return (
    <>
      <StateMark state={item.state} />
      {item.contradicts ? <Mark loudness="attention">{say("report.contradicts")}</Mark> : null}
    </>
  );
}

/** Known is a full disc, a supplement is known and has a plus; a colour only where something is missing. */
export function StateMark({ state }: { state: Item["state"] }) {
  const { say } = useWords();
  const word = say(`report.state.${state}`);
  if (state === "not-yet-known") return <Mark loudness="attention">{word}</Mark>;
  return <DiscMark plus={state === "supplement"}>{word}</DiscMark>;
}

/** A state that asks for nobody's eye, beside the open ring of what is not so. */
export function DiscMark({ plus = false, children }: { plus?: boolean; children: ReactNode }) {
  return (
    <span className="mark mark-plain">
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <circle cx="5" cy="5" r="4.5" fill="currentColor" />
        {plus ? <path d="M5 2v6M2 5h6" stroke="var(--paper)" strokeWidth="1.5" /> : null}
      </svg>
      <span>{children}</span>
    </span>
  );
}

type SentencesProps = {
  sentences: readonly Sentence[];
  sources: ReadonlyMap<number, Source>;
  problems: readonly PublicProblem[];
  after?: NonNullable<ItemParts["after"]>;
};

function Sentences({ sentences, sources, problems, after }: SentencesProps) {
  const { say, choose } = useWords();
  const [whole, setWhole] = useState(false);
  const shown = whole ? sentences : sentences.slice(0, LINES);
  const left = sentences.length - shown.length;
  return (
    <>
      {shown.map((sentence, at) => {
        const cited = sentence.cites.flatMap((number) => sources.get(number) ?? []);
        const found = new Set(
          problems.filter(({ line }) => line === at + 1).map((problem) => foundName(say, problem)),
        );
        return (
          <div key={at} className="report-line" data-kind={sentence.kind}>
            <p>
              <span className="report-text">{choose(sentence)}</span>
              <Cites cited={cited} />
            </p>
            {[...found].map((words) => (
              <Mark key={words} loudness="act">
                {words}
              </Mark>
            ))}
            {after?.(sentence, cited)}
          </div>
        );
      })}
      {left > 0 ? (
        <p>
          <button type="button" className="button-link" onClick={() => setWhole(true)}>
            {say("report.lines-more", { count: left })}
          </button>
        </p>
      ) : null}
    </>
  );
}

function Cites({ cited }: { cited: Source[] }) {
  const { say } = useWords();
  const [whole, setWhole] = useState(false);
  const shown = whole ? cited : cited.slice(0, CITES);
  const left = cited.length - shown.length;
  return (
    <span className="report-cites">
      {shown.map(({ number, entry, index, code }) => {
        const name = say("report.cite", { name: entryName(say, code), index: String(index) });
        return (
          <Link key={number} to="/ledger/$id" params={{ id: entry }} title={name} aria-label={name}>
            {`［${number}］`}
          </Link>
        );
      })}
      {left > 0 ? (
        <button type="button" className="button-link" onClick={() => setWhole(true)}>
          {say("report.cites-more", { count: left })}
        </button>
      ) : null}
    </span>
  );
}

function ItemTable({ table }: { table: NonNullable<Item["table"]> }) {
  const { say, choose } = useWords();
  const [whole, setWhole] = useState(false);
  const rows = whole ? table.rows : table.rows.slice(0, LINES);
  const left = table.rows.length - rows.length;
  return (
    <>
      <table className="report-table">
        <thead>
          <tr>
            {table.columns.map(({ title, align }, at) => (
              <th key={at} scope="col" data-align={align}>
                {choose(title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column} data-align={table.columns[column]?.align}>
                  {choose(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 ? (
        <p>
          <button type="button" className="button-link" onClick={() => setWhole(true)}>
            {say("report.lines-more", { count: left })}
          </button>
        </p>
      ) : null}
    </>
  );
}

/** How far the report is, at a glance. */
export function ItemCounts({ report }: { report: Report }) {
  const { say } = useWords();
  const count = (state: Item["state"]): number => report.items.filter((item) => item.state === state).length;
  const missing = count("not-yet-known");
  const contradicting = report.items.filter(({ contradicts }) => contradicts).length;
  return (
    <p className="row report-counts">
      {missing === 0 ? null : (
        <Mark loudness="attention">{say("report.count.not-yet-known", { count: missing })}</Mark>
      )}
      {contradicting === 0 ? null : (
        <Mark loudness="attention">{say("report.count.contradicts", { count: contradicting })}</Mark>
      )}
      {(["known", "supplement"] as const).map((state) =>
        count(state) === 0 ? null : (
          <span key={state} className="soft">
            {say(`report.count.${state}`, { count: count(state) })}
          </span>
        ),
      )}
    </p>
  );
}
