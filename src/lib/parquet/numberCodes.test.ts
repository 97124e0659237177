import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NumberCodes } from "./numberCodes.ts";

test("NumberCodes numbers equal numbers alike, and gives them back, also after clear()", () => {
  const codes = new NumberCodes();
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer(), fc.integer({ min: -50, max: 50 }))), (numbers) => {
      codes.clear();
      const places = numbers.map((number) => codes.code(number));
      assert.deepEqual(
        places.map((place) => codes.keys[place]),
        numbers,
      );
      assert.deepEqual([...codes.keys], [...new Set(numbers)]);
    }),
    { seed: 2016 },
  );
});

test("NumberCodes is full with as many numbers as sixteen bits tell apart", () => {
  const codes = new NumberCodes();
  for (let number = 0; number < NumberCodes.max; number += 1) {
    assert.equal(codes.room, NumberCodes.max - number);
    assert.equal(codes.code(number * 65_537), number);
  }
  assert.equal(codes.room, 0);
  assert.equal(codes.code(65_537), 1);
});
