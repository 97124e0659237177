import assert from "node:assert/strict";
import { test } from "node:test";
import { onCallAt, Shift } from "./onCall.ts";

const shifts = [
  {
    role: "approver",
    persons: ["day@x.example", "deputy@x.example"],
    days: "open",
    from: "09:00",
    to: "18:00",
  },
  { role: "approver", persons: ["night@x.example"], days: "open", from: "18:00", to: "09:00" },
  { role: "approver", persons: ["holiday@x.example"], days: "closed" },
  { role: "privacy-officer", persons: ["dpo@x.example"] },
].map((shift) => Shift.parse(shift));

const cases: [string, string, string[]][] = [
  ["a working day", "2016-03-15T10:00+09:00", ["day@x.example", "deputy@x.example"]],
  ["its first minute", "2016-03-15T09:00+09:00", ["day@x.example", "deputy@x.example"]],
  ["the minute before", "2016-03-15T08:59+09:00", ["night@x.example"]],
  ["its end belongs to the night", "2016-03-15T18:00+09:00", ["night@x.example"]],
  ["a Saturday", "2016-03-19T10:00+09:00", ["holiday@x.example"]],
  ["the night of Friday, on Saturday", "2016-03-19T03:00+09:00", ["night@x.example", "holiday@x.example"]],
  ["the substitute holiday of the equinox", "2016-03-21T10:00+09:00", ["holiday@x.example"]],
  ["the night after it begins on a closed day", "2016-03-22T03:00+09:00", []],
  ["year's end", "2016-12-29T10:00+09:00", ["holiday@x.example"]],
  [
    "a day of Japan that is still the day before in UTC",
    "2016-03-18T16:00:00Z",
    ["night@x.example", "holiday@x.example"],
  ],
];

for (const [name, at, wanted] of cases) {
  test(`onCallAt() knows who is on duty: ${name}`, () => {
    const instant = Temporal.Instant.from(at);
    assert.deepEqual(onCallAt(shifts, "approver", { instant, timeZone: "Asia/Tokyo" }), wanted);
  });
}

test("onCallAt() has a turn without hours always, and none for a role without a turn", () => {
  const instant = Temporal.Instant.from("2016-03-19T15:00:00Z");
  assert.deepEqual(onCallAt(shifts, "privacy-officer", { instant, timeZone: "Asia/Tokyo" }), [
    "dpo@x.example",
  ]);
  assert.deepEqual(onCallAt(shifts, "analyst", { instant, timeZone: "Asia/Tokyo" }), []);
});
