import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mensNames } from "../../personal/givenNames.ts";
import { surnames } from "../../personal/surnames.ts";
import { kind } from "../fields/kinds.ts";
import { Sound } from "../normalise/sound.ts";
import { Machine } from "./machine.ts";

// The sounds of known names are made in TypeScript, those of records by the module: both must be the same.
const machine = new Machine({ k0: 1, k1: 2 });
const { exports } = machine;
const input = machine.place("INPUT");

function heard(name: string, found: number): { letters: string; split: number } | null {
  exports.clearSignature();
  const end = input + machine.bytes.write(name, input, "utf8");
  if (exports.readAs(found, input, end) === 0) return null;
  exports.takeField(found, 1);
  const letters = machine.units(machine.place("LETTERS"), exports.soundLength.value);
  return { letters: String.fromCharCode(...letters), split: exports.split.value };
}

const units = (text: string): Uint16Array => Uint16Array.from(text, (one) => one.charCodeAt(0));
const textOf = ({ letters, length, split }: Sound): { letters: string; split: number } => {
  return { letters: String.fromCharCode(...letters.subarray(0, length)), split };
};

/** A name is heard as Sound hears it. The module puts known names in their order, so it may be in either. */
function assertHeard(
  one: string,
  other: string,
  { as, hear }: { as: number; hear: (sound: Sound, first: string, second: string) => void },
): void {
  const found = heard(`${one} ${other}`, as);
  if (found === null) return;
  const sounds = [
    [one, other],
    [other, one],
  ].map(([first = "", second = ""]) => {
    const sound = new Sound();
    hear(sound, first, second);
    return textOf(sound);
  });
  assert.ok(
    sounds.some(({ letters, split }) => letters === found.letters && split === found.split),
    JSON.stringify([one, other, found, sounds]),
  );
}

test("kana sound the same in the module and in Sound", () => {
  const kana = [
    ..."アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンガジヂヅヴャュョァィーッ",
  ];
  const word = fc.array(fc.constantFrom(...kana), { minLength: 1, maxLength: 9 }).map((all) => all.join(""));
  fc.assert(
    fc.property(word, word, (family, given) =>
      assertHeard(family, given, {
        as: kind.kana,
        hear: (sound, first, second) =>
          sound.fromKana(units(first + second), first.length, first.length + second.length),
      }),
    ),
    { seed: 2016, numRuns: 3_000 },
  );
});

test("Roman letters sound the same in the module and in Sound", () => {
  const parts = [
    "sh",
    "ch",
    "ts",
    "ky",
    "ry",
    "j",
    "z",
    "k",
    "s",
    "t",
    "n",
    "m",
    "h",
    "o",
    "u",
    "a",
    "i",
    "oh",
    "É",
    "dzu",
  ];
  const word = fc.array(fc.constantFrom(...parts), { minLength: 2, maxLength: 6 }).map((all) => all.join(""));
  fc.assert(
    fc.property(word, word, (one, other) =>
      assertHeard(one, other, {
        as: kind["roman-name"],
        hear: (sound, first, second) =>
          sound.fromRoman(units(first + second), [first.length, first.length + second.length], 2),
      }),
    ),
    { seed: 2016, numRuns: 3_000 },
  );
});

test("known names are known by their sound", () => {
  for (const [at, { kana }] of surnames.slice(0, 300).entries()) {
    const given = (mensNames[at % mensNames.length] as { kana: string }).kana;
    const sound = heard(`${kana} ${given}`, kind.kana);
    assert.notEqual(sound, null, kana);
    assert.ok((sound?.split ?? 0) > 0, kana);
  }
});
