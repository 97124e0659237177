import type { ReactNode } from "react";
import type { FindingView } from "../../../station/services.ts";
import { byteSize, clockTime, duration, offsetAt, shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { useWidth } from "../useWidth.ts";

const CONTACTS_MAX = 5_000;
const FEW = 4;
type Contacts = FindingView["contacts"];

/** A behaviour as the eye sees it: when it called, how long it waited between, how much it sent. */
export function ContactDrawings({ contacts }: { contacts: Contacts }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const { times, sizes } = contacts;
  const time = (seconds: number | undefined) => shortTime((seconds ?? 0) * 1000, timeZone, language);
  if (times.length < FEW) {
    return <p className="soft">{say("finding.comb-few", { count: times.length })}</p>;
  }
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  const sorted = gaps.toSorted((one, other) => one - other);
  const bySize = sizes.toSorted((one, other) => one - other);
  const span = { from: time(times[0]), to: time(times.at(-1)), count: times.length };
  const wait = (share: number) => duration(at(sorted, share) * 1000, language);
  return (
    <div className="drawings">
      <Drawing
        title={say("finding.comb")}
        text={say(times.length >= CONTACTS_MAX ? "finding.comb-newest" : "finding.comb-sum", span)}
        wide
      >
        {(width) => <Comb times={times} width={width} />}
      </Drawing>
      <Drawing
        title={say("finding.intervals")}
        text={say("finding.intervals-sum", { median: wait(0.5), low: wait(0.1), high: wait(0.9) })}
      >
        {(width) => <Intervals gaps={sorted} width={width} />}
      </Drawing>
      <Drawing
        title={say("finding.sizes")}
        text={say("finding.sizes-sum", {
          median: byteSize(at(bySize, 0.5), language),
          most: byteSize(bySize.at(-1) ?? 0, language),
        })}
      >
        {(width) => <Sizes contacts={contacts} width={width} />}
      </Drawing>
    </div>
  );
}

/** The value below which this share of sorted values lies. */
function at(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

type DrawingProps = {
  title: string;
  text: string;
  wide?: boolean;
  children: (width: number) => ReactNode;
};

function Drawing({ title, text, wide = false, children }: DrawingProps) {
  const [place, width] = useWidth<HTMLDivElement>();
  return (
    <figure className={wide ? "drawing drawing-wide" : "drawing"}>
      <h3>{title}</h3>
      <div ref={place} role="img" aria-label={text}>
        {width === 0 ? null : children(width)}
      </div>
      <figcaption className="soft">{text}</figcaption>
    </figure>
  );
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const ROUND_SECONDS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14].map((days) => days * DAY),
];

/** The smallest round length that is at least this long. */
function roundUp(seconds: number): number {
  return ROUND_SECONDS.find((length) => length >= seconds) ?? Math.ceil(seconds / (7 * DAY)) * 7 * DAY;
}

const ROW = 36;
const TEETH = 24;
const ROW_CONTACTS = 60;
const ROWS_MAX = 6;

/** Each contact is one tooth. Long spans are folded into rows of a round length, where a rhythm shows. */
function Comb({ times, width }: { times: number[]; width: number }) {
  const { language } = useWords();
  const { timeZone } = useSession();
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? first;
  const rowsWanted = Math.min(ROWS_MAX, Math.max(1, Math.ceil(times.length / ROW_CONTACTS)));
  const length = roundUp((last - first) / rowsWanted);
  const offset = offsetAt(first * 1000, timeZone) / 1000;
  const start = rowsWanted === 1 ? first : Math.floor((first + offset) / length) * length - offset;
  const rows = Math.floor((last - start) / length) + 1;
  const days = last - first > DAY;
  const left = days ? 84 : 44;
  const room = width - left - 8;
  const step = roundUp((length / room) * 72);
  const marks = Array.from({ length: Math.floor(length / step) }, (_, index) => (index + 1) * step);
  const teeth = times.map((time) => {
    const row = Math.floor((time - start) / length);
    const x = left + ((time - start - row * length) / length) * room;
    return `M${x.toFixed(1)} ${row * ROW + 2}v${TEETH}`;
  });
  const label = (row: number) => {
    const moment = (start + row * length) * 1000;
    return days ? shortTime(moment, timeZone, language) : clockTime(moment, timeZone, language).slice(0, 5);
  };
  return (
    <svg width={width} height={rows * ROW + 16} aria-hidden="true" className="plot">
      {marks.map((mark) => {
        const x = left + (mark / length) * room;
        return (
          <g key={mark}>
            <line x1={x} x2={x} y1="0" y2={rows * ROW} className="grid" />
            <text x={x} y={rows * ROW + 12} textAnchor={mark === length ? "end" : "middle"}>
              +{duration(mark * 1000, language)}
            </text>
          </g>
        );
      })}
      {Array.from({ length: rows }, (_, row) => (
        <g key={row}>
          <line
            x1={left}
            x2={width - 8}
            y1={row * ROW + TEETH + 2.5}
            y2={row * ROW + TEETH + 2.5}
            className="ground"
          />
          <text x={left - 8} y={row * ROW + TEETH} textAnchor="end">
            {label(row)}
          </text>
        </g>
      ))}
      <path d={teeth.join("")} className="teeth" />
    </svg>
  );
}

const PLOT = 128;

/** How long it waited, as often as it did. What is far out stands in the last bar, said so. */
function Intervals({ gaps, width }: { gaps: number[]; width: number }) {
  const { say, language } = useWords();
  const median = at(gaps, 0.5);
  const end = Math.max(roundUp(Math.max(at(gaps, 0.98) * 1.15, median * 1.6)), 0.001);
  const bins = Math.max(16, Math.min(40, Math.floor(width / 12)));
  const counts = new Array<number>(bins).fill(0);
  for (const gap of gaps) {
    const bin = Math.min(bins - 1, Math.floor((gap / end) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  const bar = width / bins;
  const middle = Math.min(width - 1, (median / end) * width);
  const step = roundUp((end / width) * 88);
  const marks = Array.from({ length: Math.floor(end / step) }, (_, index) => (index + 1) * step);
  return (
    <svg width={width} height={PLOT + 20} aria-hidden="true" className="plot">
      <line x1="0" x2={width} y1={PLOT + 0.5} y2={PLOT + 0.5} className="ground" />
      {counts.map((count, bin) => {
        const height = (count / most) * (PLOT - 24);
        return (
          <rect key={bin} x={bin * bar} y={PLOT - height} width={bar - 1} height={height} className="bar" />
        );
      })}
      <line x1={middle} x2={middle} y1="18" y2={PLOT} className="middle" />
      <text
        x={middle}
        y="12"
        textAnchor={middle < 60 ? "start" : middle > width - 60 ? "end" : "middle"}
        className="value"
      >
        {say("finding.median", { value: duration(median * 1000, language) })}
      </text>
      {marks.map((mark) => (
        <text
          key={mark}
          x={(mark / end) * width}
          y={PLOT + 15}
          textAnchor={mark / end > 0.92 ? "end" : "middle"}
        >
          {duration(mark * 1000, language)}
          {mark === end && (gaps.at(-1) ?? 0) > end ? "+" : ""}
        </text>
      ))}
    </svg>
  );
}

/** How much was sent each time, by orders of magnitude, over the same span as the comb. */
function Sizes({ contacts, width }: { contacts: Contacts; width: number }) {
  const { language } = useWords();
  const { timeZone } = useSession();
  const { times, sizes } = contacts;
  const first = times[0] ?? 0;
  const span = Math.max(1, (times.at(-1) ?? first) - first);
  const logs = sizes.map((size) => Math.log10(Math.max(1, size)));
  const least = Math.floor(Math.min(...logs));
  const most = Math.max(least + 1, Math.ceil(Math.max(...logs)));
  const left = 56;
  const yOf = (log: number) => PLOT - ((log - least) / (most - least)) * (PLOT - 12);
  const dots = times.map((time, index) => {
    const x = left + ((time - first) / span) * (width - left - 6);
    return `M${x.toFixed(1)} ${yOf(logs[index] ?? 0).toFixed(1)}h0`;
  });
  return (
    <svg width={width} height={PLOT + 20} aria-hidden="true" className="plot">
      {Array.from({ length: most - least + 1 }, (_, index) => least + index).map((log) => (
        <g key={log}>
          <line x1={left} x2={width} y1={yOf(log)} y2={yOf(log)} className="grid" />
          <text x={left - 6} y={yOf(log) + 4} textAnchor="end">
            {byteSize(10 ** log, language)}
          </text>
        </g>
      ))}
      <path d={dots.join("")} className="dots" />
      <text x={left} y={PLOT + 16}>
        {shortTime(first * 1000, timeZone, language)}
      </text>
      <text x={width} y={PLOT + 16} textAnchor="end">
        {shortTime((first + span) * 1000, timeZone, language)}
      </text>
    </svg>
  );
}
