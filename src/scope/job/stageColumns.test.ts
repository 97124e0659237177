import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { groupBy } from "./stageColumns.ts";

test("groupBy() puts the members of each group together, in their order", () => {
  const cases = fc.integer({ min: 0, max: 100_000 }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      // Groups about those at which a part ends, the last one, and any.
      groups: fc.array(
        fc
          .oneof(fc.nat(count), fc.constantFrom(0, 1, 32_767, 32_768, 32_769, 65_536, count))
          .map((group) => Math.min(group, count)),
        { maxLength: 200 },
      ),
    }),
  );
  fc.assert(
    fc.property(cases, ({ count, groups }) => {
      const { starts, members } = groupBy(Int32Array.from(groups), count);
      assert.equal(starts.length, count + 2);
      assert.equal(starts[count + 1], members.length);
      for (const group of new Set([0, 1, count, ...groups])) {
        if (group > count) continue;
        const own = [...members.subarray(starts[group], starts[group + 1])];
        const expected = group === 0 ? [] : [...groups.keys()].filter((at) => groups[at] === group);
        assert.deepEqual(own, expected, String(group));
      }
    }),
    { seed: 2016 },
  );
});
