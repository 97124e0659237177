import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as score from "./rita.ts";

const path = fileURLToPath(
  new URL("../../../../../shared/data/traffic/rita-beacon-unit-expectations.json", import.meta.url),
);
const skip = existsSync(path) ? false : "needs ../shared/data/traffic, which is not there";

type Case = Record<string, any>;
const suites = (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).suites : {}) as Record<
  string,
  Case[]
>;

/** RITA's own tolerance. */
function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 0.001, `${what}: ${actual} instead of ${expected}`);
}

const modesOf = (modes: ReadonlyMap<number, number>): Record<string, number> =>
  Object.fromEntries(
    [...modes].sort(([one], [other]) => one - other).map(([key, value]) => [String(key), value]),
  );

const checks: Record<string, (row: Case) => void> = {
  TestGetBeaconScore: (row) => {
    const parts = { ts: row["tsScore"], ds: row["dsScore"], dur: row["durScore"], hist: row["histScore"] };
    const weights = {
      ts: row["tsWeight"],
      ds: row["dsWeight"],
      dur: row["durWeight"],
      hist: row["histWeight"],
    };
    near(score.beaconScore(parts, weights), row["expectedScore"], "score");
  },
  TestGetTimestampScore: (row) => {
    const found = score.timestampScore(row["tsList"]);
    near(found.score, row["expectedScore"], "score");
    near(found.skew, row["expectedSkew"], "skew");
    near(found.mad, row["expectedMAD"], "mad");
    const intervals = [...new Set(found.intervals)].sort((one, other) => one - other);
    assert.deepEqual(intervals, row["expectedUniqueIntervals"]);
  },
  TestGetDataSizeScore: (row) => {
    const found = score.dataSizeScore(row["bytesList"]);
    near(found.score, row["expectedScore"], "score");
    near(found.skew, row["expectedSkew"], "skew");
    near(found.mad, row["expectedMAD"], "mad");
  },
  TestCalculateStatisticalScore: (row) => {
    const found = score.spreadOf(row["values"], row["defaultMadScore"] ?? 0);
    near(found.score, row["expectedScore"], "score");
    near(found.skew, row["expectedSkew"], "skew");
    near(found.mad, row["expectedMAD"], "mad");
  },
  TestGetDurationScore: (row) => {
    const seen = {
      min: row["histMin"],
      max: row["histMax"],
      filled: row["totalBars"],
      longestRun: row["longestConsecutiveRun"],
    };
    const window = { min: row["datasetMin"], max: row["datasetMax"] };
    const options = { hoursMin: row["minHoursThreshold"], consistencyHours: row["idealConsistencyHours"] };
    const found = score.durationScore(seen, window, options);
    near(found.score, row["expectedScore"], "score");
    near(found.coverage, row["expectedCoverage"], "coverage");
    near(found.consistency, row["expectedConsistency"], "consistency");
  },
  TestGetHistogramScore: (row) => {
    const window = { min: row["datasetMin"], max: row["datasetMax"] };
    const edges = score.binEdges(window, row["beaconTimeSpan"] ?? 24);
    const histogram = score.histogramOf(edges, row["tsList"], row["modalSensitivity"]);
    assert.deepEqual(histogram.bars, row["expectedHistogram"]);
    assert.deepEqual(modesOf(histogram.modes), row["expectedFreqCount"]);
    assert.equal(histogram.filled, row["expectedTotalBars"]);
    assert.equal(histogram.longestRun, row["expectedLongestRun"]);
    const options = { outlierBars: row["bimodalOutlierRemoval"], barsMin: row["minHoursForBimodalAnalysis"] };
    near(score.histogramScore(histogram, options).score, row["expectedScore"], "score");
  },
  TestCalculateBowleySkewness: (row) => {
    const found = score.bowleySkewness(row["intervalsBetweenTimestamps"]);
    near(found.skew, row["expectedSkewness"], "skew");
    near(found.score, row["expectedSkewnessScore"], "score");
  },
  TestCalculateMedianAbsoluteDeviation: (row) => {
    const found = score.medianAbsoluteDeviation(row["inputData"], row["defaultScore"]);
    near(found.mad, row["expectedMAD"], "mad");
    near(found.score, row["expectedScore"], "score");
  },
  TestComputeHistogramBins: (row) => {
    const edges = score.binEdges({ min: row["startTime"], max: row["endTime"] }, row["numBins"]);
    edges.forEach((edge, index) => near(edge, row["expectedBinEdges"][index], `edge ${index}`));
    assert.equal(edges.length, row["expectedBinEdges"].length);
  },
  TestCalculateCoefficientOfVariationScore: (row) =>
    near(score.variationScore(row["freqList"]), row["expectedScore"], "score"),
  TestCalculateBimodalFitScore: (row) => {
    const modes = new Map(
      Object.entries(row["freqCount"]).map(([key, value]) => [Number(key), Number(value)]),
    );
    const options = { outlierBars: row["modalOutlierRemoval"], barsMin: row["minHoursForBimodalAnalysis"] };
    near(score.bimodalScore({ modes, filled: row["totalBars"] }, options), row["expectedScore"], "score");
  },
  TestCreateHistogram: (row) => {
    const histogram = score.histogramOf(row["binEdges"], row["tsList"], row["modalSensitivity"]);
    assert.deepEqual(histogram.bars, row["expectedHistogram"]);
    assert.deepEqual(modesOf(histogram.modes), row["expectedFreqCount"]);
    assert.equal(histogram.filled, row["expectedTotalBars"]);
    assert.equal(histogram.longestRun, row["expectedLongestRun"]);
  },
  TestGetFrequencyCounts: (row) => {
    const shape = score.shapeOf(row["histogram"], row["bimodalSensitivity"]);
    assert.deepEqual(modesOf(shape.modes), row["expectedCounts"]);
    assert.equal(shape.filled, row["totalBars"]);
    assert.equal(shape.longestRun, row["longestRun"]);
  },
};

describe("RITA's own unit cases", { skip }, () => {
  for (const [suite, check] of Object.entries(checks)) {
    for (const [index, row] of (suites[suite] ?? []).entries()) {
      test(`${suite} ${index + 1}: ${row["name"]}`, () => {
        if (row["expectedError"] === true || row["expectError"] === true)
          assert.throws(() => check(row), RangeError);
        else check(row);
      });
    }
  }
});

const day = { min: 0, max: 86_400 };
const every = (seconds: number): number[] =>
  Array.from({ length: Math.floor(86_400 / seconds) }, (_, index) => index * seconds);

test("scoreLikeRita() gives 1 to a perfect beacon, and says every figure", () => {
  const times = every(600);
  const found = score.scoreLikeRita(
    times,
    times.map(() => 120),
    day,
  );
  assert.deepEqual([found?.score, found?.ts, found?.ds, found?.dur, found?.hist], [1, 1, 1, 1, 1]);
  assert.deepEqual(found?.figures.bars, new Array(24).fill(6));
  assert.equal(found?.figures.intervals.median, 600);
});

test("scoreLikeRita() scores nothing, when there are fewer than 4 different seconds, or a strobe", () => {
  assert.equal(score.scoreLikeRita([1, 1, 1, 2, 3], [1, 1, 1, 1, 1], day), null);
  const times = Array.from({ length: 86_400 }, (_, index) => index);
  assert.equal(score.scoreLikeRita(times, times, day), null);
});

const steps: [number, number][] = [
  [0.499, 0],
  [0.5, 0.2],
  [0.673, 0.3384],
  [0.75, 0.4],
  [0.9, 0.6],
  [0.963, 0.726],
  [1, 0.8],
];
for (const [value, expected] of steps) {
  test(`stepScore() says ${expected} for a beacon score of ${value}`, () =>
    near(score.stepScore(value, score.ritaSteps.beacon), expected, "severity"));
}

test("ritaFinal() takes the greatest measure and adds the modifiers", () => {
  const context = {
    beacon: 0.963,
    longSeconds: 270_036,
    tunnelNames: 0,
    strobe: false,
    intel: false,
    bytes: 1_679_442,
    prevalence: 1,
    firstSeenDays: null,
    missingHost: true,
    rareSignature: true,
  };
  const { base, final } = score.ritaFinal(context);
  near(base, 0.8, "base");
  near(final, 0.9, "final");
});
