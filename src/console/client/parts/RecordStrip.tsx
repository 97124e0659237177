import type { TrafficOverview } from "../../../station/services.ts";
import { byteSize, shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { useWidth } from "../useWidth.ts";
import { Mark } from "./Mark.tsx";

const GAPS_NAMED_MAX = 6;
const HOUR_MS = 3_600_000;

/** What the record holds, and every stretch of time in which no one saw anything. */
export function RecordStrip({ overview }: { overview: TrafficOverview }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const { recorded, gaps, lost } = overview;
  if (recorded === null) return null;
  const time = (at: string) => shortTime(at, timeZone, language);
  const named = gaps.slice(0, GAPS_NAMED_MAX);
  return (
    <div className="stack-tight">
      <p className="figure">
        <strong>{recorded.connections.toLocaleString(language)}</strong>
        <span className="soft">{say("traffic.connections", { count: recorded.connections })}</span>
      </p>
      <p className="soft">
        {say("traffic.held", {
          from: time(recorded.from),
          until: time(recorded.until),
          size: byteSize(recorded.bytes, language),
          files: recorded.files,
          days: overview.retentionDays,
        })}
      </p>
      <Strip overview={overview} />
      {gaps.length === 0 && lost === 0 ? <p className="soft">{say("traffic.whole")}</p> : null}
      <ul className="stack-tight marks">
        {named.map(({ source, from, until }) => (
          <li key={`${source} ${from}`}>
            <Mark loudness="attention">
              {say("traffic.gap", { from: time(from), until: time(until), source })}
            </Mark>
          </li>
        ))}
        {gaps.length > named.length ? (
          <li className="soft">{say("traffic.gaps-more", { count: gaps.length - named.length })}</li>
        ) : null}
        {lost > 0 ? (
          <li>
            <Mark loudness="attention">{say("traffic.lost", { count: lost })}</Mark>
          </li>
        ) : null}
      </ul>
    </div>
  );
}

function Strip({ overview }: { overview: TrafficOverview }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const [place, width] = useWidth<HTMLDivElement>();
  const { gaps, hours, recorded } = overview;
  const until = recorded === null ? 0 : Date.now();
  const from = until - hours * HOUR_MS;
  const xOf = (at: string) =>
    Math.min(width, Math.max(0, ((Date.parse(at) - from) / (until - from)) * width));
  const start = xOf(recorded?.from ?? "");
  return (
    <div ref={place} className="strip">
      <svg width={width} height="36" role="img" aria-label={say("traffic.strip", { count: gaps.length })}>
        <defs>
          <pattern
            id="unseen"
            width="5"
            height="5"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="5" height="5" className="paper" />
            <rect width="2" height="5" className="hatch" />
          </pattern>
        </defs>
        <rect x={start} width={Math.max(0, width - start)} y="0" height="14" className="seen" />
        {gaps.map(({ source, from: begin, until: end }) => (
          <rect
            key={`${source} ${begin}`}
            x={xOf(begin)}
            y="0"
            width={Math.max(3, xOf(end) - xOf(begin))}
            height="14"
            fill="url(#unseen)"
          />
        ))}
        <text x="0" y="30">
          {shortTime(from, timeZone, language)}
        </text>
        <text x={width} y="30" textAnchor="end">
          {say("traffic.now")}
        </text>
      </svg>
    </div>
  );
}
