import assert from "node:assert/strict";
import { test } from "node:test";
import { byteSize, dayStart, duration, relativeTime } from "./formats.ts";

test("dayStart() gives the moment at which a day begins in the zone, when the clocks change too", () => {
  assert.equal(dayStart("2016-03-15", "Asia/Tokyo"), "2016-03-14T15:00:00.000Z");
  assert.equal(dayStart("2016-03-15", "Asia/Tokyo", 1), "2016-03-15T15:00:00.000Z");
  assert.equal(dayStart("2026-03-29", "Europe/Berlin"), "2026-03-28T23:00:00.000Z");
  assert.equal(dayStart("2026-03-30", "Europe/Berlin"), "2026-03-29T22:00:00.000Z");
});

test("duration() names the two largest units, set closely in Japanese", () => {
  assert.equal(duration(5_340_000, "en"), "1 hr 29 min");
  assert.equal(duration(5_340_000, "ja"), "1時間29分");
  assert.equal(duration(86_400_000, "ja"), "1日");
  assert.equal(duration(-1, "ja"), "0秒");
});

test("relativeTime() and byteSize() read as people write", () => {
  assert.equal(relativeTime(0, 180_000, "ja"), "3分前");
  assert.equal(relativeTime(0, 180_000, "en"), "3 min. ago");
  assert.equal(byteSize(48_211, "en"), "48 kB");
});
