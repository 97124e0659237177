/**
 * RITA v5's beacon score, written from its published formula (activecm/rita a3c51501, `analysis/beacons.go`
 * described in docs/outbound-gate.md), so that our figures can be compared with a known tool's. Inputs that
 * RITA calls errors throw a RangeError.
 */

export const rita = {
  /** Histogram bins over the window, one an hour for a day. */
  bins: 24,
  /** Bars within this share of the largest one count as equal. */
  modalSensitivity: 0.05,
  /** Bars that the bimodal fit may ignore. */
  outlierBars: 1,
  barsForBimodalMin: 11,
  hoursForDurationMin: 6,
  hoursOfConsistency: 12,
  connectionsMin: 4,
  /** From here on it is a strobe, never a beacon. */
  strobeMin: 86_400,
  weights: { ts: 0.25, ds: 0.25, dur: 0.25, hist: 0.25 },
} as const;

type Numbers = ArrayLike<number>;

export function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function ceil3(value: number): number {
  return Math.ceil(value * 1_000) / 1_000;
}

function sorted(values: Numbers): Float64Array {
  // A copy of a typed array is many times quicker than one by its iterator.
  return (values instanceof Float64Array ? values.slice() : Float64Array.from(values)).sort();
}

/** The median of values[from, to) that are sorted. */
function medianOf(values: Float64Array, from: number, to: number): number {
  const middle = (from + to) >> 1;
  const upper = values[middle] as number;
  return (to - from) % 2 === 1 ? upper : ((values[middle - 1] as number) + upper) / 2;
}

export type Spread = {
  median: number;
  quartiles: [number, number, number];
  /** Bowley's skewness, 0 where it is unreliable. */
  skew: number;
  skewScore: number;
  /** Median absolute deviation. */
  mad: number;
  madScore: number;
  score: number;
};

/** How evenly values lie around their median. `fallback` is the MAD score where the median is below 1. */
export function spreadOf(values: Numbers, fallback: number): Spread {
  if (values.length === 0) throw new RangeError("no values");
  const list = sorted(values);
  const median = medianOf(list, 0, list.length);
  const quartiles = quartilesOf(list, median);
  const skew = skewOf(quartiles);
  const mad = madOf(list, median);
  const skewScore = 1 - Math.abs(skew);
  const madScore = median < 1 ? fallback : Math.max(0, (median - mad) / median);
  return { median, quartiles, skew, skewScore, mad, madScore, score: round3((skewScore + madScore) / 2) };
}

/** Medians of the two halves; the middle value belongs to neither where their number is odd. */
function quartilesOf(list: Float64Array, median: number): [number, number, number] {
  const half = list.length >> 1;
  if (half === 0) return [median, median, median];
  return [medianOf(list, 0, half), median, medianOf(list, list.length - half, list.length)];
}

function skewOf([q1, q2, q3]: [number, number, number]): number {
  // With a narrow range, or the median on a quartile, the figure says nothing.
  if (q3 - q1 < 10 || q2 === q1 || q2 === q3) return 0;
  return (q1 + q3 - 2 * q2) / (q3 - q1);
}

/** Bowley's skewness of at least three values. */
export function bowleySkewness(values: Numbers): { skew: number; score: number } {
  if (values.length < 3) throw new RangeError("fewer than 3 values");
  const list = sorted(values);
  const skew = skewOf(quartilesOf(list, medianOf(list, 0, list.length)));
  return { skew, score: 1 - Math.abs(skew) };
}

function madOf(list: Float64Array, median: number): number {
  const deviations = new Float64Array(list.length);
  for (let index = 0; index < list.length; index++)
    deviations[index] = Math.abs((list[index] as number) - median);
  deviations.sort();
  return medianOf(deviations, 0, deviations.length);
}

export function medianAbsoluteDeviation(values: Numbers, fallback: number): { mad: number; score: number } {
  const { mad, madScore } = spreadOf(values, fallback);
  return { mad, score: madScore };
}

/** How regular the times are (sorted, in whole seconds): at least three intervals that are not 0. */
export function timestampScore(times: Numbers): Spread & { intervals: Float64Array } {
  if (times.length < rita.connectionsMin) throw new RangeError("fewer than 4 times");
  const intervals = new Float64Array(times.length - 1);
  let count = 0;
  for (let index = 1; index < times.length; index++) {
    const interval = (times[index] as number) - (times[index - 1] as number);
    if (interval > 0) intervals[count++] = interval;
  }
  if (count < 3) throw new RangeError("fewer than 3 intervals");
  const kept = intervals.subarray(0, count);
  return { ...spreadOf(kept, 1), intervals: kept };
}

/** How alike the sizes are. */
export function dataSizeScore(sizes: Numbers): Spread {
  if (sizes.length < 3) throw new RangeError("fewer than 3 sizes");
  return spreadOf(sizes, 0);
}

export type Window = { min: number; max: number };

export function binEdges(window: Window, bins: number): number[] {
  if (bins < 1 || window.max <= window.min) throw new RangeError("no bins");
  const step = (window.max - window.min) / bins;
  return Array.from({ length: bins + 1 }, (_, index) =>
    index === bins ? window.max : window.min + step * index,
  );
}

export type Histogram = {
  bars: number[];
  /** How many bars are not empty. */
  filled: number;
  /** Longest run of bars that are not empty; the last one is followed by the first. */
  longestRun: number;
  /** Bars by their height, heights that are nearly alike together. */
  modes: Map<number, number>;
};

/** The histogram over equal bins; the last bin takes its upper edge in. */
export function histogramOf(edges: Numbers, times: Numbers, sensitivity: number): Histogram {
  if (edges.length < 2) throw new RangeError("fewer than 2 edges");
  if (times.length === 0) throw new RangeError("no times");
  const bins = edges.length - 1;
  const first = edges[0] as number;
  const width = ((edges[bins] as number) - first) / bins;
  const bars = new Array<number>(bins).fill(0);
  for (let index = 0; index < times.length; index++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(((times[index] as number) - first) / width)));
    bars[bin] = (bars[bin] as number) + 1;
  }
  return { bars, ...shapeOf(bars, sensitivity) };
}

/** What the bars of a histogram have in common. */
export function shapeOf(bars: readonly number[], sensitivity: number): Omit<Histogram, "bars"> {
  if (bars.length === 0) throw new RangeError("no bars");
  const size = Math.ceil(Math.max(...bars) * sensitivity);
  const modes = new Map<number, number>();
  let filled = 0;
  let longestRun = 0;
  let run = 0;
  for (let index = 0; index < bars.length * 2; index++) {
    const bar = bars[index % bars.length] as number;
    run = bar > 0 ? run + 1 : 0;
    longestRun = Math.max(longestRun, Math.min(run, bars.length));
    if (bar === 0 || index >= bars.length) continue;
    filled += 1;
    const mode = Math.floor(bar / size) * size;
    modes.set(mode, (modes.get(mode) ?? 0) + 1);
  }
  return { filled, longestRun, modes };
}

/** 1 minus the coefficient of variation, 0 where that is above 1. */
export function variationScore(bars: readonly number[]): number {
  const total = bars.reduce((sum, bar) => sum + bar, 0);
  if (bars.length === 0 || total <= 0) throw new RangeError("nothing to compare");
  const mean = total / bars.length;
  const variance = bars.reduce((sum, bar) => sum + (bar - mean) ** 2, 0) / bars.length;
  const variation = Math.sqrt(variance) / mean;
  return variation > 1 ? 0 : round3(1 - variation);
}

/** The share of bars that stand in the two commonest heights. */
export function bimodalScore(
  shape: { modes: ReadonlyMap<number, number>; filled: number },
  options: { outlierBars: number; barsMin: number },
): number {
  if (shape.filled <= 0 || shape.modes.size === 0) throw new RangeError("no bars");
  if (shape.filled < Math.max(3, options.barsMin)) return 0;
  const counts = [...shape.modes.values()].sort((one, other) => other - one);
  const two = (counts[0] as number) + (counts[1] ?? 0);
  return Math.min(1, round3(two / Math.max(1, shape.filled - options.outlierBars)));
}

/** The better of the two shapes that a beacon's day has: even, or of two heights. */
export function histogramScore(
  histogram: Histogram,
  options: { outlierBars: number; barsMin: number },
): { score: number; even: number; bimodal: number } {
  const even = variationScore(histogram.bars);
  const bimodal = bimodalScore(histogram, options);
  return { score: Math.max(even, bimodal), even, bimodal };
}

/** How much of the window the pair covers, and for how many bars on end. */
export function durationScore(
  seen: Window & { filled: number; longestRun: number },
  window: Window,
  options: { hoursMin: number; consistencyHours: number },
): { score: number; coverage: number; consistency: number } {
  if (window.max <= window.min || seen.max < seen.min) throw new RangeError("no window");
  if (options.hoursMin < 1 || options.consistencyHours < 1) throw new RangeError("no hours");
  if (seen.filled < options.hoursMin) return { score: 0, coverage: 0, consistency: 0 };
  const coverage = Math.min(1, ceil3((seen.max - seen.min) / (window.max - window.min)));
  const consistency = Math.min(1, ceil3(seen.longestRun / options.consistencyHours));
  return { score: Math.max(coverage, consistency), coverage, consistency };
}

export type Parts = { ts: number; ds: number; dur: number; hist: number };

/** The four parts by their weights, which make 1 together. */
export function beaconScore(parts: Parts, weights: Parts = rita.weights): number {
  const keys = ["ts", "ds", "dur", "hist"] as const;
  const bad = keys.some((key) => parts[key] < 0 || parts[key] > 1 || weights[key] < 0 || weights[key] > 1);
  const sum = keys.reduce((total, key) => total + weights[key], 0);
  if (bad || Math.abs(sum - 1) > 1e-9) throw new RangeError("a score or weight outside 0 to 1");
  return round3(keys.reduce((total, key) => total + parts[key] * weights[key], 0));
}

export type RitaBeacon = Parts & {
  score: number;
  /** Every figure on the way, for whoever asks why. */
  figures: {
    intervals: Omit<Spread, "score">;
    sizes: Omit<Spread, "score">;
    bars: number[];
    longestRun: number;
    coverage: number;
    consistency: number;
    even: number;
    bimodal: number;
  };
};

/**
 * RITA's score of one pair; null where RITA would not score it (fewer than 4 different seconds, 86,400
 * connections or more). `times` are whole seconds, sorted, within the window.
 */
export function scoreLikeRita(times: Numbers, sizes: Numbers, window: Window): RitaBeacon | null {
  if (times.length >= rita.strobeMin || window.max <= window.min) return null;
  const distinct = distinctOf(times);
  if (distinct < rita.connectionsMin) return null;
  const ts = timestampScore(times);
  const ds = dataSizeScore(sizes);
  const histogram = histogramOf(edgesOf(window), times, rita.modalSensitivity);
  const hist = histogramScore(histogram, { outlierBars: rita.outlierBars, barsMin: rita.barsForBimodalMin });
  const first = times[0] as number;
  const last = times[times.length - 1] as number;
  const dur = durationScore(
    { min: first, max: last, filled: histogram.filled, longestRun: histogram.longestRun },
    window,
    { hoursMin: rita.hoursForDurationMin, consistencyHours: rita.hoursOfConsistency },
  );
  const parts = { ts: ts.score, ds: ds.score, dur: dur.score, hist: hist.score };
  const { intervals: _, score: _tsScore, ...intervals } = ts;
  const { score: _dsScore, ...spread } = ds;
  const { coverage, consistency } = dur;
  const { even, bimodal } = hist;
  const { bars, longestRun } = histogram;
  const figures = { intervals, sizes: spread, bars, longestRun, coverage, consistency, even, bimodal };
  return { ...parts, score: beaconScore(parts), figures };
}

/** The edges of a window, which is the same for very many pairs. */
const edgesByWindow = new WeakMap<Window, number[]>();
function edgesOf(window: Window): number[] {
  const known = edgesByWindow.get(window) ?? binEdges(window, rita.bins);
  edgesByWindow.set(window, known);
  return known;
}

function distinctOf(times: Numbers): number {
  let distinct = times.length === 0 ? 0 : 1;
  for (let index = 1; index < times.length; index++) if (times[index] !== times[index - 1]) distinct += 1;
  return distinct;
}

/* ---- the severity of a pair ---- */

/** Where the four steps of a measure begin. */
export const ritaSteps = {
  beacon: [0.5, 0.75, 0.9, 1],
  longSeconds: [3_600, 14_400, 28_800, 43_200],
  tunnelNames: [100, 500, 800, 1_000],
} as const;

/** RITA's severity of a measure: 0 below the first step, then 0.2 … 0.8, between the steps in proportion. */
export function stepScore(value: number, steps: readonly [number, number, number, number]): number {
  if (value < steps[0]) return 0;
  for (let step = 1; step < 4; step++) {
    const [low, high] = [steps[step - 1] as number, steps[step] as number];
    if (value < high) return 0.2 * step + 0.2 * ((value - low) / (high - low));
  }
  return 0.8;
}

/**
 * What changes RITA's severity of a pair after the score. Two more of RITA's are not here: the one of a name
 * server's domain, which is no pair, and the one of MIME types that do not fit the URI.
 */
export type RitaModifiers = {
  prevalence: number;
  firstSeen: number;
  missingHost: number;
  rareSignature: number;
  intelData: number;
};

export type RitaContext = {
  beacon: number;
  longSeconds: number;
  tunnelNames: number;
  strobe: boolean;
  intel: boolean;
  bytes: number;
  prevalence: number | null;
  /** Days since it was first seen; null where the data has no history before it ("not rolling"). */
  firstSeenDays: number | null;
  missingHost: boolean;
  rareSignature: boolean;
};

/** RITA's final severity of a pair: the greatest measure, then the modifiers. */
export function ritaFinal(context: RitaContext): { base: number; final: number; modifiers: RitaModifiers } {
  const base = Math.max(
    stepScore(context.beacon, ritaSteps.beacon),
    stepScore(context.longSeconds, ritaSteps.longSeconds),
    stepScore(context.tunnelNames, ritaSteps.tunnelNames),
    context.strobe || context.intel ? 0.8 : 0,
  );
  const { prevalence, firstSeenDays } = context;
  const modifiers: RitaModifiers = {
    prevalence: prevalence === null ? 0 : prevalence <= 0.02 ? 0.15 : prevalence >= 0.5 ? -0.15 : 0,
    firstSeen: firstSeenDays === null ? 0 : firstSeenDays <= 7 ? 0.15 : firstSeenDays >= 30 ? -0.15 : 0,
    missingHost: context.missingHost ? 0.1 : 0,
    rareSignature: context.rareSignature ? 0.15 : 0,
    intelData: context.intel && context.bytes >= 25_000_000 ? 0.15 : 0,
  };
  const sum = Object.values(modifiers).reduce((total, value) => total + value, 0);
  return { base, final: base + sum, modifiers };
}
