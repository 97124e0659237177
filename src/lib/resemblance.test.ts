import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { editDistance, skeletonOf } from "./resemblance.ts";
import { visibleText } from "./visibleText.ts";

const rows: [left: string, right: string, distance: number][] = [
  ["", "", 0],
  ["ana", "ana", 0],
  ["ana", "anas", 1],
  ["ana", "aan", 1],
  ["hokkaido", "hokaido", 1],
  ["abc", "xyz", 3],
];
for (const [left, right, distance] of rows) {
  test(`editDistance() is ${distance} from "${left}" to "${right}"`, () =>
    assert.equal(editDistance(left, right, 5), distance));
}

test("editDistance() is symmetric, and more than the most where it is", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (left, right) => {
      assert.equal(editDistance(left, right, 3), editDistance(right, left, 3));
      assert.ok(editDistance(left, right, 1) <= 2);
    }),
    { seed: 2016 },
  );
});

for (const [one, other] of [
  ["paypal", "раураl"],
  ["micro", "rnicro"],
  ["google", "g00gle"],
  ["lamp", "1amp"],
] as const) {
  test(`skeletonOf() takes "${other}" for "${one}"`, () => assert.equal(skeletonOf(other), skeletonOf(one)));
}

const shownRows: [text: string, shown: string][] = [
  ["a\u202efdp.exe", "a⟨U+202E⟩fdp.exe"],
  ["a        b", "a⟨8×U+0020⟩b"],
  ["請求書　　　　　.exe", "請求書⟨5×U+3000⟩.exe"],
  ["a\0b\n", "a⟨U+0000⟩b⟨U+000A⟩"],
  ["山田　太郎", "山田　太郎"],
];
for (const [text, shown] of shownRows) {
  test(`visibleText() shows ${JSON.stringify(text)} as ${shown}`, () =>
    assert.equal(visibleText(text), shown));
}
