import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { printCanonicalJson, type Json } from "./canonicalJson.ts";

test("printCanonicalJson() prints the example of RFC 8785 3.2.3", () => {
  const value = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const values = [...printCanonicalJson(value).matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
  assert.deepEqual(values, [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

test("printCanonicalJson() is read back as the same value, and prints that the same", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const printed = printCanonicalJson(value as Json);
      const again = JSON.parse(printed) as Json;
      assert.equal(printCanonicalJson(again), printed);
      assert.deepEqual(again, JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("printCanonicalJson() does not depend on the order in which keys were set", () => {
  assert.equal(printCanonicalJson({ b: 1, a: { d: 2, c: 3 } }), '{"a":{"c":3,"d":2},"b":1}');
  assert.equal(printCanonicalJson({ a: { c: 3, d: 2 }, b: 1 }), '{"a":{"c":3,"d":2},"b":1}');
});

test("printCanonicalJson() replaces lone surrogates and refuses what JSON cannot carry", () => {
  assert.equal(printCanonicalJson("\ud800x"), '"\ufffdx"');
  assert.throws(() => printCanonicalJson(Number.NaN), TypeError);
  assert.throws(() => printCanonicalJson((() => {}) as never), TypeError);
});
