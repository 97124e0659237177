import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ClaimView, FactView, IncidentView } from "../../../station/services.ts";
import { claimFact, pickClaim } from "../incidentQueries.ts";
import { useWords } from "../language.ts";
import { useMay } from "../session.ts";
import { Mark } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";
import { OutsideSourceFields, outsideOf, type OutsideFields } from "./OutsideSourceFields.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { SelectField } from "./TextField.tsx";

const AUDIENCES = ["team", "counsel", "public"] as const;

/** What is claimed, fact by fact; those that would settle a duty and are not known stand among them. */
export function FactList({ incident }: { incident: IncidentView }) {
  const { say } = useWords();
  const may = useMay("incident.change");
  const [asked, setAsked] = useState<FactView | null>(null);
  const open = new Set(incident.clocks.flatMap((clock) => clock.open));
  const shown = incident.facts.toSorted((one, other) => rankOf(one, open) - rankOf(other, open));
  return (
    <>
      <p className="soft">{say("incident.facts-lead")}</p>
      <ul className="fact-list">
        {shown.map((fact) => (
          <Fact key={fact.fact} fact={fact} incident={incident} onSay={may ? () => setAsked(fact) : null} />
        ))}
      </ul>
      {asked === null ? null : (
        <ClaimDialog incident={incident.id} fact={asked} onClose={() => setAsked(null)} />
      )}
    </>
  );
}

/** What contradicts itself leads, then what is open and asked for, then what is known. */
function rankOf(fact: FactView, open: ReadonlySet<string>): number {
  if (fact.contradicts) return 0;
  if (fact.claims.length > 0) return 1;
  return open.has(fact.fact) ? 2 : 3;
}

type FactProps = { fact: FactView; incident: IncidentView; onSay: (() => void) | null };

function Fact({ fact, incident, onSay }: FactProps) {
  const { say, choose } = useWords();
  return (
    <li>
      <div className="row spread">
        <h3>{choose(fact.about)}</h3>
        {onSay === null ? null : (
          <button type="button" className="button-link" onClick={onSay}>
            {say("incident.say")}
          </button>
        )}
      </div>
      {fact.contradicts ? <Mark loudness="attention">{say("incident.contradicts")}</Mark> : null}
      {fact.claims.length === 0 ? <p className="faint">{say("incident.unknown")}</p> : null}
      <ul className="claims">
        {fact.claims.map((claim) => (
          <Claim key={claim.id} claim={claim} incident={incident.id} settles={fact.contradicts} />
        ))}
      </ul>
    </li>
  );
}

function Claim({ claim, incident, settles }: { claim: ClaimView; incident: string; settles: boolean }) {
  const { say } = useWords();
  const client = useQueryClient();
  const may = useMay("incident.settle");
  const [picking, setPicking] = useState(false);
  const valueText = useValueText();
  return (
    <li data-former={claim.former ? "" : undefined}>
      <p className="row">
        <strong>{valueText(claim)}</strong>
        {claim.picked ? <Mark loudness="plain">{say("incident.picked")}</Mark> : null}
        {claim.former ? <span className="faint">{say("incident.former-claim")}</span> : null}
        {settles && !claim.former && may ? (
          <button type="button" className="button-link" onClick={() => setPicking(true)}>
            {say("incident.pick")}
          </button>
        ) : null}
      </p>
      <p className="soft small">
        {say("incident.said-by", { name: claim.by })}
        {claim.source} <Moment at={claim.at} />
        {claim.audience === "team" ? null : `　${say(`room.audience.${claim.audience}`)}`}
      </p>
      {claim.outside === null ? null : <Outside source={claim.outside} />}
      <ReasonDialog
        title={say("incident.pick")}
        label="incident.pick-reason"
        send="incident.pick"
        open={picking}
        onClose={() => setPicking(false)}
        onSend={async (reason) =>
          client.setQueryData(["incident", incident], await pickClaim(incident, claim.id, reason))
        }
      />
    </li>
  );
}

function Outside({ source }: { source: NonNullable<ClaimView["outside"]> }) {
  const { say } = useWords();
  const { publisher, title, date, url, quotation } = source;
  const line = say("room.source-line", { publisher, title, date });
  return (
    <div className="soft small">
      {url === undefined ? (
        <p>{line}</p>
      ) : (
        <a href={url} rel="noreferrer noopener" target="_blank">
          {line}
        </a>
      )}
      {quotation === undefined ? null : <blockquote>{quotation}</blockquote>}
    </div>
  );
}

/** What a claim says, in the reader's language. */
export function useValueText(): (claim: Pick<ClaimView, "value" | "bound">) => string {
  const { say, language } = useWords();
  return ({ value, bound }) => {
    if (typeof value === "boolean") return say(value ? "answer.yes" : "answer.no");
    if (typeof value === "string") return value;
    const number = value.toLocaleString(language);
    return bound ? say("incident.at-most", { value: number }) : number;
  };
}

function ClaimDialog({ incident, fact, onClose }: { incident: string; fact: FactView; onClose: () => void }) {
  const { say, choose } = useWords();
  const client = useQueryClient();
  const [text, setText] = useState(fact.kind === "truth" ? "true" : "");
  const [bound, setBound] = useState(false);
  const [replaces, setReplaces] = useState("");
  const [audience, setAudience] = useState<ClaimView["audience"]>("team");
  const [outside, setOutside] = useState<OutsideFields | null>(null);
  const valueText = useValueText();
  async function send(source: string): Promise<void> {
    const value =
      fact.kind === "truth" ? text === "true" : fact.kind === "number" ? Number(text) : text.trim();
    const claim = {
      fact: fact.fact,
      value,
      bound,
      source,
      replaces: replaces === "" ? null : replaces,
      audience,
      ...(outside === null ? {} : { outside: outsideOf(outside) }),
    };
    client.setQueryData(["incident", incident], await claimFact(incident, claim));
  }
  const standing = fact.claims.filter(({ former }) => !former);
  return (
    <ReasonDialog
      title={choose(fact.about)}
      label="incident.source"
      send="incident.say"
      open
      onClose={onClose}
      onSend={send}
    >
      <ValueField fact={fact} text={text} onChange={setText} />
      {fact.kind === "number" ? (
        <label className="row">
          <input type="checkbox" checked={bound} onChange={(event) => setBound(event.target.checked)} />
          {say("incident.bound")}
        </label>
      ) : null}
      {standing.length === 0 ? null : (
        <div className="field">
          <label htmlFor="claim-replaces">{say("incident.replaces")}</label>
          <select
            id="claim-replaces"
            className="input"
            value={replaces}
            onChange={(event) => setReplaces(event.target.value)}
          >
            <option value="">{say("incident.keep-all")}</option>
            {standing.map((claim) => (
              <option key={claim.id} value={claim.id}>
                {`${valueText(claim)} ${claim.by}`}
              </option>
            ))}
          </select>
        </div>
      )}
      <SelectField
        label={say("room.audience")}
        value={audience}
        options={AUDIENCES.map((value) => ({ value, label: say(`room.audience.${value}`) }))}
        onChange={setAudience}
      />
      <OutsideSourceFields fields={outside} onChange={setOutside} />
    </ReasonDialog>
  );
}

type ValueProps = { fact: FactView; text: string; onChange: (text: string) => void };

function ValueField({ fact, text, onChange }: ValueProps) {
  const { say } = useWords();
  return (
    <div className="field">
      <label htmlFor="claim-value">
        {say(fact.kind === "moment" ? "incident.value-moment" : "incident.value")}
      </label>
      {fact.kind === "truth" ? (
        <select
          id="claim-value"
          className="input"
          value={text}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="true">{say("answer.yes")}</option>
          <option value="false">{say("answer.no")}</option>
        </select>
      ) : (
        <input
          id="claim-value"
          className="input"
          required
          inputMode={fact.kind === "number" ? "numeric" : "text"}
          pattern={fact.kind === "number" ? "[0-9]+" : undefined}
          placeholder={fact.kind === "moment" ? "2016-04-01" : undefined}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </div>
  );
}
