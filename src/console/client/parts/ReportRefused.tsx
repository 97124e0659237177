import type { PublicProblem, Report } from "../../../station/services.ts";
import { entryName } from "../entryName.ts";
import { useWords, type Say } from "../language.ts";
import { WORDS, type WordCode } from "../words/words.ts";
import { Notice } from "./States.tsx";

/** What the check found, in the reader's language. */
export function foundName(say: Say, { code, found }: PublicProblem): string {
  if (code === "not-released") return say("report.refused-entry", { found: entryName(say, found) });
  const word = `report.found.${found}`;
  const known = word in WORDS ? say(word as WordCode) : say("report.found.record");
  return say("report.refused-personal", { found: known });
}

type Props = { report: Report; problems: readonly PublicProblem[] };

/** What keeps a report inside, with the way to each place; or what it is worth that nothing was found. */
export function ReportRefused({ report, problems }: Props) {
  const { say, choose } = useWords();
  if (problems.length === 0) return <Notice kind="plain">{say("report.read-by-eye")}</Notice>;
  const nameOf = (code: string | null): string => {
    const item = report.items.find((one) => one.code === code);
    return item === undefined ? "" : choose(item.name);
  };
  // Both languages of one sentence are one place.
  const places = new Map(
    problems.map((problem) => {
      const text = [nameOf(problem.item), foundName(say, problem)].filter((part) => part !== "").join("：");
      return [`${problem.item} ${problem.line} ${text}`, { item: problem.item, text }] as const;
    }),
  );
  return (
    <Notice kind="act">
      <p>{say("report.refused", { count: places.size })}</p>
      <ul className="stack-tight">
        {[...places].slice(0, 20).map(([key, { item, text }]) => (
          <li key={key}>{item === null ? text : <a href={`#item-${item}`}>{text}</a>}</li>
        ))}
      </ul>
      <p>{say("report.refused-next")}</p>
    </Notice>
  );
}
