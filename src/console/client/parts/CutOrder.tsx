import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useId, useState, type FormEvent, type ReactNode } from "react";
import type { CutActName, CutWish } from "../../../station/services.ts";
import { api, read } from "../api.ts";
import { useWords } from "../language.ts";
import { useMay } from "../session.ts";
import { cardQuery, cutsQuery, inForce } from "../trafficQueries.ts";
import { useConfirmed } from "./ConfirmFactor.tsx";
import { MinutesField, ReasonField } from "./CutFields.tsx";
import { CutPreview, usePreview, type Aim } from "./CutPreview.tsx";
import { Mark } from "./Mark.tsx";
import { Notice, ProblemNotice } from "./States.tsx";

const ACTS: CutActName[] = ["block", "isolate", "cut-zone", "cut-off"];
const TYPING_MS = 400;

type Props = {
  /** Acts whose target is already known; else the person names it. */
  aims?: Aim[] | undefined;
  /** The finding that it is ordered from. */
  finding?: string | undefined;
};

/** Orders an act: what it does and undoes, what it would stop now, how long, why, and who says so. */
export function CutOrder({ aims, finding }: Props) {
  const { say } = useWords();
  const { data: card } = useQuery(cardQuery);
  const may = useMay("cut.order");
  if (card?.canCut === false) {
    return (
      <Notice kind="attention">
        <p>{say("cut.no-section")}</p>
        <p>{say("cut.no-section-next")}</p>
      </Notice>
    );
  }
  if (!may) return <p className="soft">{say("finding.may-not")}</p>;
  return <OrderForm aims={aims} finding={finding} />;
}

function OrderForm({ aims, finding }: Props) {
  const { say } = useWords();
  const client = useQueryClient();
  const { data: card } = useQuery(cardQuery);
  const [act, setAct] = useState<CutActName | null>(null);
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [chosenMinutes, setMinutes] = useState<number | null>(null);
  const [ordered, setOrdered] = useState<string | null>(null);
  const minutes = chosenMinutes ?? card?.minutes ?? 240;
  const aim = useRested(aimOf(act, typed, aims));
  const preview = usePreview(aim);
  const send = useConfirmed(async (wish: CutWish) => {
    const { decisionId } = await read(api.traffic.cuts.$post({ json: wish }));
    setOrdered(decisionId);
    setAct(null);
    setTyped("");
    setReason("");
    await client.invalidateQueries({ queryKey: ["cuts"] });
    await client.invalidateQueries({ queryKey: ["decisions"] });
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (aim !== null) void send.run({ ...aim, minutes, reason, finding });
  }
  // Nothing is ordered whose effect was not shown: the preview must be of this very aim.
  const ready = preview.data !== undefined && aim?.act === act && reason.trim().length >= 3;
  return (
    <form className="stack" onSubmit={submit}>
      {ordered === null ? null : <Ordered decision={ordered} />}
      <ActChoices acts={aims?.map((one) => one.act) ?? ACTS} aims={aims} act={act} onChoose={setAct}>
        {aims === undefined && act !== null ? (
          <TargetField act={act} value={typed} onChange={setTyped} />
        ) : null}
      </ActChoices>
      <CutPreview aim={aim} card={card} />
      <MinutesField minutes={minutes} onChange={setMinutes} />
      <ReasonField reason={reason} onChange={setReason} />
      <ProblemNotice error={send.error} />
      <button
        type="submit"
        className="button button-main button-wide"
        disabled={!ready || aim === null || send.busy}
      >
        {act === null ? say("cut.send-none") : say("cut.send", { act: say(`cut.act.${act}`) })}
      </button>
      {send.dialog}
    </form>
  );
}

function Ordered({ decision }: { decision: string }) {
  const { say } = useWords();
  return (
    <Notice kind="held">
      <p>{say("cut.ordered")}</p>
      <p>
        <Link to="/decisions/$id" params={{ id: decision }}>
          {say("cut.decision")}
        </Link>
      </p>
    </Notice>
  );
}

function aimOf(act: CutActName | null, typed: string, aims: Aim[] | undefined): Aim | null {
  if (act === null) return null;
  if (aims !== undefined) return aims.find((aim) => aim.act === act) ?? null;
  if (act === "cut-off") return { act, target: "" };
  return typed.trim() === "" ? null : { act, target: typed.trim() };
}

/** The aim once typing rests, so that the record is not asked about every letter. */
function useRested(aim: Aim | null): Aim | null {
  const [rested, setRested] = useState(aim);
  const key = aim === null ? "" : `${aim.act} ${aim.target}`;
  useEffect(() => {
    const timer = setTimeout(() => setRested(aim), TYPING_MS);
    return () => clearTimeout(timer);
    // The caller makes a new object at every drawing; only what it says matters here.
  }, [key]);
  return rested !== null && key === `${rested.act} ${rested.target}` ? rested : null;
}

type ChoicesProps = {
  acts: CutActName[];
  aims: Aim[] | undefined;
  act: CutActName | null;
  onChoose: (act: CutActName) => void;
  children: ReactNode;
};

function ActChoices({ acts, aims, act, onChoose, children }: ChoicesProps) {
  const { say } = useWords();
  const name = useId();
  return (
    <fieldset className="plain">
      <legend className="label">{say("cut.act")}</legend>
      <div className="options">
        {acts.map((each) => (
          <label key={each} className="option">
            <input
              type="radio"
              name={name}
              value={each}
              checked={act === each}
              onChange={() => onChoose(each)}
            />
            <strong>
              {say(`cut.act.${each}`)}
              <AimedAt aim={aims?.find((aim) => aim.act === each)} />
              <Already aim={aims?.find((aim) => aim.act === each)} />
            </strong>
            <span>{say(`cut.does.${each}`)}</span>
            {act === each ? <span className="small">{say("cut.undo")}</span> : null}
          </label>
        ))}
      </div>
      {children}
    </fieldset>
  );
}

function AimedAt({ aim }: { aim: Aim | undefined }) {
  if (aim === undefined || aim.act === "cut-off") return null;
  return <span className="figures aimed">{aim.target}</span>;
}

/** Says that this very act is in force, so that nobody orders it twice. */
function Already({ aim }: { aim: Aim | undefined }) {
  const { say } = useWords();
  const { data: cuts } = useQuery(cutsQuery);
  if (aim === undefined) return null;
  const same = cuts?.some((cut) => {
    if (!inForce(cut) || cut.act !== aim.act) return false;
    return cut.act === "cut-off" || cut.target === aim.target;
  });
  return same === true ? <Mark loudness="held">{say("cut.already")}</Mark> : null;
}

type TargetProps = { act: CutActName; value: string; onChange: (value: string) => void };

function TargetField({ act, value, onChange }: TargetProps) {
  const { say } = useWords();
  const id = useId();
  const { data: card } = useQuery(cardQuery);
  if (act === "cut-off") return null;
  const zones = card?.zones ?? [];
  if (act === "cut-zone" && zones.length === 0) return <p className="soft">{say("cut.no-zones")}</p>;
  return (
    <div className="field" style={{ paddingTop: 12 }}>
      <label htmlFor={id}>{say(`cut.target.${act}`)}</label>
      {act === "cut-zone" ? (
        <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{say("cut.choose-zone")}</option>
          {zones.map(({ name, networks }) => (
            <option key={name} value={name}>
              {`${name} (${networks.join(say("answer.comma"))})`}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          className="input"
          maxLength={2000}
          autoComplete="off"
          spellCheck={false}
          placeholder={say(`cut.target-example.${act}`)}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </div>
  );
}
