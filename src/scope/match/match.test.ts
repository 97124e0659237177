import assert from "node:assert/strict";
import { test } from "node:test";
import { Comparer, GROUPS, LEVELS, levelsOf } from "./compare.ts";
import { explain } from "./explain.ts";
import { tableOfPersons as tableOf, type TestPerson as Person } from "./testTable.ts";
import { UnionFind } from "./unionFind.ts";
import { defaultClasses, KINDS, learnClasses, weighPatterns } from "./weights.ts";

/** Levels by which two persons agree, without what is missing. */
function compare(one: Person, other: Person): Record<string, string> {
  const pattern = new Comparer(tableOf([one]), tableOf([other])).pattern(0, 0);
  const levels = levelsOf(pattern);
  return Object.fromEntries(
    GROUPS.map((group, at) => [group, LEVELS[group][levels[at] as number] as string]).filter(
      ([, level]) => level !== "missing",
    ),
  );
}

const rows: readonly (readonly [what: string, Person, Person, Record<string, string>])[] = [
  ["the same", { name: "佐藤 花子" }, { name: "佐藤花子" }, { name: "same" }],
  ["a variant kanji", { name: "髙橋 健一" }, { name: "高橋 健一" }, { name: "variant" }],
  [
    "kana and Roman letters",
    { kana: "サトウ ハナコ" },
    { "roman-name": "HANAKO SATOH" },
    { name: "sound-same" },
  ],
  [
    "Latin words in any order",
    { "roman-name": "PETER THOMAS" },
    { "roman-name": "Thomas Peter" },
    { name: "sound-same" },
  ],
  [
    "a name from abroad, once in kana",
    { "roman-name": "SCHNEIDER THOMAS" },
    { kana: "シュナイダー トーマス", "roman-name": "Thomas Schneider" },
    { name: "sound-same" },
  ],
  ["long vowels", { kana: "オオノ ユウキ" }, { kana: "オーノ ユーキ" }, { name: "sound-same" }],
  [
    "a letter off in kana",
    { kana: "ワタナベ シンイチロウ" },
    { kana: "ワタナベ シンイテロウ" },
    { name: "similar" },
  ],
  [
    "a letter off in kana and other kanji",
    { name: "渡辺 慎一郎", kana: "ワタナベ シンイチロウ" },
    { name: "渡部 慎一郎", kana: "ワタナヘ シンイチロウ" },
    { name: "similar-kanji-differs" },
  ],
  ["twins", { name: "佐藤 花子" }, { name: "佐藤 桃子" }, { name: "family-same" }],
  ["married", { name: "佐藤 花子" }, { name: "鈴木 花子" }, { name: "given-same" }],
  ["strangers", { name: "佐藤 花子" }, { name: "鈴木 一郎" }, { name: "differs" }],
  [
    "the same kanji, read otherwise",
    { name: "佐藤 裕子", kana: "サトウ ユウコ" },
    { name: "佐藤 裕子", kana: "サトウ ヒロコ" },
    { name: "kanji-same-sound-differs" },
  ],
  ["one date", { "birth-date": "昭和60年3月2日" }, { "birth-date": "19850302" }, { birth: "same" }],
  [
    "a digit of the day off",
    { "birth-date": "1985-03-02" },
    { "birth-date": "1985-03-07" },
    { birth: "near" },
  ],
  [
    "month and day swapped",
    { "birth-date": "1985-03-02" },
    { "birth-date": "1985-02-03" },
    { birth: "near" },
  ],
  ["other dates", { "birth-date": "1985-03-02" }, { "birth-date": "1971-11-30" }, { birth: "differs" }],
  ["one mail", { email: "Hana@Mail.example" }, { email: "hana@mail.example" }, { email: "same" }],
  [
    "a mail at another provider",
    { email: "hana@mail.example" },
    { email: "hana@web.example" },
    { email: "similar" },
  ],
  ["one telephone", { phone: "+81 90 0123 4567" }, { phone: "09001234567" }, { phone: "same" }],
  ["a digit of a telephone off", { phone: "090-0123-4567" }, { phone: "090-0123-4569" }, { phone: "near" }],
  [
    "one address",
    { address: "東京都千代田区丸の内一丁目2番3号 コーポ青葉201" },
    { address: "千代田区丸の内1-2-3" },
    { address: "same" },
  ],
  [
    "another house",
    { address: "東京都千代田区丸の内1-2-3" },
    { address: "東京都千代田区丸の内2-5-1" },
    { address: "block-differs" },
  ],
  [
    "one town by its code",
    { "postal-code": "〒100-0005" },
    { "postal-code": "1000005" },
    { address: "town" },
  ],
  ["sex", { sex: "女性" }, { sex: "F" }, { sex: "same" }],
  ["passports", { passport: "xt0123456" }, { passport: "XT0123456" }, { passport: "same" }],
];
for (const [what, one, other, expected] of rows) {
  test(`Comparer says ${JSON.stringify(expected)} of ${what}, both ways`, () => {
    assert.deepEqual(compare(one, other), expected);
    assert.deepEqual(compare(other, one), expected);
  });
}

test("Comparer says nothing of values under another key", () => {
  const person: Person = { name: "佐藤 花子", email: "hana@mail.example", "birth-date": "1985-03-02" };
  const pattern = new Comparer(tableOf([person]), tableOf([person], { k0: 1, k1: 2 })).pattern(0, 0);
  const said = levelsOf(pattern).map((level, at) => LEVELS[GROUPS[at] as "email"][level] as string);
  assert.ok(!said.includes("same"), said.join(" "));
});

test("weighPatterns() prefers the same person, a household and a namesake where each is right", () => {
  const weights = weighPatterns(defaultClasses());
  const of = (levels: Partial<Record<(typeof GROUPS)[number], string>>): (typeof KINDS)[number] => {
    let pattern = 0;
    let step = 1;
    for (const group of GROUPS) {
      const names: readonly string[] = LEVELS[group];
      pattern += step * Math.max(0, names.indexOf(levels[group] ?? "missing"));
      step *= names.length;
    }
    return [...KINDS].toSorted(
      (one, other) => (weights[other][pattern] as number) - (weights[one][pattern] as number),
    )[0] as (typeof KINDS)[number];
  };
  assert.equal(of({ name: "same", birth: "same", email: "same" }), "same");
  assert.equal(
    of({ name: "family-same", birth: "same", email: "same", phone: "same", address: "same" }),
    "household",
  );
  assert.equal(
    of({ name: "same", birth: "differs", address: "block-differs", phone: "differs" }),
    "namesake",
  );
  assert.equal(of({ name: "variant", birth: "same" }), "same");
  assert.equal(of({ name: "given-same", birth: "same", email: "same", address: "differs" }), "same");
});

test("learnClasses() learns how often mail agrees, and leans on the beginning where it sees little", () => {
  const names: readonly string[] = LEVELS.email;
  const pattern = (email: string): number => {
    let [sum, step] = [0, 1];
    for (const group of GROUPS) {
      const levels: readonly string[] = LEVELS[group];
      const level = group === "name" || group === "birth" ? "same" : group === "email" ? email : "missing";
      sum += step * levels.indexOf(level);
      step *= levels.length;
    }
    return sum;
  };
  const prior = { same: -17, household: -20, namesake: -22, none: -3 };
  const seen = (scale: number) => [
    { pattern: pattern("same"), count: 900 * scale, rarity: 45 },
    { pattern: pattern("differs"), count: 100 * scale, rarity: 30 },
  ];
  const many = learnClasses(seen(1_000), prior).email.same[names.indexOf("same")] as number;
  const few = learnClasses(seen(0.01), prior).email.same[names.indexOf("same")] as number;
  const start = defaultClasses().email.same[names.indexOf("same")] as number;
  assert.ok(Math.abs(many - 0.9) < 0.01, String(many));
  assert.ok(Math.abs(few - start) < 0.02, String(few));
});

test("learnClasses() expects a name in kana alone to agree as often as one in kanji", () => {
  const names: readonly string[] = LEVELS.name;
  const pattern = (name: string): number => names.indexOf(name) + 3 * names.length;
  const seen = [
    { pattern: pattern("same"), count: 800_000, rarity: 45 },
    { pattern: pattern("sound-same"), count: 190_000, rarity: 45 },
    { pattern: pattern("similar"), count: 10_000, rarity: 30 },
  ];
  const { same } = learnClasses(seen, { same: -17, household: -20, namesake: -22, none: -3 }).name;
  const of = (name: string): number => same[names.indexOf(name)] as number;
  assert.ok(of("same") > 0.97 && of("same") < 1, String(of("same")));
  assert.ok(Math.abs(of("sound-same") - 0.95) < 0.01, String(of("sound-same")));
  assert.ok(Math.abs(of("similar") - 0.05) < 0.01, String(of("similar")));
});

test("explain() says a pattern in words", () => {
  const one: Person = { name: "髙橋 健一", email: "k@mail.example", "birth-date": "1985-03-02" };
  const other: Person = { name: "高橋 健一", email: "k@mail.example", "birth-date": "1985-03-02" };
  const pattern = new Comparer(tableOf([one]), tableOf([other])).pattern(0, 0);
  assert.deepEqual(explain(pattern), {
    en: "same e-mail and birth date; name differs by a variant kanji",
    ja: "メールアドレス・生年月日が同じ、氏名は異体字だけが違う",
  });
});

test("every level but missing has words", () => {
  let step = 1;
  for (const group of GROUPS) {
    for (let level = 1; level < LEVELS[group].length; level += 1) {
      const { en, ja } = explain(level * step);
      assert.ok(en.length > 3 && ja.length > 1, `${group}: ${LEVELS[group][level]}`);
    }
    step *= LEVELS[group].length;
  }
});

test("UnionFind joins in any order to the same sets", () => {
  const edges: [number, number][] = [
    [5, 3],
    [1, 2],
    [3, 1],
    [8, 9],
  ];
  for (const order of [edges, edges.toReversed()]) {
    const sets = new UnionFind(10);
    for (const [one, other] of order) sets.union(one, other);
    assert.deepEqual(
      Array.from({ length: 10 }, (_, at) => sets.find(at)),
      [0, 1, 1, 1, 4, 1, 6, 7, 8, 8],
    );
  }
});
