import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { ReportsView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import type { ReportKind, Wanted } from "../reportQueries.ts";
import { SelectField, TextField } from "./TextField.tsx";

export type ReportSearch = {
  show?: string;
  of?: string;
  kind?: string;
  duty?: string;
  partner?: string;
  assume?: string;
  sort?: string;
};

const ALONE = ["board", "partner", "press", "public", "cost"] as const;
const STAGES = ["preliminary", "supplement", "final"] as const;
const ORDER = "jp-authority-order";
const OTHER = "\u0000other";

/** What the address asks for; without a word in it, the report that is due first in Japan. */
export function wantedOf({ of = "jp-appi", kind, duty, partner, assume }: ReportSearch): Wanted {
  const alone = ALONE.find((one) => one === of);
  if (alone === "partner") return { kind: alone, ...(partner === undefined ? {} : { partner }) };
  if (alone === "cost") return { kind: alone, ...(assume === undefined ? {} : { assumptions: assume }) };
  if (alone !== undefined) return { kind: alone };
  const stage: ReportKind = of === ORDER ? "order" : (STAGES.find((one) => one === kind) ?? "preliminary");
  return { kind: stage, law: of, ...(duty === undefined ? {} : { duty }) };
}

/** Another report stands at another address. */
export function useChosen(incident: string): (next: ReportSearch) => void {
  const navigate = useNavigate();
  const { sort } = useSearch({ from: "/incidents/$id" });
  return (next) => {
    const kept = sort === undefined ? {} : { sort };
    void navigate({
      to: "/incidents/$id",
      params: { id: incident },
      search: { ...kept, ...next, show: "reports" },
      replace: true,
      resetScroll: false,
    });
  };
}

/** Which report is looked at: by whom it is asked, at which stage, for which duty or partner. */
export function ReportChooser({ incident, view }: { incident: string; view: ReportsView }) {
  const { say, choose } = useWords();
  const search = useSearch({ from: "/incidents/$id" });
  const chosen = useChosen(incident);
  const { of = "jp-appi", kind = "preliminary", duty = "", partner } = search;
  const law = view.choices.laws.find(({ id }) => id === of);
  return (
    <div className="report-chooser">
      <SelectField
        label={say("report.of")}
        value={of}
        options={[
          ...view.choices.laws.map(({ id, name }) => ({ value: id, label: choose(name) })),
          ...ALONE.map((value) => ({ value: value as string, label: say(`report.kind.${value}`) })),
        ]}
        onChange={(next) => chosen({ of: next })}
      />
      {law === undefined || of === ORDER ? null : (
        <SelectField
          label={say("report.stage")}
          value={kind}
          options={STAGES.map((value) => ({ value: value as string, label: say(`report.kind.${value}`) }))}
          onChange={(next) => chosen({ of, kind: next, ...(duty === "" ? {} : { duty }) })}
        />
      )}
      {law === undefined || law.duties.length < 2 ? null : (
        <SelectField
          label={say("report.duty")}
          value={duty}
          options={[
            { value: "", label: say("report.duty-usual") },
            ...law.duties.map(({ id, name }) => ({ value: id, label: choose(name) })),
          ]}
          onChange={(next) => chosen({ of, kind, ...(next === "" ? {} : { duty: next }) })}
        />
      )}
      {of === "partner" ? <PartnerChoice incident={incident} view={view} partner={partner} /> : null}
    </div>
  );
}

type PartnerProps = { incident: string; view: ReportsView; partner: string | undefined };

/** A partner who is known, or one by her code as the customer table has it. */
function PartnerChoice({ incident, view, partner }: PartnerProps) {
  const { say, choose } = useWords();
  const chosen = useChosen(incident);
  const { partners } = view.choices;
  const isKnown = partners.some(({ code }) => code === partner);
  const [other, setOther] = useState(partner !== undefined && !isKnown);
  const [code, setCode] = useState(other ? (partner ?? "") : "");
  const take = (next: string): void =>
    chosen({ of: "partner", ...(next.trim() === "" ? {} : { partner: next.trim().slice(0, 64) }) });
  return (
    <>
      <SelectField
        label={say("report.partner")}
        value={other ? OTHER : isKnown ? (partner ?? "") : ""}
        options={[
          { value: "", label: say("report.partner-choose") },
          ...partners.map(({ code: value, name }) => ({ value, label: choose(name) })),
          { value: OTHER, label: say("report.partner-other") },
        ]}
        onChange={(next) => {
          setOther(next === OTHER);
          take(next === OTHER ? code : next);
        }}
      />
      {other ? (
        <form
          onBlur={() => take(code)}
          onSubmit={(event) => {
            event.preventDefault();
            take(code);
          }}
        >
          <TextField label={say("report.partner-code")} value={code} onChange={setCode} />
        </form>
      ) : null}
    </>
  );
}
