import { useQuery } from "@tanstack/react-query";
import type { CutCard, CutPreview as Preview, CutWish } from "../../../station/services.ts";
import { ApiProblem } from "../api.ts";
import { money } from "../formats.ts";
import { useWords } from "../language.ts";
import { previewQuery } from "../trafficQueries.ts";
import { sayWarning } from "./CutProof.tsx";
import { Notice, ProblemNotice } from "./States.tsx";

const NAMED_MAX = 6;

/** An act and its target, as far as they are chosen. */
export type Aim = Pick<CutWish, "act" | "target">;

export function usePreview(aim: Aim | null) {
  return useQuery({ ...previewQuery(aim ?? { act: "block", target: "" }), enabled: aim !== null });
}

/** What an act would stop, before it is ordered. */
export function CutPreview({ aim, card }: { aim: Aim | null; card: CutCard | undefined }) {
  const { say } = useWords();
  const query = usePreview(aim);
  return (
    <section className="preview" aria-live="polite">
      <h3>{say("cut.preview")}</h3>
      {aim === null ? (
        <p className="soft">{say("cut.preview-wait")}</p>
      ) : query.data !== undefined ? (
        <PreviewFacts aim={aim} preview={query.data} card={card} />
      ) : query.error !== null ? (
        <PreviewProblem error={query.error} />
      ) : (
        <p className="soft">{say("cut.preview-asking")}</p>
      )}
    </section>
  );
}

function PreviewProblem({ error }: { error: unknown }) {
  const { say } = useWords();
  if (!(error instanceof ApiProblem) || error.code !== "usage") return <ProblemNotice error={error} />;
  return (
    <Notice kind="attention">
      <p>{say("cut.preview-wrong")}</p>
      <p>{error.hint}</p>
    </Notice>
  );
}

type FactsProps = { aim: Aim; preview: Preview; card: CutCard | undefined };

function PreviewFacts({ aim, preview, card }: FactsProps) {
  const { say, language } = useWords();
  const { connections, warnings } = preview;
  const whole = aim.act === "cut-off";
  const cost = card?.costPerHour ?? null;
  const goesOn = [...(card?.continues ?? []).map((said) => said[language]), ...(card?.goesOn ?? [])];
  const comma = say("answer.comma");
  return (
    <div className="stack-tight">
      <p>{connections === 0 ? say("cut.preview-none") : say("cut.preview-sum", { count: connections })}</p>
      <dl className="facts">
        <Names word="cut.preview-hosts" names={preview.hosts} />
        <Names word="cut.preview-destinations" names={preview.destinations} />
      </dl>
      {whole ? (
        <>
          <p>
            <strong>
              {cost === null
                ? say("cut.preview-cost-unknown")
                : say("cut.preview-cost", { cost: money(cost, language) })}
            </strong>
          </p>
          {goesOn.length === 0 ? null : <p>{say("cut.preview-goes-on", { list: goesOn.join(comma) })}</p>}
        </>
      ) : null}
      {warnings.length === 0 ? null : (
        <Notice kind="attention">
          {warnings.map((warning) => (
            <p key={warning}>{sayWarning(warning, say)}</p>
          ))}
        </Notice>
      )}
    </div>
  );
}

type NamesProps = { word: "cut.preview-hosts" | "cut.preview-destinations"; names: string[] };

function Names({ word, names }: NamesProps) {
  const { say } = useWords();
  if (names.length === 0) return null;
  const shown = names.slice(0, NAMED_MAX).join(say("answer.comma"));
  return (
    <>
      <dt>{say(word)}</dt>
      <dd>{names.length > NAMED_MAX ? say("cut.preview-more", { shown }) : shown}</dd>
    </>
  );
}
