import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../personal/generatePersons.ts";
import { clopperPearson, stratifiedShare, type Stratum } from "./intervals.ts";

/** From R's binom.test(). */
const known = [
  [0, 10, 0, 0.3084971],
  [5, 10, 0.187086, 0.812914],
  [10, 10, 0.6915029, 1],
  [199, 200, 0.9724581, 0.9998734],
  [998, 1_000, 0.9927937, 0.9997577],
] as const;
for (const [counted, looked, low, high] of known) {
  test(`clopperPearson() gives ${low} to ${high} for ${counted} of ${looked}`, () => {
    const interval = clopperPearson(counted, looked);
    assert.ok(Math.abs(interval.low - low) < 1e-6 && Math.abs(interval.high - high) < 1e-6);
  });
}

test("stratifiedShare() of one stratum without mistakes is the exact interval", () => {
  const measured = stratifiedShare([{ size: 10_000_000, looked: 300, counted: 300 }]);
  assert.equal(measured?.share, 1);
  assert.ok(Math.abs((measured?.interval.low ?? 0) - clopperPearson(300, 300).low) < 1e-6);
});

test("stratifiedShare() knows for sure what was looked at in full", () => {
  const measured = stratifiedShare([{ size: 40, looked: 40, counted: 39 }]);
  assert.deepEqual(measured, { share: 39 / 40, interval: { low: 39 / 40, high: 39 / 40 } });
});

test("stratifiedShare() leaves open what lies in a stratum that nobody looked at", () => {
  const looked = { size: 900, looked: 900, counted: 900 };
  const measured = stratifiedShare([looked, { size: 100, looked: 0, counted: 0 }]);
  assert.deepEqual(measured?.interval, { low: 0.9, high: 1 });
  assert.equal(stratifiedShare([{ size: 100, looked: 0, counted: 0 }]), null);
});

/** Size of each stratum, share that is right, how many are looked at. */
const worlds: [number, number, number][][] = [
  [
    [1_000, 0.9, 50],
    [9_000, 0.999, 150],
  ],
  [
    [500, 0.7, 40],
    [2_000, 0.98, 40],
    [70_000, 0.9997, 120],
  ],
  [
    [4_000, 0.5, 30],
    [6_000, 0.1, 30],
  ],
  [[100_000, 0.9995, 200]],
];
for (const [at, world] of worlds.entries()) {
  test(`stratifiedShare() covers the truth in 95 of 100 samples, world ${at}`, () => {
    const random = seededRandom(2016 + at);
    const total = world.reduce((sum, [size]) => sum + size, 0);
    const truth = world.reduce((sum, [size, right]) => sum + (size * right) / total, 0);
    let covered = 0;
    for (let run = 0; run < 1_000; run += 1) {
      const strata = world.map(([size, right, looked]): Stratum => {
        let counted = 0;
        for (let one = 0; one < looked; one += 1) if (random() < right) counted += 1;
        return { size, looked, counted };
      });
      const interval = stratifiedShare(strata)?.interval ?? { low: 1, high: 0 };
      if (interval.low <= truth && truth <= interval.high) covered += 1;
    }
    assert.ok(covered >= 940, `${covered} of 1,000`);
  });
}
