import type { FindingView } from "../../../station/services.ts";
import { absoluteTime, byteSize, duration, percent } from "../formats.ts";
import { useWords, type Language, type Say } from "../language.ts";
import { useSession } from "../session.ts";
import { WORDS, type WordCode } from "../words/words.ts";

type Value = FindingView["figures"][string];

const BYTES = new Set(["bytes", "received", "usualBytes", "bytesPerDay"]);
const SHARES = new Set(["variation", "sameSize", "heavyShare"]);
/** They stand in the sentences and on the page already, or say nothing to a person. */
const LEFT_OUT = new Set(["folder", "fromMs", "untilMs"]);

/** Every figure that a judgement rests on, with its unit. One without a word is shown by its key. */
export function FigureList({ figures }: { figures: FindingView["figures"] }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const shown = Object.entries(figures).filter(([key]) => !LEFT_OUT.has(key));
  return (
    <dl className="facts">
      {shown.map(([key, value]) => (
        <div key={key} style={{ display: "contents" }}>
          <dt>{nameOf(key, say)}</dt>
          <dd>{printFigure(key, value, { say, language, timeZone })}</dd>
        </div>
      ))}
    </dl>
  );
}

function nameOf(key: string, say: Say): string {
  const word = `figure.${key}`;
  return word in WORDS ? say(word as WordCode) : key;
}

type Printing = { say: Say; language: Language; timeZone: string };

function printFigure(key: string, value: Value, { say, language, timeZone }: Printing): string {
  if (value === null || value === "") return say("answer.none");
  if (typeof value === "boolean") return say(value ? "answer.yes" : "answer.no");
  if (key === "firstAt" && typeof value === "string") return absoluteTime(value, timeZone, language);
  if (typeof value === "string") return value;
  if (BYTES.has(key)) return byteSize(value, language);
  if (SHARES.has(key)) return percent(value, language);
  if (key === "seconds" || key.endsWith("Seconds")) return duration(value * 1000, language);
  if (key === "port") return String(value);
  return value.toLocaleString(language, { maximumFractionDigits: 3 });
}
