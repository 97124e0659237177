import { useNow } from "../clock.ts";
import { absoluteTime, relativeTime, shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";

/** A moment: relative in the text, absolute with its zone on hover and for readers by ear. */
export function Moment({ at }: { at: string | null }) {
  const { language, say } = useWords();
  const { timeZone } = useSession();
  const now = useNow(10);
  if (at === null || Number.isNaN(Date.parse(at))) return <span className="faint">{say("answer.none")}</span>;
  const whole = absoluteTime(at, timeZone, language);
  return (
    <time dateTime={at} title={whole} className="nowrap">
      {relativeTime(Date.parse(at), Math.max(now, Date.now()), language)}
    </time>
  );
}

/** A moment where the order of things is what one reads: day and minute, the rest on hover. */
export function ShortMoment({ at }: { at: string }) {
  const { language } = useWords();
  const { timeZone } = useSession();
  return (
    <time dateTime={at} title={absoluteTime(at, timeZone, language)} className="nowrap">
      {shortTime(at, timeZone, language)}
    </time>
  );
}
