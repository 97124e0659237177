import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import type { NoticeText, NoticeView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { previewQuery, saveText } from "../noticeQueries.ts";
import { useMay } from "../session.ts";
import { Mark } from "./Mark.tsx";
import { ProblemNotice, Shown } from "./States.tsx";

type Problems = NoticeText["problems"];

/** The texts side by side in their languages, each with the rules that it breaks, and as it is read. */
export function NoticeTexts({ notice }: { notice: NoticeView }) {
  const { say } = useWords();
  return (
    <section className="section" aria-labelledby="texts">
      <h2 id="texts">{say("notice.texts")}</h2>
      <div className="notice-texts">
        <div className="stack">
          <h3>{say("notice.values")}</h3>
          <TextForm
            campaign={notice.campaign}
            file="values.yaml"
            text={notice.values.text}
            problems={notice.values.problems}
          />
        </div>
        {notice.texts.map((text) => (
          <div key={text.file} className="stack">
            <h3>
              {text.group}
              <span className="soft small">{`　${say("notice.persons", { count: text.persons })}`}</span>
            </h3>
            <TextForm
              campaign={notice.campaign}
              file={text.file}
              text={text.text ?? ""}
              problems={text.problems}
            />
            <Preview campaign={notice.campaign} group={text.group} />
          </div>
        ))}
      </div>
    </section>
  );
}

type FormProps = { campaign: string; file: string; text: string; problems: Problems };

function TextForm({ campaign, file, text, problems }: FormProps) {
  const { say } = useWords();
  const id = useId();
  const client = useQueryClient();
  const may = useMay("notice.prepare");
  const [changed, setChanged] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    setError(null);
    const sent = changed ?? text;
    try {
      const view = await saveText(campaign, { file, text: sent });
      client.setQueryData(["notices", campaign], view);
      // What was typed meanwhile is not saved yet, and stays.
      setChanged((now) => (now === sent ? null : now));
      await client.invalidateQueries({ queryKey: ["notices", campaign, "preview"] });
    } catch (problem) {
      setError(problem);
    }
  }
  return (
    <form className="stack" onSubmit={(event) => void save(event)}>
      <label htmlFor={id} className="small soft">
        {file}
      </label>
      <textarea
        id={id}
        className="input notice-text"
        rows={14}
        readOnly={!may}
        spellCheck={false}
        value={changed ?? text}
        onChange={(event) => setChanged(event.target.value)}
      />
      <Findings problems={problems} />
      <ProblemNotice error={error} />
      {may && changed !== null ? (
        <button type="submit" className="button">
          {say("notice.save")}
        </button>
      ) : null}
    </form>
  );
}

function Findings({ problems }: { problems: Problems }) {
  const { say, choose } = useWords();
  if (problems.length === 0) return <p className="soft small">{say("notice.clean")}</p>;
  return (
    <>
      <p>
        <Mark loudness="attention">{say("notice.broken", { count: problems.length })}</Mark>
      </p>
      <ul className="stack-tight">
        {problems.slice(0, 20).map(({ line, rule, problem, mend }, at) => (
          <li key={`${rule} ${line} ${at}`} className="small room-text">
            {line > 0 ? `${say("notice.at-line", { line })}: ` : null}
            {choose(problem)}
            <span className="soft">{`　${choose(mend)}`}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** With a person who does not exist, as a mail program shows it. */
function Preview({ campaign, group }: { campaign: string; group: string }) {
  const { say } = useWords();
  const [open, setOpen] = useState(false);
  const query = useQuery({ ...previewQuery(campaign, group), enabled: open, retry: false });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say("notice.preview")}</summary>
      {open ? (
        <Shown query={query}>
          {({ from, subject, text }) => (
            <div className="notice-mail">
              <p className="soft small">{say("notice.preview-from", { from })}</p>
              <p>
                <strong>{subject}</strong>
              </p>
              <pre>{text}</pre>
            </div>
          )}
        </Shown>
      ) : null}
    </details>
  );
}
