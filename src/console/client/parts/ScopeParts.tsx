import type { PersonRange, ScopeJobRow } from "../../../station/services.ts";
import { useWords, type Say } from "../language.ts";
import { WORDS, type WordCode } from "../words/words.ts";
import { Mark, type Loudness } from "./Mark.tsx";

const LOUDNESS: Record<ScopeJobRow["state"], Loudness> = {
  running: "held",
  stopped: "attention",
  done: "plain",
  sealed: "held",
  unreadable: "attention",
};

/** Where a job stands, as a shape and a word. */
export function JobState({ job }: { job: Pick<ScopeJobRow, "state"> }) {
  const { say } = useWords();
  return <Mark loudness={LOUDNESS[job.state]}>{say(`scope.state.${job.state}`)}</Mark>;
}

/** "69,999 to 71,565", or one figure where both ends are the same. */
export function useRangeText(): (range: PersonRange) => string {
  const { say } = useWords();
  return (range) => say(range.fewest === range.most ? "scope.exactly" : "scope.range", range);
}

/** What an item is called. */
export function nameOfItem(item: string, say: Say): string {
  const code = [`personal.${item}`, `scope.item.${item}`].find((one) => one in WORDS);
  return code === undefined ? item : say(code as WordCode);
}

/** "−1", "±0", "+1". */
export function signed(number: number): string {
  if (number === 0) return "±0";
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toLocaleString()}`;
}

/** What an answer changes in the count, in words. */
export function useEffectText(): (effect: PersonRange | null) => string {
  const { say } = useWords();
  return (effect) => {
    if (effect === null) return "";
    if (effect.fewest === 0 && effect.most === 0) return say("review.effect-none");
    return say("review.effect", { fewest: signed(effect.fewest), most: signed(effect.most) });
  };
}

/** How much of something is done. */
export function DoneBar({ done, total }: { done: number; total: number }) {
  const share = total === 0 ? 1 : done / total;
  return (
    <svg className="done-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className="track" width="100" height="8" />
      <rect className="done" width={100 * share} height="8" />
    </svg>
  );
}
