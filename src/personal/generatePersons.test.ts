import assert from "node:assert/strict";
import { test } from "node:test";
import { makePerson, seededRandom } from "./generatePersons.ts";
import { halfWidthOf, hiraganaOf, katakanaOf, romanOf } from "./kana.ts";
import { places, prefectures } from "./places.ts";

test("makePerson() makes the same persons from the same seed, and others from another", () => {
  const make = (seed: number) =>
    Array.from(
      { length: 50 },
      (
        (random) => () =>
          makePerson(random)
      )(seededRandom(seed)),
    );
  assert.deepEqual(make(2016), make(2016));
  assert.notDeepEqual(make(2016), make(2017));
});

test("makePerson() makes persons whose parts fit each other and cannot be anybody", () => {
  const random = seededRandom(2016);
  for (let count = 0; count < 20_000; count += 1) {
    const person = makePerson(random);
    const place = places.find(({ postalCode }) => postalCode === person.postalCode);
    assert.equal(person.address.startsWith(`${place?.prefecture}${place?.city}${place?.town}`), true);
    assert.match(person.phone, /^0[789]0-0\d{3}-\d{4}$/);
    assert.match(person.landline, /^0\d{1,3}-0\d{1,3}-\d{4}$/);
    assert.equal(person.landline.replaceAll("-", "").length, 10);
    assert.match(person.email, /^[a-z0-9._-]+@([a-z]+\.example|example\.jp)$/);
    assert.match(person.passport, /^X[A-Z]\d{7}$/);
    assert.match(person.roman, /^[A-Z]+ [A-Z]+$/);
    assert.match(person.kana, /^[ァ-ヴー]+ [ァ-ヴー]+$/);
    assert.equal(Temporal.PlainDate.from(person.birthDate).toString(), person.birthDate);
  }
});

test("places has every prefecture, and each postal code once", () => {
  assert.deepEqual(new Set(places.map(({ prefecture }) => prefecture)), new Set(prefectures));
  assert.equal(new Set(places.map(({ postalCode }) => postalCode)).size, places.length);
});

for (const [katakana, roman] of [
  ["サトウ", "sato"],
  ["オオノ", "ono"],
  ["イノウエ", "inoue"],
  ["マツウラ", "matsuura"],
  ["ユウキ", "yuki"],
  ["ホッタ", "hotta"],
  ["ババ", "baba"],
  ["ナンバ", "namba"],
  ["ショウジ", "shoji"],
] as const) {
  test(`romanOf() writes ${katakana} as ${roman}`, () => assert.equal(romanOf(katakana), roman));
}

test("halfWidthOf(), hiraganaOf() and katakanaOf() write the same sounds in other letters", () => {
  assert.equal(halfWidthOf("ワタナベ ジュンペイ"), "ﾜﾀﾅﾍﾞ ｼﾞｭﾝﾍﾟｲ");
  assert.equal(hiraganaOf("サトウ ハナコ"), "さとう はなこ");
  assert.equal(katakanaOf("さとう はなこ"), "サトウ ハナコ");
});
