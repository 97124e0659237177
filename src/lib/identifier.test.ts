import assert from "node:assert/strict";
import { test } from "node:test";
import { makeUuidV7, timeOfUuidV7 } from "./identifier.ts";

test("makeUuidV7() makes names of the form of RFC 9562 that hold their time", () => {
  const name = makeUuidV7(1_458_000_000_123);
  assert.match(name, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(timeOfUuidV7(name).epochMilliseconds, 1_458_000_000_123);
});

test("makeUuidV7() makes names that sort in the order of making, within a millisecond too", () => {
  const names = Array.from({ length: 4_000 }, (_, at) => makeUuidV7(1_458_000_000_000 + (at >> 10)));
  assert.deepEqual(names.toSorted(), names);
  assert.equal(new Set(names).size, names.length);
});
