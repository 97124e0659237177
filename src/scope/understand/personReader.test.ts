import assert from "node:assert/strict";
import { test } from "node:test";
import { SCOPE_KINDS, type ScopeKind } from "../fields/kinds.ts";
import { CUSTOMER_FIELDS } from "../job/customerColumns.ts";
import { NARROW_COLUMNS, SignatureTable, WIDE_COLUMNS } from "../signatures/columns.ts";
import { Machine } from "./machine.ts";
import { PersonReader } from "./personReader.ts";

const reader = new PersonReader({ k0: 1, k1: 2 });

function classify(text: string): { kind: ScopeKind; sure: boolean; normal: string } {
  const { kind, confidence, normal } = reader.classify(text);
  return { kind, sure: confidence >= 0.5, normal };
}

/** What stands in the file | its kind | its canonical form. */
const sureRows: readonly (readonly [string, ScopeKind, string])[] = [
  ["佐藤 花子", "name", "佐藤 花子"],
  ["佐藤　花子", "name", "佐藤 花子"],
  ["佐藤花子", "name", "佐藤 花子"],
  ["髙橋健一", "name", "高橋 健一"],
  ["渡邉さくら", "name", "渡辺 さくら"],
  ["花子 佐藤", "name", "佐藤 花子"],
  ["佐藤花子様", "name", "佐藤 花子"],
  ["김철수", "name", "김철수"],
  ["サトウ ハナコ", "kana", "サトウ ハナコ"],
  ["ｻﾄｳ ﾊﾅｺ", "kana", "サトウ ハナコ"],
  ["ﾀｶﾊｼｹﾝｲﾁ", "kana", "タカハシ ケンイチ"],
  ["さとう はなこ", "kana", "サトウ ハナコ"],
  ["SATO HANAKO", "roman-name", "SATO HANAKO"],
  ["Hanako Sato", "roman-name", "HANAKO SATO"],
  ["男", "sex", "male"],
  ["女性", "sex", "female"],
  ["Female", "sex", "female"],
  ["1985-03-02", "other-date", "1985-03-02"],
  ["1985/3/2", "other-date", "1985-03-02"],
  ["1985年3月2日", "other-date", "1985-03-02"],
  ["昭和60年3月2日", "other-date", "1985-03-02"],
  ["平成元年1月8日", "other-date", "1989-01-08"],
  ["S60.3.2", "other-date", "1985-03-02"],
  ["昭60.3.2", "other-date", "1985-03-02"],
  ["19850302", "other-date", "1985-03-02"],
  ["2/3/1985", "other-date", "1985-02-03"],
  ["25/12/1985", "other-date", "1985-12-25"],
  ["1985-03-02 00:00:00", "other-date", "1985-03-02"],
  ["Hanako.Sato@Mail.example", "email", "hanako.sato@mail.example"],
  ["ｈａｎａ＠ｍａｉｌ．ｅｘａｍｐｌｅ", "email", "hana@mail.example"],
  ["100-0005", "postal-code", "100-0005"],
  ["〒100-0005", "postal-code", "100-0005"],
  ["１００－０００５", "postal-code", "100-0005"],
  ["1000005", "postal-code", "100-0005"],
  ["東京都千代田区丸の内1-2-3", "address", "千代田区丸の内1-2-3"],
  ["東京都千代田区丸の内一丁目2番3号", "address", "千代田区丸の内1-2-3"],
  ["千代田区丸の内１－２－３ コーポ青葉201", "address", "千代田区丸の内1-2-3"],
  ["090-0123-4567", "phone", "09001234567"],
  ["09001234567", "phone", "09001234567"],
  ["+81 90-0123-4567", "phone", "09001234567"],
  ["（03）0123-4567", "phone", "0301234567"],
  ["+33 1 23 45 67 89", "phone", "+33123456789"],
  ["XT0123456", "passport", "XT0123456"],
];
for (const [text, expected, normal] of sureRows) {
  test(`classify() says ${expected} of ${text}`, () => {
    assert.deepEqual(classify(text), { kind: expected, sure: true, normal });
  });
}

for (const text of [
  "店頭",
  "1200",
  "12345678901234567",
  "19851302",
  "1985-02-30",
  "a@b",
  "@mail.example",
  "a@@mail.example",
  "GET /index.html",
  "-",
  "",
]) {
  test(`classify() is not sure of ${JSON.stringify(text)}`, () => assert.equal(classify(text).sure, false));
}

test("classify() reads a cell cut inside a character, and one of a million characters", () => {
  const machine = new Machine({ k0: 1, k1: 2 });
  const input = machine.place("INPUT");
  const whole = Buffer.from("東京都千代田区");
  for (let end = 0; end <= whole.length; end += 1) {
    machine.bytes.set(whole, input);
    assert.doesNotThrow(() => machine.exports.classify(input, input + end));
  }
  const long = Buffer.from("あ".repeat(1_000_000));
  machine.bytes.set(long, input);
  assert.equal(machine.exports.classify(input, input + long.length), 0);
  assert.equal(machine.exports.cellLength.value, machine.place("CELL_MOST"));
});

test("layout.as numbers kinds and customer fields as the rest does", () => {
  const machine = new Machine({ k0: 1, k1: 2 });
  for (const [at, name] of SCOPE_KINDS.entries())
    assert.equal(machine.place(name.toUpperCase().replaceAll("-", "_")), at, name);
  assert.equal(machine.place("KINDS"), SCOPE_KINDS.length);
  assert.deepEqual(
    [0, 1, 5, 10, 11, 12, 13].map((at) => CUSTOMER_FIELDS[at]),
    [
      "customer_id",
      "name_kanji",
      "birth_date",
      "phone2",
      "passport_number",
      "passport_issued_on",
      "passport_expires_on",
    ],
  );
  assert.equal(CUSTOMER_FIELDS.length, 19);
});

const columnsOf: readonly (readonly [ScopeKind, string, readonly string[]])[] = [
  ["name", "佐藤 花子", ["kanji", "kanjiFamily", "kanjiGiven", "kanjiRaw"]],
  ["kana", "サトウ ハナコ", ["sound", "soundFamily", "soundGiven", "soundPairs"]],
  ["roman-name", "HANAKO SATO", ["roman", "sound", "soundFamily", "soundGiven", "soundPairs"]],
  ["sex", "女", ["flags"]],
  ["birth-date", "1985-03-02", ["birth"]],
  ["other-date", "1985-03-02", ["birth2"]],
  ["email", "hanako@mail.example", ["email", "emailLocal", "emailPairs"]],
  ["postal-code", "100-0005", ["postalCode"]],
  ["address", "東京都千代田区丸の内1-2-3", ["address", "block", "town"]],
  ["phone", "090-0123-4567", ["phone", "phoneDigits"]],
  ["passport", "XT0123456", ["passport"]],
  ["customer-id", "C-4711", ["customer"]],
];
for (const [name, text, expected] of columnsOf) {
  test(`take() fills ${expected.join(", ")} from ${name}`, () => {
    const table = new SignatureTable(1);
    reader.clear();
    assert.ok(reader.take(name, text));
    reader.store(table, 0);
    const filled = [...WIDE_COLUMNS, ...NARROW_COLUMNS].filter((column) =>
      table.column(column).some((word) => word !== 0),
    );
    assert.deepEqual(filled.toSorted(), expected);
  });
}
