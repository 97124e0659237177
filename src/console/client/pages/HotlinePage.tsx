import { useState, type FormEvent } from "react";
import type { HotlineView } from "../../../station/services.ts";
import { askHotline, type HotlineCall } from "../hotlineQueries.ts";
import { useWords } from "../language.ts";
import { Mark } from "../parts/Mark.tsx";
import { Moment } from "../parts/Moment.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { ForbiddenState, ProblemNotice } from "../parts/States.tsx";
import { TextField } from "../parts/TextField.tsx";
import { useMay } from "../session.ts";

const empty = { email: "", phone: "", customer: "", name: "", birth: "", note: "" };
type Fields = typeof empty;

function proofsOf(fields: Fields): HotlineCall["proofs"] {
  const proofs: HotlineCall["proofs"] = [];
  for (const kind of ["email", "phone", "customer"] as const)
    if (fields[kind].trim() !== "") proofs.push({ kind, value: fields[kind].trim() });
  if (fields.name.trim() !== "" && fields.birth !== "")
    proofs.push({ kind: "name-birth", name: fields.name.trim(), birth: fields.birth });
  return proofs;
}

/** "Am I affected?": what the caller says, and what the agent may say to her. */
export function HotlinePage() {
  const { say } = useWords();
  const may = useMay("hotline.use");
  const [fields, setFields] = useState(empty);
  const [answer, setAnswer] = useState<HotlineView | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  if (!may) return <ForbiddenState />;
  const proofs = proofsOf(fields);
  const set = (key: keyof Fields) => (value: string) => setFields({ ...fields, [key]: value });
  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      setAnswer(await askHotline({ proofs, note: fields.note }));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }
  function next(): void {
    setFields(empty);
    setAnswer(null);
  }
  return (
    <>
      <PageHead title={say("nav.hotline")} lead={say("hotline.lead")} />
      <div className="hotline">
        <form className="stack" onSubmit={(event) => void send(event)}>
          <TextField label={say("hotline.email")} value={fields.email} onChange={set("email")} optional />
          <TextField label={say("hotline.phone")} value={fields.phone} onChange={set("phone")} optional />
          <TextField
            label={say("hotline.customer")}
            value={fields.customer}
            onChange={set("customer")}
            optional
          />
          <TextField label={say("hotline.name")} value={fields.name} onChange={set("name")} optional />
          <TextField
            label={say("hotline.birth")}
            type="date"
            value={fields.birth}
            onChange={set("birth")}
            optional
          />
          <TextField label={say("hotline.note")} value={fields.note} onChange={set("note")} optional long />
          <ProblemNotice error={error} />
          <button
            type="submit"
            className="button button-main button-wide"
            disabled={busy || proofs.length < 2}
          >
            {say(proofs.length < 2 ? "hotline.two" : "hotline.ask")}
          </button>
        </form>
        <div aria-live="polite">{answer === null ? null : <Answer answer={answer} onNext={next} />}</div>
      </div>
    </>
  );
}

function Answer({ answer, onNext }: { answer: HotlineView; onNext: () => void }) {
  const { say, choose } = useWords();
  const items = answer.outcome === "affected" ? answer.items.map((item) => choose(item)) : [];
  return (
    <section className="stack">
      <h2>
        <Mark loudness={answer.outcome === "affected" ? "attention" : "plain"}>
          {say(`hotline.${answer.outcome}`)}
        </Mark>
      </h2>
      <p className="hotline-say">
        {say(`hotline.${answer.outcome}-say`, { items: items.join(say("answer.comma")) })}
      </p>
      {answer.outcome === "affected" ? (
        <>
          <p>
            {`${say("hotline.notice")}: ${say(`hotline.state.${answer.notice.state}`)} `}
            {answer.notice.at === null ? null : <Moment at={answer.notice.at} />}
          </p>
          <p className="soft small">{say("hotline.reference", { reference: answer.reference })}</p>
        </>
      ) : null}
      <button type="button" className="button" onClick={onNext}>
        {say("hotline.again")}
      </button>
    </section>
  );
}
