import assert from "node:assert/strict";
import { test } from "node:test";
import { FieldReading } from "./classifyField.ts";
import { kind, SCOPE_KINDS, type ScopeKind } from "./kinds.ts";
import { NormalText } from "./normalText.ts";

const reading = new FieldReading();
const encoder = new TextEncoder();

function classify(text: string): { kind: ScopeKind; sure: boolean; normal: string } {
  const bytes = encoder.encode(text);
  const found = reading.classify(bytes, 0, bytes.length);
  const normal = new NormalText();
  if (found === kind["other-date"]) normal.writeDay(reading.date.packed);
  else normal.write(found, reading);
  return {
    kind: SCOPE_KINDS[found] as ScopeKind,
    sure: reading.confidence >= 0.5,
    normal: new TextDecoder().decode(normal.bytes.subarray(0, normal.length)),
  };
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
  const whole = encoder.encode("東京都千代田区");
  for (let end = 0; end <= whole.length; end += 1) assert.doesNotThrow(() => reading.classify(whole, 0, end));
  const long = encoder.encode("あ".repeat(1_000_000));
  assert.equal(reading.classify(long, 0, long.length), kind.unknown);
  assert.equal(reading.cell.cut, true);
});
