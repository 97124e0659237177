import { useState, type KeyboardEvent } from "react";
import type { HostView } from "../../../station/services.ts";
import { byteSize, shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { useWidth } from "../useWidth.ts";

const HOUR_MS = 3_600_000;
const BAR_LEAST = 3;
const HEIGHT = 120;
const FOOT = 20;

type Point = HostView["timeline"][number];

/** What a host sent by hour. An hour without a word is a gap, not a small bar. */
export function HostTimeline({ points, hours }: { points: Point[]; hours: number }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const [place, width] = useWidth<HTMLDivElement>();
  const [chosen, setChosen] = useState<number | null>(null);
  const all = fillHours(points, hours);
  const per = Math.max(1, Math.ceil((all.length * BAR_LEAST) / Math.max(1, width)));
  const bars = sumBy(all, per);
  const most = Math.max(1, ...bars.map(({ sent }) => sent));
  const step = width / Math.max(1, bars.length);
  const read = bars[chosen ?? -1];
  function walk(event: KeyboardEvent): void {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    setChosen(Math.min(bars.length - 1, Math.max(0, (chosen ?? bars.length) + by)));
  }
  const sums = {
    sent: byteSize(sumOf(all), language),
    hours,
    most: byteSize(Math.max(0, ...all.map(({ sent }) => sent)), language),
    quiet: all.filter(({ connections }) => connections === 0).length,
  };
  return (
    <div className="stack-tight">
      <p className="soft matrix-read" aria-live="polite">
        {read === undefined
          ? say("host.timeline-sum", sums)
          : say("host.hour", {
              time: shortTime(read.at, timeZone, language),
              sent: byteSize(read.sent, language),
              received: byteSize(read.received, language),
              connections: read.connections,
              destinations: read.destinations,
            })}
      </p>
      <div
        ref={place}
        className="timeline"
        tabIndex={0}
        role="group"
        onKeyDown={walk}
        aria-label={say("host.timeline")}
      >
        <svg width={width} height={HEIGHT + FOOT} aria-hidden="true" onPointerLeave={() => setChosen(null)}>
          <line x1="0" x2={width} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} className="ground" />
          {bars.map((bar, index) => (
            <g key={bar.at} onPointerEnter={() => setChosen(index)}>
              <rect x={index * step} y="0" width={step} height={HEIGHT} className="field" />
              <rect
                x={index * step}
                y={HEIGHT - heightOf(bar, most)}
                width={Math.max(1, step - (step > 4 ? 1 : 0.5))}
                height={heightOf(bar, most)}
                className={index === chosen ? "bar here" : "bar"}
              />
            </g>
          ))}
          <HighestLabel bars={bars} step={step} width={width} />
          <text x="0" y={HEIGHT + 16}>
            {bars[0] === undefined ? "" : shortTime(bars[0].at, timeZone, language)}
          </text>
          <text x={width} y={HEIGHT + 16} textAnchor="end">
            {say("traffic.now")}
          </text>
        </svg>
      </div>
    </div>
  );
}

function HighestLabel({ bars, step, width }: { bars: Point[]; step: number; width: number }) {
  const { language } = useWords();
  const most = Math.max(...bars.map(({ sent }) => sent));
  const at = bars.findIndex(({ sent }) => sent === most);
  if (most <= 0) return null;
  const x = Math.min(width - 32, Math.max(32, at * step + step / 2));
  return (
    <text x={x} y="11" textAnchor="middle" className="value">
      {byteSize(most, language)}
    </text>
  );
}

function heightOf({ sent, connections }: Point, most: number): number {
  if (connections === 0) return 0;
  return Math.max(2, (sent / most) * (HEIGHT - 18));
}

function sumOf(points: Point[]): number {
  return points.reduce((sum, { sent }) => sum + sent, 0);
}

/** Every hour of the span: the record leaves out those in which the host said nothing. */
function fillHours(points: Point[], hours: number): Point[] {
  const known = new Map(points.map((point) => [Math.floor(Date.parse(point.at) / HOUR_MS), point]));
  const last = Math.floor(Date.now() / HOUR_MS);
  return Array.from({ length: hours }, (_, index) => {
    const hour = last - hours + 1 + index;
    const at = new Date(hour * HOUR_MS).toISOString();
    return known.get(hour) ?? { at, connections: 0, sent: 0, received: 0, destinations: 0 };
  });
}

/** Several hours in one bar, where the screen is narrower than the span is long. */
function sumBy(points: Point[], per: number): Point[] {
  if (per === 1) return points;
  return Array.from({ length: Math.ceil(points.length / per) }, (_, index) => {
    const some = points.slice(index * per, (index + 1) * per);
    const sum = (key: "connections" | "sent" | "received") =>
      some.reduce((total, point) => total + point[key], 0);
    const destinations = Math.max(0, ...some.map((point) => point.destinations));
    const at = some[0]?.at ?? "";
    return {
      at,
      connections: sum("connections"),
      sent: sum("sent"),
      received: sum("received"),
      destinations,
    };
  });
}
