import { escape } from "./drawReport.ts";
import type { MatrixPlot } from "./plots.ts";

const width = 900;
const left = 60;

const teethMax = 250;

/** So many that teeth would run together: how many came in each of equal times. */
function drawArrivals(
  times: readonly number[],
  { first, span, last }: { first: number; span: number; last: number },
): string {
  const bins = new Array<number>(180).fill(0);
  for (const at of times) {
    const bin = Math.min(179, Math.floor(((at - first) / span) * 180));
    bins[bin] = (bins[bin] as number) + 1;
  }
  const most = Math.max(...bins);
  const step = (width - left - 10) / 180;
  const bars = bins.map((count, bin) => {
    const height = (count / most) * 32;
    return count === 0 ? "" : rect({ x: left + bin * step, y: 36 - height, width: step - 0.5, height });
  });
  return svg(56, [
    ...bars,
    `<path class="rule" d="M${left} 36H${width - 10}"/>`,
    label(0, 12, `${most} ×`, "start"),
    label(left, 50, isoMinute(first), "start"),
    label(width - 10, 50, isoMinute(last), "end"),
  ]);
}

/** Arrivals as a comb: one tooth a contact, over all the time between the first and the last. */
export function drawComb(times: readonly number[]): string {
  const [first = 0, last = 1] = [times[0], times.at(-1)];
  const span = Math.max(last - first, 1e-6);
  if (times.length > teethMax) return drawArrivals(times, { first, span, last });
  const teeth = new Set(times.map((at) => Math.round(left + ((at - first) / span) * (width - left - 10))));
  const marks = [...teeth].map((x) => `<path class="line" d="M${x} 6V34"/>`);
  return svg(56, [
    `<path class="rule" d="M${left} 36H${width - 10}"/>`,
    ...marks,
    label(left, 50, isoMinute(first), "start"),
    label(width - 10, 50, isoMinute(last), "end"),
  ]);
}

/** How often which time lay between two contacts, in bars over a logarithmic scale. */
export function drawIntervals(times: readonly number[], sayOf: (seconds: number) => string): string {
  const gaps = times
    .slice(1)
    .map((at, index) => at - (times[index] as number))
    .filter((gap) => gap > 0);
  if (gaps.length === 0) return svg(20, []);
  const low = Math.log(Math.min(...gaps) * 0.9);
  const high = Math.log(Math.max(...gaps) * 1.1);
  const bins = new Array<number>(60).fill(0);
  for (const gap of gaps) {
    const bin = Math.min(59, Math.floor(((Math.log(gap) - low) / (high - low)) * 60));
    bins[bin] = (bins[bin] as number) + 1;
  }
  const most = Math.max(...bins);
  const step = (width - left - 10) / 60;
  const bars = bins.map((count, bin) => {
    const height = (count / most) * 60;
    return count === 0 ? "" : rect({ x: left + bin * step, y: 64 - height, width: step - 1, height });
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    label(left + share * (width - left - 10), 80, sayOf(Math.exp(low + share * (high - low))), "middle"),
  );
  return svg(86, [
    ...bars,
    `<path class="rule" d="M${left} 64H${width - 10}"/>`,
    label(0, 14, `${most} ×`, "start"),
    ...marks,
  ]);
}

/** What each contact sent, over time. */
export function drawSizes(
  times: readonly number[],
  sizes: readonly number[],
  sayOf: (bytes: number) => string,
): string {
  const [first = 0, last = 1] = [times[0], times.at(-1)];
  const most = Math.max(1, ...sizes);
  const dots = new Set(
    times.map((at, index) => {
      const x = Math.round(left + ((at - first) / Math.max(last - first, 1e-6)) * (width - left - 10));
      return `${x} ${Math.round(64 - ((sizes[index] as number) / most) * 58)}`;
    }),
  );
  const marks = [...dots].map((dot) => {
    const [x, y] = dot.split(" ");
    return `<circle class="mark" cx="${x}" cy="${y}" r="1.5"/>`;
  });
  return svg(72, [
    `<path class="rule" d="M${left} 64H${width - 10}"/>`,
    ...marks,
    label(0, 12, sayOf(most), "start"),
    label(0, 68, sayOf(0), "start"),
  ]);
}

/** Hosts against destinations; the darker the more was sent. */
export function drawMatrix(matrix: MatrixPlot, sayOf: (bytes: number) => string): string {
  const { hosts, others, sent } = matrix;
  const most = Math.log1p(Math.max(1, ...sent.flat()));
  // The slanting labels of the last columns need room too.
  const cell = Math.min(22, (width - 260) / Math.max(1, others.length));
  const top = 150;
  const marks = hosts.flatMap((host, row) =>
    others.flatMap((other, column) => {
      const bytes = sent[row]?.[column] ?? 0;
      if (bytes === 0) return [];
      const opacity = (0.15 + 0.85 * (Math.log1p(bytes) / most)).toFixed(2);
      const place = `x="${(150 + column * cell).toFixed(1)}" y="${top + row * 18}"`;
      const title = escape(`${host} → ${other}: ${sayOf(bytes)}`);
      const size = `width="${(cell - 1).toFixed(1)}" height="17"`;
      return `<rect class="mark" ${place} ${size} opacity="${opacity}"><title>${title}</title></rect>`;
    }),
  );
  const rows = hosts.map((host, row) => label(145, top + row * 18 + 13, host, "end"));
  const columns = others.map((other, column) => {
    const x = (150 + column * cell + cell / 2).toFixed(1);
    const shown = other.length > 26 ? `…${other.slice(-25)}` : other;
    return `<text transform="translate(${x} ${top - 4}) rotate(-60)">${escape(shown)}</text>`;
  });
  return svg(top + hosts.length * 18 + 10, [...marks, ...rows, ...columns]);
}

function label(x: number, y: number, text: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${x.toFixed(0)}" y="${y}" text-anchor="${anchor}">${escape(text)}</text>`;
}

function svg(height: number, parts: string[]): string {
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg ${size} role="img">${parts.join("")}</svg>`;
}

function rect(place: { x: number; y: number; width: number; height: number }): string {
  const sides = Object.entries(place).map(([name, value]) => `${name}="${value.toFixed(1)}"`);
  return `<rect class="mark" ${sides.join(" ")}/>`;
}

function isoMinute(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 16).replace("T", " ")}Z`;
}
