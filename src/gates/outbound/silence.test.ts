import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FloodGuard } from "./floodGuard.ts";
import { SilenceWatch } from "./silence.ts";

const minute = 60_000;

describe("sources that fall silent", () => {
  test("hear() gives the silence, when it was longer than allowed", () => {
    const watch = new SilenceWatch({ silenceMinutes: 10, sources: new Map() });
    assert.equal(watch.hear("zeek", 0), null);
    assert.equal(watch.hear("zeek", 9 * minute), null);
    assert.deepEqual(watch.hear("zeek", 24 * minute), { from: 9 * minute, until: 24 * minute });
    assert.equal(watch.hear("zeek", 25 * minute), null);
  });

  test("hear() counts the time before the start: nobody looked while the gate was away", () => {
    const watch = new SilenceWatch({ silenceMinutes: 10, sources: new Map([["zeek", 0]]) });
    assert.deepEqual(watch.hear("zeek", 15 * minute), { from: 0, until: 15 * minute });
  });

  test("check() tells each silence once, until the source speaks again", () => {
    const watch = new SilenceWatch({ silenceMinutes: 10, sources: new Map() });
    watch.hear("zeek", 0);
    assert.deepEqual(watch.check(9 * minute), []);
    const gap = { from: 0, until: 11 * minute };
    assert.deepEqual(watch.check(11 * minute), [{ source: "zeek", gap }]);
    assert.deepEqual(watch.check(12 * minute), []);
    watch.hear("zeek", 13 * minute);
    assert.equal(watch.check(24 * minute).length, 1);
  });
});

test("allows() lets so many of a kind through in an hour, and forgets them after it", () => {
  const guard = new FloodGuard(2);
  const asked = [0, 1, 2].map((at) => guard.allows("scan 10.0.0.5", at));
  assert.deepEqual(asked, [true, true, false]);
  assert.equal(guard.allows("scan 10.0.0.6", 3), true);
  assert.equal(guard.allows("scan 10.0.0.5", 60 * minute), true);
});
