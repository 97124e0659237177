import { useNow } from "../clock.ts";
import { absoluteTime, duration, shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { Mark } from "./Mark.tsx";

/** How near a deadline is: a quarter of the time asks for attention, a tenth for an act. */
export function nearness(asked: number, deadline: number, now: number): "calm" | "near" | "last" | "passed" {
  if (now >= deadline) return "passed";
  const share = (deadline - now) / Math.max(1, deadline - asked);
  return share > 0.25 ? "calm" : share > 0.1 ? "near" : "last";
}

type Props = { askedAt: string; deadline: string; defaultLabel: string };

/** The time left as a shrinking bar, and what happens at its end. */
export function RemainingTime({ askedAt, deadline, defaultLabel }: Props) {
  const { language, say } = useWords();
  const { timeZone } = useSession();
  const end = Date.parse(deadline);
  const start = Date.parse(askedAt);
  const now = useNow(end - Date.now() < 120_000 ? 1 : 5);
  const state = nearness(start, end, now);
  const share = Math.min(1, Math.max(0, (end - now) / Math.max(1, end - start)));
  const left = say("decision.remaining", { time: duration(end - now, language) });
  const time = shortTime(deadline, timeZone, language);
  const flags = { [`data-${state}`]: "" };
  return (
    <div className="remaining" {...flags}>
      <div className="row spread">
        <strong>{state === "passed" ? say("decision.passed") : left}</strong>
        <time dateTime={deadline} title={absoluteTime(deadline, timeZone, language)} className="soft">
          {time}
        </time>
      </div>
      <svg className="remaining-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect className="track" width="100" height="8" />
        <rect className="left" width={state === "passed" ? 100 : share * 100} height="8" />
      </svg>
      <p>{say("decision.default-will", { time, option: defaultLabel })}</p>
    </div>
  );
}

/** The same in one line, for tables. */
export function RemainingShort({ askedAt, deadline }: { askedAt: string; deadline: string }) {
  const { language, say } = useWords();
  const { timeZone } = useSession();
  const now = useNow(10);
  const end = Date.parse(deadline);
  const state = nearness(Date.parse(askedAt), end, now);
  const loudness = state === "calm" ? "plain" : state === "near" ? "attention" : "act";
  const text = state === "passed" ? say("decision.passed") : duration(end - now, language);
  return (
    <time dateTime={deadline} title={absoluteTime(deadline, timeZone, language)}>
      <Mark loudness={loudness}>{text}</Mark>
    </time>
  );
}
