import assert from "node:assert/strict";
import { test } from "node:test";
import { foldTable } from "./foldTable.ts";
import { places } from "./places.ts";
import { Sound } from "./sound.ts";

const units = (text: string): Uint16Array => Uint16Array.from(text, (one) => one.charCodeAt(0));

function fold(text: string): string {
  const table = foldTable().units;
  return String.fromCharCode(...[...text].map((one) => table[one.codePointAt(0) as number] as number));
}

test("foldTable() brings variant kanji, widths and hyphens to one form", () => {
  for (const [from, to] of [
    ["髙﨑", "高崎"],
    ["邊邉", "辺辺"],
    ["齋藤", "斎藤"],
    ["斉藤", "斎藤"],
    ["澤廣國", "沢広国"],
    ["𠮷", "吉"],
    ["渕", "淵"],
    ["ＡＢｃ１２", "ABc12"],
    ["―−－", "---"],
    ["ー", "ー"],
  ] as const)
    assert.equal(fold(from), to);
});

test("foldTable() leaves common characters that look alike apart", () => {
  assert.notEqual(fold("大"), fold("太"));
  assert.notEqual(fold("土"), fold("士"));
  assert.notEqual(fold("未"), fold("末"));
});

function sound(text: string): string {
  const made = new Sound();
  const all = units(text);
  if (/[a-z]/i.test(text)) made.fromRoman(all, [all.length], 1);
  else made.fromKana(all, 0, all.length);
  return String.fromCharCode(...made.letters.subarray(0, made.length));
}

for (const [kana, ...romans] of [
  ["サトウ", "SATO", "SATOU", "SATOH", "Satô"],
  ["オオノ", "ONO", "OONO", "OHNO"],
  ["シンイチ", "SHINICHI", "SINITI"],
  ["ジュンコ", "JUNKO", "JYUNKO", "ZYUNKO"],
  ["ツジ", "TSUJI", "TUZI", "TUJI"],
  ["フジイ", "FUJII", "HUZII", "FUJI"],
  ["リョウヘイ", "RYOHEI", "RYOUHEI"],
  ["ナンバ", "NAMBA", "NANBA"],
  ["ハットリ", "HATTORI"],
  ["シュンペイ", "SHUMPEI", "SYUNPEI"],
  ["キョウコ", "KYOKO", "KYOUKO", "KYOHKO"],
] as const) {
  test(`Sound hears ${kana} in ${romans.join(", ")}`, () => {
    for (const roman of romans) assert.equal(sound(roman), sound(kana), roman);
  });
}

test("Sound keeps different names apart", () => {
  assert.notEqual(sound("キヨコ"), sound("キョウコ"));
  assert.notEqual(sound("ユウコ"), sound("ユキコ"));
  assert.notEqual(sound("カズオ"), sound("カスオ"));
});

test("places() knows postal codes, cities and towns", () => {
  const { postalCodes } = places();
  assert.equal(((postalCodes[1000005 >> 3] as number) >> (1000005 & 7)) & 1, 1);
  assert.equal(((postalCodes[1009999 >> 3] as number) >> (1009999 & 7)) & 1, 0);
  const text = units("千代田区丸の内1-2-3");
  assert.equal(places().cities.longestPrefix(text, 0, text.length), 4);
  assert.equal(places().towns.longestPrefix(text, 4, text.length), 3);
});
