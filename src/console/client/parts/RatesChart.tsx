import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { RatePoint } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { useTheme } from "../theme.ts";

type Labels = { passed: string; held: string; refused: string };

/** Messages a minute: what passed as a line, what was held as bars, each labelled on the mark. */
export function RatesChart({ points }: { points: RatePoint[] }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const theme = useTheme();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const labels = { passed: say("gates.passed"), held: say("gates.held"), refused: say("gates.refused") };
  const { passed, held, refused } = labels;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const options = optionsFor(element, { passed, held, refused }, timeZone);
    const made = new uPlot(options, [[], [], [], []], element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 208 }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [theme, language, passed, held, refused, timeZone]);
  useEffect(() => {
    chart.current?.setData(dataOf(points));
  }, [points, theme, language]);
  return <div className="chart" ref={place} role="img" aria-label={say("gates.chart", sums(points))} />;
}

function optionsFor(element: HTMLElement, labels: Labels, zone: string): uPlot.Options {
  const ink = colour(element, "--ink-soft");
  const held = colour(element, "--held");
  const faint = colour(element, "--ink-faint");
  const rule = colour(element, "--rule");
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const bars = uPlot.paths.bars?.({ size: [0.7, 8] });
  const axis = { stroke: faint, font, ticks: { show: false }, grid: { stroke: rule, width: 1 } };
  return {
    width: element.clientWidth || 320,
    height: 208,
    padding: [16, 20, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { y: { range: (_chart, _least, most) => [0, Math.max(4, most * 1.15)] } },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        values: (_chart, ticks) => ticks.map((tick) => hourMinute(tick, zone)),
      },
      {
        ...axis,
        size: 36,
        values: (_chart, ticks) => ticks.map((tick) => (tick % 1 === 0 ? String(tick) : "")),
      },
    ],
    series: [
      {},
      { label: labels.passed, stroke: ink, width: 1.5, points: { show: false } },
      { label: labels.held, stroke: held, fill: held, width: 0, points: { show: false }, ...withPaths(bars) },
      { label: labels.refused, stroke: faint, width: 1.5, dash: [3, 3], points: { show: false } },
    ],
    hooks: { draw: [(chart) => drawLabels(chart, [ink, held, faint], font)] },
  };
}

function sums(points: RatePoint[]): { passed: number; held: number; refused: number } {
  const sum = (key: "passed" | "held" | "refused") => points.reduce((total, point) => total + point[key], 0);
  return { passed: sum("passed"), held: sum("held"), refused: sum("refused") };
}

function dataOf(points: RatePoint[]): uPlot.AlignedData {
  return [
    points.map(({ at }) => Date.parse(at) / 1000),
    points.map((point) => point.passed),
    points.map((point) => point.held),
    points.map((point) => point.refused),
  ];
}

/** The value of a token as a canvas understands it: the browser resolves light-dark() only in a property. */
function colour(element: HTMLElement, token: string): string {
  const probe = element.appendChild(document.createElement("span"));
  probe.style.color = `var(${token})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function withPaths(paths: uPlot.Series.PathBuilder | undefined): { paths?: uPlot.Series.PathBuilder } {
  return paths === undefined ? {} : { paths };
}

function hourMinute(seconds: number, zone: string): string {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone } as const;
  return new Intl.DateTimeFormat("en", options).format(new Date(seconds * 1000));
}

/** The names stand at the marks, above the highest point of each series, so that no legend is looked up. */
function drawLabels(chart: uPlot, colours: string[], font: string): void {
  const context = chart.ctx;
  context.save();
  context.font = font.replace("12px", `${12 * devicePixelRatio}px`);
  context.textBaseline = "bottom";
  context.textAlign = "left";
  const taken: { x: number; y: number; width: number }[] = [];
  const line = 14 * devicePixelRatio;
  for (const [index, fill] of colours.entries()) {
    const values = chart.data[index + 1] as number[];
    const highest = Math.max(...values, 0);
    if (values.length === 0 || highest === 0) continue;
    // Two rare kinds both peak near the ground; one is named at its first peak, the other at its last.
    const at = index === 2 ? values.indexOf(highest) : values.lastIndexOf(highest);
    const label = String(chart.series[index + 1]?.label ?? "");
    const width = context.measureText(label).width;
    const { left, width: room } = chart.bbox;
    const middle = chart.valToPos(chart.data[0][at] ?? 0, "x", true);
    const x = Math.min(left + room - width, Math.max(left, middle - width / 2));
    let y = chart.valToPos(highest, "y", true) - 4 * devicePixelRatio;
    const meets = (other: { x: number; y: number; width: number }) =>
      Math.abs(other.y - y) < line && x < other.x + other.width && other.x < x + width;
    while (taken.some(meets)) y -= line;
    taken.push({ x, y, width });
    context.fillStyle = fill;
    context.fillText(label, x, y);
  }
  context.restore();
}
