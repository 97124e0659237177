import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { PassageView, ReportsView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { writePassage } from "../reportQueries.ts";
import { useMay } from "../session.ts";
import { Moment } from "./Moment.tsx";
import { ReportDialog } from "./ReportDialog.tsx";
import { DiscMark } from "./ReportItems.tsx";
import { SelectField, TextField } from "./TextField.tsx";

export type Topic = PassageView["topic"];
/** What is being written: a new passage, or one anew. */
export type Writing = { topic: Topic; replaces: PassageView | null; partner: string | null };

/** What is longer is cut to three lines until somebody asks for it. */
const SHORT = 120;
const SHOWN = 8;

type Props = { view: ReportsView; onWrite: (writing: Writing) => void };

/** All that people wrote, by topic in the order of reports. */
export function ReportPassages({ view, onWrite }: Props) {
  const { say } = useWords();
  const may = useMay("report.draft");
  const order = view.choices.topics.map(({ code }) => code);
  const passages = view.passages.toSorted(
    (one, other) => order.indexOf(one.topic) - order.indexOf(other.topic),
  );
  const first = order[0];
  const [whole, setWhole] = useState(false);
  const shown = whole ? passages : passages.slice(0, SHOWN);
  const left = passages.length - shown.length;
  return (
    <section className="section" aria-labelledby="passages">
      <div className="row spread">
        <h2 id="passages">{say("report.passages")}</h2>
        {may && first !== undefined ? (
          <button
            type="button"
            className="button"
            onClick={() => onWrite({ topic: first, replaces: null, partner: null })}
          >
            {say("report.write")}
          </button>
        ) : null}
      </div>
      <p className="soft">{say("report.passages-lead")}</p>
      {passages.length === 0 ? <p className="soft">{say("report.passages-none")}</p> : null}
      <ul className="room-list">
        {shown.map((passage) => (
          <li key={passage.id}>
            <Passage passage={passage} view={view} onWrite={may ? onWrite : null} />
          </li>
        ))}
      </ul>
      {left > 0 ? (
        <p>
          <button type="button" className="button" onClick={() => setWhole(true)}>
            {say("table.more", { count: left })}
          </button>
        </p>
      ) : null}
    </section>
  );
}

type PassageProps = { passage: PassageView; view: ReportsView; onWrite: Props["onWrite"] | null };

function Passage({ passage, view, onWrite }: PassageProps) {
  const { say, choose, language } = useWords();
  const { topic, partner, text } = passage;
  const name = view.choices.topics.find(({ code }) => code === topic)?.name;
  const other = language === "ja" ? "en" : "ja";
  const [asked, setAsked] = useState(false);
  const isLong = Object.values(text ?? {}).some((words = "") => words.length > SHORT);
  const whole = asked || !isLong;
  return (
    <div className="stack-tight">
      <p className="row">
        <strong>{name === undefined ? topic : choose(name)}</strong>
        {partner === null ? null : <span className="soft">{say("report.passage-only", { partner })}</span>}
        {passage.forPublic ? <DiscMark>{say("report.public-yes")}</DiscMark> : null}
      </p>
      {text === null ? (
        <p className="faint">{say("report.passage-erased")}</p>
      ) : (
        [language, other].map((tongue) =>
          text[tongue as "ja"] === undefined ? null : (
            <p
              key={tongue}
              lang={tongue}
              className={whole ? "report-text" : "report-text report-clamped"}
              data-other={tongue === other ? "" : undefined}
            >
              {text[tongue as "ja"]}
            </p>
          ),
        )
      )}
      {whole ? null : (
        <p>
          <button type="button" className="button-link small" onClick={() => setAsked(true)}>
            {say("report.passage-long")}
          </button>
        </p>
      )}
      <p className="soft small">
        {say("report.by", { name: passage.by })} <Moment at={passage.at} />
        {"　"}
        {onWrite === null ? null : (
          <button
            type="button"
            className="button-link"
            onClick={() => onWrite({ topic, replaces: passage, partner })}
          >
            {say("report.replace")}
          </button>
        )}
      </p>
    </div>
  );
}

type DialogProps = { incident: string; view: ReportsView; writing: Writing; onClose: () => void };

/** A passage in one or both languages; what is written anew replaces what stood there. */
export function PassageDialog({ incident, view, writing, onClose }: DialogProps) {
  const { say, choose } = useWords();
  const client = useQueryClient();
  const { replaces } = writing;
  const [topic, setTopic] = useState<Topic>(writing.topic);
  const [partner, setPartner] = useState(writing.partner ?? "");
  const [ja, setJa] = useState(replaces?.text?.ja ?? "");
  const [en, setEn] = useState(replaces?.text?.en ?? "");
  const written = { ja: ja.trim(), en: en.trim() };
  async function send(): Promise<void> {
    const text = Object.fromEntries(Object.entries(written).filter(([, words]) => words !== ""));
    const to = partner === "" ? null : partner;
    await writePassage(incident, { topic, partner: to, replaces: replaces?.id ?? null, text });
    await client.invalidateQueries({ queryKey: ["incident", incident, "reports"] });
  }
  const { topics, partners } = view.choices;
  return (
    <ReportDialog
      title={say(replaces === null ? "report.passage" : "report.replace")}
      send="report.save"
      ready={written.ja !== "" || written.en !== ""}
      onClose={onClose}
      onSend={send}
    >
      <SelectField
        label={say("report.passage-topic")}
        value={topic}
        options={topics.map(({ code, name }) => ({ value: code, label: choose(name) }))}
        onChange={setTopic}
      />
      <SelectField
        label={say("report.passage-for")}
        value={partner}
        options={[
          { value: "", label: say("report.passage-all") },
          ...partners.map(({ code, name }) => ({
            value: code,
            label: say("report.passage-only", { partner: choose(name) }),
          })),
        ]}
        onChange={setPartner}
      />
      <TextField label={say("report.passage-ja")} value={ja} onChange={setJa} long optional />
      <TextField label={say("report.passage-en")} value={en} onChange={setEn} long optional />
      <p className="soft small">{say("report.passage-one")}</p>
    </ReportDialog>
  );
}
